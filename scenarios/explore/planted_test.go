package explore_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/scenarios/worker"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// onlyTheTrace is a Runner whose runs report no instants but those that the trace shows.
type onlyTheTrace struct{ explore.Runner }

func (r onlyTheTrace) Do(ctx context.Context, job worker.Job) (worker.Outcome, error) {
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
	p := testkit.Pool(t, 2)
	scenario := builtIn(t, "close-race")
	for _, c := range []struct {
		name   string
		set    scenarios.Settings
		at     time.Duration
		missed bool // by a search by traces alone
	}{
		{"the link is down", scenarios.Settings{"down": "10s..10.000000001s"}, 9919 * time.Millisecond, true},
		{"a line of a recording", scenarios.Settings{"uplink": "replay(" + recording + ")"}, 9919 * time.Millisecond, true},
		// The client closes at the instant at which the server gives up, on another host: a
		// nanosecond before, its alert arrives in time, and one later it has not closed.
		{"a deadline on another host", scenarios.Settings{"uplink": "1ns", "idle-timeout": "3s"}, 2990 * time.Millisecond, false},
	} {
		s := explore.Search{Scenario: scenario, Seed: 1, Settings: scenarios.Settings{"credentials": "psk", "clients": "1"}.With(c.set)}
		var err error
		if s.Probe, err = scenario.ParseProbe("client-pause=0s..20s"); err != nil {
			t.Fatal(err)
		}
		if s.Fail, err = scenario.ParsePredicate("half-open"); err != nil {
			t.Fatal(err)
		}
		w := find(t, p, s)
		if want := windows(c.at, c.at+1); !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
			t.Errorf("%s: %v, want %v; method %+v", c.name, w.FailureWindows, want, w.Method)
		}
		by := find(t, onlyTheTrace{p}, s)
		if missed := len(by.FailureWindows) == 0; missed != c.missed {
			t.Errorf("%s: by traces alone %v: missed is %v, want %v", c.name, by.FailureWindows, missed, c.missed)
		}
	}
}
