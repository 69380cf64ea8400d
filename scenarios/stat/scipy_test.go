package stat_test

import (
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// scipy's own Wilson interval, and its beta quantiles for the other two, from one trial
// to a billion. (At a billion, scipy's upper ends have only eight digits; see
// TestFewFailuresOfABillion.)
func TestIntervalsAgainstScipy(t *testing.T) {
	var rows [][]any
	for _, n := range []int{1, 2, 5, 10, 100, 12_345, 1_000_000, 1_000_000_000} {
		for _, k := range []int{0, 1, 2, 7, n / 3, n / 2, n - 2, n - 1, n} {
			if k < 0 || k > n {
				continue
			}
			for _, confidence := range []float64{0.5, 0.95, 0.999, 1 - 1e-6} {
				rows = append(rows, []any{k, n, confidence})
			}
		}
	}
	var want [][6]float64
	testkit.Scipy(t, `
def ends(k, n, c):
    wilson = stats.binomtest(k, n).proportion_ci(c, method='wilson') if n < 10**6 else (-1, -1)
    a, q = (1 - c) / 2, stats.beta.ppf
    return [*wilson,
            q(a, k, n - k + 1) if k > 0 else 0, q(1 - a, k + 1, n - k) if k < n else 1,
            q(a, k + .5, n - k + .5) if k > 0 else 0, q(1 - a, k + .5, n - k + .5) if k < n else 1]
print(json.dumps([ends(*r) for r in rows]))`, rows, &want)
	for i, row := range rows {
		k, n, confidence := row[0].(int), row[1].(int), row[2].(float64)
		for j, kind := range stat.ProportionMethods {
			low, high := want[i][2*j], want[i][2*j+1]
			if low < 0 { // scipy's binomial test takes long for many trials
				continue
			}
			p := stat.Inference{Method: kind, Confidence: confidence}.Of(k, n)
			digits := 1e-9
			if n == 1_000_000_000 {
				digits = 1e-7
			}
			if testkit.Apart(p.Low, low) > 1e-9 || testkit.Apart(p.High, high) > digits {
				t.Errorf(
					"%s, %d of %d at %g: [%.15g, %.15g], scipy has [%.15g, %.15g]", kind, k, n, confidence, p.Low,
					p.High, low, high,
				)
			}
		}
	}
}

func TestSampleMeanAgainstScipy(t *testing.T) {
	var rows [][]any
	for _, confidence := range []float64{0.1, 0.5, 0.95, 0.999, 1 - 1e-6} {
		rows = append(rows,
			[]any{confidence, []float64{0.25, 0.75}},
			[]any{confidence, []float64{1e-9, 2e-9, 1.5e-9, 1.25e-9}},
			[]any{confidence, []float64{0.9, 1, 1, 0.5, 1}},
			[]any{confidence, append(make([]float64, 500), 0.5, 0.625, 0.5)})
	}
	// The interval is where Hall's cubic, solved by bisection here, is the quantile.
	var want [][4]float64
	testkit.Scipy(t, `
import numpy
from scipy.optimize import brentq
def kish(v):
    return v.sum()**2 / (v**2).sum()
def mean(c, v):
    v = numpy.array(v)
    n, m, s = len(v), v.mean(), v.std(ddof=1)
    g = ((v - m)**3).mean() / s**3
    t = stats.t.ppf((1 + c) / 2, max(1, min(kish(v), kish(1 - v)) - 1)) / n**0.5
    cubic = lambda x: x + g*x**2/3 + g**2*x**3/27 + g/6/n
    low, high = [m - s*brentq(lambda x: cubic(x) - y, -1e9, 1e9, xtol=1e-15, rtol=1e-15) for y in (t, -t)]
    return [m, stats.sem(v), max(0, low), min(1, high)]
print(json.dumps([mean(*r) for r in rows]))`, rows, &want)
	for i, row := range rows {
		m := stat.SampleMean(row[1].([]float64), row[0].(float64))
		got := [4]float64{m.Value, m.StandardError, m.Low, m.High}
		for j := range got {
			if testkit.Apart(got[j], want[i][j]) > 1e-8 {
				t.Errorf("%v at %g: %v, scipy has %v", row[1].([]float64)[:2], m.Confidence, got, want[i])
				break
			}
		}
	}
}
