package lifetime_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// whole returns the lifetimes 1 to n, none of them cut: each value is its rank.
func whole(n int) (list []lifetime.Lifetime) {
	for i := range n {
		list = append(list, lifetime.Lifetime{Value: float64(n - i)})
	}
	return list
}

// The intervals of the median in the tables of the sign test, and open ends where there
// are too few samples.
func TestQuantilesOfFewSamples(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		n                   int
		q, confidence       float64
		estimate, low, high float64
		coverage            float64
	}{
		{10, 0.5, 0.95, 5, 2, 9, 1 - 2*11./1024},
		{6, 0.5, 0.95, 3, 1, 6, 1 - 2*1./64},
		{5, 0.5, 0.95, 3, 0, inf, 1},
		{1, 0.5, 0.95, 1, 0, inf, 1},
		{72, 0.95, 0.95, 69, 64, inf, 0}, // 0.95^72 = 0.0249: the largest is a bound from 72 samples on
		{71, 0.95, 0.95, 68, 63, inf, 0},
		{0, 0.5, 0.95, math.NaN(), 0, inf, 1},
	} {
		e := lifetime.Quantiles(whole(c.n), []float64{c.q}, c.confidence)[0]
		if c.n == 72 {
			c.high = 72
		}
		same := e.Value == c.estimate || math.IsNaN(e.Value) && math.IsNaN(c.estimate)
		if !same || e.Low != c.low || e.High != c.high || e.AtLeast ||
			c.coverage > 0 && testkit.Apart(e.Coverage, c.coverage) > 1e-12 {
			t.Errorf("%g quantile of %d: %+v, want %+v", c.q, c.n, e, c)
		}
		if c.n > 0 && (float64(e.LowRank) != e.Low || !math.IsInf(e.High, 1) && float64(e.HighRank) != e.High) {
			t.Errorf(
				"%g quantile of %d: ranks %d and %d, want %g and %g", c.q, c.n, e.LowRank, e.HighRank, e.Low, e.High,
			)
		}
	}
}

// The ranks by their definition, summed up the plain way: each tail has at most half of
// the error, and one rank further it would have more.
func TestTheRanksLeaveHalfTheError(t *testing.T) {
	for _, n := range []int{1, 2, 7, 30, 111} {
		for _, q := range []float64{0.01, 0.1, 0.5, 0.9, 0.975} {
			for _, confidence := range []float64{0.5, 0.95, 0.999} {
				e := lifetime.Quantiles(whole(n), []float64{q}, confidence)[0]
				high := e.HighRank
				if high == 0 {
					high = n + 1
				}
				fewer := func(r int) (p float64) { // of fewer than r samples below the quantile
					for k := range r {
						p += binomial(n, k, q)
					}
					return p
				}
				half := (1 - confidence) / 2
				if fewer(e.LowRank) > half+1e-12 || fewer(e.LowRank+1) <= half-1e-12 {
					t.Errorf(
						"n = %d, q = %g, %g: the lower rank %d leaves %g, want at most %g", n, q, confidence, e.LowRank,
						fewer(e.LowRank), half,
					)
				}
				if 1-fewer(high) > half+1e-12 || high > 1 && 1-fewer(high-1) <= half-1e-12 {
					t.Errorf(
						"n = %d, q = %g, %g: the upper rank %d leaves %g, want at most %g", n, q, confidence, high,
						1-fewer(high), half,
					)
				}
				if want := fewer(high) - fewer(e.LowRank); testkit.Apart(e.Coverage, want) > 1e-9 {
					t.Errorf("n = %d, q = %g, %g: coverage %g, want %g", n, q, confidence, e.Coverage, want)
				}
			}
		}
	}
}

// The same ranks and coverage with scipy's binomial distribution, up to a million
// samples.
func TestQuantileRanksAgainstScipy(t *testing.T) {
	var rows [][]float64
	for _, n := range []int{1, 10, 100, 12_345, 1_000_000} {
		for _, q := range []float64{0.001, 0.5, 0.9, 0.99} {
			for _, confidence := range []float64{0.5, 0.95, 0.999} {
				rows = append(rows, []float64{float64(n), q, confidence})
			}
		}
	}
	var want [][3]float64
	testkit.Scipy(t, `
def ranks(n, q, c):
    d = stats.binom(int(n), q)
    low, high = int(d.ppf((1 - c) / 2)), int(d.isf((1 - c) / 2)) + 1
    while low > 0 and d.cdf(low - 1) > (1 - c) / 2: low -= 1
    while d.cdf(low) <= (1 - c) / 2: low += 1
    while d.sf(high - 1) > (1 - c) / 2: high += 1
    while high > 1 and d.sf(high - 2) <= (1 - c) / 2: high -= 1
    return [low, high, d.cdf(high - 1) - (d.cdf(low - 1) if low > 0 else 0)]
print(json.dumps([ranks(*r) for r in rows]))`, rows, &want)
	for i, row := range rows {
		n := int(row[0])
		e := lifetime.Quantiles(whole(n), row[1:2], row[2])[0]
		if e.HighRank == 0 {
			e.HighRank = n + 1
		}
		if e.LowRank != int(want[i][0]) || e.HighRank != int(want[i][1]) ||
			testkit.Apart(e.Coverage, want[i][2]) > 1e-9 {
			t.Errorf("%v: %d to %d with %.12g, scipy has %v", row, e.LowRank, e.HighRank, e.Coverage, want[i])
		}
	}
}

