package stat

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Target is how narrow an interval is to be. The zero value is none.
type Target struct {
	HalfWidth float64 // half of the interval's width; 0: any
	Relative  float64 // that, as a share of the estimate; 0: any
}

// None tells whether there is no target.
func (t Target) None() bool { return t == Target{} }

// Check reports what makes no target.
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

// Met tells whether an interval is narrow enough. An estimate of 0 never is for a
// relative target.
func (t Target) Met(e Estimate) bool {
	half := (e.High - e.Low) / 2
	return (t.HalfWidth == 0 || half <= t.HalfWidth) &&
		(t.Relative == 0 || e.Value > 0 && half <= t.Relative*e.Value)
}

// Plan is when a run that may stop early is looked at. It is set before the first sample.
type Plan struct {
	Target     Target
	Looks      []int   // increasing numbers of samples; the last is the budget
	Confidence float64 // of the interval at each look
}

// NewPlan plans a run of at most budget samples, at least one, whose interval is to have a
// confidence wherever it stops. Without a target there is one look, at the budget;
// otherwise the first has about least samples.
func NewPlan(t Target, confidence float64, least, budget int) Plan {
	if t.None() {
		return OneLook(budget, confidence)
	}
	looks := Looks(least, budget)
	return Plan{Target: t, Looks: looks, Confidence: LookConfidence(confidence, len(looks))}
}

// OneLook plans a run of so many samples that does not stop early.
func OneLook(samples int, confidence float64) Plan {
	return Plan{Looks: []int{samples}, Confidence: confidence}
}

// Budget returns the largest number of samples.
func (p Plan) Budget() int { return p.Looks[len(p.Looks)-1] }

// Enough tells whether a run may stop: its estimate, of the plan's confidence, is narrow
// enough, and no warning says that its interval does not hold.
func (p Plan) Enough(e Estimate) bool { return e.Reliable() && p.Target.Met(e) }

// growth is by how much each look has more samples than the one before: the smaller,
// the sooner a run stops, and the more looks share the confidence.
const growth = 1.5

// Looks returns the numbers of samples at which a run that may stop early is looked
// at: growing by half from look to look, from about least up to the budget. They are
// set before the first sample; see [LookConfidence]. There is one look at least.
func Looks(least, budget int) []int {
	looks := []int{budget}
	for n := int(float64(budget) / growth); n >= least; n = int(float64(n) / growth) {
		looks = append(looks, n)
	}
	slices.Reverse(looks)
	return looks
}

// LookConfidence returns the confidence of the interval of each of so many looks for
// which all of them together hold the true value with the given confidence: the
// error is spent in equal parts, fixed beforehand (Lan and DeMets, Biometrika 70,
// 1983, 659-663), and by Boole's inequality the probability that any of these
// repeated confidence intervals is wrong is at most the sum (Jennison and Turnbull,
// Journal of the Royal Statistical Society B 51, 1989, 305-361). So the interval at
// which a run stops keeps the confidence, whatever made it stop there; of
// Clopper-Pearson intervals without any approximation.
func LookConfidence(confidence float64, looks int) float64 {
	return math.Min(1-(1-confidence)/float64(looks), highest)
}

// highest is the largest number below 1.
var highest = math.Nextafter(1, 0)
