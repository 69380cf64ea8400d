package stat_test

import (
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// profiles are failure probabilities of strata, each with a name: as the windows of a
// probe make them, with an edge within one stratum, and as other randomness blurs them.
func profiles(strata int) map[string]func(i int) float64 {
	x := func(i int) float64 { return (float64(i) + 0.5) / float64(strata) }
	return map[string]func(i int) float64{
		"none fails":       func(int) float64 { return 0 },
		"rare everywhere":  func(int) float64 { return 0.005 },
		"even":             func(int) float64 { return 0.3 },
		"an edge":          func(i int) float64 { return math.Max(0, math.Min(1, (x(i)-0.63)*float64(strata))) },
		"a blurred edge":   func(i int) float64 { return 1 / (1 + math.Exp(-12*(x(i)-0.8))) },
		"a narrow window":  func(i int) float64 { return map[bool]float64{true: 0.6}[i == strata/2] },
		"all but a corner": func(i int) float64 { return map[bool]float64{true: 0.9, false: 1}[i == 0] },
	}
}

// sampled draws the trials of strata.
func sampled(s *stream.Stream, strata, trials int, p func(i int) float64) []stat.Stratum {
	list := make([]stat.Stratum, strata)
	for i := range list {
		list[i] = stat.Stratum{Failures: tosses(s, trials, p(i)), Trials: trials}
	}
	return list
}

// The stratified interval covers, also where most strata have no failure or nothing
// else, and where they have two trials each.
func TestStratifiedCoverageBySimulation(t *testing.T) {
	s := draws(t)
	simulations := often(600)
	for _, c := range []struct{ strata, trials int }{{5, 40}, {20, 10}, {50, 2}, {20, 100}, {1, 50}} {
		for name, p := range profiles(c.strata) {
			want := 0.0
			for i := range c.strata {
				want += p(i) / float64(c.strata)
			}
			covered, width := 0, 0.0
			for range simulations {
				e := stat.StratifiedProportion(sampled(s, c.strata, c.trials, p), 0.95)
				width += (e.High - e.Low) / float64(simulations)
				if e.Low <= want && want <= e.High {
					covered++
				}
			}
			share := float64(covered) / float64(simulations)
			t.Logf(
				"%2d strata of %3d, %-16s p = %.4f: coverage %.4f, width %.4f", c.strata, c.trials, name, want, share,
				width,
			)
			if !testkit.AtLeast(share, 0.935, simulations) {
				t.Errorf(
					"%d strata of %d trials, %s (%.4f): coverage %.4f, want 0.95", c.strata, c.trials, name, want,
					share,
				)
			}
		}
	}
}
