package cli

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// damage writes a copy of a store in which a bit is another, in each page that has rows of a large
// table: replications, or runs of searches. It spares the names of measures, without which a store
// has no whole row.
func damage(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	const page, tableLeaf, indexLeaf, many = 4096, 0x0d, 0x0a, 8
	pages := 0
	for at := page; at < len(content); at += page {
		rows := binary.BigEndian.Uint16(content[at+3:])
		if bytes.Contains(content[at:at+page], []byte("client-datagrams")) {
			continue
		}
		if kind := content[at]; (kind == tableLeaf || kind == indexLeaf) && rows > many {
			content[at+page-40] ^= 0x04 // in the first row that was written there
			pages++
		}
	}
	if pages == 0 {
		t.Fatal("it has no page of a large table")
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// expect runs a command and compares its exit code, and parts of its output and its errors.
func expect(t *testing.T, code int, out, errs string, args ...string) (whole string) {
	t.Helper()
	gotCode, gotOut, gotErrs := runHere(args...)
	if gotCode != code || !strings.Contains(gotOut, out) || !strings.Contains(gotErrs, errs) {
		t.Errorf("%s: exit code %d\n%s%s\nwant %d, %q, %q", strings.Join(args, " "), gotCode, gotOut, gotErrs, code,
			out, errs)
	}
	return gotOut
}

// A damaged store gives no answer. What is damaged is named, the rest is saved, and the same command
// goes on with it: its answer, and what the store then holds, are those of an undamaged store.
func TestDamagedSweepStore(t *testing.T) {
	testkit.NotShort(t)
	folder := t.TempDir()
	path, damaged := filepath.Join(folder, "kept.sqlite"), filepath.Join(folder, "damaged.sqlite")
	saved := filepath.Join(folder, "saved.sqlite")
	want := expect(t, verb.ExitOK, "", "", storedSweep(path, "60")...)
	holds := expect(t, verb.ExitOK, path+" is whole and complete. Replications: 120; design points: 2;", "",
		"query", path, "check")
	damage(t, path, damaged)
	before, err := os.ReadFile(damaged)
	if err != nil {
		t.Fatal(err)
	}

	refusal := damaged + " is damaged, so nothing is read from it: "
	for _, args := range [][]string{
		{"query", damaged}, {"query", damaged, "replications"}, {"query", damaged, "layout"},
		{"query", damaged, "specification"}, {"export", damaged}, {"export", damaged, "points", "-o", "/dev/null"},
		{"export", damaged, "measures", "--format", "jsonl"}, storedSweep(damaged, "60"), storedSweep(damaged, "80"),
	} {
		if out := expect(t, verb.ExitError, "", "dtlssim: "+refusal, args...); out != "" {
			t.Errorf("%s: it answers %q", strings.Join(args, " "), out)
		}
	}
	code, _, errs := runHere("report", damaged, "-o", filepath.Join(folder, "pages"))
	if code == verb.ExitOK || !strings.Contains(errs, refusal) {
		t.Errorf("report: exit code %d, %s", code, errs)
	}
	expect(t, verb.ExitError, "point 0 (linger=0s): ", "", "query", damaged, "check")
	expect(t, verb.ExitError, " of 60 replications are whole", "", "query", damaged, "check")
	expect(t, verb.ExitUsage, "", "salvage makes a new store: name it with -o", "query", damaged, "salvage")
	expect(t, verb.ExitUsage, "", "is there already", "query", damaged, "salvage", "-o", path)

	expect(t, verb.ExitOK, "The command that made "+damaged+" performs the rest, with --store "+saved, "",
		"query", damaged, "salvage", "-o", saved)
	expect(t, verb.ExitOK, saved+" is whole, and not complete. ", "", "query", saved, "check")
	if after, err := os.ReadFile(damaged); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the damaged store was changed: %v", err)
	}
	if got := expect(t, verb.ExitOK, "", "", storedSweep(saved, "60")...); got != want {
		t.Errorf("the sweep gives\n%s\nwant\n%s", got, want)
	}
	if got := expect(t, verb.ExitOK, "", "", "query", saved, "check"); got != strings.ReplaceAll(holds, path, saved) {
		t.Errorf("the store holds\n%s\nwant\n%s", got, holds)
	}
	for _, table := range []string{"replications", "points", "measures"} {
		if got, want := expect(t, verb.ExitOK, "", "", "export", saved, table), expect(t, verb.ExitOK, "", "", "export",
			path, table); got != want {
			t.Errorf("the table %s is\n%s\nwant\n%s", table, got, want)
		}
	}
}

// So it is with a study, its figures, and its page.
func TestDamagedStudyStore(t *testing.T) {
	testkit.OnlyLong(t)
	folder := t.TempDir()
	path, damaged := filepath.Join(folder, "kept.sqlite"), filepath.Join(folder, "damaged.sqlite")
	saved, figures := filepath.Join(folder, "saved.sqlite"), filepath.Join(folder, "figures")
	study := func(path string) []string { return storedStudy(t, folder, path, figures) }
	want := expect(t, verb.ExitOK, "", "", study(path)...)
	holds := expect(t, verb.ExitOK, path+" is whole and complete. ", "", "query", path, "check")
	damage(t, path, damaged)
	expect(t, verb.ExitError, "", damaged+" is damaged, so nothing is read from it: ", study(damaged)...)
	expect(t, verb.ExitError, "replications are whole", "", "query", damaged, "check")
	expect(t, verb.ExitOK, saved+" has ", "", "query", damaged, "salvage", "-o", saved)
	expect(t, verb.ExitUsage, "", "is of a study that is not finished", "report", saved, "-o", folder)
	if got := expect(t, verb.ExitOK, "", "", study(saved)...); got != want {
		t.Errorf("the study gives\n%s\nwant\n%s", got, want)
	}
	if got := expect(t, verb.ExitOK, "", "", "query", saved, "check"); got != strings.ReplaceAll(holds, path, saved) {
		t.Errorf("the store holds\n%s\nwant\n%s", got, holds)
	}
	for _, table := range []string{"replications", "points", "measures", "windows", "cells", "estimates"} {
		if got, want := expect(t, verb.ExitOK, "", "", "export", saved, table), expect(t, verb.ExitOK, "", "", "export",
			path, table); got != want {
			t.Errorf("the table %s is\n%s\nwant\n%s", table, got, want)
		}
	}
	page := func(store string) string {
		out := filepath.Join(folder, "page-"+filepath.Base(store))
		expect(t, verb.ExitOK, "", "", "report", store, "-o", out)
		html, err := os.ReadFile(filepath.Join(out, "stored", "index.html"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(html), store, "STORE")
	}
	if page(saved) != page(path) {
		t.Error("the page is another one")
	}
}
