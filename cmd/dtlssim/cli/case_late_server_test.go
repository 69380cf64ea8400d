package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// copyOfCase writes a case with other lines into a new file and returns its path. Each line of it
// that begins with a key of lines is replaced; an empty value takes the line out.
func copyOfCase(t *testing.T, name string, lines map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(testkit.Case(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		for begins, instead := range lines {
			if strings.HasPrefix(line, begins) {
				line = instead
				delete(lines, begins)
			}
		}
		kept = append(kept, line)
	}
	if len(lines) > 0 {
		t.Fatalf("%s has no line that begins with one of %v", name, lines)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(path, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answerTo asks a question whose answer is JSON, and succeeds.
func answerTo(t *testing.T, to any, args ...string) {
	t.Helper()
	code, out, errs := runHere(append(args, "--format", "json")...)
	if code != verb.ExitOK {
		t.Fatalf("%q: exit code %d: %s", args, code, errs)
	}
	if err := json.Unmarshal([]byte(out), to); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
}

// A client begins before the server reads. Without a queue, its hellos are lost until the server is
// there, and the trace says so; with one, the first is answered late. On every model, the search
// finds the instants at which one more hello is lost, and proves that there are no others.
func TestCaseHelloBeforeServerReady(t *testing.T) {
	testkit.NotShort(t)
	path := copyOfCase(t, "hello-before-server-ready/case.yaml", map[string]string{
		"server:": "server: {model: concurrent, server-start: 0s, credentials: psk}\n",
		"probe:":  "probe: server-start=0s..2500ms\n",
		"parameters:": "parameters:\n" +
			"  - {name: ready, type: choice, default: in-time, choices: [late, in-time], meaning: as in the case}\n",
		"  - {name: ready,": "",
	})
	for _, on := range testkit.Few([][2]string{
		{"sequential", "pion-v2"}, {"listener", "pion-v3"}, {"concurrent", "pion-v2"},
		{"sequential", "pion-v3"}, {"listener", "pion-v2"}, {"concurrent", "pion-v3"},
	}, 3, 3) {
		model, stack := on[0], on[1]
		args := func(verb string, set ...string) []string {
			list := []string{verb, path, "--set", "model=" + model, "--set", "stack=" + stack}
			for _, s := range set {
				list = append(list, "--set", s)
			}
			return list
		}
		const handshake = 60 * time.Millisecond
		for _, c := range []struct {
			start, queue string
			want         time.Duration // of the handshake
		}{
			{"0s", "none", handshake}, {"0s", "kernel", handshake},
			{"9999999ns", "none", handshake}, {"9999999ns", "kernel", handshake},
			// a datagram that arrives at the very instant comes before the server
			{"10ms", "none", time.Second + handshake}, {"10ms", "kernel", handshake},
			{"500ms", "none", time.Second + handshake}, {"500ms", "kernel", 490*time.Millisecond + handshake},
		} {
			var r run.Replication
			answerTo(t, &r, args("run", "server-start="+c.start, "server-start-queue="+c.queue)...)
			if got := time.Duration(r.Sessions[0].HandshakeTime); got != c.want {
				t.Errorf("%s, %s, start %s, queue %s: the handshake takes %s, want %s", model, stack, c.start,
					c.queue, got, c.want)
			}
		}
		var w search.Windows
		answerTo(t, &w, args("window", "server-start-queue=none")...)
		bound := func(at time.Duration) bool {
			return slices.ContainsFunc(w.Cells, func(c search.Cell) bool { return c.From == int64(at) })
		}
		if !w.Method.Proved || !bound(10*time.Millisecond) || !bound(1010*time.Millisecond) {
			t.Errorf("%s, %s: proved %t, cells %+v", model, stack, w.Method.Proved, w.Cells)
		}
		if answerTo(t, &w, args("window", "server-start-queue=kernel")...); !w.Method.Proved {
			t.Errorf("%s, %s: with a queue, windows are not proved", model, stack)
		}
	}
	code, out, errs := runHere("run", path, "--set", "server-start=500ms")
	if want := "dropped: no socket is bound to the port"; code != verb.ExitOK || !strings.Contains(out, want) {
		t.Errorf("the trace does not say %q:\n%s%s", want, out, errs)
	}
}

// Two hellos of one peer, and one of another, wait until the server reads: each is handled, in the
// order in which they came.
func TestLateServerReadsItsQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "queue.yaml")
	if err := os.WriteFile(path, []byte(`
name: queue
summary: Two clients wait for a server that starts late.
server: {model: concurrent, server-start: 2500ms, server-start-queue: kernel, credentials: psk}
clients: {client: waits, clients: 2, arrivals: at-intervals, gap: 50ms}
probe: server-start=0s..5s
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, set := range []string{"model=sequential", "model=listener", "model=concurrent", "filter=client-hello",
		"rehandshake=parallel", "backlog=1"} {
		code, out, errs := runHere("run", path, "--set", set, "--fail", "handshake-timeout,data-lost")
		if code != verb.ExitOK || !strings.Contains(out, "passed") {
			t.Errorf("%s: exit code %d\n%s%s", set, code, out, errs)
		}
		// each client sent three hellos before the server read; each answer is sent, and arrives
		if set != "model=sequential" && strings.Count(out, "HelloVerifyRequest") < 2*2*3 {
			t.Errorf("%s: a hello that waited is lost\n%s", set, out)
		}
	}
}

// In the case as it stands, the first hello is lost, and lateness is a failure if the user says so. A
// handshake takes six latencies: with the first hello read, it is longer than 500 ms from a sixth of
// that on, to the nanosecond; with the first hello lost, it always is.
func TestCaseHelloBeforeServerReadyIsLate(t *testing.T) {
	path := testkit.Case(t, "hello-before-server-ready/case.yaml")
	for ready, from := range map[string]int64{"late": 0, "in-time": 83_333_334} {
		args := []string{path, "--set", "credentials=psk", "--set", "ready=" + ready, "--fail"}
		var r run.Replication
		answerTo(t, &r, append([]string{"run"}, append(args, "handshake>500ms")...)...)
		late := ready == "late"
		if r.Failed != late || slices.Contains(r.Outcome, "handshake>500ms") != late {
			t.Errorf("%s: failed: %t, %v", ready, r.Failed, r.Outcome)
		}
		r = run.Replication{}
		if answerTo(t, &r, append([]string{"run"}, append(args, "data-lost")...)...); r.Failed {
			t.Errorf("%s: failed without the limit: %v", ready, r.Outcome)
		}
		var w search.Windows
		answerTo(t, &w, append([]string{"window"}, append(args, "handshake>500ms")...)...)
		want := []search.Interval{{From: from, To: int64(100 * time.Millisecond)}}
		if !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
			t.Errorf("%s: windows %v, want %v; proved: %t", ready, w.FailureWindows, want, w.Method.Proved)
		}
	}
}
