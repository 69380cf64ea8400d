package stat

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Target is the wanted width of an interval. The zero value is no target.
type Target struct {
	HalfWidth float64 // half the width of the interval; 0: any
	Relative  float64 // HalfWidth as a share of the estimate; 0: any
}

// None reports whether there is no target.
func (t Target) None() bool { return t == Target{} }

// Check returns an error for a target that is out of range.
func (t Target) Check() error {
	var faults []error
	if !(t.HalfWidth >= 0 && t.HalfWidth < 0.5) {
		faults = append(faults, fmt.Errorf("a half-width of %g is out of range: above 0, below 0.5", t.HalfWidth))
	}
	if !(t.Relative >= 0 && t.Relative < 1) {
		faults = append(faults, fmt.Errorf("a relative half-width of %g is out of range: above 0, below 1", t.Relative))
	}
	return errors.Join(faults...)
}

// Met reports whether an interval is narrow enough. An estimate of 0 never meets a relative target.
func (t Target) Met(e Estimate) bool {
	half := (e.High - e.Low) / 2
	return (t.HalfWidth == 0 || half <= t.HalfWidth) &&
		(t.Relative == 0 || e.Value > 0 && half <= t.Relative*e.Value)
}

// Plan says when to look at a run that may stop early. It is fixed before the first sample.
type Plan struct {
	Target     Target
	Looks      []int   // increasing numbers of samples; the last is the budget
	Confidence float64 // of the interval at each look
}

// NewPlan plans a run of at most budget samples (at least one) whose interval has the given
// confidence wherever the run stops. Without a target, there is one look, at the budget. With a
// target, the first look comes after about least samples.
func NewPlan(t Target, confidence float64, least, budget int) Plan {
	if t.None() {
		return OneLook(budget, confidence)
	}
	looks := Looks(least, budget)
	return Plan{Target: t, Looks: looks, Confidence: LookConfidence(confidence, len(looks))}
}

// OneLook plans a run with a fixed number of samples, which does not stop early.
func OneLook(samples int, confidence float64) Plan {
	return Plan{Looks: []int{samples}, Confidence: confidence}
}

// Budget returns the largest number of samples.
func (p Plan) Budget() int { return p.Looks[len(p.Looks)-1] }

// Enough reports whether a run may stop: its estimate, at the plan's confidence, is narrow enough,
// and no warning makes its interval invalid.
func (p Plan) Enough(e Estimate) bool { return e.Reliable() && p.Target.Met(e) }

// growth is the factor by which the number of samples grows between looks. A smaller factor lets a
// run stop sooner, but more looks then share the confidence.
const growth = 1.5

// Looks returns the numbers of samples at which to look at a run that may stop early. They grow by
// half from look to look, from about least up to the budget. They are fixed before the first
// sample; see [LookConfidence]. There is at least one look.
func Looks(least, budget int) []int {
	looks := []int{budget}
	for n := int(float64(budget) / growth); n >= least; n = int(float64(n) / growth) {
		looks = append(looks, n)
	}
	slices.Reverse(looks)
	return looks
}

// LookConfidence returns the confidence of the interval at each look such that the intervals of all
// looks together hold the true value with the given confidence. The error is spent in equal parts,
// fixed beforehand (Lan and DeMets, Biometrika 70, 1983, 659-663). By Boole's inequality, the
// probability that any of these repeated confidence intervals is wrong is at most the sum (Jennison
// and Turnbull, Journal of the Royal Statistical Society B 51, 1989, 305-361). So the interval at
// which a run stops keeps the confidence, whatever made it stop there. For Clopper-Pearson
// intervals, this holds without approximation.
func LookConfidence(confidence float64, looks int) float64 {
	return math.Min(1-(1-confidence)/float64(looks), highest)
}

// highest is the largest number below 1.
var highest = math.Nextafter(1, 0)
