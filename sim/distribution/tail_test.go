package distribution

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// tailDistributions is one distribution of every kind.
func tailDistributions(t *testing.T) []Distribution {
	t.Helper()
	path := filepath.Join(t.TempDir(), "samples.txt")
	if err := os.WriteFile(path, []byte("5ms\n7ms\n7ms\n20ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var distributions []Distribution
	for _, text := range []string{
		"10ms", "uniform(5ms,15ms)", "normal(mean=20ms,sigma=15ms)", "5ms+exponential(mean=20ms)",
		"lognormal(median=20ms,sigma=0.6)",
		"gamma(mean=20ms,shape=2.5)", "weibull(scale=20ms,shape=1.5)", "1ms+pareto(minimum=5ms,shape=2)",
		"mixture(0.75,10ms,0.25,exponential(mean=1s))", "1ms+mixture(0.5,uniform(1ms,2ms),0.5,uniform(4ms,8ms))",
		"empirical(" + path + ")",
	} {
		l, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		distributions = append(distributions, l)
	}
	return distributions
}

// What is at least x is what is not below it, and the upper quantiles are the lower
// ones from the other side.
func TestTheUpperTailIsTheComplementOfTheLowerOne(t *testing.T) {
	for _, l := range tailDistributions(t) {
		for _, ms := range []float64{0, 1, 4.99, 5, 6, 7, 7.001, 10, 10.5, 11, 14.9, 20, 21, 80} {
			if x := ms * 1e6; math.Abs(l.AtLeast(x)+l.Below(x)-1) > 1e-14 {
				t.Errorf("%s: %g below %s ms, %g at least", l, l.Below(x), time.Duration(x), l.AtLeast(x))
			}
		}
		for _, u := range []float64{0.01, 0.2, 0.3, 0.6, 0.9, 0.999} {
			if a, b := l.Quantile(u), l.UpperQuantile(1-u); math.Abs(a-b) > 1e-6*a {
				t.Errorf("%s: the %g quantile is %g from below and %g from above", l, u, a, b)
			}
		}
	}
}

// P(X >= 690.5 mean) of an exponential distribution is 1e-300, and of a window there the closed
// form is the difference of two such; of a lognormal distribution it is a normal tail.
func TestProbabilitiesFarInTheTail(t *testing.T) {
	l, err := Parse("5ms+exponential(mean=1us)")
	if err != nil {
		t.Fatal(err)
	}
	from, to := 5*time.Millisecond+690_500, 5*time.Millisecond+690_900
	want := math.Exp(-690.5) - math.Exp(-690.9)
	if got := Probability(l, from, to); math.Abs(got-want) > 1e-12*want || want > 1e-299 || want == 0 {
		t.Errorf("the window of 400 ns has %g, want %g", got, want)
	}
	if r := Rounding(l, from, to); !(r > 0 && r < 1e-11*want) {
		t.Errorf("its rounding error is %g of %g", r, want)
	}
	if r := Rounding(l, 0, 5*time.Millisecond+1000); r != 0x1p-52 {
		t.Errorf("the rounding error in the middle of the distribution is %g", r)
	}
	m, err := Parse("mixture(1,10ms,1,5ms+exponential(mean=1us))") // half of it
	if err != nil {
		t.Fatal(err)
	}
	if got := Probability(m, 10*time.Millisecond, 11*time.Millisecond); math.Abs(got-0.5) > 1e-15 {
		t.Errorf("the atom has %g", got)
	}
	if got := m.AtLeast(float64(11 * time.Millisecond)); got != 0 {
		t.Errorf("exp(-6000) is %g", got)
	}
}

// A draw that is tilted may lie far below any other: there gonum's inverse fails.
func TestGammaQuantilesFarBelow(t *testing.T) {
	for _, shape := range []float64{0.5, 2, 2.5, 100} {
		g := gamma{shape: shape, scale: 1e6}
		for _, u := range []float64{1e-16, 1e-17, 1e-50, 1e-100, 1e-250} {
			if got := g.CDF(g.Quantile(u)); math.Abs(got-u) > 1e-9*u && g.Quantile(u) > 1e-280 {
				t.Errorf("shape %g: %g lies below the %g quantile", shape, got, u)
			}
		}
	}
}
