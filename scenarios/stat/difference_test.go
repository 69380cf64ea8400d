package stat_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// Tango's interval by its definition: at each end, the difference is a multinomial's
// whose likeliest probabilities, found by a search and not by his formula, make the
// score statistic Z. And the exact test of McNemar, and the t test, as scipy has them.
func TestPairedDifferenceAgainstScipy(t *testing.T) {
	var rows [][]float64
	for _, p := range []stat.Pairs{
		{Both: 36, OnlyFirst: 2, OnlySecond: 12, Neither: 0}, {Both: 43, OnlyFirst: 0, OnlySecond: 1},
		{Neither: 44, OnlySecond: 1}, {Both: 10, Neither: 40},
		{OnlySecond: 7}, {Both: 5, OnlyFirst: 130, Neither: 20}, {Both: 1, OnlyFirst: 3, OnlySecond: 3, Neither: 3},
		{OnlyFirst: 5, OnlySecond: 5}, {Both: 2, OnlyFirst: 9, Neither: 1}, {Neither: 100_000, OnlySecond: 3},
		{Both: 5000, OnlyFirst: 700, OnlySecond: 655, Neither: 3000}, {Neither: 1},
	} {
		for _, confidence := range []float64{0.5, 0.95, 1 - 1e-6} {
			d := stat.PairedDifference(p, confidence)
			rows = append(
				rows,
				[]float64{
					float64(p.Both),
					float64(p.OnlyFirst),
					float64(p.OnlySecond),
					float64(p.Neither),
					confidence,
					d.Low,
					d.High,
					d.P,
				},
			)
		}
	}
	var want [][3]float64 // the statistics at both ends, and the larger P
	testkit.Scipy(t, `
import math
from scipy import optimize
def statistic(b, c, n, d):
    # b pairs of probability q + d, c of q, the others of 1 - 2q - d: the likeliest q
    def minus_log(q):
        terms = [(b, q + d), (c, q), (n - b - c, 1 - 2*q - d)]
        return -sum(k * math.log(max(p, 1e-300)) for k, p in terms if k > 0)
    low, high = max(0, -d), (1 - d) / 2
    s = optimize.minimize_scalar(minus_log, bounds=(low, high), method='bounded', options={'xatol': 1e-15})
    q = min([(minus_log(x), x) for x in (low, high, s.x)])[1]
    return (b - c - n*d) / math.sqrt(n * (2*q + d - d*d))
def row(both, c, b, neither, confidence, low, high, p):
    n = both + b + c + neither
    z = stats.norm.isf((1 - confidence) / 2)
    ends = [statistic(b, c, n, e) / z if abs(e) < 1 else 0 for e in (low, high)]
    if not b + c:
        return ends + [1]
    return ends + [max(stats.binomtest(int(b), int(b + c)).pvalue, stats.chi2.sf((b - c)**2/(b + c), 1))]
print(json.dumps([row(*r) for r in rows]))`, rows, &want)
	for i, r := range rows {
		low, high, p := want[i][0], want[i][1], want[i][2]
		if r[5] == 0 || r[6] == 0 { // the interval reaches 0 because the exact test of McNemar does not reject it
			low, high = 1, -1
		}
		if r[5] > -1 && math.Abs(low-1) > 1e-4 || r[6] < 1 && math.Abs(high+1) > 1e-4 || testkit.Apart(r[7], p) > 1e-9 {
			t.Errorf(
				"%v: the statistic is %.6f Z at the lower end, %.6f Z at the upper one; McNemar's P is %.12g", r, low,
				high, p,
			)
		}
	}
}

