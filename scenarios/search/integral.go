package search

import (
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Exact returns the probability that a latency with distribution l falls in a failure window. It is
// exact if nothing else is random and l has probabilities (see distribution.CheckIntegrable).
// outside is the probability of a latency outside the searched range, about which nothing is known.
func (w *Windows) Exact(l distribution.Distribution) (probability, outside float64) {
	for _, i := range w.FailureWindows {
		probability += distribution.Probability(l, time.Duration(i.From), time.Duration(i.To))
	}
	return probability, l.Below(float64(w.From)) + l.AtLeast(float64(w.To))
}

// Rounding bounds the rounding error of Exact.
func (w *Windows) Rounding(l distribution.Distribution) (sum float64) {
	for _, i := range w.FailureWindows {
		sum += distribution.Rounding(l, time.Duration(i.From), time.Duration(i.To))
	}
	return sum
}
