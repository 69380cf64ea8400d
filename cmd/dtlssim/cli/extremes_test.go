package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// extremes are values at which numbers, durations, sizes and names break.
var extremes = []string{
	"0", "-0", "1", "-1", "2", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
	"18446744073709551615",
	"99999999999", "1000000001", "2147483648", "0.5", "1e308", "-1e308", "1e-320", "1e400", "NaN", "Inf", "-Inf", "",
	" ", "007", "0x7fffffffffffffff", "1_000", "१२३", "１２", "1,2", "1;2", "\x00", "\x1b[31m", "1ns",
	"2562047h47m16.854775807s",
	"-1ns", "99999999999h", "1GiB", "8388608TiB", "9223372036854775807B", strings.Repeat("9", 5000),
	strings.Repeat("x", 100_000),
	"a=b", "=", "latency=", "latency=1s..2s", "latency=0s..99999999999h", "latency=0s..2562047h/99999999",
	"latency=1ns..2562047h:log", "linger=0ns..1h/1", "linger=0ns..1h/9223372036854775807", "clients=1..1000/999",
	"clients=0..9223372036854775807", "latency=exponential(mean={1ns..1s/2})", "latency=exponential(mean=1e308s)",
	"latency=gamma(mean=1ns,shape=1e-308)", "loss=1", "loss=NaN", "loss=1e-320", "bandwidth=1bit/s",
	"bandwidth=9223372036854775807bit/s", "down=0s..2562047h", "gap=2562047h", "queue=10000", "client-timeout=0s",
	"all", "none", "alert-latency=0s..100ms", "alert-latency=0s..", "linger=0s..100ms", "uplink=0.5", "latency=1e308",
}

// An extreme is a command line with flags at their extremes. It is tried in a process of its own,
// with little memory and little time.
const extremeMemory = 3 << 20 // of address space, in KiB: the Go runtime alone reserves more than one GiB

// extremeTime is how long a command line runs before an interrupt has to end it.
func extremeTime() time.Duration { return time.Duration(testkit.Budget(1, 1, 3)) * time.Second }

// tryExtreme reports what is wrong with how the program reacts to a command line: a panic, an exit
// code that has no meaning, an endless run.
func tryExtreme(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), extremeTime())
	defer cancel()
	// The shell of a process without arguments sets the limit; the arguments come as they are.
	c := exec.CommandContext(ctx, "bash", slices.Concat([]string{"-c",
		fmt.Sprintf(`ulimit -v %d; exec dtlssim "$@"`, extremeMemory), "bash"}, args)...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // a long run may have been asked for
	c.WaitDelay = 20 * time.Second
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		return fmt.Errorf("it does not end: %w", err)
	case strings.Contains(errs.String(), "goroutine ") || strings.Contains(errs.String(), "panic:"):
		return fmt.Errorf("it panics:\n%.2000s", errs.String())
	case errs.Len() > 50_000:
		return fmt.Errorf("its message has %d bytes: %.500s", errs.Len(), errs.String())
	}
	code := c.ProcessState.ExitCode()
	interrupted := ctx.Err() != nil && (code == 130 || code == -1)
	if code < 0 || code > 3 && !interrupted {
		return fmt.Errorf("exit code %d\n%.2000s", code, errs.String())
	}
	return nil
}

// cheap are flags that keep a call short that is right by chance.
var cheap = map[string][]string{
	"replications": {"3"}, "seeds": {"2"}, "check": {"0"}, "points": {"2"}, "ends": {"2"}, "rounds": {"1"},
	"max-runs": {"50"}, "budget": {"0.0001"}, "workers": {"1"}, "wall-limit": {"5s"}, "pilots": {"50"},
}

// Flags at their extremes, in every verb: no panic, no endless run, no exhausted memory, and an exit
// code that has a meaning.
func TestFlagsAtTheirExtremes(t *testing.T) {
	testkit.NotShort(t)
	folder := t.TempDir()
	empty := filepath.Join(folder, "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	check := func(r *rapid.T) {
		verbs := newRoot().Commands()
		v := rapid.SampledFrom(verbs).Draw(r, "verb")
		if slices.Contains([]string{"help", "schema", "bench"}, v.Name()) {
			return // they have no flags, or none that is quick
		}
		args := []string{
			v.Name(), rapid.SampledFrom([]string{founding, founding, founding, founding, empty, ""}).Draw(r, "of"),
		}
		var flags []*pflag.Flag
		v.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, f) })
		given := map[string]bool{}
		for range rapid.IntRange(1, 3).Draw(r, "count") {
			f := rapid.SampledFrom(flags).Draw(r, "flag")
			if f.NoOptDefVal != "" || strings.HasPrefix(f.Name, "help") {
				continue
			}
			value := rapid.SampledFrom(extremes).Draw(r, "value")
			if strings.Contains(value, "\x00") { // no argument of a process holds one
				continue
			}
			args, given[f.Name] = append(args, "--"+f.Name+"="+value), true
		}
		for _, f := range flags {
			if values := cheap[f.Name]; values != nil && !given[f.Name] {
				args = append(args, "--"+f.Name+"="+values[0])
			}
		}
		if err := tryExtreme(args); err != nil {
			shown := fmt.Sprintf("%q", args)
			r.Errorf("dtlssim %.600s\n%v", shown, err)
		}
	}
	checks := flag.Lookup("rapid.checks")
	before := checks.Value.String()
	if err := checks.Value.Set(strconv.Itoa(testkit.Cases(t, 10, 30, 200))); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = checks.Value.Set(before) }()
	testkit.Check(t, check)
}
