package stat_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

func TestLooksGrowByHalfUpToTheBudget(t *testing.T) {
	for _, c := range []struct {
		least, budget int
		want          []int
	}{
		{100, 1000, []int{131, 197, 296, 444, 666, 1000}},
		{100, 100, []int{100}},
		{100, 5, []int{5}},
		{30, 60, []int{40, 60}},
	} {
		if got := stat.Looks(c.least, c.budget); !slices.Equal(got, c.want) {
			t.Errorf("from %d up to %d: %v, want %v", c.least, c.budget, got, c.want)
		}
	}
}

func TestLooksShareTheError(t *testing.T) {
	if got := stat.LookConfidence(0.95, 1); got != 0.95 {
		t.Errorf("one look has the confidence %v", got)
	}
	if got := stat.LookConfidence(0.95, 5); math.Abs(got-0.99) > 1e-15 {
		t.Errorf("each of five looks has the confidence %v, want 0.99", got)
	}
	if almost := math.Nextafter(1, 0); stat.CheckConfidence(stat.LookConfidence(almost, 50)) != nil {
		t.Error("the confidence of a look is none")
	}
}

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		target              stat.Target
		estimate, low, high float64
		want                bool
	}{
		{stat.Target{HalfWidth: 0.25}, 0.5, 0.25, 0.75, true},
		{stat.Target{HalfWidth: 0.25}, 0.5, 0.125, 0.75, false},
		{stat.Target{Relative: 0.1}, 0.5, 0.46, 0.54, true},
		{stat.Target{Relative: 0.1}, 0.05, 0.04, 0.06, false},
		{stat.Target{Relative: 0.1}, 0, 0, 1e-9, false},
		{stat.Target{HalfWidth: 0.01, Relative: 0.1}, 0.01, 0.005, 0.015, false},
		{stat.Target{}, 0.5, 0, 1, true},
	} {
		if got := c.target.Met(stat.Estimate{Value: c.estimate, Low: c.low, High: c.high}); got != c.want {
			t.Errorf("%+v of %g in [%g, %g]: %v", c.target, c.estimate, c.low, c.high, got)
		}
	}
	for _, bad := range []stat.Target{{HalfWidth: -1}, {HalfWidth: 0.5}, {Relative: 1}, {Relative: math.NaN()},
		{HalfWidth: math.Inf(1)}} {
		if bad.Check() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
	if err := (stat.Target{HalfWidth: 0.1, Relative: 0.05}).Check(); err != nil {
		t.Error(err)
	}
}

// stopped simulates one run that stops at the first look with a narrow interval, and
// tells whether that holds p, and how many trials it took.
func stopped(
	toss func(n int) int, p float64, interval func(failures, trials int) stat.Proportion, looks []int,
	target stat.Target,
) (holds bool, trials int) {
	failures := 0
	for i, n := range looks {
		failures += toss(n - trials)
		trials = n
		e := interval(failures, trials)
		if i == len(looks)-1 || target.Met(e.Estimate) {
			return e.Low <= p && p <= e.High, trials
		}
	}
	panic("there is no look")
}

// remembered computes each interval once.
func remembered(interval stat.Inference) func(failures, trials int) stat.Proportion {
	known := map[[2]int]stat.Proportion{}
	return func(failures, trials int) stat.Proportion {
		key := [2]int{failures, trials}
		if _, ok := known[key]; !ok {
			known[key] = interval.Of(failures, trials)
		}
		return known[key]
	}
}

// A run that stops when its interval is narrow keeps the coverage, of every kind, by
// half-width and by relative half-width, and whether the budget ends it or not.
func TestStoppingKeepsTheCoverage(t *testing.T) {
	testkit.NotShort(t)
	s := draws(t)
	const simulations, confidence = 1500, 0.9
	looks := stat.Looks(100, 5000)
	for _, kind := range stat.ProportionMethods {
		interval := remembered(stat.Inference{Method: kind, Confidence: stat.LookConfidence(confidence, len(looks))})
		for _, c := range []struct {
			p      float64
			target stat.Target
		}{
			{0.5, stat.Target{HalfWidth: 0.05}}, {0.05, stat.Target{HalfWidth: 0.02}},
			{0.01, stat.Target{HalfWidth: 0.01}},
			{0.3, stat.Target{Relative: 0.15}}, {0.05, stat.Target{Relative: 0.3}}, {0.01, stat.Target{Relative: 0.5}},
			{0.002, stat.Target{Relative: 0.05}}, // which the budget ends
		} {
			covered, early := 0, 0
			for range simulations {
				holds, trials := stopped(func(n int) int { return tosses(s, n, c.p) }, c.p, interval, looks, c.target)
				if holds {
					covered++
				}
				if trials < looks[len(looks)-1] {
					early++
				}
			}
			if share := float64(covered) / simulations; !testkit.AtLeast(share, confidence, simulations) {
				t.Errorf("%s, p = %g, %+v: coverage %.4f, want at least %g", kind, c.p, c.target, share, confidence)
			}
			if c.p > 0.002 && early < simulations/2 {
				t.Errorf("%s, p = %g, %+v: only %d of %d runs stopped early", kind, c.p, c.target, early, simulations)
			}
		}
	}
}