func TestPairedMeanAgainstScipy(t *testing.T) {
	s := draws(t)
	var first, second []float64
	for range 40 {
		u := s.Uniform()
		first, second = append(first, u/2), append(second, u/2+0.05*s.Uniform())
	}
	var want struct{ Statistic, P, Low, High, Correlation float64 }
	testkit.Scipy(t, `
import numpy
from scipy.optimize import brentq
d = numpy.subtract(rows[1], rows[0])
n, m, s = len(d), d.mean(), d.std(ddof=1)
g = ((d - m)**3).mean() / s**3
freedom = abs(d).sum()**2 / (d**2).sum() - 1
t = stats.t.ppf(0.975, freedom) / n**0.5
cubic = lambda x: x + g*x**2/3 + g**2*x**3/27 + g/6/n
low, high = [m - s*brentq(lambda x: cubic(x) - y, -1e9, 1e9, xtol=1e-15, rtol=1e-15) for y in (t, -t)]
print(json.dumps({"statistic": stats.ttest_rel(rows[1], rows[0]).statistic,
	"p": 2*stats.t.sf(n**0.5*abs(cubic(m/s)), freedom),
	"low": low, "high": high, "correlation": stats.pearsonr(*rows)[0]}))`,
		[][]float64{first, second}, &want)
	d := stat.PairedMean(first, second, 0, 0.95)
	for _, pair := range [][2]float64{{d.Value / d.StandardError, want.Statistic}, {d.P, want.P}, {d.Low, want.Low},
		{d.High, want.High}, {d.Correlation, want.Correlation}} {
		if testkit.Apart(pair[0], pair[1]) > 1e-8 {
			t.Errorf("%+v, scipy has %+v", d, want)
			break
		}
	}
	if d.VarianceRatio < 2 {
		t.Errorf("pairs of correlation %g are worth no more than independent ones: %g", d.Correlation, d.VarianceRatio)
	}
}

// The interval at the extremes: pairs that never differ leave Z^2/(n + Z^2) on either
// side, as Wilson's leaves of no failures; pairs that always do, the same beside 1.
func TestPairsThatNeverDifferAndPairsThatAlwaysDo(t *testing.T) {
	z := stat.Z(0.95)
	for _, n := range []int{1, 10, 1000} {
		want := z * z / (float64(n) + z*z)
		for _, p := range []stat.Pairs{{Both: n}, {Neither: n}} {
			d := stat.PairedDifference(p, 0.95)
			if d.Value != 0 || math.Abs(d.High-want) > 1e-9 || math.Abs(d.Low+want) > 1e-9 || d.P != 1 {
				t.Errorf("%+v: %+v, want %g on either side", p, d, want)
			}
		}
		d := stat.PairedDifference(stat.Pairs{OnlySecond: n}, 0.95)
		if d.Value != 1 || d.High != 1 || d.Low >= 1 || d.Low < -1 || math.IsNaN(d.Low) {
			t.Errorf("%d that differ: %+v", n, d)
		}
		mirrored := stat.PairedDifference(stat.Pairs{OnlyFirst: n}, 0.95)
		if mirrored.Low != -1 || math.Abs(mirrored.High+d.Low) > 1e-12 {
			t.Errorf("%d that differ: %+v and %+v", n, d, mirrored)
		}
	}
	if d := stat.PairedDifference(stat.Pairs{}, 0.95); d.Low != -1 || d.High != 1 || !math.IsNaN(d.Value) {
		t.Errorf("of nothing: %+v", d)
	}
}

// pairsOf draws n pairs of those probabilities.
func pairsOf(s *stream.Stream, n int, both, first, second float64) (p stat.Pairs) {
	for range n {
		switch u := s.Uniform(); {
		case u < both:
			p.Both++
		case u < both+first:
			p.OnlyFirst++
		case u < both+first+second:
			p.OnlySecond++
		default:
			p.Neither++
		}
	}
	return p
}

// The coverage of the interval of a difference, for few and for many pairs, for pairs
// that seldom differ, always fail alike, or are as different as can be.
func TestPairedCoverageBySimulation(t *testing.T) {
	s := draws(t)
	simulations := often(400)
	for _, n := range []int{10, 30, 300} {
		for _, q := range [][3]float64{{0.3, 0.1, 0.2}, {0, 0.02, 0.05}, {0.5, 0, 0.01}, {0, 0.5, 0.5},
			{0.9, 0.05, 0.05}, {0.1, 0, 0.4}, {0, 0, 0}, {0.02, 0.9, 0.02}} {
			want, covered := q[2]-q[1], 0
			for range simulations {
				if d := stat.PairedDifference(pairsOf(s, n, q[0], q[1], q[2]), 0.95); d.Low <= want && want <= d.High {
					covered++
				}
			}
			if share := float64(covered) / float64(simulations); !testkit.AtLeast(share, 0.93, simulations) {
				t.Errorf("%d pairs, %v: coverage %.4f, want 0.95", n, q, share)
			}
		}
	}
}

