//go:build linux && amd64

package program_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/program"
)

// inputs and signals are what some programs of the table get from outside.
var (
	inputs = map[string][]program.Input{
		"stdin": {
			{Text: "first and second\n"},
			{After: 300 * time.Millisecond, Text: "third\n"},
			{After: 900 * time.Millisecond, Text: "a line\nanother\n"},
			{After: 1200 * time.Millisecond, Text: "without a line feed", End: true},
		},
	}
	signals = map[string][]program.Signal{
		"signalled": {
			{After: 500 * time.Millisecond, Number: syscall.SIGUSR1},
			{After: 900 * time.Millisecond, Number: syscall.SIGTERM},
		},
	}
	arguments = map[string][]string{"script": {"one", "two words"}}
)

// outcome is what a program printed and how it ended.
type outcome struct{ out, err, exit string }

// The table of system calls: each program of testdata/calls runs under the kernel of this machine and under
// simulation, and must print the same. CALLS=udp_names,shell chooses some; CALLS_NATIVE=50 only compares so many native
// runs with each other.
func TestCalls(t *testing.T) {
	testkit.NotShort(t)
	programs := build(t, os.Getenv("CALLS"))
	names := slices.Sorted(maps.Keys(programs))
	if n := os.Getenv("CALLS_NATIVE"); n != "" {
		nativeRuns(t, programs, names, n)
		return
	}
	if err := program.Supported(); err != nil {
		testkit.Missing(t, err.Error())
	}
	natives := make(map[string]func() outcome)
	room := make(chan struct{}, 6)
	for _, name := range names {
		result := make(chan outcome, 1)
		go func() {
			room <- struct{}{}
			result <- native(t, name, programs[name])
			<-room
		}()
		natives[name] = sync.OnceValue(func() outcome { return <-result })
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			simulated := simulate(t, name, programs[name])
			want := natives[name]()
			for range 2 { // a busy machine may be late; virtual time is not
				if simulated == want {
					return
				}
				again := native(t, name, programs[name])
				if again == want {
					break
				}
				t.Logf("two native runs differ:\n%s", difference(want, again))
				want = again
			}
			if simulated != want {
				t.Errorf("- natively, + under simulation\n%s", difference(want, simulated))
			}
		})
	}
}

// nativeRuns compares native runs with each other.
func nativeRuns(t *testing.T, programs map[string]string, names []string, count string) {
	var n int
	if _, err := fmt.Sscan(count, &n); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := native(t, name, programs[name])
			for i := range n {
				if again := native(t, name, programs[name]); again != first {
					t.Fatalf("run %d differs from the first:\n%s", i, difference(first, again))
				}
			}
		})
	}
}

