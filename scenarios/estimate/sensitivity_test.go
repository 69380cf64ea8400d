package estimate_test

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// sensitivity asks for the sensitivity of the founding scenario.
func analyse(t *testing.T, points, replications int, factors ...string) estimate.Sensitivity {
	t.Helper()
	s := fixture.Scenario(t)
	return estimate.Sensitivity{
		Values: fixture.Values(
			t, s, scenarios.Settings{"credentials": "psk", "alert-latency": "10ms+exponential(mean=10ms)"},
		),
		Factors: fixture.Ranges(t, s, factors...), Points: points, Replications: replications, Seed: 1,
	}
}

// indices estimates the indices from what the runs give.
func indices(
	t *testing.T, q estimate.Sensitivity, run func(keep func(int, estimate.Outputs)) (*estimate.SensitivityRuns, error),
) sensitivity.Indices {
	t.Helper()
	terms := make([]sensitivity.Term, q.Points)
	r, err := run(func(base int, o estimate.Outputs) { terms[base] = sensitivity.NewTerm(o[0], o[1], o[2:]) })
	if err != nil {
		t.Fatal(err)
	}
	if r.Points != q.Points || r.Interrupted || r.NoResult > 0 {
		t.Fatalf("%+v", r)
	}
	return sensitivity.NewIndices(terms, 0.999, 300, stream.New(1, "test", t.Name()).Uniform)
}

// The founding failure's exact probability is known: the alert is late if it takes more
// than the latency, the service and the linger together, so that with a latency
// 10ms+exponential(10ms) the probability is exp(-(service+linger)/10ms), and the gap does
// nothing. Its indices are integrals of exponentials.
func TestSensitivityOfTheFoundingScenario(t *testing.T) {
	testkit.NotShort(t)
	points := testkit.Budget(4, 4, 64)
	q := analyse(t, points, 0, "linger=0ms..20ms", "service=0ms..10ms", "gap=50ms..100ms")
	pool := fixture.Pool(t, 2)
	r := indices(t, q, func(keep func(int, estimate.Outputs)) (*estimate.SensitivityRuns, error) {
		return q.Exact(context.Background(), pool, "alert-latency", 1e-15, func(base int, o estimate.Outputs) {
			// Of a and b, and of a with one factor from b, the logarithms add up.
			if sum := math.Log(o[2][0] * o[3][0] / (o[0][0] * o[1][0])); math.Abs(sum) > 2e-3 || o[4][0] != o[0][0] {
				t.Errorf("base point %d: %v", base, o)
			}
			keep(base, o)
		}, nil)
	})
	// Of exp(-u), u uniform from 0 to h: the mean and the mean of the square.
	moments := func(h float64) (mean, square float64) { return -math.Expm1(-h) / h, -math.Expm1(-2*h) / (2 * h) }
	linger, linger2 := moments(2)
	service, service2 := moments(1)
	variance := linger2*service2 - linger*linger*service*service
	part1, part2 := service*service*(linger2-linger*linger), linger*linger*(service2-service*service)
	first := []float64{part1 / variance, part2 / variance, 0}
	total := []float64{1 - part2/variance, 1 - part1/variance, 0}
	near := 0.1
	if !testkit.Long() { // four points say little
		near = 1
	}
	for i := range first {
		if f, w := r.First[i], r.Total[i]; math.Abs(f.Value-first[i]) > near || math.Abs(w.Value-total[i]) > near ||
			f.Low-1e-6 > first[i] || f.High+1e-6 < first[i] || w.Low-1e-6 > total[i] || w.High+1e-6 < total[i] {
			t.Errorf("factor %d: %+v and %+v, want %.4f and %.4f", i+1, f, w, first[i], total[i])
		}
	}
	design, at, err := q.Ends()
	if err != nil || len(design) != 5 || !reflect.DeepEqual(at, [][]int{{0, 1}, {2, 3}, {4, 0}}) {
		t.Fatalf("%v %v %v", design, at, err)
	}
	for i, want := range map[int]float64{0: math.Exp(-0.1), 1: math.Exp(-2.1), 3: math.Exp(-1)} {
		e, err := q.ExactAt(context.Background(), pool, design[i].Values, "alert-latency", 1e-15)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(e.Value-want) > 1e-3 {
			t.Errorf("at %v the probability is %.6f, want %.6f", design[i].Levels, e.Value, want)
		}
	}
}

// tossing is a runner whose replications fail with a probability that the linger gives,
// by a toss that all points with one seed share.
type tossing struct{ fixture.Reporting }

func (tossing) Size() int { return 4 }

