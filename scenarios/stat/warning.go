package stat

import "slices"

// Warning says what makes an estimate doubtful. Each kind of doubt is a type that holds the numbers
// behind it. Package report/text turns it into text.
type Warning interface {
	// Invalid reports whether the interval is invalid. If not, the warning only advises caution.
	Invalid() bool
}

// NoFailure warns that no weighted replication failed, so nothing is known about the probability.
type NoFailure struct{}

// DegenerateWeights warns that a weighted estimate depends on too few replications.
type DegenerateWeights struct {
	Failures      int
	EffectiveSize float64 // the equivalent number of failures of equal weight
	LargestShare  float64 // largest share of one replication in the estimate
}

// UnbalancedWeights warns that the mean weight of all replications is far from 1, its
// expectation.
type UnbalancedWeights struct{ Mean, StandardError float64 }

// FewSamples warns that a mean depends on so few samples that its interval covers less than its
// nominal confidence.
type FewSamples struct {
	N         int
	Effective float64 // the equivalent number of samples of equal weight
}

// EqualSamples warns that all samples are equal. The interval of their mean is a point, but a kind
// of sample that did not occur may have a share of up to Unseen.
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

// Reliable reports whether no warning makes the interval invalid.
func (e Estimate) Reliable() bool { return !slices.ContainsFunc(e.Warnings, Warning.Invalid) }
