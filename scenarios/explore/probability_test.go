package explore_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/report/estimate"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/sim/law"
)

func parseLaw(t *testing.T, text string) law.Law {
	t.Helper()
	l, err := law.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// With everything else constant, case 1a fails when the alert is later than
// Ld + P + W: the exact probability is the law's tail beyond it. Monte Carlo agrees.
func TestExactAgainstClosedFormAndMonteCarlo(t *testing.T) {
	seed := testkit.Seed(t)
	p := testkit.Pool(t, 2)
	const text = "10ms+exponential(mean=10ms)"
	w := find(t, p, search(t, scenarios.Settings{"linger": "15ms"}, "alert-latency=0s..10s"))
	got, outside := w.Exact(parseLaw(t, text))
	edge := float64(10*time.Millisecond + 1*time.Millisecond + 15*time.Millisecond + 1)
	want := math.Exp(-(edge - float64(10*time.Millisecond)) / float64(10*time.Millisecond))
	if math.Abs(got-want) > 1e-12 || outside > 1e-12 {
		t.Errorf("exact %.15g (%g outside), closed form %.15g", got, outside, want)
	}
	r, err := explore.RunSweep(context.Background(), p, explore.Sweep{
		Scenario: testkit.Scenario(t), Replications: 2000, Seed: seed,
		Design: []scenarios.Settings{{"credentials": "psk", "linger": "15ms", "alert-latency": text}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Five standard deviations: once in a million runs of this test.
	e := estimate.Wilson(r.Points[0].Failures, r.Points[0].Completed(), 1-5.7e-7)
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
	seed := testkit.Seed(t)
	p := testkit.Pool(t, 2)
	const text = "5ms+exponential(mean=4ms)"
	set := scenarios.Settings{"credentials": "psk", "uplink": text, "linger": "3ms", "clients": "1"}
	m, pw := 4.0, 1.0+3.0
	want := 0.5 + math.Exp(-pw/m)/2

	seeds, replications := 60, 3000
	if testkit.Long() {
		seeds, replications = 400, 20_000
	}
	s := explore.Search{Scenario: testkit.Scenario(t), Settings: set, Seed: seed}
	s.Probe = scenarios.ProbeRange{Name: "alert-latency", To: time.Second}
	c, err := explore.EstimateConditional(context.Background(), p, s, parseLaw(t, text), seeds)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(c.Probability-want) > 5*c.StandardError || c.Outside > 1e-9 {
		t.Errorf("conditional %g ± %g, closed form %g", c.Probability, c.StandardError, want)
	}
	if plain := math.Sqrt(want * (1 - want) / float64(seeds)); c.StandardError > plain {
		t.Errorf("the standard error %g of %d seeds is no better than plain Monte Carlo's %g", c.StandardError, seeds, plain)
	}
	r, err := explore.RunSweep(context.Background(), p, explore.Sweep{
		Scenario: testkit.Scenario(t), Replications: replications, Seed: seed, Design: []scenarios.Settings{set},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e := estimate.Wilson(r.Points[0].Failures, r.Points[0].Completed(), 1-5.7e-7)
	if e.Low > want || want > e.High {
		t.Errorf("Monte Carlo %v, closed form %g", e, want)
	}
}

// Nothing is integrated over a recorded latency.
func TestNoProbabilityOfARecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording.txt")
	if err := os.WriteFile(path, []byte("0s,5ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := search(t, nil, "alert-latency=0s..100ms")
	if _, err := explore.EstimateConditional(context.Background(), nil, s, parseLaw(t, "replay("+path+")"), 3); err == nil {
		t.Error("there was no error")
	}
}