// The coverage by simulation is never below the confidence: of a continuous distribution, of one
// on whole numbers, and of one that a limit cuts. Of the first it is what is said.
func TestCoverageOfQuantiles(t *testing.T) {
	s := draws(t)
	const simulations, confidence = 4000, 0.9
	exponential := func(s *stream.Stream) lifetime.Lifetime { return lifetime.Lifetime{Value: -math.Log(s.Uniform())} }
	for name, c := range map[string]struct {
		draw func(*stream.Stream) lifetime.Lifetime
		true func(q float64) float64
	}{
		"exponential": {exponential, func(q float64) float64 { return -math.Log(1 - q) }},
		"whole": {
			func(s *stream.Stream) lifetime.Lifetime { return lifetime.Lifetime{Value: math.Floor(4 * s.Uniform())} },
			func(q float64) float64 { return math.Ceil(4*q) - 1 },
		},
		"cut": { // by a limit that is drawn as well
			func(s *stream.Stream) lifetime.Lifetime {
				l, limit := exponential(s), 0.2+2*s.Uniform()
				return lifetime.Lifetime{Value: math.Min(l.Value, limit), Censored: l.Value > limit}
			},
			func(q float64) float64 { return -math.Log(1 - q) },
		},
	} {
		for _, n := range []int{5, 40} {
			qs := []float64{0.1, 0.5, 0.9}
			covered := make([]int, len(qs))
			said := make([]float64, len(qs))
			samples := make([]lifetime.Lifetime, n)
			for range simulations {
				for i := range samples {
					samples[i] = c.draw(s)
				}
				for i, e := range lifetime.Quantiles(samples, qs, confidence) {
					said[i] = e.Coverage
					if x := c.true(qs[i]); e.Low <= x && x <= e.High {
						covered[i]++
					}
				}
			}
			for i, q := range qs {
				share := float64(covered[i]) / simulations
				if !testkit.AtLeast(share, confidence, simulations) {
					t.Errorf("%s, n = %d, q = %g: coverage %.4f, want at least %g", name, n, q, share, confidence)
				}
				if name == "exponential" &&
					(!testkit.AtLeast(share, said[i], simulations) || !testkit.AtLeast(1-share, 1-said[i], simulations)) {
					t.Errorf("%s, n = %d, q = %g: coverage %.4f, and it says %.4f", name, n, q, share, said[i])
				}
			}
		}
	}
}

// What is cut counts as small at the lower end and as infinite at the upper one.
func TestQuantilesOfCutLifetimes(t *testing.T) {
	samples := whole(20) // 20, 19, ..., 1
	for i := range 6 {
		samples[i].Censored = true // 15 to 20
	}
	e := lifetime.Quantiles(samples, []float64{0.25, 0.75, 0.95}, 0.9)
	if q := e[0]; q.Value != 5 || q.AtLeast || q.Low != 2 || q.High != 9 {
		t.Errorf("the lower quartile is %+v", q)
	}
	if q := e[1]; q.Value != 15 || !q.AtLeast || q.Low != 12 || !math.IsInf(q.High, 1) {
		t.Errorf("the upper quartile is %+v", q)
	}
	if q := e[2]; q.Value != 19 || !q.AtLeast {
		t.Errorf("the 0.95 quantile is %+v", q)
	}
}

// The distribution function has a step at each value, and none beyond the first that is
// cut.
func TestECDF(t *testing.T) {
	interval := stat.Inference{Method: stat.ClopperPearsonExact, Confidence: 0.95}
	samples := []lifetime.Lifetime{
		{Value: 3}, {Value: 1}, {Value: 3}, {Value: 4, Censored: true}, {Value: 4}, {Value: 5},
	}
	steps, cut := lifetime.ECDF(samples, interval)
	var want []lifetime.Step
	for _, n := range []int{1, 3, 4} { // samples of at most so much are as many here
		want = append(want, lifetime.Step{At: float64(n), Estimate: interval.Of(n, 6).Estimate})
	}
	if cut != 4 || !reflect.DeepEqual(steps, want) {
		t.Errorf("%v up to %g, want %v up to 4", steps, cut, want)
	}
	if steps, cut := lifetime.ECDF(samples[:3], interval); len(steps) != 2 || !math.IsInf(cut, 1) ||
		steps[1].Value != 1 {
		t.Errorf("%v up to %g", steps, cut)
	}
}

// binomial is the probability of k of n trials that succeed with probability p each.
func binomial(n, k int, p float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
