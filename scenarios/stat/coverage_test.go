package stat_test

import (
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// draws returns a stream of the seed of the tests.
func draws(t *testing.T) *stream.Stream {
	t.Helper()
	return stream.New(testkit.Seed(t), "estimate", t.Name())
}

// tosses returns how many of n trials fail.
func tosses(s *stream.Stream, n int, p float64) (failures int) {
	for range n {
		if s.Uniform() < p {
			failures++
		}
	}
	return failures
}

// The coverage of each kind by simulation. That of Clopper and Pearson is never below
// the nominal one; that of Jeffreys, and nearly that of Wilson, is the nominal one on
// the average over Jeffreys' prior, of which p is the square of the sine of a uniform
// angle.
func TestCoverageBySimulation(t *testing.T) {
	testkit.NotShort(t)
	s := draws(t)
	const simulations = 10_000
	for _, n := range []int{5, 20, 100, 400} {
		for _, kind := range stat.ProportionMethods {
			interval := remembered(stat.Inference{Method: kind, Confidence: 0.9})
			holds := func(p float64) bool {
				e := interval(tosses(s, n, p), n)
				return e.Low <= p && p <= e.High
			}
			covered := 0
			for range simulations {
				if angle := math.Sin(math.Pi / 2 * s.Uniform()); holds(angle * angle) {
					covered++
				}
			}
			average := float64(covered) / simulations
			if !testkit.AtLeast(average, 0.89, simulations) ||
				kind != stat.ClopperPearsonExact && !testkit.AtLeast(1-average, 0.08, simulations) {
				t.Errorf("%s, n = %d: coverage %.4f on the average, want 0.9", kind, n, average)
			}
			if kind != stat.ClopperPearsonExact {
				continue
			}
			for _, p := range []float64{0.001, 0.02, 0.3, 0.5, 0.95} {
				covered := 0
				for range simulations {
					if holds(p) {
						covered++
					}
				}
				if share := float64(covered) / simulations; !testkit.AtLeast(share, 0.9, simulations) {
					t.Errorf("%s, n = %d, p = %g: coverage %.4f, want at least 0.9", kind, n, p, share)
				}
			}
		}
	}
}

// The coverage of Clopper and Pearson by summation: never below the nominal one, and
// the closed forms at the extremes join the quantiles beside them.
func TestClopperPearsonNeverCoversLess(t *testing.T) {
	testkit.NotShort(t)
	interval := stat.Inference{Method: stat.ClopperPearsonExact, Confidence: 0.95}
	for _, n := range []int{1, 2, 3, 10, 50} {
		for i := 1; i < 400; i++ {
			p, total := float64(i)/400, 0.0
			for k := range n + 1 {
				if e := interval.Of(k, n); e.Low <= p && p <= e.High {
					total += binomial(n, k, p)
				}
			}
			if total < 0.95-1e-9 {
				t.Errorf("n = %d, p = %g: coverage %.6f", n, p, total)
			}
		}
	}
}

// An end of the exact interval is the probability under which so many failures, or
// so few, are as probable as half of the error: its definition, without its solution.
func TestTheEndsOfClopperPearsonLeaveHalfTheError(t *testing.T) {
	for _, n := range []int{1, 2, 3, 12, 60} {
		for k := range n + 1 {
			for _, confidence := range []float64{0.5, 0.95, 0.9999} {
				e := stat.ClopperPearson(k, n, confidence)
				atMost, least := 0.0, 0.0
				for j := range n + 1 {
					if j <= k && k < n {
						atMost += binomial(n, j, e.High)
					}
					if j >= k && k > 0 {
						least += binomial(n, j, e.Low)
					}
				}
				half := (1 - confidence) / 2
				if k > 0 && testkit.Apart(least, half) > 1e-9 || k < n && testkit.Apart(atMost, half) > 1e-9 {
					t.Errorf(
						"%d of %d at %g: [%v, %v] leaves %g and %g, want %g", k, n, confidence, e.Low, e.High, least,
						atMost, half,
					)
				}
			}
		}
	}
}

func TestEveryKindHoldsTheEstimateAndIsItsOwnMirrorImage(t *testing.T) {
	for _, kind := range stat.ProportionMethods {
		interval := stat.Inference{Method: kind, Confidence: 0.95}
		for n := range 40 {
			for k := range n + 1 {
				e, mirrored := interval.Of(k, n), interval.Of(n-k, n)
				if testkit.Apart(e.Low, 1-mirrored.High) > 1e-12 || e.Failures != k || e.N != n ||
					e.Confidence != 0.95 {
					t.Errorf("%s, %d of %d: %+v and %+v", kind, k, n, e, mirrored)
				}
				if n > 0 && !(0 <= e.Low && e.Low <= e.Value && e.Value <= e.High && e.High <= 1) {
					t.Errorf("%s, %d of %d: %+v", kind, k, n, e)
				}
			}
		}
	}
}

// Few failures of a billion: the upper end leaves half of the error to as few failures,
// which are few enough to sum up.
func TestFewFailuresOfABillion(t *testing.T) {
	const n, half = 1_000_000_000, 0.025
	for _, k := range []int{0, 1, 2, 7, 40} {
		high := stat.ClopperPearson(k, n, 0.95).High
		term := math.Exp(n * math.Log1p(-high))
		sum := term
		for j := range k {
			term *= float64(n-j) / float64(j+1) * high / (1 - high)
			sum += term
		}
		if testkit.Apart(sum, half) > 1e-12 {
			t.Errorf("%d of a billion: %.15g leaves %.15g, want %g", k, high, sum, half)
		}
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range stat.ProportionMethods {
		if got, err := stat.ParseProportionMethod(string(k)); got != k || err != nil {
			t.Errorf("%s is read as %q %v", k, got, err)
		}
	}
	if _, err := stat.ParseProportionMethod("wald"); err == nil ||
		err.Error() != `"wald" is not one of wilson, clopper-pearson, jeffreys` {
		t.Errorf("wald: %v", err)
	}
}
