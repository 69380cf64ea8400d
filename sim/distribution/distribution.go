// Package distribution provides latency distributions. The quantile function of a distribution
// draws from it, and its distribution function integrates over it.
//
// A latency is a whole number of nanoseconds: the variate rounded down. The probability that a
// latency lies in the half-open window [from, to) is therefore exactly Below(to) - Below(from).
package distribution

import "time"

// Distribution is a distribution of latencies. All times are in nanoseconds.
type Distribution interface {
	// Quantile returns the u-quantile, u in (0, 1). For a gamma distribution of small shape it
	// loses digits below a billionth of the scale, far below a nanosecond.
	Quantile(u float64) float64

	// CDF returns the probability that a variate is at most x.
	CDF(x float64) float64

	// Below returns the probability that a variate is below x. It differs from CDF only at an
	// atom of the distribution.
	Below(x float64) float64

	// AtLeast returns the probability that a variate is at least x. In the upper tail, down to
	// 1e-300, it keeps the digits that 1 - Below(x) loses.
	AtLeast(x float64) float64

	// UpperQuantile returns the quantile with probability v, in (0, 1), above it. For small v it
	// keeps the digits that Quantile(1 - v) loses.
	UpperQuantile(v float64) float64

	// Mean returns the expectation; it may be infinite.
	Mean() float64

	// String returns the distribution as [Parse] reads it.
	String() string
}

// maxLatency keeps the sum of a time and a latency within a time.Duration.
const maxLatency = 1 << 61

// Latency draws from a distribution: it returns the u-quantile, rounded down to nanoseconds.
func Latency(l Distribution, u float64) time.Duration { return whole(l.Quantile(u)) }

// UpperLatency is like Latency, for the quantile with probability v above it.
func UpperLatency(l Distribution, v float64) time.Duration { return whole(l.UpperQuantile(v)) }

// whole rounds a variate down to nanoseconds.
func whole(q float64) time.Duration {
	switch {
	case !(q > 0): // also NaN, which no parsed distribution returns
		return 0
	case q >= maxLatency:
		return maxLatency
	}
	return time.Duration(q)
}

// Probability returns the probability that a latency lies in [from, to): a difference of upper
// tails beyond the median, of lower tails elsewhere.
func Probability(l Distribution, from, to time.Duration) float64 {
	a, b := tails(l, from, to)
	return b - a
}

// tails returns the two probabilities whose difference is Probability, the smaller one first.
func tails(l Distribution, from, to time.Duration) (smaller, larger float64) {
	if to <= from {
		return 0, 0
	}
	if above := l.AtLeast(float64(from)); above < 0.5 {
		return l.AtLeast(float64(to)), above
	}
	return l.Below(float64(from)), l.Below(float64(to))
}

// Rounding bounds the rounding error of Probability. Probabilities near 1/2 are accurate to half
// a unit in the last place of 1. In a tail, which exponentiates logarithms of up to 700, the
// relative error is at most 1e-12 (tests compare it with scipy).
func Rounding(l Distribution, from, to time.Duration) float64 {
	a, b := tails(l, from, to)
	return min(0x1p-52, 1e-12*(a+b))
}

// Constant is the distribution with a single value.
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
	Survival(x float64) float64      // 1 - CDF(x), without cancellation
	UpperQuantile(v float64) float64 // Quantile(1 - v), without cancellation
}

// continuous is a distribution with a density, shifted by an offset.
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
		return 0 // every distribution here has non-negative variates
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
