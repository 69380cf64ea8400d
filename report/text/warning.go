package text

import (
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios/estimate/importance"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
)

// Warning returns the text of a warning.
func Warning(w stat.Warning) string {
	switch w := w.(type) {
	case importance.UnmetTilt:
		return fmt.Sprintf("the tilt %s applied to no draw: no stream has that name", w.Tilt)
	case stat.NoFailure:
		return "no replication failed: nothing is known of the probability; other tilts may make failures probable"
	case stat.DegenerateWeights:
		return fmt.Sprintf("the weights are degenerate: the %d failures are worth %.3g of equal weight, and one has "+
			"%.0f %% of the estimate; "+
			"the interval does not hold; more replications or other tilts are needed", w.Failures, w.EffectiveSize,
			100*w.LargestShare)
	case stat.UnbalancedWeights:
		return fmt.Sprintf("the mean weight is %.3g with a standard error of %.2g, and its expectation is 1: some "+
			"that weigh much are missing",
			w.Mean, w.StandardError)
	case stat.FewSamples:
		return fmt.Sprintf("the %d samples are worth %.3g of equal weight: the interval may hold less often than it "+
			"says; more are needed", w.N, w.Effective)
	case stat.EqualSamples:
		return fmt.Sprintf("all %d samples are equal: the interval does not show what a sample of another kind "+
			"would add", w.N)
	case sensitivity.FewBasePoints:
		return "there are fewer than two base points"
	case sensitivity.NoVariance:
		return "the failure probability does not vary over the ranges"
	case sensitivity.HiddenVariance:
		return "the variance of the output is not above what the replications' own variance makes of it; more " +
			"replications or base points may show it"
	}
	return fmt.Sprintf("%T %+v", w, w) // a kind from another package
}
