package lifetime

import (
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// ECDF returns the empirical distribution function at its steps, each with a pointwise interval of
// the given kind. Beyond the first censored value, cut, nothing is known without an assumption
// about the censoring (see [KaplanMeier]), so there are no steps. cut is infinite if no value is
// censored.
func ECDF(samples []Lifetime, interval stat.Inference) (steps []Step, cut float64) {
	cut = math.Inf(1)
	values := make([]float64, 0, len(samples))
	for _, s := range samples {
		if s.Censored {
			cut = min(cut, s.Value)
		} else {
			values = append(values, s.Value)
		}
	}
	slices.Sort(values)
	for i, v := range values {
		if v > cut {
			break
		}
		if i+1 == len(values) || values[i+1] != v {
			steps = append(steps, Step{Estimate: interval.Of(i+1, len(samples)).Estimate, At: v})
		}
	}
	return steps, cut
}
