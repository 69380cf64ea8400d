package cli

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// In the case, the first client loses power within its handshake, which holds Accept for 30 s: from the
// arrival of its hello at 10 ms to 30.01 s. The second client's hello arrives at 110 ms, so it waits for
// Accept for 29.9 s. The 29.96 s of which the case speaks are the second client's handshake: from
// sending its hello at 100 ms, with the wait, and 60 ms on the way.
func TestCasePowerCutBlocksAccept(t *testing.T) {
	path := testkit.Case(t, "accept-blocked-by-real-client/power-cut.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		var r run.Replication
		answerTo(t, &r, "run", path, "--set", "stack="+stack)
		if !r.Failed || !slices.Contains(r.Outcome, outcome.AcceptBlocked) ||
			slices.Contains(r.Outcome, outcome.GhostSession) ||
			r.Measures[outcome.AcceptBlocked] != int64(29900*time.Millisecond) {
			t.Errorf("%s: %v, failed: %v, %v", stack, r.Outcome, r.Failed, r.Measures)
		}
		if stack == "pion-v2" && r.Measures[outcome.Handshake] != int64(29960*time.Millisecond) {
			t.Errorf("the second client's handshake takes %s", time.Duration(r.Measures[outcome.Handshake]))
		}
	}
	// A client that comes when Accept is free again does not wait, until the first one's next hello.
	var w search.Windows
	answerTo(t, &w, "window", path, "--fail", "accept-blocked", "--probe", "gap=29999ms..30001ms")
	if want := []search.Interval{{From: 29.999e9, To: 30e9}}; !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
		t.Errorf("windows %v, want %v; proved: %v", w.FailureWindows, want, w.Method.Proved)
	}
}

// In the case, the second client gives up while it waits for Accept. Its session is no ghost.
func TestCaseSessionOfAClientThatGaveUp(t *testing.T) {
	path := testkit.Case(t, "accept-blocked-by-real-client/case.yaml")
	var r run.Replication
	answerTo(t, &r, "run", path)
	want := "session 2, which client 2 had begun and given up: the handshake timed out"
	if !r.Failed || !slices.Contains(r.Outcome, outcome.AcceptBlocked) ||
		slices.Contains(r.Outcome, outcome.GhostSession) || !slices.Contains(r.Server.Errors, want) ||
		strings.Contains(strings.Join(r.Server.Errors, "\n"), "no client") {
		t.Errorf("%v, failed: %v, errors %q", r.Outcome, r.Failed, r.Server.Errors)
	}
	// The second client's hello arrives 100 ms after the first one's, and it waits for 10 s.
	if got := time.Duration(r.Measures[outcome.AcceptBlocked]); got != 9990*time.Millisecond {
		t.Errorf("Accept is blocked for %s", got)
	}
	r = run.Replication{}
	answerTo(t, &r, "run", path, "--set", "mode=alive")
	if len(r.Outcome) > 0 || r.Measures[outcome.AcceptBlocked] != 0 {
		t.Errorf("with a client that goes on: %v, %v", r.Outcome, r.Measures)
	}
}
