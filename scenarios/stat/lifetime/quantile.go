package lifetime

import (
	"math"
	"slices"
	"sort"

	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Lifetime is one observed value of a measure that is 0 or more, such as how long
// something took.
type Lifetime struct {
	Value    float64
	Censored bool // it was not over at Value, so it is Value or more
}

// Quantile is a quantile of a distribution, estimated from independent samples, with a two-sided
// interval that makes no assumption about the distribution.
type Quantile struct {
	// The value is the sample of rank Q*N, rounded up, counted from the smallest; NaN without
	// samples. The ends of the interval are the samples of LowRank and HighRank.
	stat.Estimate

	Q       float64 // the probability of at most the quantile, such as 0.95
	AtLeast bool    // the value is a censored sample: the quantile is at least this

	// LowRank and HighRank count from 1. A rank of 0 is an open end: there are too few samples for
	// a bound, or they are censored. Low is then 0, because the measure is 0 or more, and High
	// infinite.
	LowRank, HighRank int

	// Coverage is the probability that the interval holds the quantile, if no sample is censored
	// and no two are equal. It is at least the requested confidence.
	Coverage float64
}

// Quantiles estimates quantiles with intervals whose ends are order statistics. The number of
// samples below the quantile has a binomial distribution; each tail gets at most half of 1 -
// confidence, so the coverage is at least the confidence for every distribution, discrete ones
// included (Hahn and Meeker, Statistical Intervals, 1991, section 5.2). A censored sample counts as
// its value at the lower end and as infinite at the upper end, which is valid for any kind of
// censoring.
func Quantiles(samples []Lifetime, qs []float64, confidence float64) []Quantile {
	var low, high []float64 // the samples, if censored ones end at once, or never
	for _, s := range samples {
		low = append(low, s.Value)
		if s.Censored {
			high = append(high, math.Inf(1))
		} else {
			high = append(high, s.Value)
		}
	}
	slices.Sort(low)
	slices.Sort(high)
	var list []Quantile
	for _, q := range qs {
		list = append(list, quantile(low, high, q, confidence))
	}
	return list
}

func quantile(low, high []float64, q, confidence float64) Quantile {
	n := len(low)
	e := Quantile{Estimate: stat.Unknown(n, 0, math.Inf(1), confidence, stat.OrderStatistics), Q: q}
	if n == 0 {
		e.Coverage = 1
		return e
	}
	rank := min(max(int(math.Ceil(q*float64(n)-1e-9)), 1), n)
	e.Value, e.AtLeast = low[rank-1], math.IsInf(high[rank-1], 1) || low[rank-1] != high[rank-1]
	below, above := quantileRanks(n, q, confidence)
	e.Coverage = 1
	if below > 0 {
		e.Low, e.LowRank = low[below-1], below
		e.Coverage -= stat.BinomialAtMost(below-1, n, q)
	}
	if above <= n && !math.IsInf(high[above-1], 1) {
		e.High, e.HighRank = high[above-1], above
	}
	if above <= n {
		e.Coverage -= 1 - stat.BinomialAtMost(above-1, n, q)
	}
	return e
}

// quantileRanks returns the largest rank whose value lies above the quantile with a probability of
// at most half of 1 - confidence (0 if there is none), and the smallest rank whose value lies below
// it with at most the same probability (n+1 if there is none).
func quantileRanks(n int, q, confidence float64) (low, high int) {
	tail := (1 - confidence) / 2
	// The number of samples below the quantile is Binomial(n, q). The value of rank r is above the
	// quantile if fewer than r samples are below it.
	low = sort.Search(n, func(i int) bool { return stat.BinomialAtMost(i, n, q) > tail })
	high = 1 + sort.Search(n, func(i int) bool { return 1-stat.BinomialAtMost(i, n, q) <= tail })
	return low, high
}