// Nothing that makes a run stop can do worse than to stop it at a look whose interval
// leaves out the true value. With the whole confidence at each look, that breaks the
// coverage.
func TestTheCoverageAtTheWorstLook(t *testing.T) {
	s := draws(t)
	const simulations, confidence, p = 1000, 0.9, 0.3
	looks := stat.Looks(100, 5000)
	worst := func(i stat.Inference) float64 {
		interval := remembered(i)
		covered := 0
		for range simulations {
			failures, trials, all := 0, 0, true
			for _, n := range looks {
				failures += tosses(s, n-trials, p)
				trials = n
				if e := interval(failures, trials); e.Low > p || p > e.High {
					all = false
				}
			}
			if all {
				covered++
			}
		}
		return float64(covered) / simulations
	}
	kind := stat.ClopperPearsonExact
	if share := worst(stat.Inference{Method: kind, Confidence: stat.LookConfidence(confidence, len(looks))}); !testkit.AtLeast(
		share, confidence, simulations,
	) {
		t.Errorf("all looks of %.4f of the runs hold p, want at least %g", share, confidence)
	}
	if share := worst(stat.Inference{Method: kind, Confidence: confidence}); share > 0.8 {
		t.Errorf(
			"with the whole confidence at each look, all looks of %.4f of the runs hold p: this test shows nothing",
			share,
		)
	}
}

// The interval of the mean of conditional probabilities that are spread as those of seeds
// are: some seeds fail at any latency of the probe, some at none, most in between.
func TestMeanCoverageBySimulation(t *testing.T) {
	testkit.NotShort(t)
	s := draws(t)
	const simulations = 2000
	for _, stops := range []bool{false, true} {
		looks := []int{200}
		if stops {
			looks = stat.Looks(30, 400)
		}
		covered := 0
		for range simulations {
			var samples []float64
			for i, n := range looks {
				for len(samples) < n {
					samples = append(samples, math.Exp(-3*s.Uniform())) // of mean (1 - exp(-3))/3
				}
				m := stat.SampleMean(samples, stat.LookConfidence(0.95, len(looks)))
				if i == len(looks)-1 || (stat.Target{Relative: 0.1}).Met(m.Estimate) {
					if want := -math.Expm1(-3) / 3; m.Low <= want && want <= m.High {
						covered++
					}
					break
				}
			}
		}
		if share := float64(covered) / simulations; !testkit.AtLeast(share, 0.94, simulations) ||
			!stops && share > 0.97 {
			t.Errorf("stopping %v: coverage %.4f, want 0.95", stops, share)
		}
	}
}

func TestSampleMeanOfFewSamples(t *testing.T) {
	if m := stat.SampleMean(nil, 0.95); !math.IsNaN(m.Value) || m.Low != 0 || m.High != 1 || m.Unseen != 1 {
		t.Errorf("of nothing: %+v", m)
	}
	if m := stat.SampleMean([]float64{0.25}, 0.95); m.Value != 0.25 || m.Low != 0 || m.High != 1 {
		t.Errorf("of one sample: %+v", m)
	}
	m := stat.SampleMean([]float64{0.25, 0.25, 0.25}, 0.95)
	if m.Value != 0.25 || m.Variance != 0 || m.Low != 0.25 || m.High != 0.25 {
		t.Errorf("of three that are equal: %+v", m)
	}
	if want := 1 - math.Cbrt(0.05); math.Abs(m.Unseen-want) > 1e-12 { // (1-u)^3 = 0.05
		t.Errorf("what three samples cannot show: %g, want %g", m.Unseen, want)
	}
}
