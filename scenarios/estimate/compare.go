package estimate

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// ConditionalComparison holds the conditional probabilities at several design points, all under the
// same seeds.
type ConditionalComparison struct {
	Values      [][]float64 // at each point, for each seed from the first
	Outside     []float64   // at each point, the probability of a latency outside the searched range
	Runs        int         // replications performed
	Interrupted bool        // the context ended before all was done

	Basis search.Basis // of the windows at all points under all seeds; see Conditional.Basis

	// Differences has the difference of each other point from the baseline, in the order of the
	// points. Each interval has the confidence EachConfidence and allows for the probability
	// outside the searched ranges of both points.
	Differences    []ConditionalDifference
	EachConfidence float64
}

// ConditionalDifference is the difference of a point from the baseline.
type ConditionalDifference struct {
	stat.Difference
	Point   int
	Outside float64 // probability outside the searched ranges of both points together
}

// CompareConditional finds the failure windows at each of several design points under a number of
// consecutive seeds. It integrates them over the distribution that the probe has at that point. It
// gives the differences from the baseline, one of the points, with intervals of the given
// confidence: for each difference or, if simultaneous, for all of them together. It calls progress
// after each point of a seed. If ctx ends, the answer holds the seeds before the first that was not
// done at every point.
func CompareConditional(
	ctx context.Context, runner run.Runner, points []Integral, seeds, baseline int, confidence float64,
	simultaneous bool, progress func(),
) (*ConditionalComparison, error) {
	var faults []error
	for i := range points {
		faults = append(faults, points[i].CheckConditional())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	c := &ConditionalComparison{Outside: make([]float64, len(points)), Basis: search.Basis{Proved: true}}
	bases := make([]search.Basis, seeds*len(points))
	for range points {
		c.Values = append(c.Values, slices.Repeat([]float64{math.NaN()}, seeds))
	}
	var rules run.Collector
	over := rules.Over(runner)
	var mu sync.Mutex
	err := run.Spread(ctx, runner.Size(), seeds*len(points), func(ctx context.Context, k int) error {
		n, point := k/len(points), k%len(points)
		question := few(points[point].Search)
		question.Seed = seed.Replication(question.Seed, n)
		w, err := search.FindWindows(ctx, over, question)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		c.Values[point][n], c.Outside[point] = w.Exact(points[point].Distribution)
		c.Runs += w.Runs
		bases[k] = w.Method.Basis
		progress()
		return nil
	})
	if err == nil {
		err = CheckIdle(ctx, points[baseline].Values.Scenario(), points[baseline].Search.Probe.Name, &rules, runner)
	}
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	done := seeds
	for _, v := range c.Values {
		if i := slices.IndexFunc(v, math.IsNaN); i >= 0 {
			done = min(done, i)
		}
	}
	c.Interrupted = done < seeds
	for i := range c.Values {
		c.Values[i] = c.Values[i][:done]
	}
	for _, b := range bases[:done*len(points)] {
		c.Basis = c.Basis.And(b)
	}
	if c.EachConfidence = confidence; simultaneous {
		c.EachConfidence = stat.Bonferroni(confidence, len(points)-1)
	}
	c.compare(baseline)
	return c, nil
}

// compare estimates the differences from the baseline.
func (c *ConditionalComparison) compare(baseline int) {
	for i := range c.Values {
		if i == baseline {
			continue
		}
		outside := c.Outside[i] + c.Outside[baseline]
		d := stat.PairedMean(c.Values[baseline], c.Values[i], outside, c.EachConfidence)
		c.Differences = append(c.Differences, ConditionalDifference{d, i, outside})
	}
	var all []*stat.Difference
	for i := range c.Differences {
		all = append(all, &c.Differences[i].Difference)
	}
	stat.Adjust(all)
}