// build compiles the programs of the table, or those of a list, and returns their paths.
func build(t *testing.T, only string) map[string]string {
	t.Helper()
	testkit.Tool(t, "apt-get install gcc libc6-dev", "cc", "--version")
	if b, err := os.ReadFile("/proc/sys/net/ipv6/conf/lo/disable_ipv6"); err != nil || string(b) != "0\n" {
		testkit.Missing(t, "this machine has no IPv6 on its loopback interface")
	}
	directory := t.TempDir()
	programs := make(map[string]string)
	var commands []*exec.Cmd
	for _, path := range sources(t) {
		base := filepath.Base(path)
		name := strings.TrimSuffix(base, filepath.Ext(base))
		if only != "" && !slices.Contains(strings.Split(only, ","), name) {
			continue
		}
		switch target := filepath.Join(directory, name); filepath.Ext(base) {
		case ".c":
			programs[name] = target
			commands = append(commands, exec.Command("cc", "-O1", "-pthread", "-o", target, path))
		case ".sh":
			programs[name] = path
		case "":
			programs[name] = target
			c := exec.Command("go", "build", "-o", target, "./testdata/calls/"+base)
			c.Env = append(os.Environ(), "CGO_ENABLED=0")
			commands = append(commands, c)
		}
	}
	var wait sync.WaitGroup
	room := make(chan struct{}, 2)
	for _, c := range commands {
		wait.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", c, err, out)
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return programs
}

// sources returns the absolute paths of what the table is made of.
func sources(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.c", "*.sh", "go_*"} {
		found, err := filepath.Glob(filepath.Join("testdata", "calls", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: nothing found (%v)", pattern, err)
		}
		all = append(all, found...)
	}
	for i := range all {
		var err error
		if all[i], err = filepath.Abs(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// environment is what both sides see. Virtual time is at most 3 ms late: the slack of programs that read the clock
// often. A machine may be busy.
func environment(slack string) []string {
	return append(program.Environment(), "CALLS_SLACK_MS="+slack)
}

// native runs a program under the kernel of this machine.
func native(t *testing.T, name, path string) outcome {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT} { // nohup(1) leaves one ignored
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, path, arguments[name]...)
	var out, err bytes.Buffer
	c.Env, c.Dir, c.Stdout, c.Stderr, c.WaitDelay = environment("20000"), t.TempDir(), &out, &err, 10*time.Second
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, failure := c.StdinPipe()
	if failure == nil {
		failure = c.Start()
	}
	if failure != nil {
		t.Error(failure)
		return outcome{}
	}
	start := time.Now()
	go func() {
		for _, i := range inputs[name] {
			time.Sleep(time.Until(start.Add(i.After)))
			_, _ = io.WriteString(in, i.Text)
			if i.End {
				_ = in.Close()
			}
		}
	}()
	go func() {
		for _, s := range signals[name] {
			time.Sleep(time.Until(start.Add(s.After)))
			_ = c.Process.Signal(s.Number)
		}
	}()
	failure = c.Wait()
	if failed := new(exec.ExitError); failure != nil && !errors.As(failure, &failed) {
		t.Errorf("%s: %v", name, failure)
	}
	exit := program.Exit{Code: c.ProcessState.ExitCode()}
	if s := c.ProcessState.Sys().(syscall.WaitStatus); s.Signaled() {
		exit = program.Exit{Signal: s.Signal()}
	}
	return outcome{lines(out.String()), lines(err.String()), exit.String()}
}

// lines ends the last line with a line feed, as the output of a machine does.
func lines(text string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		return text + "\n"
	}
	return text
}

// simulate runs a program on a machine of a simulation.
func simulate(t *testing.T, name, path string) outcome {
	t.Helper()
	r := alone(t, program.Command{
		Actor: name, Path: path, Args: append([]string{path}, arguments[name]...), Dir: t.TempDir(),
		Env: environment("3"), Input: inputs[name], Signals: signals[name],
	})
	return outcome{lines(r.out), lines(r.err), r.exit.String()}
}

// difference shows where two outcomes differ.
func difference(want, got outcome) string {
	var b strings.Builder
	for _, part := range []struct{ name, want, got string }{
		{"standard output", want.out, got.out}, {"standard error", want.err, got.err}, {"end", want.exit, got.exit},
	} {
		if part.want != part.got {
			fmt.Fprintf(&b, "%s:\n", part.name)
			diff(&b, strings.Split(part.want, "\n"), strings.Split(part.got, "\n"))
		}
	}
	return b.String()
}

// diff writes the lines of two texts that are not of their longest common subsequence, each group after the line
// before it.
func diff(b *strings.Builder, want, got []string) {
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if want[i] == got[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	before := ""
	line := func(sign, text string) {
		if before != "" {
			fmt.Fprintf(b, "    %s\n", before)
			before = ""
		}
		fmt.Fprintf(b, "  %s %s\n", sign, text)
	}
	for i, j := 0, 0; i < len(want) || j < len(got); {
		switch {
		case i < len(want) && j < len(got) && want[i] == got[j]:
			before = want[i]
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			line("-", want[i])
			i++
		default:
			line("+", got[j])
			j++
		}
	}
}
