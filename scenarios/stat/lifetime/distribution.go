// Package lifetime estimates the distribution of a measure that is 0 or more and may be censored
// (cut short), such as the duration of a handshake.
//
//	lifetimes -> Quantiles, ECDF       -> Estimate of each quantile and step
//	lifetimes -> KaplanMeier, Quantile -> likewise, if the censoring is uninformative
//	lifetimes -> NewDistribution       -> one of the two, for tables and figures
//
// Quantiles and ECDF make no assumption about the censoring. The package neither runs nor knows
// simulations.
package lifetime

import (
	"math"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Distribution is an estimated distribution of lifetimes.
type Distribution struct {
	Survival  bool // the steps are those of a survival curve, not of a distribution function
	Taken     int  // number of lifetimes
	Censored  int  // how many of them were cut short
	Quantiles []Quantile
	Steps     []Step
	End       float64   // nothing is known beyond it; infinite: everything is known
	Cut       []float64 // for a survival curve: where lifetimes were cut, increasing
	Exact     bool      // nothing is estimated: all lifetimes are the same
}

// NewCertain returns the distribution of a lifetime that never varies. All samples must be the
// same.
func NewCertain(samples []Lifetime, qs []float64, survival bool) Distribution {
	n, l := len(samples), samples[0]
	d := Distribution{Survival: survival, Taken: n, End: math.Inf(1), Exact: true}
	at := stat.Estimate{
		Value: l.Value, Low: l.Value, High: l.Value, Confidence: 1, N: n, Method: stat.Bounds, Exact: true,
	}
	if l.Censored {
		d.Censored, d.End, at.High = n, l.Value, math.Inf(1)
	} else {
		value := 1.0
		if survival {
			value = 0
		}
		d.Steps = []Step{{Estimate: stat.Exact(value, 0, 0, n), At: l.Value, AtRisk: n, Events: n}}
	}
	for _, q := range qs {
		d.Quantiles = append(d.Quantiles, Quantile{Estimate: at, Q: q, AtLeast: l.Censored, Coverage: 1})
	}
	return d
}

// NewDistribution estimates a distribution and its quantiles: with order statistics and the
// empirical distribution function or, for a survival curve, with the Kaplan-Meier estimator. See
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
		d.Steps, d.End = ECDF(samples, stat.Inference{Method: stat.ClopperPearsonExact, Confidence: confidence})
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
