package stat

import "math"

// betaQuantile returns x and 1-x such that the lower tail (or the upper tail) of the beta
// distribution Beta(a, b) at x has probability tail, above 0 and below 1. Both are accurate to at
// least nine digits, however small they are. gonum's InvRegIncBeta starts from a difference of
// logarithms of gamma functions, which leaves only six digits at a + b = 1e9. a and b must be at
// least 1/2.
func betaQuantile(tail float64, upper bool, a, b float64) (x, y float64) {
	lowerHalf, upperHalf := betaTails(a, b, 0.5, 0.5)
	if upper && upperHalf > tail || !upper && lowerHalf < tail { // x is above 1/2: solve for y
		y, x = betaLowQuantile(tail, !upper, b, a)
		return x, y
	}
	return betaLowQuantile(tail, upper, a, b)
}

// betaLowQuantile is betaQuantile where x is at most 1/2.
func betaLowQuantile(tail float64, upper bool, a, b float64) (x, y float64) {
	// Invariant: x lies in [exp(low), exp(high)]. Bisecting the logarithm keeps the digits of a
	// small x.
	low, high := -700.0, -math.Ln2
	for range 64 {
		middle := low + (high-low)/2
		lower, over := betaTails(a, b, math.Exp(middle), -math.Expm1(middle))
		if upper && over > tail || !upper && lower < tail {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp(high), -math.Expm1(high)
}

// betaTails returns both tails of the distribution Beta(a, b) at x; y is 1-x. It computes the
// smaller tail with the continued fraction of the incomplete beta function (DLMF 8.17.22),
// evaluated with Lentz's algorithm (Applied Optics 15, 1976, 668-671).
func betaTails(a, b, x, y float64) (lower, upper float64) {
	if x > (a+1)/(a+b+2) {
		// Few failures in many trials: the terms of the fraction are small differences here,
		// whereas all terms of the sum are positive.
		if (a+b)*x < mostSummed && x <= 0.5 {
			lower = min(1, betaSum(a, b, x, y))
			return lower, 1 - lower
		}
		upper, lower = betaTails(b, a, y, x)
		return lower, upper
	}
	const least = 1e-300 // replaces 0 in a denominator
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < least {
		d = least
	}
	d = 1 / d
	fraction := d
	step := func(numerator float64) float64 {
		d, c = 1+numerator*d, 1+numerator/c
		if math.Abs(d) < least {
			d = least
		}
		if math.Abs(c) < least {
			c = least
		}
		d = 1 / d
		fraction *= d * c
		return d * c
	}
	// About sqrt(max(a, b)) terms are enough near the mean, and a few elsewhere.
	for m := 1.0; m < 1e7; m++ {
		step(m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)))
		if math.Abs(step(-(a+m)*(a+b+m)*x/((a+2*m)*(a+2*m+1)))-1) < 1e-16 {
			break
		}
	}
	lower = min(1, betaPower(a, b, x, y)*fraction/a)
	return lower, 1 - lower
}

// mostSummed bounds (a+b)x for betaSum, so that its value cannot overflow or underflow.
const mostSummed = 500

// betaSum returns the lower tail from its power series, with about (a+b)x terms (DLMF 8.17.8).
func betaSum(a, b, x, y float64) float64 {
	sum, term := 1.0, 1.0
	for m := 0.0; ; m++ {
		term *= (a + b + m) / (a + 1 + m) * x
		next := sum + term
		if next == sum {
			return betaPower(a, b, x, y) * sum / a
		}
		sum = next
	}
}

// betaPower returns x^a y^b / B(a, b), computed from deviances to avoid cancellation of large terms
// (Loader, Fast and accurate computation of binomial probabilities, 2000).
func betaPower(a, b, x, y float64) float64 {
	n := a + b
	exponent := stirlingError(n) - stirlingError(a) - stirlingError(b) - deviance(a, n*x) - deviance(b, n*y)
	return math.Sqrt(a/n*b/(2*math.Pi)) * math.Exp(exponent)
}

// stirlingError returns the error of Stirling's formula for the logarithm of n!.
func stirlingError(n float64) float64 {
	if n <= 15 {
		l, _ := math.Lgamma(n + 1)
		return l - (n+0.5)*math.Log(n) + n - math.Log(2*math.Pi)/2
	}
	s := 1 / (n * n)
	return (1.0/12 - s*(1.0/360-s*(1.0/1260-s*(1.0/1680-s/1188)))) / n
}

// deviance returns k log(k/m) + m - k.
func deviance(k, m float64) float64 {
	if math.Abs(k-m) >= 0.1*(k+m) {
		return k*math.Log(k/m) + m - k
	}
	v := (k - m) / (k + m)
	sum, term := (k-m)*v, 2*k*v
	for j := 3.0; ; j += 2 { // the series of log((1+v)/(1-v))
		term *= v * v
		next := sum + term/j
		if next == sum {
			return sum
		}
		sum = next
	}
}

// BinomialAtMost returns the probability that at most k of n trials succeed, each with probability
// p, above 0 and below 1.
func BinomialAtMost(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	}
	_, upper := betaTails(float64(k+1), float64(n-k), p, 1-p)
	return upper
}
