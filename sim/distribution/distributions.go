package distribution

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// exponential is the exponential distribution. Its quantile uses log1p, which keeps the digits
// that 1-u loses near 0.
type exponential struct{ mean float64 }

func (e exponential) Quantile(u float64) float64 { return -e.mean * math.Log1p(-u) }
func (e exponential) CDF(x float64) float64      { return -math.Expm1(-x / e.mean) }

func (e exponential) Survival(x float64) float64      { return math.Exp(-x / e.mean) }
func (e exponential) UpperQuantile(v float64) float64 { return -e.mean * math.Log(v) }

// truncatedNormal is the normal distribution, conditional on a non-negative variate.
type truncatedNormal struct {
	normal distuv.Normal
	below  float64 // the probability excluded by the condition
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

func (t truncatedNormal) Survival(x float64) float64 {
	if x <= 0 {
		return 1
	}
	return normalSurvival((x-t.normal.Mu)/t.normal.Sigma) / (1 - t.below)
}

func (t truncatedNormal) UpperQuantile(v float64) float64 {
	if v > 0.5 {
		return t.Quantile(1 - v)
	}
	return max(0, t.normal.Mu-t.normal.Sigma*distuv.UnitNormal.Quantile(v*(1-t.below)))
}

// normalSurvival is the upper tail of the standard normal distribution. gonum computes it as 1
// minus the error function, which loses digits.
func normalSurvival(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// mean returns the conditional mean: mu + sigma phi(a) / (1 - Phi(a)), a = -mu/sigma (Johnson,
// Kotz, Balakrishnan: Continuous Univariate Distributions 1, 13.10).
func (t truncatedNormal) mean() float64 {
	return t.normal.Mu + t.normal.Sigma*t.normal.Sigma*t.normal.Prob(0)/(1-t.below)
}

// gamma is the gamma distribution with shape and scale. Its quantile is the inverse of the
// regularised incomplete gamma function, as in gonum.org/v1/gonum/stat/distuv. Unlike
// distuv.Gamma, it has no random source.
type gamma struct{ shape, scale float64 }

func (g gamma) Quantile(u float64) float64 {
	if u < leastGammaTail {
		return g.lowQuantile(u)
	}
	return g.scale * mathext.GammaIncRegInv(g.shape, u)
}
func (g gamma) CDF(x float64) float64 { return mathext.GammaIncReg(g.shape, x/g.scale) }

func (g gamma) Survival(x float64) float64 { return mathext.GammaIncRegComp(g.shape, x/g.scale) }
func (g gamma) UpperQuantile(v float64) float64 {
	return g.scale * mathext.GammaIncRegCompInv(g.shape, v)
}

// leastGammaTail is the smallest lower tail passed to gonum's inverse, which fails further out.
// Only tilted draws are below it.
const leastGammaTail = 1e-16

// lowQuantile bisects the logarithm of a quantile far down in the lower tail.
func (g gamma) lowQuantile(u float64) float64 {
	// Invariant: the quantile is at most exp(high), or below the smallest float64.
	low, high := -740.0, 14.0
	for range 64 {
		middle := low + (high-low)/2
		if mathext.GammaIncReg(g.shape, math.Exp(middle)) >= u {
			high = middle
		} else {
			low = middle
		}
	}
	return g.scale * math.Exp(high)
}

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

func (p pareto) Survival(x float64) float64 {
	if x <= p.minimum {
		return 1
	}
	return math.Pow(p.minimum/x, p.shape)
}

func (p pareto) UpperQuantile(v float64) float64 { return p.minimum * math.Pow(v, -1/p.shape) }

// weibull is the Weibull distribution: P(X > x) = exp(-(x/scale)^shape).
type weibull struct{ scale, shape float64 }

func (w weibull) Quantile(u float64) float64 {
	return w.scale * math.Pow(-math.Log1p(-u), 1/w.shape)
}
func (w weibull) CDF(x float64) float64 { return -math.Expm1(-math.Pow(x/w.scale, w.shape)) }

func (w weibull) Survival(x float64) float64 { return math.Exp(-math.Pow(x/w.scale, w.shape)) }
func (w weibull) UpperQuantile(v float64) float64 {
	return w.scale * math.Pow(-math.Log(v), 1/w.shape)
}

// uniform is gonum's uniform distribution, with its upper quantile.
type uniform struct{ distuv.Uniform }

func (u uniform) UpperQuantile(v float64) float64 { return u.Max - v*(u.Max-u.Min) }

// logNormal is gonum's lognormal distribution, with an accurate upper tail: gonum computes it as
// 1 minus the error function.
type logNormal struct{ distuv.LogNormal }

func (l logNormal) Survival(x float64) float64 { return normalSurvival((math.Log(x) - l.Mu) / l.Sigma) }
func (l logNormal) UpperQuantile(v float64) float64 {
	return math.Exp(l.Mu - l.Sigma*distuv.UnitNormal.Quantile(v))
}
