package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
)

// some are replications and runs as they are kept.
func some() []record.Kept {
	return []record.Kept{
		{Key: layout.Key(3, 7), Outcome: run.Result{
			Replication: run.Replication{
				Outcome: []string{"ghost-session"}, Failed: true, Virtual: 5, Events: 6, Digest: "0123456789abcdef",
				Measures: map[string]int64{"handshake": 60_000_000},
			},
			Status: run.Completed,
		}},
		{Key: layout.Key(0, 0),
			Outcome: run.Result{
				Status: run.Crashed, Dump: "panic: of a test", Flags: []string{"--wall-limit", "2s"},
			},
			Difference: &sample.Difference{Repeat: "dtlssim run", Record: 3, First: "a", Second: "b"}},
		{Run: []byte("sixteen bytes of"), Value: []byte{0, 1, 255}},
	}
}

// leave leaves records beside a store, as a process does that is killed.
func leave(t *testing.T, path string, identity []byte, list []record.Kept) {
	t.Helper()
	j, err := journal.Open(path, identity)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		body, err := list[i].Encode()
		if err == nil {
			err = j.Add(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// identityOf returns the identity of the file of a store.
func identityOf(t *testing.T, s *Store) (identity []byte) {
	t.Helper()
	if err := s.file.DB.QueryRow("SELECT file FROM specification").Scan(&identity); err != nil {
		t.Fatal(err)
	}
	return identity
}

// A record of the journal gives back what it was made of.
func TestRecordsAreReadBack(t *testing.T) {
	for _, want := range some() {
		body, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := record.Decode(body); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
}

// What is pending beside a store is there when the store is opened next, for reading or
// for writing, once, though it may have been committed before.
func TestPendingIsFoldedIn(t *testing.T) {
	for _, again := range []bool{false, true} {
		for _, reading := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "study.sqlite")
			sweep := sample.Sweep{
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
			}
			s, _, err := OpenSweep(path, sweep, run.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			identity := identityOf(t, s)
			list := append(some(), record.Kept{Key: layout.Key(9, 1)}) // of a point that is not there
			if again {
				for _, k := range list[:2] {
					if err := s.queue.put(k); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			leave(t, path, identity, list)
			if !reading {
				if s, _, err = OpenSweep(path, sweep, run.Limits{}); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			var keys []int64
			err = r.Replications(func(r *query.Replication) error {
				keys = append(keys, layout.Key(r.Point, r.Replication))
				return nil
			})
			var runs int
			err = errors.Join(err, r.file.DB.QueryRow("SELECT count(*) FROM run").Scan(&runs), r.Close())
			if err != nil {
				t.Fatal(err)
			}
			want := []int64{layout.Key(0, 0), layout.Key(3, 7)}
			if !reflect.DeepEqual(keys, want) || runs != 1 || r.Pending {
				t.Errorf(
					"there are the replications %v and %d runs, pending %v; want %v and 1", keys, runs, r.Pending, want,
				)
			}
			if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
				t.Errorf("%v lie beside the store", left)
			}
		}
	}
}

// A reader refuses a store if a byte of a pending record beside it is another, and says where. It goes
// on doing so. A process that writes goes on with what is whole.
func TestDamagedPendingIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	sweep := sample.Sweep{
		Replications: 5, Seed: 1, Design: fixture.Design(
			t, fixture.Scenario(t), nil, scenarios.Settings{"linger": "0s"}, scenarios.Settings{"linger": "1ms"},
			scenarios.Settings{"linger": "2ms"}, scenarios.Settings{"linger": "3ms"},
		),
	}
	s, _, err := OpenSweep(path, sweep, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	identity := identityOf(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	leave(t, path, identity, some())
	pending := journal.Names(path)[0]
	whole, err := os.ReadFile(pending)
	if err != nil {
		t.Fatal(err)
	}
	const step = 41
	for at := 0; at < len(whole); at += step {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x20
		if err := errors.Join(os.WriteFile(path, before, 0o644), os.WriteFile(pending, damaged, 0o644)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := Read(path)
			var of *layout.DamagedError
			if !errors.As(err, &of) || !strings.Contains(err.Error(), pending) {
				t.Fatalf("byte %d of %d: error %v, want one that names %s", at, len(whole), err, pending)
			}
		}
		s, _, err := OpenSweep(path, sweep, run.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(1); r.Contents.Replications < want {
			t.Errorf("byte %d: %d replications are kept, want %d or more", at, r.Contents.Replications, want)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
