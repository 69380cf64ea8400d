package sample_test

import (
	"context"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/estimate/importance"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// nothing is a runner of replications that take no time.
type nothing struct{ size int }

func (n nothing) Do(context.Context, run.Job) (run.Result, error) {
	return run.Result{Status: run.Completed}, nil
}

func (n nothing) Twice(ctx context.Context, job run.Job) (a, b run.Result, err error) {
	return a, b, nil
}

func (n nothing) Size() int { return n.size }

// BenchmarkEstimators gives what an estimator costs besides its replications, as a
// share of their time: everything that the parent does for replications that take no
// time, intervals at every look among it, over the same with real ones on one worker.
func BenchmarkEstimators(b *testing.B) {
	const n = 2000
	s := fixture.Scenario(b)
	set := scenarios.Settings{"credentials": "psk", "alert-latency": "10ms+exponential(mean=10ms)"}
	fail, err := s.ParsePredicate("")
	if err != nil {
		b.Fatal(err)
	}
	plan := stat.NewPlan(stat.Target{HalfWidth: 1e-9}, 0.95, 100, n) // which no look meets
	tilts, err := network.ParseTilts(s, "alert-latency=0.5")
	if err != nil {
		b.Fatal(err)
	}
	q, err := estimate.NewIntegral(fixture.Values(b, s, set), "alert-latency", 1, fail, 1e-300)
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	for _, estimator := range []struct {
		name string
		run  func(runner run.Runner) error
	}{
		{"monte-carlo", func(runner run.Runner) error {
			_, err := sample.RunPlan(ctx, runner, sample.Sweep{
				Design: fixture.Design(b, s, set, scenarios.Settings{}), Seed: 1, Fail: fail,
				Inference: stat.Inference{Method: stat.ClopperPearsonExact},
			}, plan, nil)
			return err
		}},
		{"stratified", func(runner run.Runner) error {
			_, err := q.Stratified(ctx, runner, 20, 100, plan, nil)
			return err
		}},
		{"importance", func(runner run.Runner) error {
			_, err := importance.Run(ctx, runner,
				importance.Question{Values: fixture.Values(b, s, set), Seed: 1, Fail: fail, Tilts: tilts}, plan, nil)
			return err
		}},
		{"compare", func(runner run.Runner) error {
			_, err := sample.Compare(ctx, runner, sample.Sweep{
				Design: fixture.Design(b, s, set, scenarios.Settings{"linger": "0s"},
					scenarios.Settings{"linger": "5ms"}), Replications: n / 2, Seed: 1, Fail: fail,
			}, 0, false, nil)
			return err
		}},
	} {
		b.Run(estimator.name, func(b *testing.B) {
			pool := fixture.Pool(b, 1)
			took := func(runner run.Runner) time.Duration {
				began := time.Now()
				if err := estimator.run(runner); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			var own, all time.Duration
			for b.Loop() {
				all += took(pool)
				own += took(nothing{1})
			}
			b.ReportMetric(100*float64(own)/float64(all), "%own")
			b.ReportMetric(float64(own.Nanoseconds())/float64(b.N)/n, "own-ns/replication")
		})
	}
}
