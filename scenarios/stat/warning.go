package stat

import "slices"

// Warning says what makes an estimate doubtful. Each kind of doubt is a type with the
// numbers that show it; package report/text makes the text.
type Warning interface {
	// Invalid tells whether the interval does not hold at all. If not, the warning asks for
	// a second look.
	Invalid() bool
}

// NoFailure warns that no weighted replication failed: nothing is known of the
// probability.
type NoFailure struct{}

// DegenerateWeights warns that too few replications carry a weighted estimate.
type DegenerateWeights struct {
	Failures      int
	EffectiveSize float64 // failures of equal weight that these are worth
	LargestShare  float64 // of the estimate, that is one replication's
}

// UnbalancedWeights warns that the mean weight of all replications is far from 1, its
// expectation.
type UnbalancedWeights struct{ Mean, StandardError float64 }

// FewSamples warns that so few samples carry a mean that its interval covers less than
// it says.
type FewSamples struct {
	N         int
	Effective float64 // samples of equal weight that these are worth
}

// EqualSamples warns that all samples are equal: the interval of their mean is a point,
// and a kind of sample that is not among them may have a share of up to Unseen.
type EqualSamples struct {
	N      int
	Unseen float64
}

// Invalid implements Warning.
func (NoFailure) Invalid() bool { return true }

// Invalid implements Warning.
func (DegenerateWeights) Invalid() bool { return true }

// Invalid implements Warning.
func (UnbalancedWeights) Invalid() bool { return false }

// Invalid implements Warning.
func (FewSamples) Invalid() bool { return true }

// Invalid implements Warning.
func (EqualSamples) Invalid() bool { return false }

// Reliable tells whether the interval holds, as far as is known.
func (e Estimate) Reliable() bool { return !slices.ContainsFunc(e.Warnings, Warning.Invalid) }
