package stat

import "math"

// Weighted is a probability estimated by importance sampling: the mean over all replications, where
// a failing one counts as its likelihood ratio and any other as 0.
type Weighted struct {
	Mean
	Failures int
	Untilted int // replications in which nothing was tilted

	// MeanWeight is the mean likelihood ratio of all replications, failed or not. Its expectation
	// is 1. MeanWeightError is its estimated standard error.
	MeanWeight, MeanWeightError float64

	// EffectiveSize is the equivalent number of failures of equal weight: the square of the sum of
	// their weights over the sum of their squares (Kish, Survey Sampling, 1965, section 8.2).
	EffectiveSize float64

	// LargestShare is the largest share of one replication in the estimate.
	LargestShare float64
}

// LeastEffectiveSize is the effective number of failures below which their weights are too few, or
// too unequal, for an interval based on their spread. With a smaller bound, some intervals without
// a warning would cover too little where the weights are most skewed: the heaviest weights are
// rare, and samples without them look better than they are.
const LeastEffectiveSize = 30

// WeightedMean estimates a probability from replications, given their log likelihood ratios and
// whether they failed, with the interval of [Hall]. plain is the number of untilted replications;
// Unseen is computed from these alone. Without failures, the interval is [0, 1]: the failing runs
// may have had no chance to occur.
func WeightedMean(logWeight []float64, failed []bool, plain int, confidence float64) Weighted {
	values := make([]float64, len(logWeight))
	all, largest, sum := 0.0, 0.0, 0.0
	w := Weighted{Untilted: plain, Mean: Mean{Estimate: Unknown(len(values), 0, 1, confidence, Hall), Unseen: 1}}
	for i, l := range logWeight {
		weight := math.Exp(l)
		all += weight
		if failed[i] {
			values[i] = weight
			w.Failures++
			largest, sum = max(largest, weight), sum+weight
		}
	}
	if len(values) > 0 {
		w.set(summarize(values))
	}
	w.Value = min(1, w.Value) // unbiased, so it may exceed 1; a probability may not
	w.Unseen = 1
	if plain > 0 {
		w.Unseen = unseen(confidence, float64(plain))
	}
	if n := float64(len(values)); n > 0 {
		w.MeanWeight = all / n
		deviations := 0.0
		for _, l := range logWeight {
			d := math.Exp(l) - w.MeanWeight
			deviations += d * d
		}
		w.MeanWeightError = math.Sqrt(deviations / max(1, n-1) / n)
	}
	switch w.Failures {
	case 0:
		w.Low, w.High = 0, 1
	default:
		w.EffectiveSize, w.LargestShare = min(float64(w.Failures), effectiveSize(values)), largest/sum
	}
	if w.Failures == len(values) { // runs that do not fail were not sampled
		w.Low = min(w.Low, 1-w.Unseen)
	}
	w.warn()
	return w
}

// warn adds the warnings.
func (w *Weighted) warn() {
	if w.N == 0 {
		return
	}
	switch {
	case w.Failures == 0:
		w.Warnings = append(w.Warnings, NoFailure{})
	case w.EffectiveSize < LeastEffectiveSize:
		w.Warnings = append(w.Warnings, DegenerateWeights{w.Failures, w.EffectiveSize, w.LargestShare})
	}
	// If the mean weight is this far from 1, the likelihood ratios must have tails that the samples
	// do not show.
	if off := math.Abs(w.MeanWeight - 1); off > 5*w.MeanWeightError && off > 1e-9 {
		w.Warnings = append(w.Warnings, UnbalancedWeights{w.MeanWeight, w.MeanWeightError})
	}
}
