package lifetime_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
)

// The remissions of Freireich and others (Blood 21, 1963, 699-716) under 6-MP, in
// weeks, as every textbook estimates them: survival, standard error, and the interval on
// the scale log(-log S).
func TestKaplanMeierOfATextbook(t *testing.T) {
	var samples []lifetime.Lifetime
	for _, v := range []float64{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		samples = append(samples, lifetime.Lifetime{Value: v})
	}
	for _, v := range []float64{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		samples = append(samples, lifetime.Lifetime{Value: v, Censored: true})
	}
	s := lifetime.KaplanMeier(samples, 0.95)
	want := []struct {
		time                           float64
		atRisk, events, censored       int
		survival, deviation, low, high float64
	}{
		{6, 21, 3, 1, 0.8571, 0.0764, 0.6197, 0.9516},
		{7, 17, 1, 1, 0.8067, 0.0869, 0.5631, 0.9228},
		{10, 15, 1, 2, 0.7529, 0.0963, 0.5032, 0.8894},
		{13, 12, 1, 0, 0.6902, 0.1068, 0.4316, 0.8491},
		{16, 11, 1, 3, 0.6275, 0.1141, 0.3675, 0.8049},
		{22, 7, 1, 0, 0.5378, 0.1282, 0.2678, 0.7468},
		{23, 6, 1, 5, 0.4482, 0.1346, 0.1881, 0.6801},
	}
	if len(s.Steps) != len(want) || s.Events != 9 || len(s.Cut) != 12 || s.End != 35 {
		t.Fatalf("%+v", s)
	}
	for i, w := range want {
		g := s.Steps[i]
		for _, pair := range [][2]float64{{g.Value, w.survival}, {g.Error, w.deviation}, {g.Low, w.low},
			{g.High, w.high}} {
			if math.Abs(pair[0]-pair[1]) > 0.5001e-4 || g.At != w.time || g.AtRisk != w.atRisk ||
				g.Events != w.events ||
				g.Censored != w.censored {
				t.Errorf("%+v, want %+v", g, w)
				break
			}
		}
	}
	if m := s.Quantile(0.5); m.Value != 23 || m.Low != 13 || !math.IsInf(m.High, 1) || m.AtLeast {
		t.Errorf("the median is %+v, want 23, from 13 without upper bound", m)
	}
	if q := s.Quantile(0.9); q.Value != 35 || !q.AtLeast || q.Low != 35 || !math.IsInf(q.High, 1) {
		t.Errorf("the 0.9 quantile is %+v, want 35 or more", q)
	}
	if at := s.At(21.9); at.At != 16 {
		t.Errorf("at 21.9 there is the step at %g", at.At)
	}
	if at := s.At(1); at.Value != 1 || at.AtRisk != 21 {
		t.Errorf("at the beginning there is %+v", at)
	}
}

// Where nothing is cut, the curve is the share of longer lifetimes, and Greenwood's
// formula the variance of a proportion.
func TestKaplanMeierWithoutCuts(t *testing.T) {
	s := lifetime.KaplanMeier([]lifetime.Lifetime{{Value: 3}, {Value: 1}, {Value: 2}, {Value: 2}, {Value: 5}}, 0.95)
	for i, p := range []float64{0.8, 0.4, 0.2, 0} {
		g := s.Steps[i]
		if testkit.Apart(g.Value, p) > 1e-15 || p > 0 && testkit.Apart(g.Error, math.Sqrt(p*(1-p)/5)) > 1e-12 {
			t.Errorf("step %d: %+v, want %g", i, g, p)
		}
	}
	last := s.Steps[3]
	if last.Low != 0 || last.High != s.Steps[2].High || !math.IsNaN(last.Error) {
		t.Errorf("the last step is %+v", last)
	}
	if m := s.Quantile(0.5); m.Value != 2 {
		t.Errorf("the median is %+v", m)
	}
	if m := s.Quantile(0.2); m.Value != 1 { // 1 - 0.2 is 0.8, but for rounding
		t.Errorf("the 0.2 quantile is %+v", m)
	}
}

func TestKaplanMeierOfNothing(t *testing.T) {
	s := lifetime.KaplanMeier(nil, 0.95)
	if q := s.Quantile(0.5); len(s.Steps) != 0 || !math.IsNaN(q.Value) || q.Low != 0 || !math.IsInf(q.High, 1) {
		t.Errorf("%+v, %+v", s, q)
	}
	s = lifetime.KaplanMeier([]lifetime.Lifetime{{Value: 4, Censored: true}, {Value: 7, Censored: true}}, 0.95)
	if q := s.Quantile(0.5); len(s.Steps) != 0 || q.Value != 7 || !q.AtLeast || !math.IsInf(q.High, 1) {
		t.Errorf("all are cut: %+v, %+v", s, q)
	}
}

// Few lifetimes say nothing of an early quantile: the lower end of its interval is 0, as
// that of order statistics is, until so many went on that the quantile cannot be earlier.
func TestQuantileOfFewLifetimes(t *testing.T) {
	for _, c := range []struct {
		lifetimes, cut int // that are over at 3, and cut at 2
		q, low         float64
	}{
		{1, 0, 0.1, 0}, {1, 0, 0.95, 0}, {1, 0, 0.98, 3}, // 0.02 < 0.025
		{0, 1, 0.5, 0}, {0, 2, 0.1, 0}, {0, 100, 0.1, 2},
		{35, 0, 0.1, 0}, {36, 0, 0.1, 3}, // 0.9^35 is 0.02503
		{35, 1, 0.1, 2}, {36, 1, 0.1, 3},
	} {
		samples := slices.Repeat([]lifetime.Lifetime{{Value: 3}}, c.lifetimes)
		samples = append(samples, slices.Repeat([]lifetime.Lifetime{{Value: 2, Censored: true}}, c.cut)...)
		s := lifetime.KaplanMeier(samples, 0.95)
		if q := s.Quantile(c.q); q.Low != c.low {
			t.Errorf("%d over, %d cut: the %g quantile is %+v, want it from %g on", c.lifetimes, c.cut, c.q, q, c.low)
		}
	}
}

// The coverage by simulation, of the survival at three times and of the median, with
// exponential lifetimes that a limit of their own cuts: about the nominal one, for the
// interval is one of many samples.
func TestCoverageOfSurvival(t *testing.T) {
	s := draws(t)
	const simulations, n, confidence = 3000, 100, 0.9
	times := []float64{0.2, 0.7, 1.5}
	covered := make([]int, len(times)+1)
	for range simulations {
		samples := make([]lifetime.Lifetime, n)
		for i := range samples {
			value, limit := -math.Log(s.Uniform()), -2.5*math.Log(s.Uniform())
			samples[i] = lifetime.Lifetime{Value: math.Min(value, limit), Censored: value > limit}
		}
		curve := lifetime.KaplanMeier(samples, confidence)
		for i, at := range times {
			if step := curve.At(at); step.Low <= math.Exp(-at) && math.Exp(-at) <= step.High {
				covered[i]++
			}
		}
		if m := curve.Quantile(0.5); m.Low <= math.Ln2 && math.Ln2 <= m.High {
			covered[len(times)]++
		}
	}
	for i, c := range covered {
		share := float64(c) / simulations
		if !testkit.AtLeast(share, 0.88, simulations) || !testkit.AtLeast(1-share, 0.08, simulations) {
			t.Errorf("interval %d: coverage %.4f, want about %g", i, share, confidence)
		}
	}
}
