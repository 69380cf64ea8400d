package explore

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/sim/law"
)

// Exact returns the probability that a latency of law l falls in a failure window:
// exact, on condition that nothing else is random and that l has probabilities (see
// law.CheckIntegrable). outside is the probability of a latency outside the range that
// was searched, about which nothing is known.
func (w *Windows) Exact(l law.Law) (probability, outside float64) {
	for _, i := range w.FailureWindows {
		probability += law.Probability(l, time.Duration(i.From), time.Duration(i.To))
	}
	return probability, 1 - law.Probability(l, time.Duration(w.From), time.Duration(w.To))
}

// Conditional is a conditional Monte Carlo estimate of a failure probability: for
// each seed, the probability that the probe's latency falls in a failure window,
// given everything else that the seed draws.
type Conditional struct {
	Probability   float64 // the mean over the seeds
	StandardError float64 // of that mean
	Seeds         int
	Runs          int     // replications that it took
	Outside       float64 // the largest probability outside the searched range of any seed
}

// EstimateConditional averages the exact probability over seeds, starting with the
// seed of the search: conditional Monte Carlo, which removes the variance that is
// the probe's own (Asmussen and Glynn, Stochastic Simulation, 2007, section V.4).
// A law without probabilities is an error.
func EstimateConditional(ctx context.Context, runner Runner, s Search, l law.Law, seeds int) (Conditional, error) {
	if err := law.CheckIntegrable(l); err != nil {
		return Conditional{}, err
	}
	c := Conditional{Seeds: seeds}
	values := make([]float64, seeds)
	var mu sync.Mutex
	err := spread(ctx, runner.Size(), seeds, func(ctx context.Context, i int) error {
		one := s
		one.Seed += uint64(i)
		w, err := FindWindows(ctx, runner, one)
		if err != nil {
			return err
		}
		p, outside := w.Exact(l)
		mu.Lock()
		defer mu.Unlock()
		values[i] = p
		c.Runs += w.Runs
		c.Outside = max(c.Outside, outside)
		return nil
	})
	if err != nil {
		return Conditional{}, err
	}
	sum, squares := 0.0, 0.0
	for _, v := range values {
		sum += v
	}
	c.Probability = sum / float64(seeds)
	for _, v := range values {
		squares += (v - c.Probability) * (v - c.Probability)
	}
	if seeds > 1 {
		c.StandardError = math.Sqrt(squares / float64(seeds-1) / float64(seeds))
	}
	return c, nil
}
