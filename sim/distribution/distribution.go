// Package distribution holds the latency distributions, with the
// quantile function that draws from it and the distribution function that
// integrates over it.
//
// A latency is a whole number of nanoseconds: the variate rounded down. So the
// probability that a latency lies in the half-open window [from, to) is exactly
// Below(to) - Below(from).
package distribution

import "time"

// Distribution is a distribution of latencies. All times are in nanoseconds.
type Distribution interface {
	// Quantile returns the u-quantile, u in (0, 1). That of a gamma distribution of small shape
	// loses its digits below a billionth of the scale, far below a nanosecond.
	Quantile(u float64) float64

	// CDF returns the probability of a variate of at most x.
	CDF(x float64) float64

	// Below returns the probability of a variate below x. It differs from CDF only
	// where the distribution has an atom.
	Below(x float64) float64

	// AtLeast returns the probability of a variate of x or above, with the digits that
	// 1 - Below(x) has lost in the upper tail: down to 1e-300.
	AtLeast(x float64) float64

	// UpperQuantile returns the quantile that leaves the probability v, in (0, 1), above
	// it, with the digits that Quantile(1 - v) has lost where v is small.
	UpperQuantile(v float64) float64

	// Mean returns the expectation; it may be infinite.
	Mean() float64

	// String returns the distribution as [Parse] reads it.
	String() string
}

// maxLatency keeps the sum of a time and a latency within a time.Duration.
const maxLatency = 1 << 61

// Latency draws from a distribution: the u-quantile in whole nanoseconds, rounded down.
func Latency(l Distribution, u float64) time.Duration { return whole(l.Quantile(u)) }

// UpperLatency is Latency for the quantile that leaves the probability v above it.
func UpperLatency(l Distribution, v float64) time.Duration { return whole(l.UpperQuantile(v)) }

// whole rounds a variate down to whole nanoseconds.
func whole(q float64) time.Duration {
	switch {
	case !(q > 0): // also NaN, which no distribution that Parse accepts gives
		return 0
	case q >= maxLatency:
		return maxLatency
	}
	return time.Duration(q)
}

// Probability returns the probability that a latency lies in [from, to): the
// difference of two upper tails beyond the median, of two lower ones elsewhere.
func Probability(l Distribution, from, to time.Duration) float64 {
	a, b := tails(l, from, to)
	return b - a
}

// tails returns the two probabilities of which Probability is the difference, the
// smaller one first.
func tails(l Distribution, from, to time.Duration) (smaller, larger float64) {
	if to <= from {
		return 0, 0
	}
	if above := l.AtLeast(float64(from)); above < 0.5 {
		return l.AtLeast(float64(to)), above
	}
	return l.Below(float64(from)), l.Below(float64(to))
}

// Rounding bounds the rounding error of Probability. Of two probabilities near 1/2
// each is right to half a unit in the last place of 1; in a tail, where logarithms of
// up to 700 are taken to powers, each is right to a share of 1e-12 (which tests hold
// against scipy).
func Rounding(l Distribution, from, to time.Duration) float64 {
	a, b := tails(l, from, to)
	return min(0x1p-52, 1e-12*(a+b))
}

// Constant is the distribution of one value.
type Constant struct{ Value time.Duration }

// Quantile implements Distribution.
func (c Constant) Quantile(float64) float64 { return float64(c.Value) }

// CDF implements Distribution.
func (c Constant) CDF(x float64) float64 {
	if x >= float64(c.Value) {
		return 1
	}
	return 0
}

// Below implements Distribution.
func (c Constant) Below(x float64) float64 {
	if x > float64(c.Value) {
		return 1
	}
	return 0
}

// AtLeast implements Distribution.
func (c Constant) AtLeast(x float64) float64 { return 1 - c.Below(x) }

// UpperQuantile implements Distribution.
func (c Constant) UpperQuantile(float64) float64 { return float64(c.Value) }

// Mean implements Distribution.
func (c Constant) Mean() float64 { return float64(c.Value) }

// String implements Distribution.
func (c Constant) String() string { return c.Value.String() }

// distribution is a continuous distribution of non-negative variates.
type distribution interface {
	Quantile(u float64) float64
	CDF(x float64) float64
	Survival(x float64) float64      // 1 - CDF(x), with its own digits
	UpperQuantile(v float64) float64 // Quantile(1 - v), with its own digits
}

// continuous is a distribution with a density, moved by an offset.
type continuous struct {
	distribution
	offset time.Duration
	mean   float64 // of the distribution
	text   string
}

func (c continuous) Quantile(u float64) float64 {
	return float64(c.offset) + c.distribution.Quantile(u)
}

func (c continuous) CDF(x float64) float64 {
	x -= float64(c.offset)
	if x <= 0 {
		return 0 // every distribution here is one of non-negative variates
	}
	return c.distribution.CDF(x)
}

func (c continuous) AtLeast(x float64) float64 {
	x -= float64(c.offset)
	if x <= 0 {
		return 1
	}
	return c.Survival(x)
}

func (c continuous) UpperQuantile(v float64) float64 {
	return float64(c.offset) + c.distribution.UpperQuantile(v)
}

func (c continuous) Below(x float64) float64 { return c.CDF(x) }
func (c continuous) Mean() float64           { return float64(c.offset) + c.mean }

func (c continuous) String() string {
	if c.offset == 0 {
		return c.text
	}
	return c.offset.String() + "+" + c.text
}
