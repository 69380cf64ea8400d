// Package stat estimates probabilities and means from samples. Every result is an [Estimate]: a
// value with its interval, its confidence and its number of samples.
//
//	counts  -> Inference.Of, StratifiedProportion, PairedDifference -> Estimate
//	samples -> SampleMean, WeightedMean, MixtureMean, PairedMean    -> Estimate
//	bounds  -> Exact                                                -> Estimate that is exact
//	Estimate -> Plan.Enough, CheckAgreement                         -> stop or go on; agree or not
//
// Package lifetime estimates quantiles and survival, and package sensitivity estimates Sobol'
// indices; both return the same Estimate. None of these packages runs or knows simulations.
package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Estimate is an estimated number with a two-sided confidence interval, or an exact
// number with its bounds.
type Estimate struct {
	Value      float64 // NaN without data
	Low, High  float64
	Confidence float64 // of the interval, such as 0.95; 1 for exact bounds
	N          int     // number of replications, seeds, pairs or base points used
	Method     Method  // how the interval was computed
	Exact      bool    // nothing is estimated

	// Warnings say what makes the interval doubtful; nil if nothing does.
	Warnings []Warning
}

// Exact returns a known probability, computed from windows that were the same under n seeds. The
// true value is at least value - rounding and at most value + outside + rounding.
func Exact(value, outside, rounding float64, n int) Estimate {
	return Estimate{
		Value: value, Low: max(0, value-rounding), High: min(1, value+outside+rounding), Confidence: 1, N: n,
		Method: Bounds, Exact: true,
	}
}

// Searched is Exact for windows that are not proved to be complete. share is the part of the
// distribution that random runs would have found with SearchedConfidence, if it differed from the
// windows; 1 if there were none.
func Searched(value, outside, rounding, share float64, n int) Estimate {
	e := Exact(value, outside, rounding, n)
	e.Low, e.High = max(0, e.Low-share), min(1, e.High+share)
	e.Confidence, e.Method, e.Exact = SearchedConfidence, RandomRuns, false
	return e
}

// SearchedConfidence is the confidence of Searched.
const SearchedConfidence = 0.95

// Unknown returns an estimate without a value, with bounds only.
func Unknown(n int, low, high, confidence float64, m Method) Estimate {
	return Estimate{Value: math.NaN(), Low: low, High: high, Confidence: confidence, N: n, Method: m}
}

// Known reports whether there is a value.
func (e Estimate) Known() bool { return !math.IsNaN(e.Value) }

// Holds reports whether a number lies in the interval.
func (e Estimate) Holds(x float64) bool { return e.Low <= x && x <= e.High }

// Meets reports whether two intervals overlap.
func (e Estimate) Meets(other Estimate) bool { return e.Low <= other.High && other.Low <= e.High }

// Beside widens the interval of a probability by outside, the probability of the part that was not
// searched.
func (e Estimate) Beside(outside float64) Estimate {
	e.High = min(1, e.High+outside)
	return e
}

// Z returns the half-width, in standard deviations, of a two-sided normal interval with the given
// confidence.
func Z(confidence float64) float64 { return -distuv.UnitNormal.Quantile((1 - confidence) / 2) }

// CheckConfidence returns an error unless 0 < c < 1.
func CheckConfidence(c float64) error {
	if !(c > 0 && c < 1) {
		return fmt.Errorf("a confidence of %g is out of range: above 0, below 1", c)
	}
	return nil
}
