package stat

import "math"

// Distribution is an estimated distribution of lifetimes.
type Distribution struct {
	Survival  bool // the steps are those of a survival curve, and not of a distribution function
	Taken     int  // lifetimes
	Censored  int  // of them, those that were cut
	Quantiles []Quantile
	Steps     []Step
	End       float64   // beyond which nothing is known; infinite: nowhere
	Cut       []float64 // of a survival curve: where lifetimes were cut, increasing
}

// NewDistribution estimates a distribution and its quantiles: by order statistics and the
// empirical distribution function, or, as a survival curve, by Kaplan and Meier. See
// [Quantiles], [ECDF] and [KaplanMeier].
func NewDistribution(samples []Lifetime, qs []float64, confidence float64, survival bool) Distribution {
	d := Distribution{Survival: survival, Taken: len(samples), End: math.Inf(1)}
	for _, s := range samples {
		if s.Censored {
			d.Censored++
		}
	}
	if !survival {
		d.Quantiles = Quantiles(samples, qs, confidence)
		d.Steps, d.End = ECDF(samples, Inference{ClopperPearsonExact, confidence})
		return d
	}
	curve := KaplanMeier(samples, confidence)
	for _, q := range qs {
		d.Quantiles = append(d.Quantiles, curve.Quantile(q))
	}
	d.Steps, d.Cut = curve.Steps, curve.Cut
	if n := len(d.Steps); n == 0 || d.Steps[n-1].Value > 0 {
		d.End = curve.End
	}
	return d
}
