package store

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// Where nothing can be written, a reader says that something is pending, and reads what
// is committed.
func TestPendingOnReadOnlyDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		testkit.Missing(t, fmt.Sprintf("no file system of its own, for which root may mount: %v", err))
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(disk, "study.sqlite")
	s, _, err := OpenSweep(path, sample.Sweep{
		Replications: 5, Seed: 1, Design: fixture.Design(
			t,
			fixture.Scenario(t),
			nil,
			scenarios.Settings{
				"linger": "0s",
			},
			scenarios.Settings{"linger": "1ms"},
			scenarios.Settings{"linger": "2ms"},
			scenarios.Settings{"linger": "3ms"},
		),
	}, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	identity := identityOf(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	leave(t, path, identity, some())
	for _, c := range []struct {
		flags    uintptr
		pending  bool
		expected int
	}{{syscall.MS_REMOUNT | syscall.MS_RDONLY, true, 0}, {syscall.MS_REMOUNT, false, 2}} {
		if err := syscall.Mount("", disk, "", c.flags, ""); err != nil {
			t.Fatal(err)
		}
		r, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := r.Replications(func(*query.Replication) error { n++; return nil }); err != nil {
			t.Error(err)
		}
		if r.Pending != c.pending || n != c.expected {
			t.Errorf("pending %v, %d replications; want %v and %d", r.Pending, n, c.pending, c.expected)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
