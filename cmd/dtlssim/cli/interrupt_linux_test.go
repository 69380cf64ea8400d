package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// process is dtlssim as a process of its own.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	workers        []int
}

// hung is how long a process hangs that does not answer: far longer than a slow machine takes.
const hung = time.Minute

// startBusy starts dtlssim and waits until every worker has used processor time
// enough for many replications.
func startBusy(t *testing.T, workers int, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("dtlssim", args...)}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.Dir = t.TempDir()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // it has ended if the test went well
	const ticks = 20                           // of 10 ms
	for deadline := time.Now().Add(hung); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		p.workers = children(p.Process.Pid)
		busy := 0
		for _, pid := range p.workers {
			if used, _, err := processState(pid); err == nil && used >= ticks {
				busy++
			}
		}
		if busy == workers {
			return p
		}
	}
	t.Fatalf("after %s there were the workers %v, want %d busy ones\n%s%s", hung, p.workers, workers, &p.stdout,
		&p.stderr)
	return nil
}

// end waits for the process and returns its exit code, -1 of one that was killed.
// No worker may stay behind.
func (p *process) end(t *testing.T) int {
	t.Helper()
	start := time.Now()
	var exit *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if took := time.Since(start); took > hung {
		t.Errorf("it took %s to end", took)
	}
	for _, pid := range p.workers {
		gone := false
		for deadline := time.Now().Add(hung); !gone &&
			time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
			_, state, err := processState(pid)
			gone = err != nil || state == "Z" // one that was killed with its parent waits for init
		}
		if !gone {
			t.Errorf("worker %d stayed behind", pid)
		}
	}
	return p.ProcessState.ExitCode()
}

// children returns the child processes of a process.
func children(pid int) []int {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var pids []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // that thread has ended
		}
		for word := range strings.FieldsSeq(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// stat returns the processor time of a process in clock ticks, and its state: see
// proc_pid_stat(5).
func processState(pid int) (ticks int, state string, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, "", fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return user + system, fields[0], errors.Join(err1, err2)
}

// longSweep would take hours.
func longSweep(more ...string) []string {
	return append([]string{
		"sweep", "late-close-notify", "--set", "credentials=psk", "--set", "alert-latency=10ms+exponential(mean=10ms)",
		"--vary", "linger=0ms,10ms", "--replications", "50000000", "--workers", "2",
	}, more...)
}

// An interrupted sweep shows what is done, and leaves no worker behind.
func TestInterruptedSweep(t *testing.T) {
	testkit.NotShort(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := startBusy(t, 2, longSweep("--format", "json", "-o", "points.csv")...)
			if err := p.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if code := p.end(t); code != verb.ExitInterrupted {
				t.Errorf("exit code %d, want %d\n%s", code, verb.ExitInterrupted, &p.stderr)
			}
			var answer struct {
				Points      []struct{ Replications, Failures int }
				Interrupted bool
			}
			if err := json.Unmarshal(p.stdout.Bytes(), &answer); err != nil {
				t.Fatalf("%v\n%s", err, &p.stdout)
			}
			done := 0
			for _, point := range answer.Points {
				done += point.Replications
			}
			if len(answer.Points) != 2 || done < 10 || answer.Points[0].Failures == 0 || !answer.Interrupted {
				t.Errorf("the answer is %+v", answer)
			}
			want := fmt.Sprintf("dtlssim: interrupted: %d of 100000000 replications were done\n", done)
			if !strings.HasSuffix(p.stderr.String(), want) {
				t.Errorf("standard error %q, want %q", &p.stderr, want)
			}
			left, err := os.ReadDir(p.Dir)
			if err != nil || len(left) != 1 || left[0].Name() != "points.csv" {
				t.Errorf("files afterwards: %v %v", left, err)
			}
		})
	}
}

// The same as text.
func TestInterruptedSweepAsText(t *testing.T) {
	testkit.NotShort(t)
	p := startBusy(t, 2, longSweep()...)
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != verb.ExitInterrupted {
		t.Errorf("exit code %d, want %d", code, verb.ExitInterrupted)
	}
	for _, want := range []string{"LINGER  REPLICATIONS", "\n0s ", "\nInterrupted: "} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("it does not show %q:\n%s", want, &p.stdout)
		}
	}
}

// longStudy writes a study of one figure that is done at once and one that takes hours, and
// returns its file.
func longStudy(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "long.yaml")
	text := `name: long
title: A long study
scenario: late-close-notify
figures:
  - name: short
    kind: windows
    probe: alert-latency=0s..20ms
    set: {credentials: psk}
    rows: [{label: none}]
  - name: long
    kind: table
    replications: 50000000
    set: {credentials: psk}
    rows: [{label: none}]
`
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// An interrupted study writes the figures that were done.
func TestInterruptedStudy(t *testing.T) {
	testkit.NotShort(t)
	p := startBusy(t, 2, "study", longStudy(t), "-o", "figures", "--workers", "2")
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != verb.ExitInterrupted {
		t.Errorf("exit code %d, want %d", code, verb.ExitInterrupted)
	}
	if want := "dtlssim: interrupted: 1 of 2 figures were done\n"; !strings.HasSuffix(p.stderr.String(), want) {
		t.Errorf("standard error %q, want %q", &p.stderr, want)
	}
	if !strings.Contains(p.stdout.String(), "[0s, 10ms)") {
		t.Errorf("the figure that was done is not shown:\n%s", &p.stdout)
	}
	left, err := filepath.Glob(filepath.Join(p.Dir, "figures", "*"))
	if err != nil || len(left) != 4 {
		t.Errorf("files afterwards: %v %v", left, err)
	}
}

// An interrupted report writes the pages that were done, and one of the figures that were.
func TestInterruptedReport(t *testing.T) {
	testkit.NotShort(t)
	p := startBusy(t, 2, "report", longStudy(t), "late-close-notify", "-o", "pages", "--workers", "2")
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != verb.ExitInterrupted {
		t.Errorf("exit code %d, want %d", code, verb.ExitInterrupted)
	}
	if want := "dtlssim: interrupted: 0 of 2 studies were done, and some figures of long\n"; !strings.HasSuffix(
		p.stderr.String(),
		want,
	) {
		t.Errorf("standard error %q, want %q", &p.stderr, want)
	}
	for _, name := range []string{"index.html", "long/index.html"} {
		html, err := os.ReadFile(filepath.Join(p.Dir, "pages", name))
		if err != nil {
			t.Fatal(err)
		}
		if want := "This study is not complete: figures that were done: 1 of 2."; !strings.Contains(
			string(html),
			want,
		) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	if _, err := os.Stat(filepath.Join(p.Dir, "pages", "late-close-notify")); err == nil {
		t.Error("there is a page of a study that was not begun")
	}
}

// A program that is killed takes its workers with it.
func TestKilledProgramLeavesNoWorker(t *testing.T) {
	p := startBusy(t, 2, longSweep()...)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := p.end(t); code != -1 {
		t.Errorf("exit code %d, want none", code)
	}
}
