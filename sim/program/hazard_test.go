//go:build linux && amd64

package program_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/program"
)

// compiled compiles a C program of testdata.
func compiled(t *testing.T, source string, flags ...string) string {
	t.Helper()
	testkit.Tool(t, "apt-get install gcc libc6-dev", "cc", "--version")
	out := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(source), ".c"))
	args := append([]string{"-O1", "-o", out, filepath.Join("testdata", source)}, flags...)
	if b, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
		t.Fatalf("cc %s: %v\n%s", strings.Join(args, " "), err, b)
	}
	return out
}

// fields returns the lines of a program by their first words.
func fields(out string) map[string]string {
	m := make(map[string]string)
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		m[name] = value
	}
	return m
}

// A program sees the same in every run, in every environment. Each hazard that is left open shows.
func TestHazards(t *testing.T) {
	path := compiled(t, "hazards.c")
	run := func(open ...program.Hazard) map[string]string {
		t.Helper()
		opened := make(map[program.Hazard]bool)
		for _, h := range open {
			opened[h] = true
		}
		c := program.Command{Actor: "p", Path: path, Args: []string{"hazards"}, Dir: filepath.Dir(path)}
		r := aloneOn(t, program.Config{Open: opened}, c)
		if r.exit.Code != 0 || r.exit.Signal != 0 {
			t.Fatalf("%v: %s\n%s", open, r.exit, r.out+r.err)
		}
		return fields(r.out)
	}
	closed := run()
	for range 5 {
		t.Setenv("TZ", "Europe/Berlin")
		t.Setenv("RANDOM_LENGTH", strings.Repeat("x", os.Getpid()%100))
		for name, value := range run() {
			if value != closed[name] {
				t.Errorf("closed, %s: %s and %s", name, closed[name], value)
			}
		}
	}
	for _, c := range []struct {
		hazard program.Hazard
		shows  string
	}{
		{program.VDSO, "vdso"},
		{program.AuxiliaryRandom, "auxiliary-random"},
		{program.AddressLayout, "address-layout"},
		{program.TimeStamps, "time-stamps"},
		{program.Identification, "identification"},
		{program.Randomness, "randomness"},
		{program.Randomness, "urandom"},
		{program.Identity, "identity"},
		{program.RestartableSequences, "restartable-sequences"},
	} {
		t.Run(c.shows, func(t *testing.T) {
			switch c.hazard {
			case program.Identification, program.RestartableSequences: // the same in every run of one machine
				if open := run(c.hazard); open[c.shows] == closed[c.shows] {
					if c.hazard == program.Identification {
						t.Skip("the processor cannot make CPUID trap, or has no RDRAND: " + open[c.shows])
					}
					t.Errorf("open and closed: %s", open[c.shows])
				}
				return
			}
			first, second := run(c.hazard), run(c.hazard)
			if first[c.shows] == second[c.shows] {
				t.Errorf("left open, it does not show: %s", first[c.shows])
			}
		})
	}
}
