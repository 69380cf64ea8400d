package explore_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/report/estimate"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// rare asks how probable an outcome of the scenario of some datagrams is.
func rare(t *testing.T, seed uint64, fail string, set scenarios.Settings) explore.Importance {
	t.Helper()
	s, err := scenarios.Find("test-datagrams")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ParsePredicate(fail)
	if err != nil {
		t.Fatal(err)
	}
	return explore.Importance{Scenario: s, Settings: set, Seed: seed, Fail: p}
}

// weighted performs n replications.
func weighted(t *testing.T, runner explore.Runner, q explore.Importance, n int) (estimate.Weighted, *explore.Weighted) {
	t.Helper()
	r, err := explore.RunImportance(context.Background(), runner, q, []int{n}, func([]explore.WeightedSample) bool { return true }, nil)
	if err != nil {
		t.Fatal(err)
	}
	failed := make([]bool, len(r.Samples))
	for i, s := range r.Samples {
		failed[i] = s.Failed
	}
	return estimate.WeightedMean(explore.MixtureWeights(r.Samples), failed, r.Plain, 0.95), r
}

// bothAbove is the probability that both of two standard normal variates of a
// correlation are above a, by Simpson's rule.
func bothAbove(a, correlation float64) float64 {
	const steps, width = 4000, 12.0
	f := func(z float64) float64 {
		return distuv.UnitNormal.Prob(z) * math.Erfc((a-correlation*z)/math.Sqrt(2*(1-correlation*correlation))) / 2
	}
	sum := f(a) + f(a+width)
	for i := 1; i < steps; i++ {
		sum += f(a+width*float64(i)/steps) * float64(2+2*(i%2))
	}
	return sum * width / steps / 3
}

// Failures that no single datagram decides, down to 1e-17, with tilts that pilot
// replications choose: each is within five standard errors of its closed form, to some
// per cent, and the weights of all replications are 1 on the average.
func TestImportanceSamplingAgainstClosedForms(t *testing.T) {
	seed := testkit.Seed(t)
	p := testkit.Pool(t, 2)
	erlang := func(n int, x float64) float64 { // the sum of n exponential variates of mean 1 is above x
		term, sum := math.Exp(-x), 0.0
		for k := range n {
			sum += term
			term *= x / float64(k+1)
		}
		return sum
	}
	normal := 4.0
	for _, c := range []struct {
		name, fail string
		set        scenarios.Settings
		want       float64
	}{
		{"three of three are lost", "all-lost", scenarios.Settings{"loss": "0.01"}, 1e-6},
		{"three of three are lost, of losses at 0.001", "all-lost", scenarios.Settings{"loss": "0.001"}, 1e-9},
		{"six of six are lost", "all-lost", scenarios.Settings{"loss": "0.02", "datagrams": "6"}, math.Pow(0.02, 6)},
		{"a burst takes them all", "all-lost", scenarios.Settings{"loss": "gilbert-elliott(0.001,0.5)", "datagrams": "6"}, 0.001 / 0.501 * math.Pow(0.5, 5)},
		{"all are held back", "late", scenarios.Settings{"reorder": "0.01", "datagrams": "4", "limit": "70ms"}, 1e-8},
		{"three latencies add up", "late", scenarios.Settings{"latency": "exponential(mean=1ms)", "limit": "30ms"}, erlang(3, 30)},
		{"ten latencies add up", "late", scenarios.Settings{"latency": "exponential(mean=1ms)", "datagrams": "10", "limit": "45ms"}, erlang(10, 45)},
		{"the largest is too large", "latest", scenarios.Settings{"latency": "exponential(mean=1ms)", "datagrams": "2", "limit": "15ms"}, 1 - math.Pow(1-math.Exp(-15), 2)},
		{"all are small", "quick", scenarios.Settings{"latency": "exponential(mean=10ms)", "datagrams": "2", "limit": "10us"}, math.Pow(-math.Expm1(-10_001/1e7), 2)},
		{"two correlated ones are large", "earliest", scenarios.Settings{"latency": "lognormal(median=1ms,sigma=1)", "datagrams": "2", "correlation": "0.5", "limit": "54598150ns"}, bothAbove(normal, 0.5)},
	} {
		q := rare(t, seed, c.fail, c.set)
		chosen, err := explore.ChooseTilts(context.Background(), p, q, 400, func() {})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		q.Tilts = chosen.Tilts
		w, r := weighted(t, p, q, 6000)
		t.Logf("%s: %.4g +- %.2g, want %.4g; %d failures worth %.0f; mean weight %.3f +- %.3f; %s", c.name, w.Estimate, w.StandardError, c.want, w.Failures, w.EffectiveSize, w.MeanWeight, w.MeanWeightError, tilt.Text(q.Tilts))
		if math.Abs(w.Estimate-c.want) > 5*w.StandardError {
			t.Errorf("%s: %g +- %g, closed form %g", c.name, w.Estimate, w.StandardError, c.want)
		}
		if w.StandardError > 0.2*c.want || w.Degenerate() || r.Done != 6000 {
			t.Errorf("%s: the relative error is %.3f: %+v", c.name, w.StandardError/c.want, w)
		}
		if math.Abs(w.MeanWeight-1) > 6*w.MeanWeightError+1e-9 || w.MeanWeightError > 0.05 {
			t.Errorf("%s: the mean weight is %g, standard error %g", c.name, w.MeanWeight, w.MeanWeightError)
		}
		if slices.Contains(r.Draws, 0) {
			t.Errorf("%s: a tilt met no draw: %v", c.name, r.Draws)
		}
	}
}
