package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// storedSweep is a sweep of two points that keeps its replications.
func storedSweep(path string, replications string) []string {
	return []string{
		"sweep", "late-close-notify", "--set", "credentials=psk", "--set", "alert-latency=10ms+exponential(mean=10ms)",
		"--vary", "linger=0ms,10ms", "--workers", "2", "--format", "json", "--replications", replications, "--store", path,
	}
}

// A second writer is refused while the first is at work, a reader is served, and what
// the first did before it was killed is there for the next.
func TestKilledSweepIsResumed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.sqlite")
	first := startBusy(t, 2, storedSweep(path, "5000000")...)
	code, _, errs := runHere(storedSweep(path, "1000")...)
	if want := "dtlssim: " + path + " cannot be written: another process is writing to it\n"; code != exitError || errs != want {
		t.Errorf("the second writer: exit code %d, %q; want %q", code, errs, want)
	}
	if code, out, errs := runHere("query", path); code != exitOK || !strings.Contains(out, "\n1      10ms") {
		t.Errorf("the reader: exit code %d\n%s%s", code, out, errs)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.end(t)
	stored, err := exec.Command("dtlssim", storedSweep(path, "1000")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := exec.Command("dtlssim", storedSweep(filepath.Join(t.TempDir(), "other.sqlite"), "1000")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(stored) != string(plain) {
		t.Errorf("after a kill the sweep gives\n%s\nwant\n%s", stored, plain)
	}
}

// When the disk is full, that is said, and the sweep goes on when there is room.
func TestDiskFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("no file system of limited size: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(disk, "kept.sqlite")
	code, out, errs := runHere(storedSweep(path, "100000")...)
	if want := path + " cannot be written: the disk is full. What was committed is in it; the same command goes on from there\n"; code != exitError ||
		out != "" || !strings.HasSuffix(errs, want) {
		t.Fatalf("exit code %d, %q, %q; want %q", code, out, errs, want)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	code, out, errs = runHere(storedSweep(path, "500")...)
	wantCode, want, _ := runHere(storedSweep(filepath.Join(t.TempDir(), "other.sqlite"), "500")...)
	if code != wantCode || out != want {
		t.Errorf("with room, exit code %d:\n%s%s", code, out, errs)
	}

	// A file system that is read-only can be read, and is not written to.
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runHere("query", path); code != exitOK || !strings.Contains(out, "\n1      10ms") {
		t.Errorf("the reader: exit code %d\n%s%s", code, out, errs)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code, _, errs = runHere(storedSweep(path, "1000")...)
	if want := "dtlssim: " + path + " cannot be written: read-only file system\n"; code != exitError || errs != want {
		t.Errorf("the writer: exit code %d, %q; want %q", code, errs, want)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}
