package stat

import (
	"math"
	"slices"
)

// summary holds the statistics from which the interval of the mean of independent samples is
// computed.
type summary struct {
	n, mean   float64
	variance  float64 // of one sample
	skewness  float64 // of one sample; 0 without variance
	effective float64 // the equivalent number of samples of equal weight
}

// summarize computes the summary of one or more samples.
func summarize(samples []float64) summary {
	m := summary{n: float64(len(samples)), effective: effectiveSize(samples)}
	if slices.Min(samples) == slices.Max(samples) {
		m.mean = samples[0] // rounding errors of a sum would look like variance
		return m
	}
	sum := 0.0
	for _, v := range samples {
		sum += v
	}
	m.mean = sum / m.n
	second, third := 0.0, 0.0
	for _, v := range samples {
		d := v - m.mean
		second, third = second+d*d, third+d*d*d
	}
	if second == 0 { // underflow
		return m
	}
	m.variance = second / (m.n - 1)
	m.skewness = third / m.n / (m.variance * math.Sqrt(m.variance))
	return m
}

// effectiveSize returns the equivalent number of samples of equal weight: the square of the sum of
// all absolute values over the sum of their squares (Kish, Survey Sampling, 1965, section 8.2).
// Samples equal to 0 add nothing to it.
func effectiveSize(samples []float64) float64 {
	absolute, squares := 0.0, 0.0
	for _, v := range samples {
		absolute, squares = absolute+math.Abs(v), squares+v*v
	}
	if squares == 0 {
		return float64(len(samples))
	}
	return absolute * absolute / squares
}

func (m *summary) standardError() float64 { return math.Sqrt(m.variance / m.n) }

// freedom returns the degrees of freedom of Student's distribution.
func (m *summary) freedom() float64 { return max(1, m.effective-1) }

// interval returns a two-sided interval of the mean: the values that Hall's transformed statistic
// does not reject. His transformation is a monotone cubic of the studentized mean that removes its
// skewness to the order 1/n (Journal of the Royal Statistical Society B 54, 1992, 221-228). Here,
// Student's distribution with the effective number of samples replaces the normal distribution.
// Without skewness, this is Student's interval (Biometrika 6, 1908, 1-25), which covers too little
// for skewed samples: see TestCoverageOfFewEffectiveFailures.
func (m *summary) interval(confidence float64) (low, high float64) {
	quantile := studentQuantile(confidence, m.freedom()) / math.Sqrt(m.n)
	deviation := math.Sqrt(m.variance)
	return m.mean - deviation*m.straight(quantile), m.mean - deviation*m.straight(-quantile)
}

// transformed returns the transformed value of t, the difference between the mean and a value in
// standard deviations of a sample.
func (m *summary) transformed(t float64) float64 {
	g := m.skewness
	return t + g*t*t/3 + g*g*t*t*t/27 + g/(6*m.n)
}

// straight is the inverse of transformed.
func (m *summary) straight(x float64) float64 {
	g := m.skewness
	x -= g / (6 * m.n)
	if math.Abs(g*x) < 1e-7 { // the difference below has no digits left
		return x
	}
	return 3 / g * (math.Cbrt(1+g*x) - 1)
}

// test returns the two-sided P of the hypothesis that the mean is the given value, consistent with
// the interval.
func (m *summary) test(value float64) float64 {
	if m.variance == 0 {
		if m.mean == value {
			return 1
		}
		return 0
	}
	t := math.Sqrt(m.n) * m.transformed((m.mean-value)/math.Sqrt(m.variance))
	freedom := m.freedom()
	p, _ := betaTails(freedom/2, 0.5, freedom/(freedom+t*t), t*t/(freedom+t*t))
	return p
}

// studentQuantile returns the half-width, in standard errors, of a two-sided Student interval with
// the given confidence and degrees of freedom. It is the t for which freedom/(freedom + t^2), a
// beta variate, has the lower tail 1 - confidence.
func studentQuantile(confidence, freedom float64) float64 {
	x, y := betaQuantile(1-confidence, false, freedom/2, 0.5)
	return math.Sqrt(freedom * y / x)
}
