package stat_test

import (
	"math"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// sumBeyond draws one weighted sample of the event that two exponential variates of
// mean 1 add up to more than the limit, each tilted so that its tail is of the power
// theta, or, of an untilted one, not. The weight is that of a mixture with a share of plain
// ones.
func sumBeyond(s *stream.Stream, theta, limit, share float64, plain bool) (logWeight float64, failed bool) {
	sum, ratio := 0.0, 1.0
	for range 2 {
		x := -math.Log(s.Uniform())
		if !plain {
			x /= theta
		}
		sum += x
		ratio *= math.Exp(-(1-theta)*x) / theta
	}
	return -math.Log(share + (1-share)/ratio), sum > limit
}

// The interval of weighted samples covers, and so it does at the look at which a
// relative target is met, for a probability of 1e-9; the mean weight is 1.
func TestWeightedCoverageBySimulation(t *testing.T) {
	s := draws(t)
	simulations := often(150)
	const limit, theta, share, confidence = 24.0, 0.1, 0.1, 0.95
	want := math.Exp(-limit) * (1 + limit)
	for _, target := range []stat.Target{{}, {Relative: 0.4}} {
		looks := []int{1000}
		if !target.None() {
			looks = stat.Looks(300, 4000)
		}
		covered, early, balanced, total := 0, 0, 0, 0.0
		for range simulations {
			var weights []float64
			var failed []bool
			for i, look := range looks {
				for n := len(weights); n < look; n++ {
					w, f := sumBeyond(s, theta, limit, share, n%10 == 0)
					weights, failed = append(weights, w), append(failed, f)
				}
				w := stat.WeightedMean(weights, failed, look/10, stat.LookConfidence(confidence, len(looks)))
				if i < len(looks)-1 && !(stat.Plan{Target: target}).Enough(w.Estimate) {
					continue
				}
				if i < len(looks)-1 {
					early++
				}
				if w.Low <= want && want <= w.High {
					covered++
				}
				if math.Abs(w.MeanWeight-1) < 4*w.MeanWeightError {
					balanced++
				}
				total += w.Value / float64(simulations)
				break
			}
		}
		coverage := float64(covered) / float64(simulations)
		t.Logf("%+v: coverage %.4f, %d stopped early, mean %.4g of %.4g", target, coverage, early, total, want)
		if !testkit.AtLeast(coverage, 0.935, simulations) {
			t.Errorf("%+v: coverage %.4f, want %g", target, coverage, confidence)
		}
		if math.Abs(total/want-1) > 0.08 || balanced < simulations*98/100 {
			t.Errorf(
				"%+v: the mean of all estimates is %g, want %g; %d of %d mean weights are 1", target, total, want,
				balanced, simulations,
			)
		}
		if !target.None() && early < simulations/2 {
			t.Errorf("only %d of %d stopped early", early, simulations)
		}
	}
}

// What is said of the weights: how many equal ones they are worth, and when too few
// carry the estimate; without failures, nothing is known.
func TestWhatWeightsAreWorth(t *testing.T) {
	weights, failed := make([]float64, 1000), make([]bool, 1000)
	for i := range 100 {
		weights[i], failed[i] = math.Log(0.01), true
	}
	w := stat.WeightedMean(weights, failed, 100, 0.95)
	if w.Failures != 100 || math.Abs(w.EffectiveSize-100) > 1e-9 || math.Abs(w.LargestShare-0.01) > 1e-12 ||
		!w.Reliable() ||
		math.Abs(w.Value-0.001) > 1e-15 {
		t.Errorf("a hundred equal ones: %+v", w)
	}
	if want := 1 - math.Pow(0.05, 0.01); math.Abs(w.Unseen-want) > 1e-12 {
		t.Errorf("a hundred untilted ones leave %g unseen, want %g", w.Unseen, want)
	}
	weights[0] = math.Log(10)
	if w = stat.WeightedMean(weights, failed, 100, 0.95); w.Reliable() || math.Abs(w.LargestShare-10/10.99) > 1e-12 {
		t.Errorf("one of them a thousand times as large: %+v", w)
	}
	if w = stat.WeightedMean(weights, make([]bool, 1000), 100, 0.95); w.Value != 0 || w.Low != 0 || w.High != 1 {
		t.Errorf("without failures: %+v", w)
	}
	for i := range weights {
		weights[i] = math.Log(0.2 + 0.001*float64(i%3))
	}
	if w = stat.WeightedMean(weights, failed, 100, 0.95); !slices.Contains(
		w.Warnings, stat.Warning(stat.UnbalancedWeights{Mean: w.MeanWeight, StandardError: w.MeanWeightError}),
	) {
		t.Errorf("weights of 0.2: %+v", w)
	}
	if w = stat.WeightedMean(nil, nil, 0, 0.95); !math.IsNaN(w.Value) || w.High != 1 {
		t.Errorf("of nothing: %+v", w)
	}
}

// The mean of the weights is above 1 where nearly all fail; the estimate is not, and lies
// within its interval.
func TestWeightedEstimateIsAProbability(t *testing.T) {
	w := stat.WeightedMean(
		[]float64{math.Log(1.5), math.Log(1.2), 0, math.Log(0.9)}, []bool{true, true, true, true}, 1, 0.95,
	)
	if w.Value != 1 || w.High != 1 || w.Low > 1 || math.Abs(w.MeanWeight-1.15) > 1e-12 {
		t.Errorf("%+v, want an estimate of 1", w)
	}
}

// The weights of a mixture: with half of it plain, they are 2 w/(1 + w), of which no
// logarithm overflows.
func TestMixtureWeights(t *testing.T) {
	got := stat.MixtureWeights(
		[]stat.WeightedSample{
			{LogWeight: math.Log(3)},
			{LogWeight: math.Log(1e-9), Untilted: true},
			{LogWeight: 5000, Untilted: true},
			{LogWeight: -5000},
		},
	)
	for i, want := range []float64{math.Log(1.5), math.Log(2e-9 / (1 + 1e-9)), math.Log(2), -5000 + math.Log(2)} {
		if math.Abs(got[i]-want) > 1e-9*math.Abs(want) {
			t.Errorf("weight %d: %g, want %g", i, got[i], want)
		}
	}
}
