package estimate

import (
	"context"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Importance is a question for a failure probability, by replications in which rare
// draws of the network are made probable (importance sampling: Asmussen and Glynn,
// Stochastic Simulation, 2007, chapter VI).
type Importance struct {
	Values scenarios.Values
	Seed   uint64 // of the first replication; the n-th, from 0, has seed.Replication(Seed, n)
	Fail   scenarios.Predicate
	Tilts  []tilt.Tilt
}

// untiltedEvery is which replications go without tilts: the first of so many.
const untiltedEvery = 10

// Weighted is what the replications of an Importance gave, every tenth of them without
// tilts. The sum of the weights, [stat.MixtureWeights], of those that failed, over the number of
// all, is the failure probability.
type Weighted struct {
	*sample.Results // without weights

	// Probability is estimated with the plan's confidence, from the samples.
	Probability stat.Weighted

	// Samples in the order of the seeds, up to the first that was not done; those that
	// gave no result are left out.
	Samples []stat.WeightedSample

	// Draws are, for each tilt, how many draws it was about in all of them together.
	Draws []int

	Tilts  []tilt.Tilt
	Pilots int // pilot replications that chose the tilts, and are not among these
}

// weighting is a replication that was performed, or is to be.
type weighting struct {
	stat.WeightedSample
	done, completed bool
}

// RunImportance performs replications up to each of the looks of a plan in turn, until the
// estimate at a look is enough. progress, if it is not nil, is told each replication that
// is done. When ctx ends, the answer holds what was done until then.
func RunImportance(
	ctx context.Context, runner run.Runner, q Importance, plan stat.Plan, progress func(),
) (*Weighted, error) {
	tilted, untilted := &tilt.Config{Tilts: q.Tilts}, &tilt.Config{Tilts: q.Tilts, Untilted: true}
	return q.run(ctx, runner, func(i int) *tilt.Config {
		if i%untiltedEvery == 0 {
			return untilted
		}
		return tilted
	}, plan, progress, nil)
}

// run performs the replications. observe, if it is not nil, is told what was drawn in
// each that came to its end, by one goroutine at a time.
func (q *Importance) run(
	ctx context.Context, runner run.Runner, tilts func(i int) *tilt.Config, plan stat.Plan, progress func(),
	observe func(i int, drawn []tilt.Draw),
) (*Weighted, error) {
	all := make([]weighting, plan.Budget())
	w := &Weighted{Draws: make([]int, len(q.Tilts)), Tilts: q.Tilts}
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
	collect := func() {
		for ; next < len(all) && all[next].done; next++ {
			if all[next].completed {
				w.Samples = append(w.Samples, all[next].WeightedSample)
			}
		}
	}
	running, err := sample.Begin(runner, sample.Sweep{
		Design: design.Single(q.Values), Replications: len(all), Seed: q.Seed, Fail: q.Fail,
		Tilt: tilts, Observers: []sample.Observer{hear},
	}, progress)
	if err != nil {
		return nil, err
	}
	for _, look := range plan.Looks {
		if err := running.Extend(ctx, look); err != nil {
			return nil, err
		}
		collect()
		w.Probability = stat.MixtureMean(w.Samples, plan.Confidence)
		if running.Results.Interrupted || plan.Enough(w.Probability.Estimate) {
			break
		}
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

// UnmetTilt warns that a tilt was about no draw of any replication.
type UnmetTilt struct{ Tilt tilt.Tilt }

// Invalid implements stat.Warning.
func (UnmetTilt) Invalid() bool { return false }

// Check reports every fault of the question: what a sweep says of it, and a tilt
// without anything to tilt.
func (q *Importance) Check() error {
	s := sample.Sweep{Design: design.Single(q.Values), Replications: 1, Fail: q.Fail}
	if err := s.Check(); err != nil {
		return err
	}
	for _, t := range q.Tilts {
		if t.Streams == "" || !(t.Theta > 0) {
			return fmt.Errorf("tilt %s: want streams, and a theta above 0", t)
		}
	}
	return nil
}
