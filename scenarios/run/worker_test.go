package run_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// founding is a job that every worker can do.
func founding(t *testing.T, seed uint64) run.Job {
	t.Helper()
	return fixture.Job(t, "late-close-notify", scenarios.Settings{"credentials": "psk"}, seed)
}

func do(t *testing.T, p *run.Pool, job run.Job) run.Result {
	t.Helper()
	o, err := p.Do(context.Background(), job)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A panic costs the replication that panics, is recorded with the goroutines, and
// the pool goes on.
func TestPanicIsRecorded(t *testing.T) {
	p := fixture.Pool(t, 1)
	o := do(t, p, fixture.Job(t, "test-panics", nil, 0))
	if o.Status != run.Crashed {
		t.Fatalf("status %q, want crashed", o.Status)
	}
	for _, want := range []string{"this scenario panics", "goroutine "} {
		if !strings.Contains(o.Dump, want) {
			t.Errorf("the dump does not say %q:\n%s", want, o.Dump)
		}
	}
	if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
		t.Errorf("the replication after the panic: %q\n%s", o.Status, o.Dump)
	}
}

// A replication that never ends in wall time is recorded with its goroutines.
func TestWedgeIsRecorded(t *testing.T) {
	testkit.NotShort(t)
	p, err := run.NewPool(1, run.Limits{Wall: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	o := do(t, p, fixture.Job(t, "test-wedges", nil, 0))
	if o.Status != run.TimedOut {
		t.Fatalf("status %q, want timed-out", o.Status)
	}
	if !strings.Contains(o.Dump, "SIGQUIT") || !strings.Contains(o.Dump, "main_test.go") {
		t.Errorf("the dump does not show where the scenario was:\n%s", o.Dump)
	}
	if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
		t.Errorf("the replication after the wedge: %q", o.Status)
	}
}

// A replication that never ends in virtual time meets a limit.
func TestLimitIsRecorded(t *testing.T) {
	p := fixture.Pool(t, 1)
	o := do(t, p, fixture.Job(t, "test-never-ends", nil, 0))
	if o.Status != run.Limited || o.Limit != "event-limit" {
		t.Errorf("status %q, limit %q; want limited by event-limit", o.Status, o.Limit)
	}
}

// A worker that is killed costs one replication of a sweep, which is counted, and
// nothing else is lost.
func TestKilledWorkerLosesOneReplication(t *testing.T) {
	testkit.NotShort(t)
	p := fixture.Pool(t, 2)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	const replications = 400
	killed := make(chan bool, 1)
	done := 0
	s := fixture.Scenario(t)
	r, err := sample.RunSweep(ctx, p, sample.Sweep{
		Design: fixture.Design(
			t,
			s,
			nil,
			scenarios.Settings{"credentials": "psk"},
		), Replications: replications, Seed: 1,
	}, func() {
		if done++; done == 50 {
			killed <- killOneChild(t)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !<-killed {
		t.Fatal("no worker was found to kill")
	}
	point := r.Points[0]
	// The worker may have been between two replications; it then dies with the next.
	if point.Replications != replications || point.Crashed != 1 || point.Completed() != replications-1 {
		t.Errorf("%d replications, %d crashed, %d completed; want %d, 1, %d",
			point.Replications, point.Crashed, point.Completed(), replications, replications-1)
	}
	if len(r.Aborted) != 1 || !strings.Contains(r.Aborted[0].Repeat, "dtlssim run late-close-notify --seed ") ||
		!strings.Contains(r.Aborted[0].Dump, "killed") {
		t.Errorf("the crash is recorded as %+v", r.Aborted)
	}
}

// killOneChild kills one child process of this one.
func killOneChild(t *testing.T) bool {
	self := strconv.Itoa(os.Getpid())
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Error(err)
	}
	for _, path := range stats {
		data, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if fields[1] != self || fields[0] == "Z" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Error(err)
		}
		return syscall.Kill(pid, syscall.SIGKILL) == nil
	}
	return false
}

// A worker that kills itself is no different.
func TestSuicideIsRecorded(t *testing.T) {
	p := fixture.Pool(t, 1)
	if o := do(t, p, fixture.Job(t, "test-kills-itself", nil, 0)); o.Status != run.Crashed {
		t.Errorf("status %q, want crashed", o.Status)
	}
}

// A job that makes no sense is an error of the caller's, not of the replication.
func TestSenselessJob(t *testing.T) {
	p := fixture.Pool(t, 1)
	unknown := *fixture.Scenario(t)
	unknown.Name = "no-such-scenario"
	other := *fixture.Scenario(t)
	other.Parameters = append(
		slices.Clone(other.Parameters),
		scenarios.Parameter{Name: "no-such-parameter", Type: scenarios.CountType, Default: "0", Max: 1},
	)
	other.Outcomes = append(slices.Clone(other.Outcomes), scenarios.Outcome{Name: "no-such-outcome"})
	fail, err := other.ParsePredicate("no-such-outcome")
	if err != nil {
		t.Fatal(err)
	}
	for what, job := range map[string]run.Job{
		"no-such-scenario":  {Values: fixture.Values(t, &unknown, nil)},
		"no-such-parameter": {Values: fixture.Values(t, &other, scenarios.Settings{"no-such-parameter": "1"})},
		"no-such-outcome":   {Values: fixture.Values(t, fixture.Scenario(t), nil), Fail: fail},
	} {
		for range 2 { // the worker still has none of it the second time
			if o, err := p.Do(context.Background(), job); err == nil || !strings.Contains(err.Error(), what) {
				t.Errorf("%s gave %+v, error %v", what, o, err)
			}
		}
	}
	if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
		t.Errorf("the replication afterwards: %q", o.Status)
	}
}

// The end of the context ends what is under way.
func TestCancelledJob(t *testing.T) {
	p := fixture.Pool(t, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := p.Do(ctx, fixture.Job(t, "test-wedges", nil, 0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want the context's", err)
	}
	if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
		t.Errorf("the replication afterwards: %q", o.Status)
	}
}

// A worker stays small, however many replications it performs.
func TestWorkerMemory(t *testing.T) {
	testkit.NotShort(t)
	n := uint64(testkit.Budget(200, 500, 2000))
	p := fixture.Pool(t, 1)
	for seed := range n {
		do(t, p, founding(t, seed))
	}
	p.Close()
	if peak := p.PeakMemory(); peak == 0 || peak > 200<<20 && !raceDetector {
		t.Errorf("a worker used %d MiB, want at most 200", peak>>20)
	}
}

// A long replication does not take more memory, and it repeats in whatever company.
func TestLongReplication(t *testing.T) {
	testkit.NotShort(t)
	job := fixture.Job(
		t,
		"late-close-notify",
		scenarios.Settings{"clients": strconv.Itoa(testkit.Budget(150, 200, 600)), "loss": "0.02"},
		1,
	)
	p := fixture.Pool(t, 1)
	first := do(t, p, job)
	do(t, p, founding(t, 1))
	if again := do(t, p, job); again.Digest != first.Digest || first.Status != run.Completed {
		t.Errorf("%s: digest %s, and %s the second time", first.Status, first.Digest, again.Digest)
	}
	p.Close()
	if peak := p.PeakMemory(); peak > 200<<20 && !raceDetector {
		t.Errorf("a worker used %d MiB, want at most 200", peak>>20)
	}
	alone := fixture.Pool(t, 1)
	if o := do(t, alone, job); o.Digest != first.Digest {
		t.Errorf("alone: digest %s, want %s", o.Digest, first.Digest)
	}
}

// A pool has at least one worker.
func TestNoWorkers(t *testing.T) {
	if _, err := run.NewPool(0, run.Limits{}); err == nil {
		t.Error("a pool without workers was started")
	}
}
