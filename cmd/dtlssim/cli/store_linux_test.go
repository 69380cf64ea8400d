package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// storedSweep is a sweep of two points that keeps its replications.
func storedSweep(path string, replications string) []string {
	return []string{
		"sweep", "late-close-notify", "--set", "credentials=psk", "--set", "alert-latency=10ms+exponential(mean=10ms)",
		"--vary", "linger=0ms,10ms", "--workers", "2", "--format", "json", "--replications", replications, "--store",
		path,
	}
}

// A second writer is refused while the first is at work, a reader is served, and what
// the first did before it was killed is there for the next.
func TestKilledSweepIsResumed(t *testing.T) {
	testkit.NotShort(t)
	path := filepath.Join(t.TempDir(), "kept.sqlite")
	first := startBusy(t, 2, storedSweep(path, "5000000")...)
	code, _, errs := runHere(storedSweep(path, strconv.Itoa(testkit.Budget(100, 200, 400)))...)
	if want := "dtlssim: " + path + " cannot be written: another process is writing to it\n"; code != verb.ExitError ||
		errs != want {
		t.Errorf("the second writer: exit code %d, %q; want %q", code, errs, want)
	}
	if code, out, errs := runHere("query", path); code != verb.ExitOK || !strings.Contains(out, "\n1      10ms") {
		t.Errorf("the reader: exit code %d\n%s%s", code, out, errs)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.end(t)
	stored, err := exec.Command("dtlssim", storedSweep(path, strconv.Itoa(testkit.Budget(100, 200, 400)))...).Output()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := exec.Command("dtlssim",
		storedSweep(filepath.Join(t.TempDir(), "other.sqlite"), strconv.Itoa(testkit.Budget(100, 200, 400)))...).
		Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(stored) != string(plain) {
		t.Errorf("after a kill the sweep gives\n%s\nwant\n%s", stored, plain)
	}
}

// storedReplications are those of each of the three points of storedStudy.
func storedReplications() int { return testkit.Budget(100, 150, 300) }

// storedStudy is a study, in a folder, that keeps what it performs, or does not without a
// path.
func storedStudy(t *testing.T, folder, path, output string) []string {
	t.Helper()
	file := filepath.Join(folder, "stored.yaml")
	text := `name: stored
title: A study to be kept
scenario: late-close-notify
figures:
  - name: strips
    kind: windows
    probe: alert-latency=0s..50ms
    set: {credentials: psk}
    rows: [{label: none}, {label: linger, set: {linger: 5ms}}]
  - name: curve
    kind: curves
    x: {label: linger (ms), from: 4, to: 10, steps: 2}
    probe: alert-latency
    replications: ` + strconv.Itoa(storedReplications()) + `
    set: {credentials: psk, linger: "{x}ms"}
    rows: [{label: exponential, set: {alert-latency: "10ms+exponential(mean=10ms)"}}]
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"study", file, "--workers", "2", "-o", output}
	if path != "" {
		args = append(args, "--store", path)
	}
	return args
}

// A study that was killed goes on, and gives to the byte what an uninterrupted one does:
// its output and its figures.
func TestKilledStudyIsResumed(t *testing.T) {
	testkit.OnlyLong(t)
	folder := t.TempDir()
	path, output := filepath.Join(folder, "kept.sqlite"), filepath.Join(folder, "figures")
	first := startBusy(t, 2, storedStudy(t, folder, path, output)...)
	code, _, errs := runHere(storedStudy(t, folder, path, output)...)
	if want := "dtlssim: " + path + " cannot be written: another process is writing to it\n"; code != verb.ExitError ||
		errs != want {
		t.Errorf("the second writer: exit code %d, %q; want %q", code, errs, want)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.end(t)
	if code, out, errs := runHere("query", path); code != verb.ExitOK || !strings.Contains(out, "all runs kept") ||
		errs != "" {
		t.Errorf("the reader: exit code %d\n%s%s", code, out, errs)
	}
	stored, err := exec.Command("dtlssim", storedStudy(t, folder, path, output)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(folder, "others")
	plain, err := exec.Command("dtlssim", storedStudy(t, folder, "", other)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.ReplaceAll(string(stored), output, other), string(plain); got != want {
		t.Errorf("after a kill the study gives\n%s\nwant\n%s", got, want)
	}
	figures, err := os.ReadDir(other)
	if err != nil || len(figures) == 0 {
		t.Fatal("no figures", err)
	}
	for _, f := range figures {
		a, err1 := os.ReadFile(filepath.Join(output, f.Name()))
		b, err2 := os.ReadFile(filepath.Join(other, f.Name()))
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Errorf("%s is another: %v %v", f.Name(), err1, err2)
		}
	}
	// The tables of the finished study, as CSV: a line of names, and one for each.
	for table, want := range map[string]int{"replications": 3 * storedReplications(), "points": 3, "windows": 4,
		"cells": 6, "estimates": 6, "measures": 24} {
		if got := linesOf(t, path, table); got < want {
			t.Errorf("the table %s has %d rows, want %d", table, got, want)
		}
	}
	if code, _, errs := runHere("study", "late-close-notify", "--store", path); code != verb.ExitUsage ||
		!strings.Contains(errs, "holds another specification: it is of: the study stored there") {
		t.Errorf("another study: exit code %d, %q", code, errs)
	}
}

// linesOf returns how many rows a table of a store has.
func linesOf(t *testing.T, path, table string) int {
	t.Helper()
	code, out, errs := runHere("export", path, table)
	if code != verb.ExitOK || errs != "" {
		t.Fatalf("export of %s: exit code %d, %s", table, code, errs)
	}
	return strings.Count(out, "\n") - 1
}

// When the disk is full, that is said, and the study goes on when there is room.
func TestDiskFullOfAStudy(t *testing.T) {
	testkit.OnlyLong(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=320k"); err != nil {
		testkit.Missing(t, fmt.Sprintf("no file system of limited size, for which root may mount: %v", err))
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	folder := t.TempDir()
	path, output := filepath.Join(disk, "kept.sqlite"), filepath.Join(folder, "figures")
	code, out, errs := runHere(storedStudy(t, folder, path, output)...)
	if want := path + " cannot be written: the disk is full. What was committed is in it; the same command goes on " +
		"from there\n"; code != verb.ExitError ||
		out != "" ||
		!strings.HasSuffix(errs, want) {
		t.Fatalf("exit code %d, %q, %q; want %q", code, out, errs, want)
	}
	if code, out, _ := runHere("query", path); code != verb.ExitOK || !strings.Contains(out, "all runs kept") {
		t.Errorf("query on a full disk: exit code %d, %s", code, out)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	code, out, errs = runHere(storedStudy(t, folder, path, output)...)
	wantCode, want, _ := runHere(storedStudy(t, folder, filepath.Join(folder, "other.sqlite"), output)...)
	if code != wantCode || out != want {
		t.Errorf("with room, exit code %d:\n%s%s", code, out, errs)
	}
}

// When the disk is full, that is said, and the sweep goes on when there is room.
func TestDiskFull(t *testing.T) {
	testkit.NotShort(t)
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=256k"); err != nil {
		testkit.Missing(t, fmt.Sprintf("no file system of limited size, for which root may mount: %v", err))
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	path := filepath.Join(disk, "kept.sqlite")
	code, out, errs := runHere(storedSweep(path, "100000")...)
	if want := path + " cannot be written: the disk is full. What was committed is in it; the same command goes on " +
		"from there\n"; code != verb.ExitError ||
		out != "" ||
		!strings.HasSuffix(errs, want) {
		t.Fatalf("exit code %d, %q, %q; want %q", code, out, errs, want)
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	code, out, errs = runHere(storedSweep(path, strconv.Itoa(testkit.Budget(100, 300, 300)))...)
	wantCode, want, _ := runHere(
		storedSweep(filepath.Join(t.TempDir(), "other.sqlite"), strconv.Itoa(testkit.Budget(100, 300, 300)))...)
	if code != wantCode || out != want {
		t.Errorf("with room, exit code %d:\n%s%s", code, out, errs)
	}

	// A file system that is read-only can be read, and is not written to.
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := runHere("query", path); code != verb.ExitOK || !strings.Contains(out, "\n1      10ms") {
		t.Errorf("the reader: exit code %d\n%s%s", code, out, errs)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code, _, errs = runHere(storedSweep(path, strconv.Itoa(testkit.Budget(100, 200, 400)))...)
	if want := "dtlssim: " + path + " cannot be written: read-only file system\n"; code != verb.ExitError ||
		errs != want {
		t.Errorf("the writer: exit code %d, %q; want %q", code, errs, want)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}
