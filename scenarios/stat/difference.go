package stat

import "math"

// Pairs counts pairs of trials, such as replications of one seed with two parameters, by which of
// the two failed.
type Pairs struct {
	Both, OnlyFirst, OnlySecond, Neither int // which of the two failed
}

// Total returns the number of pairs.
func (p Pairs) Total() int { return p.Both + p.OnlyFirst + p.OnlySecond + p.Neither }

// Difference is an estimated difference, the mean of the second minus the mean of the first, with a
// two-sided confidence interval.
type Difference struct {
	Estimate              // the interval lies within [-1, 1]; N is the number of pairs
	First, Second float64 // the two means; NaN without pairs
	StandardError float64 // of the difference, estimated from pairs

	// P is the two-sided probability of a difference at least this extreme if there is no true
	// difference. It is at most 1 - Confidence exactly if the interval does not hold 0. Adjusted is P
	// for all comparisons made; see [Adjust].
	P, Adjusted float64

	// Correlation is the correlation within the pairs; NaN if one of the two never varies.
	Correlation float64

	// VarianceRatio is the factor by which two independent samples of this size would increase the
	// variance of the difference. It is NaN if both variances are 0, and infinite if only the
	// variance of the paired difference is 0.
	VarianceRatio float64
}

// PairedDifference estimates the difference of two probabilities from pairs of trials, with the
// score interval of Tango (Statistics in Medicine 17, 1998, 891-908). This interval covers well for
// few pairs and for probabilities near 0, and is not a point when the two never differ. It holds
// each difference d that is at most Z standard errors from the observed one, where d itself
// determines the standard error. P is the larger of that test of d = 0 and of the exact test of
// McNemar (Psychometrika 12, 1947, 153-157): without a difference, failures under the first alone
// and under the second alone are equally likely. If the exact test does not reject d = 0, the
// interval is extended to 0.
func PairedDifference(p Pairs, confidence float64) Difference {
	n := float64(p.Total())
	d := newDifference(p.Total(), confidence, Tango)
	if n == 0 {
		return d
	}
	b, c := float64(p.OnlySecond), float64(p.OnlyFirst)
	d.First, d.Second, d.Value = float64(p.Both+p.OnlyFirst)/n, float64(p.Both+p.OnlySecond)/n, (b-c)/n
	paired := (b+c)/n - d.Value*d.Value
	d.StandardError = math.Sqrt(max(0, paired) / n)
	d.compareVariances(d.First*(1-d.First), d.Second*(1-d.Second), paired)
	d.P = max(mcNemar(p.OnlyFirst, p.OnlySecond), math.Erfc(math.Abs(b-c)/math.Sqrt(2*max(1, b+c))))
	z := Z(confidence)
	d.Low = -tangoUpper(c, b, n, z)
	d.High = tangoUpper(b, c, n, z)
	d.agree()
	return d
}

// agree makes the interval and P say the same about a difference of 0. A difference that P does not
// tell from 0 has an interval that reaches 0. Otherwise the two can part only by rounding errors;
// then nothing is claimed.
func (d *Difference) agree() {
	level := 1 - d.Confidence
	if d.P > level {
		d.Low, d.High = min(d.Low, 0), max(d.High, 0)
	} else if d.Holds(0) {
		d.P = math.Nextafter(level, 1)
	}
}

// CertainDifference returns the exact difference of two probabilities that are 0 or 1. All pairs
// are alike.
func CertainDifference(first, second float64, pairs int) Difference {
	d := newDifference(pairs, 1, Bounds)
	d.First, d.Second, d.Value, d.StandardError, d.Exact = first, second, second-first, 0, true
	if d.Low, d.High = d.Value, d.Value; d.Value != 0 {
		d.P, d.Adjusted = 0, 0
	}
	return d
}

// newDifference returns a difference with no known values.
func newDifference(pairs int, confidence float64, m Method) Difference {
	nan := math.NaN()
	return Difference{
		Estimate: Unknown(pairs, -1, 1, confidence, m), First: nan, Second: nan, StandardError: nan,
		P: 1, Adjusted: 1, Correlation: nan, VarianceRatio: nan,
	}
}

