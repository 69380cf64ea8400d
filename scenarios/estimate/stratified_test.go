package estimate_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Where nothing but the probe is random, an edge of the window lies in one stratum, and
// all others are certain: the closed form lies in the interval, which is far narrower than
// that of as many replications of crude Monte Carlo. With either allocation, and as well
// where other latencies are random.
func TestStratifiedAgainstClosedForms(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	const n = 1000
	type combination struct {
		name   string
		set    scenarios.Settings
		want   float64
		gain   float64 // of the width, over crude Monte Carlo
		pilots int
	}
	alert := combination{"only the alert", scenarios.Settings{
		"linger": "5ms", "alert-latency": "10ms+exponential(mean=10ms)",
	}, math.Exp(-0.6000001), 4, 0}
	data := combination{"the data as well", scenarios.Settings{"clients": "1", "uplink": "5ms+exponential(mean=4ms)",
		"alert-latency": "5ms+exponential(mean=4ms)", "linger": "3ms"}, 0.5 + math.Exp(-1)/2, 1, 200}
	alertWithPilots, dataWithoutPilots := alert, data
	alertWithPilots.pilots, dataWithoutPilots.pilots = 200, 0
	for _, c := range testkit.Few([]combination{alert, data, alertWithPilots, dataWithoutPilots}, 1, 1) {
		q := integral(t, c.set.With(scenarios.Settings{"credentials": "psk"}), seed)
		s, err := q.Stratified(context.Background(), p, 20, c.pilots, stat.NewPlan(stat.Target{}, 0.95, 1, n), nil)
		if err != nil {
			t.Fatal(err)
		}
		var strata []stat.Stratum
		total := 0
		for _, one := range s.Strata {
			strata, total = append(strata, stat.Stratum(one)), total+one.Trials
			if c.pilots == 0 && one.Trials != n/20 {
				t.Errorf("%s: %d replications of a stratum", c.name, one.Trials)
			}
		}
		e, plain := stat.StratifiedProportion(strata, 1-5.7e-7), stat.Wilson(int(c.want*n), n, 1-5.7e-7)
		t.Logf(
			"%s, %d pilots: %.4f [%.4f, %.4f], want %.4f; %d of 20 mixed; crude Monte Carlo %v", c.name, c.pilots,
			e.Value, e.Low, e.High, c.want, e.Mixed, plain,
		)
		if e.Low > c.want || c.want > e.High || total != n || s.Pilots != c.pilots {
			t.Errorf("%s, %d pilots: %+v, closed form %g", c.name, c.pilots, e, c.want)
		}
		if c.pilots == 0 && (plain.High-plain.Low)/(e.High-e.Low) < c.gain*0.95 {
			t.Errorf(
				"%s: the interval %g .. %g is not %g times as narrow as %v", c.name, e.Low, e.High, c.gain, plain,
			)
		}
	}
}

// A stratum has the distribution's part: the latencies of stratum k of K lie between its k/K and
// (k+1)/K quantiles, each replication has one, and the answer is the same with one worker.
func TestStratifiedTwice(t *testing.T) {
	q := integral(t, scenarios.Settings{"credentials": "psk", "alert-latency": "exponential(mean=20ms)"}, 5)
	run := func(workers int) []stat.Stratum {
		s, err := q.Stratified(
			context.Background(), fixture.Pool(t, workers), 7, 30,
			stat.Plan{Target: stat.Target{HalfWidth: 1e-9}, Looks: []int{40, 60}, Confidence: 0.95}, nil,
		)
		if err != nil {
			t.Fatal(err)
		}
		return s.Strata
	}
	if a, b := run(1), run(2); !slices.Equal(a, b) {
		t.Errorf("%v and %v", a, b)
	}
	if _, err := q.Stratified(context.Background(), fixture.Instant{}, 20, 0, stat.NewPlan(stat.Target{}, 0.95, 1, 39),
		nil); err == nil {
		t.Error("fewer than two replications of a stratum are accepted")
	}
}