// Bonferroni's intervals of comparisons with one baseline hold all together; each at
// the whole confidence, they do not.
func TestSimultaneousCoverageBySimulation(t *testing.T) {
	s := draws(t)
	const comparisons, n = 8, 200
	simulations := often(200)
	all := func(confidence float64) float64 {
		held := 0
		for range simulations {
			var pairs [comparisons]stat.Pairs
			for range n {
				baseline := s.Uniform() < 0.3
				for i := range pairs {
					other := s.Uniform() < 0.3 // as probable: no difference
					switch p := &pairs[i]; {
					case baseline && other:
						p.Both++
					case baseline:
						p.OnlyFirst++
					case other:
						p.OnlySecond++
					default:
						p.Neither++
					}
				}
			}
			if !slices.ContainsFunc(pairs[:], func(p stat.Pairs) bool {
				d := stat.PairedDifference(p, confidence)
				return d.Low > 0 || d.High < 0
			}) {
				held++
			}
		}
		return float64(held) / float64(simulations)
	}
	if share := all(stat.Bonferroni(0.95, comparisons)); !testkit.AtLeast(share, 0.95, simulations) {
		t.Errorf("all intervals hold in %.4f of the simulations, want 0.95", share)
	}
	if share := all(0.95); share > 0.9 {
		t.Errorf("without Bonferroni, all hold in %.4f: this test shows nothing", share)
	}
}

// An interval and its P always say the same about a difference of 0: each by itself, and all
// together, of pairs and of means.
func TestIntervalAndPAgree(t *testing.T) {
	s := draws(t)
	check := func(what string, d stat.Difference, confidence float64, comparisons int) {
		t.Helper()
		list := make([]*stat.Difference, comparisons)
		for i := range list {
			other := stat.PairedDifference(stat.Pairs{Both: 1}, confidence)
			list[i] = &other
		}
		list[0] = &d
		stat.Adjust(list)
		if level := 1 - confidence; (d.P <= 1-d.Confidence) == d.Holds(0) || (d.Adjusted <= level) == d.Holds(0) {
			t.Errorf("%s: interval [%g, %g], P %g, adjusted %g, at %g for %d", what, d.Low, d.High, d.P, d.Adjusted,
				confidence, comparisons)
		}
	}
	told, open := 0, 0
	for range often(800) {
		comparisons := 1 + int(s.Uniform()*200)
		confidence := []float64{0.8, 0.9, 0.95, 0.99, 0.999}[int(s.Uniform()*5)]
		each := stat.Bonferroni(confidence, comparisons)
		p := pairsOf(s, 1+int(s.Uniform()*60), s.Uniform()/2, s.Uniform()/2*s.Uniform(), s.Uniform()/2)
		d := stat.PairedDifference(p, each)
		check(fmt.Sprintf("%+v", p), d, confidence, comparisons)
		if d.Holds(0) {
			open++
		} else {
			told++
		}
		var first, second []float64
		shift := s.Uniform() / 4
		for range 2 + int(s.Uniform()*30) {
			u, v := s.Uniform(), s.Uniform()
			first, second = append(first, u*u/2), append(second, u*u/2+shift*v)
		}
		check("means", stat.PairedMean(first, second, 0, each), confidence, comparisons)
		outside := shift * s.Uniform()
		check("means beside what was not searched", stat.PairedMean(first, second, outside, each), confidence,
			comparisons)
	}
	if told < 10 || open < 10 {
		t.Errorf("%d differences were told and %d not: this test shows little", told, open)
	}
}

// Common random numbers: of pairs that fail alike but for one in a hundred, the
// difference has the variance of far more independent ones, by the plain formulas.
func TestTheVarianceThatPairsSave(t *testing.T) {
	d := stat.PairedDifference(stat.Pairs{Both: 300, OnlyFirst: 10, Neither: 690}, 0.95)
	independent := 0.31*0.69 + 0.3*0.7
	paired := 0.01 - 0.01*0.01
	if math.Abs(d.VarianceRatio-independent/paired) > 1e-9 || math.Abs(d.StandardError-math.Sqrt(paired/1000)) > 1e-12 {
		t.Errorf("%+v, want a ratio of %g", d, independent/paired)
	}
	covariance := 0.3 - 0.31*0.3
	if want := covariance / math.Sqrt(0.31*0.69*0.3*0.7); math.Abs(d.Correlation-want) > 1e-12 {
		t.Errorf("correlation %g, want %g", d.Correlation, want)
	}
}

// often returns how many simulations a test performs: three times as many in its long
// form, a quarter in its short one.
func often(n int) int {
	return testkit.Budget(n/4, n, 3*n)
}
