package sensitivity

// FewBasePoints warns that there are fewer than two base points: too few for indices.
type FewBasePoints struct{}

// NoVariance warns that an output does not vary over the ranges of its factors, so it has no
// indices.
type NoVariance struct{}

// HiddenVariance warns that the noise of the replications explains all of an output's variance, so
// there are no indices.
type HiddenVariance struct{}

// Invalid implements stat.Warning.
func (FewBasePoints) Invalid() bool { return true }

// Invalid implements stat.Warning.
func (NoVariance) Invalid() bool { return true }

// Invalid implements stat.Warning.
func (HiddenVariance) Invalid() bool { return true }
