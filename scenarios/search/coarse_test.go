package search_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// A search by bisection finds the same edges, to the nanosecond, as one that follows slopes, and claims no
// proof. Edges that none of its values and random values lie between are not found, and it says
// how far apart these are.
func TestCoarseSearch(t *testing.T) {
	p := fixture.Pool(t, 2)
	exact := fixture.Find(t, "late-close-notify")
	coarse := *exact
	coarse.Coarse, coarse.TimersKnown, coarse.TimersUnknown = true, false, "clocks are coarse"
	ask := func(s *scenarios.Scenario, probe string) *search.Windows {
		t.Helper()
		q := search.Search{Seed: 1, Values: fixture.Values(t, s, scenarios.Settings{"credentials": "psk"})}
		var err error
		if q.Probe, err = s.ParseProbe(probe); err != nil {
			t.Fatal(err)
		}
		if q.Fail, err = s.ParsePredicate(""); err != nil {
			t.Fatal(err)
		}
		return fixture.FindWindows(t, p, q)
	}
	const probe = "alert-latency=0s..300ms"
	want, got := ask(exact, probe), ask(&coarse, probe)
	if len(want.FailureWindows) < 2 || !reflect.DeepEqual(got.FailureWindows, want.FailureWindows) {
		t.Errorf("by bisection %v, by slopes %v", got.FailureWindows, want.FailureWindows)
	}
	m := got.Method
	if m.Proved || m.WhyNot != "clocks are coarse" || m.RandomRuns != 60 || !m.Bisected ||
		m.LargestUnverifiedGap == 0 || m.LargestUnverifiedGap > 300_000_000/64 {
		t.Errorf("method %+v", m)
	}
	if got.Runs > 250 {
		t.Errorf("%d runs", got.Runs)
	}
	q := search.Search{Seed: 1, Values: fixture.Values(t, &coarse, nil)}
	q.Probe = scenarios.ProbeRange{Name: "alert-latency", To: scenarios.Forever}
	q.Fail, _ = coarse.ParsePredicate("")
	if _, err := search.FindWindows(t.Context(), p, q); err == nil || !strings.Contains(err.Error(), "an end") {
		t.Errorf("a range without an end: %v", err)
	}
}
