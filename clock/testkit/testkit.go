// Package testkit is what the tests of all packages of this module share: seeds, sizes, golden
// files, external tools. Only tests import it.
//
// Tests come in three forms:
//
//	go test -short ./...       the smallest sizes, fixed seeds
//	go test ./...              fixed seeds: the same test passes or fails every time
//	DTLSSIM_LONG=1 go test ... large sizes and a fresh seed per test process
//
// A test that draws prints its seed when it fails; in the long form, every test process prints it
// immediately. Set DTLSSIM_SEED to that number to repeat the run, in any form.
package testkit

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files of the package")

// Main runs the given functions in order, and then the tests. A package whose tests start worker
// processes passes run.ServeIfAsked, which does not return in a worker.
func Main(m *testing.M, before ...func()) {
	for _, f := range before {
		f()
	}
	os.Exit(m.Run())
}

// Long reports whether the long form was asked for, as .ci/run does.
func Long() bool { return os.Getenv("DTLSSIM_LONG") != "" }

// Budget returns the size for the form of the tests: short with -short, long in the long form, and
// ordinary otherwise.
func Budget(short, ordinary, long int) int {
	switch {
	case Long():
		return long
	case testing.Short():
		return short
	}
	return ordinary
}

// Few returns the first cases of a table: short or ordinary of them, or all in the long form. Put
// first the cases that the smaller forms must not miss.
func Few[T any](list []T, short, ordinary int) []T {
	return list[:min(len(list), Budget(short, ordinary, len(list)))]
}

// Cases returns the number of random cases that a test tries, chosen like Budget. DTLSSIM_CASES
// overrides it.
func Cases(t testing.TB, short, ordinary, long int) int {
	t.Helper()
	text := os.Getenv("DTLSSIM_CASES")
	if text == "" {
		return Budget(short, ordinary, long)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("DTLSSIM_CASES: %q is not a whole number from 1 on", text)
	}
	return n
}

// fixedSeed is the seed of the ordinary and short forms.
const fixedSeed = 1

// seed is drawn once per process, so that one variable repeats all of its tests.
var seed = sync.OnceValues(func() (uint64, error) {
	if text := os.Getenv("DTLSSIM_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("DTLSSIM_SEED: %w", err)
		}
		return n, nil
	}
	if !Long() {
		return fixedSeed, nil
	}
	n := uint64(time.Now().UnixNano())
	fmt.Printf("repeat with DTLSSIM_SEED=%d\n", n) // a test that times out loses its log
	return n, nil
})

// Seed returns the seed for everything that a test draws: DTLSSIM_SEED if set, otherwise a fixed
// one, or a fresh one in the long form.
func Seed(t testing.TB) uint64 {
	t.Helper()
	n, err := seed()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("repeat with DTLSSIM_SEED=%d", n)
	return n
}

// Check calls rapid.Check with the seed from Seed. A failure leaves no file that later runs would
// read.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	n := Seed(t)
	if n == 0 { // rapid takes 0 for a random seed
		n = fixedSeed
	}
	set := func(name, value string) {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	set("rapid.nofailfile", "true")
	if flag.Lookup("rapid.seed").Value.String() == "0" { // the flag was not given
		set("rapid.seed", strconv.FormatUint(n, 10))
	}
	rapid.Check(t, property)
}

// Updating reports whether golden files are to be rewritten.
func Updating() bool { return *update }

// Golden compares what a test got with a file, or writes the file if -update is given. Read the
// diff before you commit it.
func Golden(t testing.TB, path string, got []byte) {
	t.Helper()
	if Updating() {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run the test with -update and read the diff%s", path, shown(got))
	}
}

// shown returns the text of a golden file for the log, but nothing for a picture.
func shown(got []byte) string {
	if bytes.IndexByte(got, 0) >= 0 {
		return ""
	}
	return fmt.Sprintf("\ngot:\n%s", got)
}

// NotShort skips a test in the short form: it takes seconds, and has no smaller case.
func NotShort(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("not in the short form")
	}
}

// OnlyLong skips a test in all but the long form: other tests hold most of what it holds.
func OnlyLong(t testing.TB) {
	t.Helper()
	if !Long() {
		t.Skip("in the long form")
	}
}

// Tool skips the test unless the command check succeeds. install is the command that installs the
// tool.
func Tool(t testing.TB, install string, check ...string) {
	t.Helper()
	if out, err := exec.Command(check[0], check[1:]...).CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("%s: %v\n%sinstall it with: %s", check[0], err, out, install))
	}
}

// Missing skips a test because the machine lacks something. With DTLSSIM_TOOLS_REQUIRED set, as
// .ci/run does, the test fails instead.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("DTLSSIM_TOOLS_REQUIRED") != "" {
		t.Fatal(what)
	}
	t.Skip(what)
}
