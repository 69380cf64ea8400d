package stat_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// weighting draws weighted samples whose failure probability is known.
type weighting struct {
	name string
	want float64
	draw func(s *stream.Stream, untilted bool) (logWeight float64, failed bool)
}

// tilted draws an exponential variate of mean 1, or its tail to the power theta, and its
// log likelihood ratio.
func tilted(s *stream.Stream, theta float64, untilted bool) (x, logRatio float64) {
	x = -math.Log(s.Uniform())
	if !untilted {
		x /= theta
	}
	return x, -(1-theta)*x - math.Log(theta)
}

// tenthUntilted is the log weight in a mixture in which every tenth sample is untilted.
func tenthUntilted(logRatio float64) float64 { return -math.Log(0.1 + 0.9*math.Exp(-logRatio)) }

// sumsBeyond is the event that so many exponential variates add up to more than the limit.
// So many others are tilted although they do not matter, which makes the weights skewed.
func sumsBeyond(variates int, theta, limit float64, others int, thetaOfOthers float64) weighting {
	term, want := math.Exp(-limit), 0.0
	for k := range variates {
		want += term
		term *= limit / float64(k+1)
	}
	name := fmt.Sprintf("the sum of %d, theta %g, and %d others, theta %g", variates, theta, others, thetaOfOthers)
	return weighting{name, want, func(s *stream.Stream, untilted bool) (float64, bool) {
		sum, logRatio := 0.0, 0.0
		for i := range variates + others {
			if i >= variates {
				_, l := tilted(s, thetaOfOthers, untilted)
				logRatio += l
				continue
			}
			x, l := tilted(s, theta, untilted)
			sum, logRatio = sum+x, logRatio+l
		}
		return tenthUntilted(logRatio), sum > limit
	}}
}

// losses is the event that at least so many of n are lost, each with the probability p, or
// tilted, q.
func losses(n, least int, p, q float64) weighting {
	want := 0.0
	for k := least; k <= n; k++ {
		want += binomial(n, k, p)
	}
	return weighting{
		fmt.Sprintf("%d of %d lost at %g, at %g if tilted", least, n, p, q),
		want,
		func(s *stream.Stream, untilted bool) (float64, bool) {
			lost, logRatio, chance := 0, 0.0, q
			if untilted {
				chance = p
			}
			for range n {
				if s.Uniform() < chance {
					lost, logRatio = lost+1, logRatio+math.Log(p/q)
				} else {
					logRatio += math.Log((1 - p) / (1 - q))
				}
			}
			return tenthUntilted(logRatio), lost >= least
		},
	}
}

// Intervals of importance sampling with few effective failures, some of them by good tilts
// and some by bad ones. An interval without a warning misses with at most the probability
// that it states; from ten effective failures on, on average, so does any. Student's
// interval does neither: with fifteen, those of 99 % cover 94 %.
func TestCoverageOfFewEffectiveFailures(t *testing.T) {
	s := draws(t)
	confidences := []float64{0.9, 0.95, 0.99}
	for _, c := range []weighting{
		losses(3, 3, 0.001, 0.25), losses(6, 6, 0.02, 0.3), losses(10, 4, 0.02, 0.3), losses(10, 4, 0.02, 0.1),
		losses(5, 1, 0.01, 0.25),
		sumsBeyond(2, 0.1, 24, 0, 1), sumsBeyond(3, 0.03, 30, 0, 1), sumsBeyond(3, 0.2, 30, 0, 1),
		sumsBeyond(10, 0.25, 45, 0, 1),
		sumsBeyond(2, 0.1, 24, 4, 0.5), sumsBeyond(1, 0.1, 15, 6, 0.6), sumsBeyond(1, 0.1, 15, 3, 0.3),
	} {
		for _, n := range []int{100, 300, 1000, 4000} {
			simulations := testkit.Budget(20, 60, 200)
			if n == 4000 && !testkit.Long() {
				continue
			}
			effective, warned := 0.0, 0
			missed, unwarned := make([]int, len(confidences)), make([]int, len(confidences))
			for range simulations {
				weights, failed := make([]float64, n), make([]bool, n)
				for i := range n {
					weights[i], failed[i] = c.draw(s, i%10 == 0)
				}
				for i, confidence := range confidences {
					w := stat.WeightedMean(weights, failed, n/10, confidence)
					if i == 0 {
						effective += w.EffectiveSize / float64(simulations)
						if !w.Reliable() {
							warned++
						}
					}
					if !w.Holds(c.want) {
						missed[i]++
						if w.Reliable() {
							unwarned[i]++
						}
					}
				}
			}
			t.Logf(
				"%s; %d replications, %.1f effective failures: %d of %d with a warning, missed %v, without a "+
					"warning %v",
				c.name, n, effective, warned, simulations, missed, unwarned,
			)
			for i, confidence := range confidences {
				if share := 1 - float64(unwarned[i])/float64(simulations); !testkit.AtLeast(
					share, confidence, simulations,
				) {
					t.Errorf(
						"%s, %d replications: all but %.4f of the intervals miss without a warning, want %g", c.name, n,
						share, confidence,
					)
				}
				if share := 1 - float64(missed[i])/float64(simulations); effective >= 10 &&
					!testkit.AtLeast(share, confidence-0.01, simulations) {
					t.Errorf(
						"%s, %d replications, %.1f effective failures: coverage %.4f, want %g", c.name, n, effective,
						share, confidence,
					)
				}
			}
		}
	}
}

