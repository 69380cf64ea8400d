package search_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// onlyTheTrace is a Runner whose runs report no instants but those that the trace shows.
type onlyTheTrace struct{ run.Runner }

func (r onlyTheTrace) Do(ctx context.Context, job run.Job) (run.Result, error) {
	job.Trace = true
	o, err := r.Runner.Do(ctx, job)
	o.Watched = &sim.Watched{Timelines: trace.Timelines(o.Records)}
	return o, err
}

// A failure that happens at a single nanosecond of twenty seconds is found. In each case a
// client of a server whose sessions the peer ends closes at 81 ms + x (with one
// nanosecond up, 10 ms + 2 ns + x), and the session is half open if the server does not
// learn of it. In the first two nothing in any trace tells when; a search by traces alone
// misses them.
func TestPlantedNanosecond(t *testing.T) {
	recording := filepath.Join(t.TempDir(), "recording.csv")
	if err := os.WriteFile(recording, []byte("0s,10ms\n10s,40s\n10.000000001s,10ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	scenario := fixture.Find(t, "close-race")
	for _, c := range []struct {
		name   string
		set    scenarios.Settings
		at     time.Duration
		missed bool // by a search by traces alone
	}{
		{"the link is down", scenarios.Settings{"down": "10s..10.000000001s"}, 9919 * time.Millisecond, true},
		{"a line of a recording", scenarios.Settings{"uplink": "trace(" + recording + ")"}, 9919 * time.Millisecond,
			true},
		// The client closes at the instant at which the server gives up, on another host: a
		// nanosecond before, its alert arrives in time, and one later it has not closed.
		{"a deadline on another host", scenarios.Settings{"uplink": "1ns", "idle-timeout": "3s"},
			2990 * time.Millisecond, false},
	} {
		s := search.Search{
			Seed:   1,
			Values: fixture.Values(t, scenario, scenarios.Settings{"credentials": "psk", "clients": "1"}.With(c.set)),
		}
		var err error
		if s.Probe, err = scenario.ParseProbe("client-pause=0s..20s"); err != nil {
			t.Fatal(err)
		}
		if s.Fail, err = scenario.ParsePredicate("half-open"); err != nil {
			t.Fatal(err)
		}
		w := fixture.FindWindows(t, p, s)
		if want := fixture.Windows(c.at, c.at+1); !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
			t.Errorf("%s: %v, want %v; method %+v", c.name, w.FailureWindows, want, w.Method)
		}
		by := fixture.FindWindows(t, onlyTheTrace{p}, s)
		if missed := len(by.FailureWindows) == 0; missed != c.missed {
			t.Errorf("%s: by traces alone %v: missed is %v, want %v", c.name, by.FailureWindows, missed, c.missed)
		}
	}
}

// Each kind of instant that no trace shows bounds a window, and is predicted.
func TestEveryKindOfInstant(t *testing.T) {
	testkit.NotShort(t)
	const ms = time.Millisecond
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		kind, scenario string
		set            scenarios.Settings
		probe, fail    string
		want           []search.Interval
	}{
		// The client's patience, which its answer cancels: it waits from 61 ms on, and the answer
		// takes 20 ms and the service; at the very instant it is in time.
		{"a deadline that is cancelled", "late-close-notify",
			scenarios.Settings{"client": "waits", "clients": "1", "client-timeout": "2s"},
			"service=0s..5s", "answer-lost", fixture.Windows(1980*ms+1, 5000*ms)},
		// The second client's hello is sent at 160 ms and answered when the pause is over, at 71 ms
		// and its length; the answer takes 10 ms, and the client repeats its hello after 1 s.
		{"a pause that ends unseen", "late-close-notify", scenarios.Settings{"alert-latency": "10ms", "gap": "100ms"},
			"pause-after-release=0s..3s", "duplicate-flight", fixture.Windows(1079*ms, 3000*ms)},
		// With 10 ms up, the answer to the first hello comes when the client repeats it.
		{"a timer of an endpoint", "late-close-notify", scenarios.Settings{"clients": "1"}, "downlink=0s..1500ms",
			"duplicate-flight", fixture.Windows(990*ms, 1500*ms)},
		// The client closes at 81 ms + x, before the idle timeout at 3071 ms, and its alert arrives
		// 10 ms later, behind it.
		{"what another host does", "close-race",
			scenarios.Settings{"clients": "1", "uplink": "10ms", "idle-timeout": "3s"},
			"client-pause=0s..20s", "half-open", fixture.Windows(2980*ms+1, 2990*ms+1)},
		{"the lifetime of a mapping", "nat-rebinding", scenarios.Settings{"clients": "1"}, "client-pause=0s..1m", "",
			fixture.Windows(29979*ms+1, 60_000*ms)},
	} {
		scenario := fixture.Find(t, c.scenario)
		s := search.Search{
			Seed:   1,
			Values: fixture.Values(t, scenario, scenarios.Settings{"credentials": "psk"}.With(c.set)),
		}
		var err error
		if s.Probe, err = scenario.ParseProbe(c.probe); err != nil {
			t.Fatal(err)
		}
		if s.Fail, err = scenario.ParsePredicate(c.fail); err != nil {
			t.Fatal(err)
		}
		w := fixture.FindWindows(t, p, s)
		if m := w.Method; !m.Proved || m.PredictionFailures > 0 {
			t.Errorf("%s: %+v", c.kind, m)
		}
		if !slices.Equal(w.FailureWindows, c.want) {
			t.Errorf("%s: %v, want %v", c.kind, w.FailureWindows, c.want)
		}
		s.Sampling.Runs = -1 // without random runs, of which it makes 600 where a prediction has failed
		if m := fixture.FindWindows(t, onlyTheTrace{p}, s).Method; m.PredictionFailures == 0 {
			t.Errorf("%s: the trace alone shows it: %+v", c.kind, m)
		}
	}
}

// Two deadlines of one actor that are cancelled at one instant, and of which the later is
// not always the same, are told apart.
func TestTwoDeadlinesCancelledAtOnce(t *testing.T) {
	scenario := fixture.Find(t, "close-race")
	s := search.Search{Seed: 114, Values: fixture.Values(t, scenario, scenarios.Settings{
		"keep-alive": "500ms", "arrivals": "at-intervals", "client-timeout": "500ms", "flight-interval": "200ms",
		"loss": "0.2",
	})}
	s.Probe = scenarios.ProbeRange{Name: "handshake-timeout", From: 20 * time.Millisecond, To: 18 * time.Second}
	if m := fixture.FindWindows(t, fixture.Pool(t, 2), s).Method; !m.Proved || m.PredictionFailures > 0 {
		t.Errorf("%+v", m)
	}
}
