package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// reasonLine is a line of JSON about a reason.
type reasonLine struct {
	At       int64  `json:"at_ns"`
	Host     string `json:"host"`
	Kind     string `json:"kind"`
	Datagram string `json:"datagram"`
	Reason   string `json:"reason"`
	Inferred bool   `json:"inferred"`
	Record   struct {
		Content  string `json:"content"`
		Epoch    int    `json:"epoch"`
		Sequence int    `json:"sequence"`
	} `json:"record"`
	Window int `json:"window"`
}

// traced runs a scenario. It returns the lines of the table with reasons, and the reasons in JSON.
func traced(t *testing.T, args ...string) (lines []string, reasons []reasonLine) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	code, out, errs := runHere(append([]string{"run"}, append(args, "--trace", path)...)...)
	if code != verb.ExitOK {
		t.Fatalf("%q: exit code %d: %s", args, code, errs)
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "  .. ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var r reasonLine
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		if r.Kind == "reason" {
			reasons = append(reasons, r)
		}
	}
	return lines, reasons
}

// expectLines holds the lines about reasons against expressions: each fits exactly one.
func expectLines(t *testing.T, lines []string, expressions ...string) {
	t.Helper()
	for _, e := range expressions {
		fits := 0
		for _, line := range lines {
			if regexp.MustCompile(e).MatchString(line) {
				fits++
			}
		}
		if fits != 1 {
			t.Errorf("%d lines fit %q, want one:\n%s", fits, e, strings.Join(lines, "\n"))
		}
	}
}

// count counts the reasons of a name.
func count(reasons []reasonLine, name string) (n int) {
	for _, r := range reasons {
		if r.Reason == name {
			n++
		}
	}
	return n
}

// The client repeats its first hello under the same record number. The trace says in one line that
// the server drops the copies as replays, and JSON says it of each.
func TestCaseRepeatedUnderTheSameNumber(t *testing.T) {
	path := testkit.Case(t, "hvr-lost-same-record-number/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		lines, reasons := traced(t, path, "--set", "stack="+stack)
		expectLines(t, lines, `^1\.010000000 +server +endpoint of session 1 +\.\. drops ClientHello 0/0: a replay, the record `+
			`was seen before; and 8 more copies, the last at 9\.010000000$`)
		if n := count(reasons, "replay"); n != 9 {
			t.Errorf("%s: %d replays in JSON, want 9", stack, n)
		}
		for _, r := range reasons {
			if r.Reason == "replay" && (r.Inferred || r.Host != "server" || r.Datagram != "client-1#1" ||
				r.Record.Content != "ClientHello" || r.Record.Epoch != 0 || r.Record.Sequence != 0) {
				t.Errorf("%s: %+v", stack, r)
			}
		}
	}
}

// The server's Finished overtakes its ChangeCipherSpec. The client queues it and never reads it.
func TestCaseEarlyFinishedIsNeverRead(t *testing.T) {
	path := testkit.Case(t, "finished-overtakes-ccs/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		lines, reasons := traced(t, path, "--set", "ccs-latency=15ms", "--set", "stack="+stack)
		expectLines(t, lines, `^0\.060000000 +client +client-1 +\.\. queues Finished 1/0 for epoch 1: the peer's epoch is 0; `+
			`it never reads this queue$`)
		for _, r := range reasons {
			if r.Host == "client" && r.Reason == "read-from-queue" {
				t.Errorf("%s: %+v", stack, r)
			}
		}
		// a server does read its queue: the ChangeCipherSpec and the Finished come with the messages
		if _, reasons = traced(t, path, "--set", "endpoint-mtu=1200", "--set", "stack="+stack); count(
			reasons, "read-from-queue") != 2 {
			t.Errorf("%s: the server reads %d records from its queue, want 2", stack, count(reasons, "read-from-queue"))
		}
	}
}

// The slow record is behind the replay window, and the trace says so, with the window's size.
func TestCaseOlderThanTheReplayWindow(t *testing.T) {
	path := testkit.Case(t, "replay-window-multipath/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		lines, reasons := traced(t, path, "--set", "slow=500ms", "--set", "stack="+stack)
		expectLines(t, lines, `server +session 1 +\.\. drops ApplicationData 1/\d+: older than the replay window of 64, the `+
			`newest record is 1/\d+$`)
		if count(reasons, "behind-window") != 1 {
			t.Errorf("%s: %+v", stack, reasons)
		}
		if _, reasons = traced(t, path, "--set", "slow=500ms", "--set", "replay-window=128", "--set", "stack="+stack); count(
			reasons, "behind-window") != 0 {
			t.Errorf("%s: with a window of 128 records, %+v", stack, reasons)
		}
		_, reasons = traced(t, path, "--set", "slow=500ms", "--set", "replay-window=7", "--set", "stack="+stack)
		for _, r := range reasons {
			if r.Reason == "behind-window" && r.Window != 7 {
				t.Errorf("%s: %+v", stack, r)
			}
		}
	}
}

// explain says what the endpoints made of records in the failing example.
func TestExplainHasReasons(t *testing.T) {
	testkit.NotShort(t)
	code, out, errs := runHere("explain", "duplicate-hello")
	if code != verb.ExitOK || !strings.Contains(out, "(server) queues Alert 1/2 for epoch 1: the peer's") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	var e struct{ Reasons []string }
	answerTo(t, &e, "explain", "duplicate-hello")
	if len(e.Reasons) < 2 || !strings.HasPrefix(e.Reasons[0], "at ") {
		t.Errorf("reasons in JSON: %q", e.Reasons)
	}
}
