package stat_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// scipy runs a Python program with Debian's scipy (another Python may come first in
// PATH), gives it a value as JSON on standard input, and reads one from its output.
func scipy(t *testing.T, program string, in, out any) {
	t.Helper()
	const python = "/usr/bin/python3"
	testkit.NotShort(t)
	if !scipyFound {
		testkit.Tool(t, "apt-get install python3-scipy", python, "-c", "import scipy")
		scipyFound = true
	}
	input, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(python, "-c", "import json, sys\nfrom scipy import stats\nrows = json.load(sys.stdin)\n"+program)
	c.Stdin = bytes.NewReader(input)
	var errs strings.Builder
	c.Stderr = &errs
	output, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	if err := json.Unmarshal(output, out); err != nil {
		t.Fatal(err)
	}
}

// scipyFound spares the tests a second look for it.
var scipyFound bool

// apart is the distance of two numbers as a share of the larger.
func apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / math.Max(math.Abs(a), math.Abs(b))
}

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
	scipy(t, `
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
			if apart(p.Low, low) > 1e-9 || apart(p.High, high) > digits {
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
	scipy(t, `
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
			if apart(got[j], want[i][j]) > 1e-8 {
				t.Errorf("%v at %g: %v, scipy has %v", row[1].([]float64)[:2], m.Confidence, got, want[i])
				break
			}
		}
	}
}

// Every latency distribution, drawn from and integrated over as scipy does it. Quantiles are
// right to seven digits or a thousandth of a nanosecond.
func TestLatencyLawsAgainstScipy(t *testing.T) {
	laws := map[string]string{
		"uniform(5ms,15ms)":                    "stats.uniform(5e6, 10e6)",
		"normal(mean=20ms,sigma=15ms)":         "stats.truncnorm(-20/15, float('inf'), 20e6, 15e6)",
		"5ms+exponential(mean=20ms)":           "stats.expon(5e6, 20e6)",
		"lognormal(median=20ms,sigma=0.6)":     "stats.lognorm(0.6, 0, 20e6)",
		"gamma(mean=20ms,shape=2.5)":           "stats.gamma(2.5, 0, 8e6)",
		"weibull(scale=20ms,shape=1.5)":        "stats.weibull_min(1.5, 0, 20e6)",
		"1ms+pareto(minimum=5ms,shape=2)":      "stats.pareto(2, 1e6, 5e6)",
		"gamma(mean=20ms,shape=0.5)":           "stats.gamma(0.5, 0, 40e6)",
		"10ms+lognormal(median=300us,sigma=3)": "stats.lognorm(3, 10e6, 300e3)",
	}
	levels := []float64{1e-9, 1e-3, 0.25, 0.5, 0.9, 0.999, 1 - 1e-9}
	var want map[string][2][]float64 // the quantiles, and the probabilities below them
	scipy(t, `
def law(text):
    d = eval(text)
    quantiles = [float(d.ppf(u)) for u in rows["levels"]]
    return [quantiles, [float(d.cdf(x)) for x in quantiles]]
print(json.dumps({name: law(text) for name, text in rows["laws"].items()}))`,
		map[string]any{"laws": laws, "levels": levels}, &want)
	for text := range laws {
		l, err := distribution.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range levels {
			x, below := want[text][0][i], want[text][1][i]
			if got := l.Quantile(u); apart(got, x) > 1e-7 && math.Abs(got-x) > 1e-3 {
				t.Errorf("%s: the %g quantile is %.12g, scipy has %.12g", text, u, got, x)
			}
			if got := l.Below(x); math.Abs(got-below) > 1e-12 {
				t.Errorf("%s: below %.12g lies %.15g, scipy has %.15g", text, x, got, below)
			}
		}
	}
}

// The upper tails of every law, from the median to 1e-300: scipy's survival function at
// the upper quantiles (its own inverse gives up below 1e-16), which leave as much above
// them as they say. A truncated normal's is by its definition: scipy subtracts it from 1.
func TestUpperTailsAgainstScipy(t *testing.T) {
	type point struct {
		Distribution string  `json:"law"`
		X            float64 `json:"x"`
		level        float64
		text         string
	}
	var points []point
	for text, oracle := range map[string]string{
		"normal(mean=20ms,sigma=15ms)":         "Truncated(20e6, 15e6)",
		"5ms+exponential(mean=20ms)":           "stats.expon(5e6, 20e6)",
		"lognormal(median=20ms,sigma=0.6)":     "stats.lognorm(0.6, 0, 20e6)",
		"gamma(mean=20ms,shape=2.5)":           "stats.gamma(2.5, 0, 8e6)",
		"weibull(scale=20ms,shape=1.5)":        "stats.weibull_min(1.5, 0, 20e6)",
		"1ms+pareto(minimum=5ms,shape=2)":      "stats.pareto(2, 1e6, 5e6)",
		"gamma(mean=20ms,shape=0.5)":           "stats.gamma(0.5, 0, 40e6)",
		"10ms+lognormal(median=300us,sigma=3)": "stats.lognorm(3, 10e6, 300e3)",
	} {
		for _, v := range []float64{0.5, 0.1, 1e-3, 1e-9, 1e-15, 1e-20, 1e-50, 1e-100, 1e-200, 1e-300} {
			points = append(points, point{oracle, parse(t, text).UpperQuantile(v), v, text})
		}
	}
	var want []float64
	scipy(t, `
class Truncated:
    def __init__(self, mu, sigma): self.n = stats.norm(mu, sigma)
    def sf(self, x): return self.n.sf(x) / self.n.sf(0)
print(json.dumps([float(eval(r["law"]).sf(r["x"])) for r in rows]))`, points, &want)
	for i, p := range points {
		l := parse(t, p.text)
		if got := l.AtLeast(p.X); apart(got, want[i]) > 1e-11 {
			t.Errorf("%s: above %.12g lies %.15g, scipy has %.15g", p.text, p.X, got, want[i])
		}
		if apart(want[i], p.level) > 1e-9 {
			t.Errorf("%s: the quantile %.12g leaves %.15g above it, want %g", p.text, p.X, want[i], p.level)
		}
	}
}

func parse(t *testing.T, text string) distribution.Distribution {
	t.Helper()
	l, err := distribution.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
