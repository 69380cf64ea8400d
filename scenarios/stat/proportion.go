package stat

import (
	"fmt"
	"math"
)

// Proportion is a probability estimated from independent trials; N is their number.
type Proportion struct {
	Estimate
	Failures int
}

// Inference says how to compute the interval of a proportion: with one of [ProportionMethods] and a
// confidence above 0 and below 1.
type Inference struct {
	Method     Method
	Confidence float64
}

// DefaultInference returns the default method with a confidence.
func DefaultInference(confidence float64) Inference {
	return Inference{ProportionMethods[0], confidence}
}

// Of estimates a probability from a number of failures in independent trials.
func (i Inference) Of(failures, trials int) Proportion {
	switch i.Method {
	case ClopperPearsonExact:
		return ClopperPearson(failures, trials, i.Confidence)
	case JeffreysPrior:
		return Jeffreys(failures, trials, i.Confidence)
	}
	return Wilson(failures, trials, i.Confidence)
}

// Wilson estimates a probability from the number of failures in independent trials, with the score
// interval of Wilson (Journal of the American Statistical Association 22, 1927, 209-212). Without
// trials, the interval is [0, 1].
func Wilson(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence, WilsonScore)
	if trials == 0 {
		return p
	}
	n, k := float64(trials), float64(failures)
	z := Z(confidence)
	center := (k + z*z/2) / (n + z*z)
	half := z / (n + z*z) * math.Sqrt(k*(n-k)/n+z*z/4)
	p.Low, p.High = max(0, center-half), min(1, center+half)
	switch failures { // exact at the ends, where the difference above has rounding errors
	case 0:
		p.Low = 0
	case trials:
		p.High = 1
	}
	return p
}

// ClopperPearson estimates a probability with the interval of Clopper and Pearson (Biometrika 26,
// 1934, 404-413). It holds every probability for which both tails, this few failures or fewer and
// this many or more, have a probability of at least half of 1 - confidence. Its coverage is never
// below the confidence. Without trials, the interval is [0, 1].
func ClopperPearson(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence, ClopperPearsonExact)
	n, k := float64(trials), float64(failures)
	tail := (1 - confidence) / 2
	switch failures { // closed forms where a tail is a single power
	case 0:
	case 1:
		p.Low = -math.Expm1(math.Log1p(-tail) / n)
	case trials:
		p.Low = math.Exp(math.Log(tail) / n)
	default:
		p.Low, _ = betaQuantile(tail, false, k, n-k+1)
	}
	switch trials - failures {
	case 0:
	case 1:
		p.High = math.Exp(math.Log1p(-tail) / n)
	case trials:
		p.High = -math.Expm1(math.Log(tail) / n)
	default:
		p.High, _ = betaQuantile(tail, true, k+1, n-k)
	}
	return p
}

// Jeffreys estimates a probability with the central credible interval for Jeffreys' prior,
// Beta(1/2, 1/2). The lower end is 0 without failures, and the upper end is 1 if all trials fail
// (Brown, Cai, DasGupta, Statistical Science 16, 2001, 101-133, section 4.3). Without trials, the
// interval is [0, 1].
func Jeffreys(failures, trials int, confidence float64) Proportion {
	p := newProportion(failures, trials, confidence, JeffreysPrior)
	n, k := float64(trials), float64(failures)
	tail := (1 - confidence) / 2
	if failures > 0 {
		p.Low, _ = betaQuantile(tail, false, k+0.5, n-k+0.5)
	}
	if failures < trials {
		p.High, _ = betaQuantile(tail, true, k+0.5, n-k+0.5)
	}
	return p
}

// newProportion returns the estimate with the interval [0, 1].
func newProportion(failures, trials int, confidence float64, m Method) Proportion {
	p := Proportion{Unknown(trials, 0, 1, confidence, m), failures}
	if trials > 0 {
		p.Value = float64(failures) / float64(trials)
	}
	return p
}

// Certain returns the exact probability from trials that are all the same because nothing is
// random.
func Certain(failures, trials int) Proportion {
	return Proportion{Exact(float64(failures)/float64(trials), 0, 0, trials), failures}
}

// Variance returns the estimated variance of one trial: p(1-p).
func (p Proportion) Variance() float64 { return p.Value * (1 - p.Value) }

// StandardError returns the estimated standard error of the estimate.
func (p Proportion) StandardError() float64 { return math.Sqrt(p.Variance() / float64(p.N)) }

// String returns the estimate with its interval.
func (p Proportion) String() string {
	if p.N == 0 {
		return "no data"
	}
	return fmt.Sprintf("%.4g [%.4g, %.4g]", p.Value, p.Low, p.High)
}
