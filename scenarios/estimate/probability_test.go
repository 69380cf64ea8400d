package estimate_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// With everything else constant, case 1a fails when the alert is later than
// Ld + P + W: the exact probability is the distribution's tail beyond it. Monte Carlo agrees.
func TestExactAgainstClosedFormAndMonteCarlo(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	const text = "10ms+exponential(mean=10ms)"
	w := fixture.FindWindows(t, p, fixture.Question(t, scenarios.Settings{"linger": "15ms"}, "alert-latency=0s..10s"))
	got, outside := w.Exact(fixture.ParseDistribution(t, text))
	edge := float64(10*time.Millisecond + 1*time.Millisecond + 15*time.Millisecond + 1)
	want := math.Exp(-(edge - float64(10*time.Millisecond)) / float64(10*time.Millisecond))
	if math.Abs(got-want) > 1e-12 || outside > 1e-12 {
		t.Errorf("exact %.15g (%g outside), closed form %.15g", got, outside, want)
	}
	r, err := sample.RunSweep(context.Background(), p, sample.Sweep{
		Replications: testkit.Budget(1000, 1000, 2000), Seed: seed,
		Design: fixture.Design(
			t, fixture.Scenario(t), nil,
			scenarios.Settings{"credentials": "psk", "linger": "15ms", "alert-latency": text},
		),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Five standard deviations: once in a million runs of this test.
	e := stat.Wilson(r.Points[0].Failures, r.Points[0].Completed(), 1-5.7e-7)
	if e.Low > want || want > e.High {
		t.Errorf("Monte Carlo %v, closed form %g", e, want)
	}
}

// With all latencies random, three answers agree: Monte Carlo, the conditional
// estimate, and the closed form. Data and alert have independent latencies
// Ld = a + X, La = a + Y with X, Y exponential of one mean m, and the run fails in
// one of two ways: the alert overtakes the data, Y < X, or it is late,
// Y - X > P + W: 1/2 + exp(-(P + W)/m)/2. The deferral of the data itself to a
// socket bound again changes nothing that is not a failure already. One client, for the
// second one's own alert would add its share.
func TestConditionalAgainstMonteCarloAndClosedForm(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	const text = "5ms+exponential(mean=4ms)"
	set := scenarios.Settings{"credentials": "psk", "uplink": text, "linger": "3ms", "clients": "1"}
	m, pw := 4.0, 1.0+3.0
	want := 0.5 + math.Exp(-pw/m)/2

	seeds, replications := testkit.Budget(40, 40, 100), testkit.Budget(1000, 1000, 4000)
	q := integral(t, set, seed)
	c, err := q.Conditional(context.Background(), p, stat.NewPlan(stat.Target{}, 0.95, 1, seeds), func() {})
	if err != nil {
		t.Fatal(err)
	}
	got := stat.SampleMean(c.Values, 1-5.7e-7)
	if got.N != seeds || want < got.Low || want > got.High || c.Outside > 1e-14 {
		t.Errorf("conditional %+v, closed form %g", got, want)
	}
	if plain := math.Sqrt(want * (1 - want) / float64(seeds)); got.StandardError > plain {
		t.Errorf(
			"the standard error %g of %d seeds is no better than crude Monte Carlo's %g", got.StandardError, seeds,
			plain,
		)
	}
	r, err := sample.RunSweep(context.Background(), p, sample.Sweep{
		Replications: replications, Seed: seed, Design: fixture.Design(t, fixture.Scenario(t), nil, set),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := stat.Wilson(r.Points[0].Failures, r.Points[0].Completed(), 1-5.7e-7)
	if e.Low > want || want > e.High {
		t.Errorf("Monte Carlo %v, closed form %g", e, want)
	}
}

// integral asks for the probability that the founding scenario fails, over the distribution of
// the alert's latency.
func integral(t *testing.T, set scenarios.Settings, seed uint64) estimate.Integral {
	t.Helper()
	q, err := estimate.NewIntegral(
		fixture.Values(t, fixture.Scenario(t), set), "alert-latency", seed, predicate(t), 1e-15,
	)
	if err != nil {
		t.Fatal(err)
	}
	return q
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

// The rarest: a probability of 1e-9, of which crude Monte Carlo would want 1.6e12
// replications for a relative error of 5 %. The alert's latency is beyond the edge with
// exp(-(edge - 10ms)/mean), and so is that of the conditional method: its seeds draw
// nothing else, and each has the same.
func TestOneInABillion(t *testing.T) {
	p := fixture.Pool(t, 2)
	set := scenarios.Settings{"credentials": "psk", "alert-latency": "10ms+exponential(mean=48255ns)"}
	want := math.Exp(-1_000_001 / 48_255.0)
	if want < 0.9e-9 || want > 1.1e-9 {
		t.Fatalf("the closed form is %g", want)
	}
	q := integral(t, set, 1)
	began := time.Now()
	e, err := q.Exact(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%g in %d runs, %s", e.Value, e.Runs, time.Since(began))
	if want < e.Value-e.Rounding || want > e.Value+e.Outside+e.Rounding || e.Rounding+e.Outside > 1e-5*want {
		t.Errorf("%+v, closed form %g", e, want)
	}
	c, err := q.Conditional(
		context.Background(), p, stat.Plan{Target: stat.Target{Relative: 0.1}, Looks: []int{3, 9}, Confidence: 0.95},
		func() {},
	)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Values) != 3 || c.Values[0] != e.Value || c.Values[2] != e.Value || c.Interrupted {
		t.Errorf("conditional %+v, exact %g", c, e.Value)
	}
}

// As rare, and not the only thing that is random: every other latency of the uplink is
// as well. The data's is 10ms + J, with J uniform on [0, 10us); the alert's, 10.01ms + X,
// never overtakes it, and is too late for X > J + 1ms - 10us. The conditional method has
// the mean of exp(-(990us + J)/mean) over J within 5 % by some tens of seeds.
func TestOneInABillionAmongOtherLatencies(t *testing.T) {
	testkit.NotShort(t)
	p := fixture.Pool(t, 2)
	const mean, jitter = 48_255.0, 10_000.0
	want := math.Exp(-990_001/mean) * mean / jitter * (1 - math.Exp(-jitter/mean))
	q := integral(t, scenarios.Settings{
		"credentials": "psk", "clients": "1", "uplink": "uniform(10ms,10010us)",
		"alert-latency": "10010us+exponential(mean=48255ns)",
	}, testkit.Seed(t))
	if err := q.CheckExact(); err == nil ||
		!strings.Contains(err.Error(), "uplink=uniform(from=10ms,to=10.01ms) as well") {
		t.Errorf("it can be exact: %v", err)
	}
	c, err := q.Conditional(context.Background(), p, stat.NewPlan(stat.Target{}, 0.95, 1, 40), func() {})
	if err != nil {
		t.Fatal(err)
	}
	got := stat.SampleMean(c.Values, 0.95)
	if !(stat.Target{Relative: 0.05}).Met(got.Estimate) {
		t.Errorf("the relative half-width of %+v is above 5 %%", got)
	}
	if math.Abs(got.Value-want) > 5*got.StandardError {
		t.Errorf("conditional %+v, closed form %g", got, want)
	}
}

func TestWhatHasNoExactProbability(t *testing.T) {
	for _, c := range []struct {
		set  scenarios.Settings
		want string // nothing: it has one
	}{
		{scenarios.Settings{}, ""},
		{scenarios.Settings{"loss": "1", "duplicate": "0"}, ""},
		{scenarios.Settings{"correlation": "0.5"}, ""},
		{scenarios.Settings{"latency": "uniform(5ms,6ms)", "uplink": "5ms", "downlink": "6ms"}, ""},
		{scenarios.Settings{"loss": "0.1"}, "but uplink-loss=0.1, downlink-loss=0.1 as well"},
		{scenarios.Settings{"uplink-loss": "gilbert-elliott(0.1,0.5)"},
			"uplink-loss=gilbert-elliott(to-bad=0.1,to-good=0.5,bad=1,good=0) as well"},
		{scenarios.Settings{"latency": "uniform(5ms,6ms)"},
			"but uplink=uniform(from=5ms,to=6ms), downlink=uniform(from=5ms,to=6ms) as well"},
		{scenarios.Settings{"downlink": "uniform(5ms,6ms)", "duplicate": "0.5"},
			"downlink=uniform(from=5ms,to=6ms), duplicate=0.5 as well"},
		{scenarios.Settings{"reorder": "0.5"}, "reorder=0.5 as well"},
		{scenarios.Settings{"gap-variation": "exponential(1ms)"}, "gap-variation=exponential(mean=1ms) as well"},
		{scenarios.Settings{"perturb": "3"}, "perturb=3 as well"},
	} {
		q := integral(t, c.set.With(scenarios.Settings{"alert-latency": "exponential(20ms)"}), 1)
		if err := q.CheckExact(); c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v, want %q", c.set, err, c.want)
		}
	}
}

func TestWhatHasNoIntegral(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording.txt")
	if err := os.WriteFile(path, []byte("0s,5ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		probe string
		set   scenarios.Settings
		want  string
	}{
		{"alert-latency", scenarios.Settings{"alert-latency": "trace(" + path + ")"},
			"nothing can be integrated over it"},
		{"linger", nil, "parameter linger is a duration; only over a latency distribution can be integrated"},
		{"alert", nil, "no parameter"},
		{"uplink", nil, "every datagram draws from parameter uplink, and a window is one of a single duration; " +
			"choose a parameter of one datagram, such as alert-latency"},
		{"alert-latency", scenarios.Settings{"latency": "exponential(1ms)", "correlation": "0.5"},
			"alert-latency follows uplink, and with correlation=0.5"},
	} {
		q, err := estimate.NewIntegral(fixture.Values(t, fixture.Scenario(t), c.set), c.probe, 1, predicate(t), 1e-15)
		if err == nil {
			err = q.CheckConditional()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("probe %s with %v: %v, want %q", c.probe, c.set, err, c.want)
		}
	}
}

// A run that stops early has performed the replications up to a look, those that a
// sweep of so many performs, with their measures.
func TestRunPlan(t *testing.T) {
	s := sample.Sweep{Seed: 7, Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{})}
	s.Replications = 30
	want, err := sample.RunSweep(context.Background(), fixture.Instant{}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := want.Points[0].Estimate
	plan := stat.Plan{Target: stat.Target{HalfWidth: (e.High - e.Low) / 2}, Looks: []int{10, 30, 90}, Confidence: 0.95}
	got, err := sample.RunPlan(context.Background(), fixture.Instant{}, s, plan, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Done != 30 || got.Total != 30 || got.Interrupted || got.Points[0].Estimate.N != e.N ||
		got.Points[0].Estimate.Low != e.Low {
		t.Errorf("%d of %d done, estimate %v, want %v", got.Done, got.Total, got.Points[0].Estimate, e)
	}
	if a, b := got.Points[0], want.Points[0]; a.Failures != b.Failures || a.Crashed != b.Crashed ||
		!reflect.DeepEqual(a.Measures, b.Measures) {
		t.Errorf("%+v, and a sweep of so many gives %+v", a, b)
	}
}

// So rare that no number next to 1 can tell: the edge lies 1 000 001 ns beyond the
// offset, and the distribution's upper tail there is exp(-666.7), 3e-290.
func TestAProbabilityFarBelowOneInABillion(t *testing.T) {
	p := fixture.Pool(t, 2)
	q, err := estimate.NewIntegral(
		fixture.Values(
			t, fixture.Scenario(t),
			scenarios.Settings{"credentials": "psk", "alert-latency": "10ms+exponential(mean=1500ns)"},
		),
		"alert-latency",
		1,
		predicate(t),
		1e-300,
	)
	if err != nil {
		t.Fatal(err)
	}
	e, err := q.Exact(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	if want := math.Exp(-1_000_001 / 1500.0); want > 1e-289 || math.Abs(e.Value-want) > e.Rounding+e.Outside ||
		e.Rounding+e.Outside > 1e-9*want {
		t.Errorf("%+v, closed form %g", e, want)
	}
}
