package estimate

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// ConditionalComparison is the conditional probabilities of the same seeds at several
// design points.
type ConditionalComparison struct {
	Values      [][]float64 // at each point, for each seed from the first
	Outside     []float64   // at each point, the probability of a latency outside the searched range
	Runs        int         // replications that it took
	Interrupted bool        // the context ended before all was done
}

// CompareConditional finds, under each of so many seeds from the first on, the windows
// at each of several design points, and integrates them over the law that the probe has
// there. progress is told each point of a seed that is done. When ctx ends, the answer
// holds the seeds before the first that was not done at every point.
func CompareConditional(ctx context.Context, runner run.Runner, points []Integral, seeds int, progress func()) (*ConditionalComparison, error) {
	var faults []error
	for i := range points {
		faults = append(faults, points[i].CheckConditional())
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	c := &ConditionalComparison{Outside: make([]float64, len(points))}
	for range points {
		c.Values = append(c.Values, slices.Repeat([]float64{math.NaN()}, seeds))
	}
	var mu sync.Mutex
	err := run.Spread(ctx, runner.Size(), seeds*len(points), func(ctx context.Context, k int) error {
		seed, point := k/len(points), k%len(points)
		question := points[point].Search
		question.Seed += uint64(seed)
		w, err := search.FindWindows(ctx, runner, question)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		c.Values[point][seed], c.Outside[point] = w.Exact(points[point].Distribution)
		c.Runs += w.Runs
		progress()
		return nil
	})
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
	return c, nil
}
