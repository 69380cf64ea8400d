package search_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// randomLimits returns limits of one to three ordered measures, near the values that runs at random
// points of the range have.
func randomLimits(t *testing.T, runner run.Runner, s search.Search, r *rand.Rand) scenarios.Predicate {
	t.Helper()
	scenario := s.Values.Scenario()
	var limits []string
	for range 1 + r.IntN(3) {
		x := s.Probe.From + time.Duration(r.Int64N(int64(s.Probe.To-s.Probe.From)))
		v, err := s.Values.With(s.Probe.Name, x)
		if err != nil {
			t.Fatal(err)
		}
		o, err := runner.Do(context.Background(), run.Job{Values: v, Seed: s.Seed})
		if err != nil || o.Status != run.Completed {
			t.Fatalf("%v %s\n%s", err, o.Status, command(s))
		}
		names := slices.Sorted(maps.Keys(o.Measures))
		names = slices.DeleteFunc(names, func(name string) bool {
			m, declared := scenario.Measure(name)
			return !declared || m.Name != name || !m.Ordered
		})
		if varied := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			return name != "handshake" && o.Measures[name] == 0
		}); r.IntN(4) > 0 {
			names = varied
		}
		name := names[r.IntN(len(names))]
		m, _ := scenario.Measure(name)
		limit := max(0, o.Measures[name]+[]int64{0, 0, 1, -1, 2}[r.IntN(5)])
		limits = append(limits, name+[]string{">", ">=", "<", "<="}[r.IntN(4)]+
			strings.ReplaceAll(m.Unit.Text(limit), " ", ""))
	}
	p, err := scenario.ParsePredicate(strings.Join(limits, ","))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The windows of random limits in random scenarios are those of brute-force scans: the place where
// a measure crosses its limit is found to the nanosecond, and where another part becomes the
// largest is no surprise.
func TestLimitsAgainstPlainScan(t *testing.T) {
	all := everything()
	all.limits = true
	all.holdAgainstScans(t, testkit.Cases(t, 4, 5, 30))
}

// Where handshakes of several clients take turns at being the longest, the limit is crossed where
// the longest of them crosses it.
func TestLimitOfSeveralParts(t *testing.T) {
	some := everything()
	some.limits, some.draws = true, maps.Clone(draws)
	some.probes = []string{"uplink", "downlink", "latency", "gap", "service", "down"}[:5]
	maps.Copy(some.draws, map[string]draw{
		"clients":         {1, []string{"3"}},
		"arrivals":        {0.7, []string{"at-intervals"}},
		"loss":            {0.7, []string{"0.1", "0.3"}},
		"latency":         {0.7, []string{"uniform(1ms,90ms)", "5ms+exponential(mean=30ms)"}},
		"flight-interval": {0.5, []string{"200ms"}},
		"model":           {1, []string{"listener", "concurrent"}},
	})
	some.holdAgainstScans(t, testkit.Cases(t, 2, 3, 6))
}

// The handshake takes three round trips, so its limit is crossed at an exact latency. The edge
// follows the comparison to the nanosecond.
func TestLimitOfTheHandshake(t *testing.T) {
	s := fixture.Scenario(t)
	p := fixture.Pool(t, 2)
	never := int64(100 * time.Millisecond)
	for limit, from := range map[string][]search.Interval{
		"handshake>120ms":         fixture.Windows(20*time.Millisecond+1, 100*time.Millisecond),
		"handshake >= 120ms":      fixture.Windows(20*time.Millisecond, 100*time.Millisecond),
		"handshake<120ms":         fixture.Windows(0, 20*time.Millisecond),
		"handshake<=120ms":        fixture.Windows(0, 20*time.Millisecond+1),
		"handshake>120.000001ms":  fixture.Windows(20*time.Millisecond+1, 100*time.Millisecond),
		"handshake>=120.000001ms": fixture.Windows(20*time.Millisecond+1, 100*time.Millisecond),
		"handshake>120.000005ms":  fixture.Windows(20*time.Millisecond+1, 100*time.Millisecond),
		"handshake>120.000006ms":  fixture.Windows(20*time.Millisecond+2, 100*time.Millisecond),
		"handshake>1h":            {},
		"handshake>=0s":           {{From: 0, To: never}},
		"retransmissions>=1":      {},
		"retransmissions<=0":      {{From: 0, To: never}},
	} {
		t.Run(limit, func(t *testing.T) {
			q := search.Search{
				Values: fixture.Values(t, s, scenarios.Settings{
					"credentials": "psk", "alert-latency": "0s", "service": "0s", "clients": "1",
				}),
				Seed:  1,
				Probe: scenarios.ProbeRange{Name: "latency", To: time.Duration(never)},
			}
			var err error
			if q.Fail, err = s.ParsePredicate(limit); err != nil {
				t.Fatal(err)
			}
			w := fixture.FindWindows(t, p, q)
			if fmt.Sprint(w.FailureWindows) != fmt.Sprint(from) {
				t.Errorf("windows %v, want %v", w.FailureWindows, from)
			}
			if !w.Method.Proved || w.Method.PredictionFailures > 0 {
				t.Errorf("%+v", w.Method)
			}
		})
	}
}
