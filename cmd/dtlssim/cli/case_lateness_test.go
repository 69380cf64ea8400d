package cli

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// The early Finished of the case costs a second. As a failure of lateness, its window is exact: it
// begins where the ChangeCipherSpec arrives behind the Finished, 1 ns after they arrive together.
func TestCaseLateHandshake(t *testing.T) {
	path := testkit.Case(t, "finished-overtakes-ccs/case.yaml")
	var clean search.Windows
	answerTo(t, &clean, "window", path)
	if len(clean.FailureWindows) > 0 {
		t.Errorf("without a limit, the case fails in %v", clean.FailureWindows)
	}
	var late search.Windows
	answerTo(t, &late, "window", path, "--fail", "handshake > 500ms")
	if want := (search.Interval{From: 10_000_001, To: 3_000_000_000}); len(late.FailureWindows) != 1 ||
		late.FailureWindows[0] != want || !late.Method.Proved {
		t.Errorf("windows %v, proved %t; want %v", late.FailureWindows, late.Method.Proved, want)
	}
	for _, e := range late.Edges {
		if !strings.Contains(e.Above.Repeat, "--fail 'handshake>500ms'") {
			t.Errorf("the run at the edge is repeated by %q", e.Above.Repeat)
		}
	}
	var r run.Replication
	answerTo(t, &r, "run", path, "--fail", "handshake>500ms", "--set", "ccs-latency=200ms")
	if len(r.Exceeded) != 1 || r.Exceeded[0].Value != 1_060_000_000 || !r.Failed ||
		r.Outcome[len(r.Outcome)-1] != "handshake>500ms" {
		t.Errorf("outcome %v, exceeded %+v", r.Outcome, r.Exceeded)
	}
	code, out, _ := runHere("run", path, "--fail", "handshake>500ms", "--set", "ccs-latency=200ms")
	if code != verb.ExitOK || !strings.Contains(out, "\nfailed   handshake 1.06s > 500ms\n") {
		t.Errorf("exit code %d, and the text does not say why it failed:\n%s", code, out)
	}
}

// The file of the case may name the limit itself. Then it is the default of every verb, and the
// probability of lateness is as exact as any.
func TestCaseLatenessInAFile(t *testing.T) {
	source, err := os.ReadFile(testkit.Case(t, "finished-overtakes-ccs/case.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(source), "fail: [", "fail: [handshake > 500ms, ", 1)
	path := filepath.Join(t.TempDir(), "late.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var w search.Windows
	answerTo(t, &w, "window", path)
	if len(w.FailureWindows) != 1 || w.FailureWindows[0].From != 10_000_001 {
		t.Errorf("windows %v", w.FailureWindows)
	}
	var exact struct {
		Estimate float64 `json:"estimate"`
	}
	answerTo(t, &exact, "estimate", path, "--method", "exact", "--set", "ccs-latency=exponential(mean=20ms)",
		"--probe", "ccs-latency")
	if want := math.Exp(-0.5); math.Abs(exact.Estimate-want) > 1e-6 {
		t.Errorf("the handshake is late with probability %v, want %v", exact.Estimate, want)
	}
	for _, args := range [][]string{
		{"sweep", path, "--vary", "ccs-latency=5ms,50ms", "--replications", "4"},
		{"bands", path, "--vary", "stack=pion-v2,pion-v3"},
		{"explain", path},
		{"compare", path, "--vary", "ccs-latency=5ms,50ms", "--replications", "20"},
		{"measure", path, "--measure", "handshake", "--vary", "ccs-latency=5ms,50ms", "--replications", "4"},
	} {
		code, out, errs := runHere(args...)
		if code != verb.ExitOK || args[0] != "compare" && args[0] != "measure" && args[0] != "explain" &&
			args[0] != "bands" &&
			!strings.Contains(out, "handshake>500ms") {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
		if args[0] != "sweep" {
			continue
		}
		code, out, _ = runHere(append(args, "--format", "json")...)
		var s struct {
			Points []struct {
				Failures int
				Outcomes map[string]int
			}
		}
		if err := json.Unmarshal([]byte(out), &s); err != nil || code != verb.ExitOK || s.Points[0].Failures != 0 ||
			s.Points[1].Failures == 0 || s.Points[1].Outcomes["handshake>500ms"] != s.Points[1].Failures {
			t.Errorf("%v: %v %+v", args, err, s)
		}
	}
}
