// Package testkit holds what tests of the packages around it share.
package testkit

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Long tells whether the tests that take long are wanted; .ci/run wants them.
func Long() bool { return os.Getenv("DTLSSIM_LONG") != "" }

// Cases returns how many random cases a test tries: short of them, or long in the long form;
// the variable DTLSSIM_CASES sets another number.
func Cases(t testing.TB, short, long int) int {
	t.Helper()
	if text := os.Getenv("DTLSSIM_CASES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("DTLSSIM_CASES: %q is not a whole number from 1 on", text)
		}
		return n
	}
	if Long() {
		return long
	}
	return short
}

// Seed returns a seed that is another one each time, and prints it; the variable
// DTLSSIM_SEED sets it.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("DTLSSIM_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("DTLSSIM_SEED: %v", err)
		}
	}
	t.Logf("repeat with DTLSSIM_SEED=%d", seed)
	return seed
}

// Pool starts workers that end with the test.
func Pool(t testing.TB, workers int) *run.Pool {
	t.Helper()
	p, err := run.NewPool(workers, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Scenario returns the founding scenario.
func Scenario(t testing.TB) *scenarios.Scenario {
	t.Helper()
	s, err := catalogue.Find("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	return s
}
