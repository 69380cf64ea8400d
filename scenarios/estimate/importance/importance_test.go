package importance_test

import (
	"context"
	"math"
	"reflect"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate/importance"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// rare asks how probable an outcome of the scenario of some datagrams is.
func rare(t *testing.T, seed uint64, fail string, set scenarios.Settings) importance.Question {
	t.Helper()
	s, err := catalogue.Find("test-datagrams")
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.ParsePredicate(fail)
	if err != nil {
		t.Fatal(err)
	}
	return importance.Question{Values: fixture.Values(t, s, set), Seed: seed, Fail: p}
}

// weighted performs n replications.
func weighted(t *testing.T, runner run.Runner, q importance.Question, n int) (stat.Weighted, *importance.Answer) {
	t.Helper()
	r, err := importance.Run(context.Background(), runner, q, stat.NewPlan(stat.Target{}, 0.95, 1, n), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Probability, r
}

// predicate is what the founding scenario counts as failure.
func predicate(t *testing.T) scenarios.Predicate {
	t.Helper()
	p, err := fixture.Scenario(t).ParsePredicate("")
	if err != nil {
		t.Fatal(err)
	}
	return p
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
// replications choose: the interval of each, of a confidence that is wrong once in a million
// runs, holds its closed form; the weights of all replications are 1 on average. The cases
// with the most skewed weights have more replications than the others: 4000 are worth 38
// failures of equal weight on average, and one time in twenty fewer than 30, of which the
// estimate warns.
func TestImportanceSamplingAgainstClosedForms(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	erlang := func(n int, x float64) float64 { // the sum of n exponential variates of mean 1 is above x
		term, sum := math.Exp(-x), 0.0
		for k := range n {
			sum += term
			term *= x / float64(k+1)
		}
		return sum
	}
	normal := 4.0
	for _, c := range testkit.Few([]struct {
		name, fail   string
		set          scenarios.Settings
		want         float64
		replications int
	}{
		{"three of three are lost, of losses at 0.001", "all-lost", scenarios.Settings{"loss": "0.001"}, 1e-9, 4000},
		{"three latencies add up", "late", scenarios.Settings{"latency": "exponential(mean=1ms)", "limit": "30ms"},
			erlang(3, 30), 4000},
		{"three of three are lost", "all-lost", scenarios.Settings{"loss": "0.01"}, 1e-6, 4000},
		{"six of six are lost", "all-lost", scenarios.Settings{"loss": "0.02", "datagrams": "6"}, math.Pow(0.02, 6),
			4000},
		{"a burst takes them all", "all-lost",
			scenarios.Settings{"loss": "gilbert-elliott(0.001,0.5)", "datagrams": "6"},
			0.001 / 0.501 * math.Pow(0.5, 5), 4000},
		{"all are held back", "late", scenarios.Settings{"reorder": "0.01", "datagrams": "4", "limit": "70ms"}, 1e-8,
			4000},
		{"ten latencies add up", "late",
			scenarios.Settings{"latency": "exponential(mean=1ms)", "datagrams": "10", "limit": "45ms"}, erlang(10, 45),
			4000},
		{"the largest is too large", "latest",
			scenarios.Settings{"latency": "exponential(mean=1ms)", "datagrams": "2", "limit": "15ms"},
			1 - math.Pow(1-math.Exp(-15), 2), 16_000},
		{"all are small", "quick",
			scenarios.Settings{"latency": "exponential(mean=10ms)", "datagrams": "2", "limit": "10us"},
			math.Pow(-math.Expm1(-10_001/1e7), 2), 16_000},
		{"two correlated ones are large", "earliest",
			scenarios.Settings{"latency": "lognormal(median=1ms,sigma=1)", "datagrams": "2", "correlation": "0.5",
				"limit": "54598150ns"}, bothAbove(normal, 0.5), 16_000},
	}, 1, 1) {
		q := rare(t, seed, c.fail, c.set)
		chosen, err := importance.ChooseTilts(context.Background(), p, q, 400, func() {})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		q.Tilts = chosen.Tilts
		w, r := weighted(t, p, q, c.replications)
		t.Logf(
			"%s: %.4g +- %.2g, want %.4g; %d failures worth %.0f; mean weight %.3f +- %.3f; %s", c.name, w.Value,
			w.StandardError, c.want, w.Failures, w.EffectiveSize, w.MeanWeight, w.MeanWeightError, tilt.Text(q.Tilts),
		)
		if sure := stat.MixtureMean(r.Samples, 1-1e-6); !sure.Holds(c.want) {
			t.Errorf("%s: %+v, closed form %g", c.name, sure.Estimate, c.want)
		}
		if w.StandardError > 0.25*c.want || !w.Reliable() || r.Done != c.replications {
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

// The founding failure, on which hangs one datagram among others that are random as
// well: importance sampling finds which, and gives what the conditional method gives and
// the closed form of TestOneInABillionAmongOtherLatencies.
func TestImportanceSamplingFindsTheLateAlert(t *testing.T) {
	testkit.OnlyLong(t)
	p := fixture.Pool(t, 2)
	const mean, jitter = 200_000.0, 10_000.0
	want := math.Exp(-990_001/mean) * mean / jitter * (1 - math.Exp(-jitter/mean))
	q := importance.Question{
		Seed: testkit.Seed(t),
		Fail: predicate(t),
		Values: fixture.Values(t, fixture.Scenario(t), scenarios.Settings{
			"credentials": "psk", "clients": "1", "uplink": "uniform(10ms,10010us)",
			"downlink": "5ms+exponential(mean=1ms)", "alert-latency": "10010us+exponential(mean=200us)",
		}),
	}
	chosen, err := importance.ChooseTilts(context.Background(), p, q, testkit.Budget(200, 200, 300), func() {})
	if err != nil {
		t.Fatal(err)
	}
	if len(chosen.Tilts) == 0 || !slices.ContainsFunc(chosen.Tilts, func(x tilt.Tilt) bool {
		return x.Streams == "rule/alert/client-1>server" && x.Draw == 1 && x.Theta < 0.5
	}) {
		t.Errorf("the tilts are %s, without the alert's", tilt.Text(chosen.Tilts))
	}
	q.Tilts = chosen.Tilts
	w, r := weighted(t, p, q, testkit.Budget(800, 800, 1500))
	t.Logf("%.4g +- %.2g, closed form %.4g; %s", w.Value, w.StandardError, want, tilt.Text(q.Tilts))
	if !stat.MixtureMean(r.Samples, 1-1e-6).Holds(want) || w.StandardError > 0.3*want {
		t.Errorf("%g +- %g, closed form %g", w.Value, w.StandardError, want)
	}
}

// Where crude Monte Carlo is feasible, the two agree, also with tilts that are no good
// choice; the answer does not depend on the number of workers, and every tenth
// replication is one of crude Monte Carlo.
func TestImportanceSamplingAgainstMonteCarlo(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p, one := fixture.Pool(t, 2), fixture.Pool(t, 1)
	s := fixture.Scenario(t)
	q := importance.Question{Seed: seed, Fail: predicate(t), Values: fixture.Values(t, s, scenarios.Settings{
		"credentials": "psk", "clients": "1", "latency": "5ms+exponential(mean=4ms)", "linger": "15ms", "loss": "0.01",
	})}
	var err error
	if q.Tilts, err = network.ParseTilts(s, "uplink=0.8,downlink=1.2,loss:3=0.5"); err != nil {
		t.Fatal(err)
	}
	n := testkit.Budget(600, 600, 1200)
	w, r := weighted(t, p, q, n)
	again, r1 := weighted(t, one, q, n)
	if !reflect.DeepEqual(w, again) || !slices.Equal(r.Samples, r1.Samples) || !slices.Equal(r.Draws, r1.Draws) {
		t.Errorf("with two workers %+v, with one %+v", w, again)
	}
	m, err := sample.RunSweep(
		context.Background(), p,
		sample.Sweep{Design: design.Single(q.Values), Replications: n, Seed: seed, Fail: q.Fail}, nil,
	)
	if err != nil {
		t.Fatal(err)
	}
	e := stat.Wilson(m.Points[0].Failures, n, 1-5.7e-7)
	if w.Value+5*w.StandardError < e.Low || w.Value-5*w.StandardError > e.High {
		t.Errorf("weighted %+v, Monte Carlo %v", w, e)
	}
	if math.Abs(w.MeanWeight-1) > 6*w.MeanWeightError {
		t.Errorf("the mean weight is %g, standard error %g", w.MeanWeight, w.MeanWeightError)
	}
	for i, sample := range r.Samples {
		if sample.Untilted != (i%10 == 0) || !sample.Untilted && sample.LogWeight == 0 {
			t.Fatalf("sample %d: %+v", i, sample)
		}
	}
	// An untilted one is that replication of the sweep.
	plain, err := sample.RunSweep(
		context.Background(), p,
		sample.Sweep{Design: design.Single(q.Values), Replications: 1, Seed: seed, Fail: q.Fail}, nil,
	)
	if err != nil || (plain.Points[0].Failures == 1) != r.Samples[0].Failed {
		t.Errorf("the first sample %+v, the first replication %+v %v", r.Samples[0], plain.Points[0], err)
	}
}

// What cannot fail by any draw of the network has no tilts.
func TestNoTilts(t *testing.T) {
	p := fixture.Pool(t, 2)
	q := rare(t, 1, "all-lost", scenarios.Settings{"latency": "exponential(mean=1ms)"})
	if c, err := importance.ChooseTilts(context.Background(), p, q, 60, func() {}); err == nil {
		t.Errorf("%+v", c)
	}
	if c, err := importance.ChooseTilts(context.Background(), p, rare(t, 1, "all-lost", nil), 60, func() {}); err == nil {
		t.Errorf("without anything random: %+v", c)
	}
}
