// Package law holds the latency laws: distributions of a duration, with the
// quantile function that draws from it and the distribution function that
// integrates over it.
//
// A latency is a whole number of nanoseconds: the variate rounded down. So the
// probability that a latency lies in the half-open window [from, to) is exactly
// Below(to) - Below(from).
package law

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Law is a distribution of latencies. All times are in nanoseconds.
type Law interface {
	// Quantile returns the u-quantile, u in (0, 1). That of a gamma law of small shape
	// loses its digits below a billionth of the scale, far below a nanosecond.
	Quantile(u float64) float64

	// CDF returns the probability of a variate of at most x.
	CDF(x float64) float64

	// Below returns the probability of a variate below x. It differs from CDF only
	// where the law has an atom.
	Below(x float64) float64

	// Mean returns the expectation; it may be infinite.
	Mean() float64

	// String returns the law as [Parse] reads it.
	String() string
}

// maxLatency keeps the sum of a time and a latency within a time.Duration.
const maxLatency = 1 << 61

// Latency draws from a law: the u-quantile in whole nanoseconds, rounded down.
func Latency(l Law, u float64) time.Duration {
	q := l.Quantile(u)
	switch {
	case !(q > 0): // also NaN, which no law that Parse accepts gives
		return 0
	case q >= maxLatency:
		return maxLatency
	}
	return time.Duration(q)
}

// Probability returns the probability that a latency lies in [from, to).
func Probability(l Law, from, to time.Duration) float64 {
	if to <= from {
		return 0
	}
	return l.Below(float64(to)) - l.Below(float64(from))
}

// Constant is the law of one value.
type Constant struct{ Value time.Duration }

// Quantile implements Law.
func (c Constant) Quantile(float64) float64 { return float64(c.Value) }

// CDF implements Law.
func (c Constant) CDF(x float64) float64 {
	if x >= float64(c.Value) {
		return 1
	}
	return 0
}

// Below implements Law.
func (c Constant) Below(x float64) float64 {
	if x > float64(c.Value) {
		return 1
	}
	return 0
}

// Mean implements Law.
func (c Constant) Mean() float64 { return float64(c.Value) }

// String implements Law.
func (c Constant) String() string { return c.Value.String() }

// distribution is what gonum offers of a continuous distribution.
type distribution interface {
	Quantile(p float64) float64
	CDF(x float64) float64
}

// continuous is a law with a density, moved by an offset.
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
		return 0 // every law here is one of non-negative variates
	}
	return c.distribution.CDF(x)
}

func (c continuous) Below(x float64) float64 { return c.CDF(x) }
func (c continuous) Mean() float64           { return float64(c.offset) + c.mean }

func (c continuous) String() string {
	if c.offset == 0 {
		return c.text
	}
	return c.offset.String() + "+" + c.text
}

// exponential is the exponential distribution. Its quantile uses log1p, which
// keeps the digits near 0 that 1-u loses.
type exponential struct{ mean float64 }

func (e exponential) Quantile(u float64) float64 { return -e.mean * math.Log1p(-u) }
func (e exponential) CDF(x float64) float64      { return -math.Expm1(-x / e.mean) }

// truncatedNormal is the normal distribution on condition that the variate is
// not negative.
type truncatedNormal struct {
	normal distuv.Normal
	below  float64 // the probability that the condition excludes
}

func newTruncatedNormal(mean, sigma float64) truncatedNormal {
	n := distuv.Normal{Mu: mean, Sigma: sigma}
	return truncatedNormal{normal: n, below: n.CDF(0)}
}

func (t truncatedNormal) Quantile(u float64) float64 {
	if u > 0.5 { // from the upper tail, where below + u (1 - below) would round to 1
		return max(0, t.normal.Mu-t.normal.Sigma*distuv.UnitNormal.Quantile((1-u)*(1-t.below)))
	}
	return max(0, t.normal.Quantile(t.below+u*(1-t.below)))
}

func (t truncatedNormal) CDF(x float64) float64 {
	return max(0, (t.normal.CDF(x)-t.below)/(1-t.below))
}

// mean is that of the condition: mu + sigma phi(a) / (1 - Phi(a)), a = -mu/sigma
// (Johnson, Kotz, Balakrishnan: Continuous Univariate Distributions 1, 13.10).
func (t truncatedNormal) mean() float64 {
	return t.normal.Mu + t.normal.Sigma*t.normal.Sigma*t.normal.Prob(0)/(1-t.below)
}

// gamma is the gamma distribution by shape and scale. The quantile is the inverse
// of the regularised incomplete gamma function, as in gonum, without the
// restriction of gonum's to a source of its own.
type gamma struct{ shape, scale float64 }

func (g gamma) Quantile(u float64) float64 {
	return g.scale * mathext.GammaIncRegInv(g.shape, u)
}
func (g gamma) CDF(x float64) float64 { return mathext.GammaIncReg(g.shape, x/g.scale) }

// pareto is the Pareto distribution of the first kind: P(X > x) =
// (minimum/x)^shape for x >= minimum.
type pareto struct{ minimum, shape float64 }

func (p pareto) Quantile(u float64) float64 {
	return p.minimum * math.Exp(-math.Log1p(-u)/p.shape)
}

func (p pareto) CDF(x float64) float64 {
	if x <= p.minimum {
		return 0
	}
	return -math.Expm1(p.shape * math.Log(p.minimum/x))
}

// weibull is the Weibull distribution: P(X > x) = exp(-(x/scale)^shape).
type weibull struct{ scale, shape float64 }

func (w weibull) Quantile(u float64) float64 {
	return w.scale * math.Pow(-math.Log1p(-u), 1/w.shape)
}
func (w weibull) CDF(x float64) float64 { return -math.Expm1(-math.Pow(x/w.scale, w.shape)) }
