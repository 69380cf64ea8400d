// Package estimate turns counts into estimates: a number with its interval, its
// confidence and its sample size.
package stat

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Proportion is an estimated probability with a two-sided confidence interval.
type Proportion struct {
	Failures, Trials int
	Estimate         float64 // Failures / Trials; NaN without trials
	Low, High        float64
	Confidence       float64 // of the interval, such as 0.95
}

// Wilson estimates a probability from a number of failures in independent trials,
// with the score interval of Wilson (Journal of the American Statistical
// Association 22, 1927, 209-212). Without trials the interval is all of [0, 1].
func Wilson(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence)
	if trials == 0 {
		return p
	}
	n, k := float64(trials), float64(failures)
	z := Z(confidence)
	center := (k + z*z/2) / (n + z*z)
	half := z / (n + z*z) * math.Sqrt(k*(n-k)/n+z*z/4)
	p.Low, p.High = max(0, center-half), min(1, center+half)
	switch failures { // exact at the extremes, where the difference above leaves rounding errors
	case 0:
		p.Low = 0
	case trials:
		p.High = 1
	}
	return p
}

// newProportion returns the estimate with an interval that is all of [0, 1].
func newProportion(failures, trials int, confidence float64) Proportion {
	p := Proportion{Failures: failures, Trials: trials, Confidence: confidence, Estimate: math.NaN(), High: 1}
	if trials > 0 {
		p.Estimate = float64(failures) / float64(trials)
	}
	return p
}

// Variance returns the variance of one trial, estimated: p(1-p).
func (p Proportion) Variance() float64 { return p.Estimate * (1 - p.Estimate) }

// StandardError returns the standard error of the estimate, estimated.
func (p Proportion) StandardError() float64 { return math.Sqrt(p.Variance() / float64(p.Trials)) }

// Z returns the half-width, in standard deviations, of a two-sided normal interval
// of that confidence.
func Z(confidence float64) float64 { return -distuv.UnitNormal.Quantile((1 - confidence) / 2) }

// CheckConfidence reports a confidence that is none.
func CheckConfidence(c float64) error {
	if !(c > 0 && c < 1) {
		return fmt.Errorf("a confidence of %g is out of range: above 0, below 1", c)
	}
	return nil
}

// String returns the estimate with its interval.
func (p Proportion) String() string {
	if p.Trials == 0 {
		return "no data"
	}
	return fmt.Sprintf("%.4g [%.4g, %.4g]", p.Estimate, p.Low, p.High)
}