func (tossing) Do(_ context.Context, job run.Job) (run.Result, error) {
	o := run.Result{Status: run.Completed}
	o.Failed = stream.New(job.Seed, "toss", "").Uniform() < 0.2+0.6*float64(job.Values.Duration("linger"))/1e9
	return o, nil
}

// Replications of 0 and 1 show the same indices as probabilities: all of the variance is
// the linger's.
func TestSensitivityByMonteCarlo(t *testing.T) {
	testkit.NotShort(t)
	q := analyse(t, 1024, 4, "linger=0s..1s", "gap=50ms..100ms", "remedy=none,recognise")
	r := indices(t, q, func(keep func(int, estimate.Outputs)) (*estimate.SensitivityRuns, error) {
		return q.MonteCarlo(context.Background(), tossing{}, keep, nil)
	})
	if variance := 0.36 / 12; math.Abs(r.Variance-variance) > variance/2 || r.Noise < variance {
		t.Errorf("variance %g and noise %g, want %g", r.Variance, r.Noise, variance)
	}
	for i, want := range []float64{1, 0, 0} {
		if f, w := r.First[i], r.Total[i]; f.Low > want || f.High < want || w.Low > want || w.High < want {
			t.Errorf("factor %d: %+v and %+v, want %g", i+1, f, w, want)
		}
	}
}

// The answer does not depend on the workers; real replications.
func TestSensitivityDoesNotDependOnWorkers(t *testing.T) {
	q := analyse(t, 8, 3, "linger=0ms..20ms", "remedy=none,recognise")
	var all [][]estimate.Outputs
	for _, workers := range []int{1, 3} {
		outputs := make([]estimate.Outputs, q.Points)
		r, err := q.MonteCarlo(
			context.Background(), fixture.Pool(t, workers), func(base int, o estimate.Outputs) { outputs[base] = o },
			nil,
		)
		if err != nil || r.Points != 8 {
			t.Fatal(r, err)
		}
		all = append(all, outputs)
	}
	if !reflect.DeepEqual(all[0], all[1]) {
		t.Errorf("one worker: %v\nthree: %v", all[0], all[1])
	}
}

// A base point of which a run crashed is left out and told; an interrupted analysis
// holds what was done.
func TestSensitivityWithTrouble(t *testing.T) {
	q := analyse(t, 10, 2, "linger=0ms..20ms")
	crashing := fixture.Reporting(func(seed uint64) run.Result {
		o := run.Result{Status: run.Completed}
		if seed == q.Seed+7 { // of base point 3, which has two points: a with its factor from b is b
			o.Status = run.Crashed
		}
		return o
	})
	kept := map[int]bool{}
	r, err := q.MonteCarlo(
		context.Background(), crashing, func(base int, _ estimate.Outputs) { kept[base] = true }, nil,
	)
	if err != nil || r.Dropped != 1 || r.NoResult != 2 || len(r.Aborted) != 2 || len(kept) != 9 || kept[3] ||
		!strings.Contains(r.Aborted[0].Repeat, "--seed 8") {
		t.Errorf("%+v %v, kept %v", r, err, kept)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r, err = q.MonteCarlo(ctx, crashing, func(int, estimate.Outputs) { cancel() }, nil)
	if err != nil || !r.Interrupted || r.Points == 0 {
		t.Errorf("%+v %v", r, err)
	}
}

func TestSensitivityFaults(t *testing.T) {
	for want, change := range map[string]func(*estimate.Sensitivity){
		"1 base points are out of range": func(q *estimate.Sensitivity) { q.Points = 1 },
		"0 factors are out of range":     func(q *estimate.Sensitivity) { q.Factors = nil },
		"varied, and set or varied a second": func(q *estimate.Sensitivity) {
			q.Factors = append(q.Factors, q.Factors[0])
		},
		"are too many": func(q *estimate.Sensitivity) { q.Replications = 1_000_000_000 },
		"does not apply to a server of model se": func(q *estimate.Sensitivity) {
			q.Factors = fixture.Ranges(t, q.Values.Scenario(), "model=sequential,listener")
			q.Values = fixture.Values(t, q.Values.Scenario(), scenarios.Settings{"model": "listener", "backlog": "3"})
		},
	} {
		q := analyse(t, 4, 1, "linger=0ms..20ms")
		change(&q)
		if err := q.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	q := analyse(t, 4, 0, "linger=0ms..20ms", "loss=0..0.5")
	if _, err := q.Exact(context.Background(), tossing{}, "alert-latency", 1e-15, nil, nil); err == nil ||
		!strings.Contains(err.Error(), "there is no exact probability") {
		t.Errorf("losses are random: %v", err)
	}
}
