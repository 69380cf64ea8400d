package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// The server of the case drops the association and says nothing: each of the client's 19 messages is
// lost, and it holds a stale association. If the server says so, the client sends none.
func TestCaseServerForgetsClient(t *testing.T) {
	path := testkit.Case(t, "server-forgets-client/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		var r run.Replication
		answerTo(t, &r, "run", path, "--set", "stack="+stack)
		if !r.Failed || !slices.Equal(r.Outcome, []string{outcome.DataLost, outcome.StaleAssociation}) ||
			r.Measures[outcome.DataLost] != 19 {
			t.Errorf("%s: %v, failed: %v, %v", stack, r.Outcome, r.Failed, r.Measures)
		}
		code, out, _ := runHere("run", path, "--set", "stack="+stack)
		for _, want := range []string{
			"data lost: 19 messages: client 1, messages 2 to 20 of 20", "stale association: the server has dropped it",
		} {
			if code != verb.ExitOK || strings.Count(out, want) != 1 {
				t.Errorf("%s: exit code %d, the trace does not say once %q:\n%s", stack, code, want, out)
			}
		}
		r = run.Replication{}
		answerTo(t, &r, "run", path, "--set", "stack="+stack, "--set", "farewell=sent")
		if len(r.Outcome) > 0 || r.Measures[outcome.DataLost] != 0 {
			t.Errorf("%s, with a farewell: %v, %v", stack, r.Outcome, r.Measures)
		}
	}
}

// The client of the case loses messages from its first keep-alive on: with a pause of more than 3 s,
// it sends one when the server has dropped the association.
func TestCaseServerForgetsClientWindow(t *testing.T) {
	path := testkit.Case(t, "server-forgets-client/case.yaml")
	var w search.Windows
	answerTo(t, &w, "window", path, "--fail", "stale-association", "--probe", "client-pause=0s..10s")
	if want := []search.Interval{{From: 3e9 + 1, To: 10e9}}; !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
		t.Errorf("windows %v, want %v; proved: %v", w.FailureWindows, want, w.Method.Proved)
	}
}

// The slow record of the case is one message of 400, and the trace says which.
func TestCaseReplayWindowLosesAMessage(t *testing.T) {
	path := testkit.Case(t, "replay-window-multipath/case.yaml")
	var r run.Replication
	answerTo(t, &r, "run", path, "--set", "slow=400ms")
	if !r.Failed || !slices.Equal(r.Outcome, []string{outcome.DataLost}) || r.Measures[outcome.DataLost] != 1 {
		t.Errorf("%v, failed: %v, %v", r.Outcome, r.Failed, r.Measures)
	}
	if _, out, _ := runHere("run", path, "--set", "slow=400ms"); !strings.Contains(out,
		"data lost: client 1, message 50 of 400") {
		t.Errorf("the trace does not say which message was lost:\n%s", out)
	}
	// A record is sent every 5 ms: the 64th after it has arrived before.
	var w search.Windows
	answerTo(t, &w, "window", path, "--probe", "slow=325ms..335ms")
	if want := []search.Interval{{From: 330e6 + 1, To: 335e6}}; !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
		t.Errorf("windows %v, want %v; proved: %v", w.FailureWindows, want, w.Method.Proved)
	}
}
