package sample_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// A sweep is the same with any number of workers, and its first failure is the one
// of the least seed.
func TestSweepDoesNotDependOnWorkers(t *testing.T) {
	var results []*sample.Results
	for _, workers := range []int{1, 3} {
		r, err := sample.RunSweep(context.Background(), fixture.Pool(t, workers), sample.Sweep{
			Replications: 100, Seed: 7, Verify: workers == 3,
			Design: fixture.Design(
				t, fixture.Scenario(t), scenarios.Settings{"credentials": "psk", "latency": "uniform(5ms,15ms)"},
				scenarios.Settings{"linger": "0s"}, scenarios.Settings{"linger": "3ms"},
			),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Differences) > 0 {
			t.Errorf("verification found %+v", r.Differences)
		}
		results = append(results, r)
	}
	if !reflect.DeepEqual(results[0].Points, results[1].Points) {
		t.Errorf("one worker: %+v\nthree: %+v", results[0].Points, results[1].Points)
	}
	if a, b := results[0].Points[0].Failures, results[0].Points[1].Failures; a <= b || b == 0 {
		t.Errorf("%d failures without linger, %d with 3 ms", a, b)
	}
}

// An interrupted sweep holds what was done.
func TestInterruptedSweep(t *testing.T) {
	testkit.NotShort(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := 0
	r, err := sample.RunSweep(ctx, fixture.Pool(t, 2), sample.Sweep{
		Replications: 100_000, Seed: 1,
		Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{"credentials": "psk"}),
	}, func() {
		if done++; done == 20 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Done < 20 || r.Done > 100 || r.Points[0].Replications != r.Done {
		t.Errorf("interrupted %v after %d, %d counted", r.Interrupted, r.Done, r.Points[0].Replications)
	}
}

// faulty is a runner whose second run of seed 3 differs from the first.
type faulty struct{ run.Runner }

func (f faulty) Twice(ctx context.Context, job run.Job) (first, second run.Result, err error) {
	first, second, err = f.Runner.Twice(ctx, job)
	if err == nil && job.Seed == 3 {
		if job.Values, err = job.Values.With("service", 2*time.Millisecond); err == nil {
			second, err = f.Do(ctx, job)
		}
	}
	return first, second, err
}

// Verification reports the first record at which two traces part.
func TestVerifyReportsTheFirstDifference(t *testing.T) {
	r, err := sample.RunSweep(context.Background(), faulty{fixture.Pool(t, 2)}, sample.Sweep{
		Replications: 5, Seed: 1, Verify: true,
		Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{"credentials": "psk"}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Differences) != 1 {
		t.Fatalf("differences: %+v, want one", r.Differences)
	}
	d := r.Differences[0]
	if !strings.Contains(d.Repeat, "--seed 3") || !strings.HasPrefix(d.First, "0.071000000 server") ||
		!strings.HasPrefix(d.Second, "0.072000000 server") {
		t.Errorf("the difference is reported as %+v", d)
	}
}