// Means of skewed samples: most are 0, or nearly, or nearly 1. Without a warning, an
// interval misses with at most the probability that it states.
func TestCoverageOfSkewedMeans(t *testing.T) {
	s := draws(t)
	confidences := []float64{0.9, 0.95, 0.99}
	simulations := testkit.Budget(50, 200, 1500)
	for _, c := range []struct {
		name string
		want float64
		draw func() float64
	}{
		{"uniform", 0.5, s.Uniform},
		{"one in ten is above 0", 0.05, func() float64 {
			if u := s.Uniform(); u < 0.1 {
				return 10 * u
			}
			return 0
		}},
		{"one in twenty is 1", 0.05, func() float64 { return math.Floor(s.Uniform() + 0.05) }},
		{"the ninth power", 0.1, func() float64 { return math.Pow(s.Uniform(), 9) }},
		{"its complement", 0.9, func() float64 { return 1 - math.Pow(s.Uniform(), 9) }},
		{"the 49th power", 0.02, func() float64 { return math.Pow(s.Uniform(), 49) }},
	} {
		for _, n := range []int{5, 10, 30, 100, 400} {
			missed, differences, pairs := make([]int, len(confidences)), make([]int, len(confidences)), 0
			for range simulations {
				first, second := make([]float64, n), make([]float64, n)
				for i := range n {
					first[i], second[i] = c.draw(), c.draw()
				}
				for i, confidence := range confidences {
					// A point of equal samples misses; it has a warning of its own.
					if m := stat.SampleMean(first, confidence); m.Reliable() && len(m.Warnings) == 0 &&
						!m.Holds(c.want) {
						missed[i]++
					}
					if d := stat.PairedMean(first, second, 0, confidence); len(d.Warnings) == 0 {
						pairs++
						if d.Low > 0 || d.High < 0 {
							differences[i]++
						}
					}
				}
			}
			t.Logf(
				"%s, %d samples: missed %v, differences %v of %d", c.name, n, missed, differences,
				pairs/len(confidences),
			)
			for i, confidence := range confidences {
				for what, missed := range map[string]int{"mean": missed[i], "difference": differences[i]} {
					if share := 1 - float64(missed)/float64(simulations); !testkit.AtLeast(
						share, confidence-0.005, simulations,
					) {
						t.Errorf(
							"%s, %d samples: all but %.4f of the intervals of the %s miss without a warning, want %g",
							c.name, n, share, what, confidence,
						)
					}
				}
			}
		}
	}
}

// What the test of a difference refuses is what its interval leaves out.
func TestPairedMeanTestsAsItsIntervalDoes(t *testing.T) {
	s := draws(t)
	for range 200 {
		first, second := make([]float64, 20), make([]float64, 20)
		for i := range first {
			first[i], second[i] = math.Pow(s.Uniform(), 4), math.Pow(s.Uniform(), 3)
		}
		d := stat.PairedMean(first, second, 0, 0.9)
		if outside := d.Low > 0 || d.High < 0; outside != (d.P < 0.1) {
			t.Errorf("[%g, %g] at 0.9, and P is %g", d.Low, d.High, d.P)
		}
	}
}

// Equal samples say nothing of others; a warning says so.
func TestEqualSamplesWarn(t *testing.T) {
	for _, samples := range [][]float64{{0, 0, 0}, {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}} {
		m := stat.SampleMean(samples, 0.95)
		if m.Low != samples[0] || m.High != samples[0] || len(m.Warnings) != 1 ||
			m.Warnings[0] != (stat.EqualSamples{N: len(samples), Unseen: m.Unseen}) {
			t.Errorf("%v: %+v", samples, m)
		}
	}
}

// Where all weighted replications fail, the interval leaves room for what does not.
func TestWeightedAllFail(t *testing.T) {
	w := stat.WeightedMean(make([]float64, 40), []bool{
		true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
		true, true,
		true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true,
		true, true,
	}, 4, 0.95)
	if want := math.Pow(0.05, 0.25); w.Value != 1 || w.High != 1 || math.Abs(w.Low-want) > 1e-12 {
		t.Errorf("%+v, want a lower bound of %g", w, want)
	}
}
