package distribution_test

import (
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Every latency distribution, drawn from and integrated over as scipy does it. Quantiles are
// right to seven digits or a thousandth of a nanosecond.
func TestDistributionsAgainstScipy(t *testing.T) {
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
	testkit.Scipy(t, `
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
			if got := l.Quantile(u); testkit.Apart(got, x) > 1e-7 && math.Abs(got-x) > 1e-3 {
				t.Errorf("%s: the %g quantile is %.12g, scipy has %.12g", text, u, got, x)
			}
			if got := l.Below(x); math.Abs(got-below) > 1e-12 {
				t.Errorf("%s: below %.12g lies %.15g, scipy has %.15g", text, x, got, below)
			}
		}
	}
}

// The upper tails of every distribution, from the median to 1e-300: scipy's survival function at
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
	testkit.Scipy(t, `
class Truncated:
    def __init__(self, mu, sigma): self.n = stats.norm(mu, sigma)
    def sf(self, x): return self.n.sf(x) / self.n.sf(0)
print(json.dumps([float(eval(r["law"]).sf(r["x"])) for r in rows]))`, points, &want)
	for i, p := range points {
		l := parse(t, p.text)
		if got := l.AtLeast(p.X); testkit.Apart(got, want[i]) > 1e-11 {
			t.Errorf("%s: above %.12g lies %.15g, scipy has %.15g", p.text, p.X, got, want[i])
		}
		if testkit.Apart(want[i], p.level) > 1e-9 {
			t.Errorf("%s: the quantile %.12g leaves %.15g above it, want %g", p.text, p.X, want[i], p.level)
		}
	}
}
