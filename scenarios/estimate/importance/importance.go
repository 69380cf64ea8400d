// Package importance estimates the probability of rare failures by importance sampling: it performs
// replications in which rare draws of the network are made more probable, and weights them
// (Asmussen and Glynn, Stochastic Simulation, 2007, chapter VI).
//
//	Question without tilts -> ChooseTilts -> tilts under which failures are probable, from pilot replications
//	Question with tilts    -> Run         -> Answer: an estimate from weighted replications
package importance

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Question asks for a failure probability.
type Question struct {
	Values scenarios.Values
	Seed   uint64 // of the first replication; the n-th, from 0, has seed.Replication(Seed, n)
	Fail   scenarios.Predicate
	Tilts  []tilt.Tilt
}

// untiltedEvery is the period of replications without tilts: the first of every ten has none.
const untiltedEvery = 10

// Answer is what the replications of a Question gave; every tenth of them had no tilts. The
// estimate of the failure probability is the sum of the weights ([stat.MixtureWeights]) of the
// failed replications, divided by the number of all replications.
type Answer struct {
	*sample.Results // without weights

	// Probability is estimated from the samples, with the plan's confidence.
	Probability stat.Weighted

	// Samples are in the order of the seeds and stop before the first unfinished one. They leave
	// out replications that gave no result.
	Samples []stat.WeightedSample

	// Draws holds, for each tilt, the number of draws in all replications that it applied to.
	Draws []int

	Tilts  []tilt.Tilt
	Pilots int // pilot replications that chose the tilts; not among the samples
}

// weighting is one replication.
type weighting struct {
	stat.WeightedSample
	done, completed bool
}

// Run performs the replications up to each look of a plan in turn, until the estimate is good
// enough. It calls progress, if not nil, after each replication. If ctx ends, the answer holds what
// was done until then.
func Run(ctx context.Context, runner run.Runner, q Question, plan stat.Plan, progress func()) (*Answer, error) {
	tilted, untilted := &tilt.Config{Tilts: q.Tilts}, &tilt.Config{Tilts: q.Tilts, Untilted: true}
	return q.run(ctx, runner, func(i int) *tilt.Config {
		if i%untiltedEvery == 0 {
			return untilted
		}
		return tilted
	}, plan, progress, nil)
}

// run performs the replications. It calls observe, if not nil, with the draws of each completed
// replication, from one goroutine at a time.
func (q *Question) run(
	ctx context.Context, runner run.Runner, tilts func(i int) *tilt.Config, plan stat.Plan, progress func(),
	observe func(i int, drawn []tilt.Draw),
) (*Answer, error) {
	all := make([]weighting, plan.Budget())
	w := &Answer{Draws: make([]int, len(q.Tilts)), Tilts: q.Tilts}
	hear := func(_, i int, o *run.Result) {
		all[i] = weighting{
			done: true, completed: o.Status == run.Completed,
			WeightedSample: stat.WeightedSample{Failed: o.Failed, Untilted: tilts(i).Untilted},
		}
		if o.Tilt == nil || !all[i].completed {
			return
		}
		all[i].LogWeight = o.Tilt.LogWeight
		for k, n := range o.Tilt.Draws {
			w.Draws[k] += n
		}
		if observe != nil {
			observe(i, o.Tilt.Observed)
		}
	}
	next := 0
	running, err := sample.Begin(runner, sample.Sweep{
		Design: design.Single(q.Values), Replications: len(all), Seed: q.Seed, Fail: q.Fail,
		Tilt: tilts, Observers: []sample.Observer{hear},
	}, progress)
	if err != nil {
		return nil, err
	}
	err = running.Follow(ctx, plan, func() stat.Estimate {
		for ; next < len(all) && all[next].done; next++ {
			if all[next].completed {
				w.Samples = append(w.Samples, all[next].WeightedSample)
			}
		}
		w.Probability = stat.MixtureMean(w.Samples, plan.Confidence)
		return w.Probability.Estimate
	})
	if err != nil {
		return nil, err
	}
	w.Results = running.Finish()
	var unmet []stat.Warning
	for i, t := range q.Tilts {
		if w.Draws[i] == 0 {
			unmet = append(unmet, UnmetTilt{t})
		}
	}
	w.Probability.Warnings = append(unmet, w.Probability.Warnings...)
	return w, nil
}

// UnmetTilt warns that a tilt applied to no draw in any replication.
type UnmetTilt struct{ Tilt tilt.Tilt }

// Invalid implements stat.Warning.
func (UnmetTilt) Invalid() bool { return false }