// compareVariances computes the correlation and the variance ratio from the variances of the first,
// the second, and their difference.
func (d *Difference) compareVariances(first, second, paired float64) {
	if first > 0 && second > 0 {
		d.Correlation = max(-1, min(1, (first+second-paired)/2/math.Sqrt(first*second)))
	}
	if first+second > 0 {
		d.VarianceRatio = (first + second) / max(0, paired)
	}
}

// tangoUpper returns the upper end of Tango's interval for (b-c)/n by bisection: the statistic
// decreases as the difference grows.
func tangoUpper(b, c, n, z float64) float64 {
	if b == n {
		return 1
	}
	// Invariant: the statistic is at least -z at low, and below -z at high, or high is 1.
	low, high := (b-c)/n, 1.0
	for range 100 {
		middle := low + (high-low)/2
		if middle <= low || middle >= high {
			break
		}
		if tangoStatistic(b, c, n, middle) >= -z {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}

// tangoStatistic returns by how many standard errors b-c exceeds n*d, for a difference d above -1
// and below 1. The standard error is that under the most likely probabilities whose difference is
// d: q, the probability that a pair fails under the first alone, is the larger root of 2n q^2 + B q
// + C.
func tangoStatistic(b, c, n, d float64) float64 {
	linear, constant := -b-c+(2*n-b+c)*d, -c*d*(1-d)
	root := math.Sqrt(max(0, linear*linear-8*n*constant))
	q := (root - linear) / (4 * n)
	if linear > 0 { // avoids cancellation
		q = -2 * constant / (root + linear)
	}
	variance := n * (2*q + d*(1-d))
	difference := b - c - n*d
	if difference == 0 {
		return 0
	}
	return difference / math.Sqrt(max(0, variance))
}

// mcNemar returns the two-sided probability of the exact test: twice the probability that a+b fair
// coins show min(a, b) heads or fewer; at most 1.
func mcNemar(a, b int) float64 {
	few, n := min(a, b), a+b
	if 2*few == n {
		return 1
	}
	// P(X <= k) of n fair coins is the lower tail of Beta(n-k, k+1) at 1/2.
	tail, _ := betaTails(float64(n-few), float64(few+1), 0.5, 0.5)
	return min(1, 2*tail)
}

// PairedMean estimates the difference of two means from pairs of samples in [0, 1], such as the
// conditional probabilities of one seed with two parameters. It uses the interval of [Hall] for the
// differences and the corresponding test. Both allow for outside, the probability of the part that
// was not searched for either of the two. If the differences do not vary, the interval has no other
// width and a warning says so. With fewer than two pairs, the interval is [-1, 1].
func PairedMean(first, second []float64, outside, confidence float64) Difference {
	n := len(first)
	d := newDifference(n, confidence, Hall)
	if n == 0 {
		return d
	}
	differences := make([]float64, n)
	for i := range first {
		differences[i] = second[i] - first[i]
	}
	a, b, m := summarize(first), summarize(second), summarize(differences)
	d.First, d.Second, d.Value = a.mean, b.mean, m.mean
	if n < 2 {
		return d
	}
	d.StandardError = m.standardError()
	switch {
	case d.Value > outside:
		d.P = m.test(outside)
	case d.Value < -outside:
		d.P = m.test(-outside)
	}
	d.compareVariances(a.variance, b.variance, m.variance)
	low, high := m.interval(confidence)
	d.Low, d.High = max(-1, low-outside), min(1, high+outside)
	d.agree()
	switch {
	case m.variance == 0:
		d.Warnings = append(d.Warnings, EqualSamples{n, unseen(confidence, m.n)})
	case m.effective < LeastSamples:
		d.Warnings = append(d.Warnings, FewSamples{n, m.effective})
	}
	return d
}

// Adjust sets the adjusted P of several comparisons: the smallest probability of error with which
// their intervals, all together by [Bonferroni], leave 0 out of this one. Holm's rule (Scandinavian
// Journal of Statistics 6, 1979, 65-70) rejects more, but has no intervals: it would report a
// difference where the interval holds 0.
func Adjust(list []*Difference) {
	for _, d := range list {
		d.Adjusted = min(1, float64(len(list))*d.P)
	}
}

// Bonferroni returns the confidence that each of several intervals needs so that all of them
// together hold their true values with the given confidence (Boole's inequality).
func Bonferroni(confidence float64, intervals int) float64 {
	return LookConfidence(confidence, max(1, intervals))
}
