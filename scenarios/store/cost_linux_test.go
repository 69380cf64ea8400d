package store_test

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// processorTime returns what this process, and those that it has waited for, have used.
func processorTime(t testing.TB) (d time.Duration) {
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var r syscall.Rusage
		if err := syscall.Getrusage(who, &r); err != nil {
			t.Fatal(err)
		}
		d += time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return d
}

// always answers with one outcome.
type always struct {
	run.Runner
	outcome run.Result
}

func (a always) Do(context.Context, run.Job) (run.Result, error) { return a.outcome, nil }

// So is what the runs of a search cost, which are kept with the times of their traces.
func TestCostOfRuns(t *testing.T) {
	testkit.NotShort(t)
	const performed, stored = 300, 5000
	job := fixture.Job(t, "late-close-notify", scenarios.Settings{"credentials": "psk", "alert-latency": "20ms"}, 0)
	job.Watch = true
	do := func(r run.Runner, n int) (took time.Duration, o run.Result) {
		start := processorTime(t)
		for i := range n {
			job.Seed = uint64(i)
			var err error
			if o, err = r.Do(context.Background(), job); err != nil {
				t.Fatal(err)
			}
		}
		return processorTime(t) - start, o
	}
	start := processorTime(t)
	pool, err := run.NewPool(1, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, o := do(pool, performed)
	pool.Close()
	own := (processorTime(t) - start) / performed

	s, _, err := store.OpenSweep(filepath.Join(t.TempDir(), "study.sqlite"), sweep(t, 1), run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	start = processorTime(t)
	do(s.Runner(always{outcome: o}), stored)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cost := (processorTime(t) - start) / stored
	share := float64(cost) / float64(own)
	t.Logf("a run takes %v, and to keep it %v: %.1f %%", own, cost, 100*share)
	if share > 0.05 {
		t.Errorf("the store costs %.1f %% of the runs' own time", 100*share)
	}
}

// What a store costs is below 5 % of what the replications do. Both are processor time, so
// that what else the machine does has no say.
func TestCost(t *testing.T) {
	testkit.NotShort(t)
	const replications, stored = 600, 20_000
	start := processorTime(t)
	pool, err := run.NewPool(1, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sample.RunSweep(context.Background(), pool, sweep(t, replications/2), nil)
	pool.Close()
	if err != nil {
		t.Fatal(err)
	}
	own := (processorTime(t) - start) / replications

	start = processorTime(t)
	performed(t, context.Background(), "", sweep(t, stored/2), nil)
	without := processorTime(t) - start
	start = processorTime(t)
	performed(t, context.Background(), filepath.Join(t.TempDir(), "study.sqlite"), sweep(t, stored/2), nil)
	cost := (processorTime(t) - start - without) / stored
	share := float64(cost) / float64(own)
	t.Logf("a replication takes %v, and to keep it %v: %.1f %%", own, cost, 100*share)
	if share > 0.05 {
		t.Errorf("the store costs %.1f %% of the replications' own time", 100*share)
	}
}
