package search_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
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

type windowCase fixture.WindowCase

// The windows of cases 1a, 1b and 2 of the founding report, and of the negative
// control, against their formulas, to the nanosecond. With d the gap between data
// and alert at the sender (0 for a client that closes first), Ld and La their
// latencies, P the server's time from the arrival of the data to the release, and W
// the linger:
//
//	1a  fails for d + La - Ld > P + W, and for La < Ld, where the data is overtaken
//	1b  fails for reply path + La + client time > W
//	2   an alert that arrives during the next session is deferred, and breaks the one after
func TestFoundingWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	fixture.ExpectCases(t, "late-close-notify", []windowCase{
		{"1a", scenarios.Settings{}, "alert-latency=0s..300ms", "",
			fixture.Windows(0, 10*ms, 11*ms+ns, 300*ms)},
		{"1a, the next handshake alone", scenarios.Settings{}, "alert-latency=0s..300ms", "next-handshake-failed",
			// Until the second client's hello arrives: its gap after the first has ended.
			fixture.Windows(0, 10*ms, 11*ms+ns, 110*ms+ns)},
		{"1a, service", scenarios.Settings{"service": "7ms", "latency": "3ms"}, "alert-latency=3ms..100ms", "",
			fixture.Windows(10*ms+ns, 100*ms)},
		{"1a, linger", scenarios.Settings{"linger": "50ms"}, "alert-latency=10ms..300ms", "",
			fixture.Windows(61*ms+ns, 300*ms)},
		{"1a, linger in the wrong place", scenarios.Settings{"pause-after-release": "50ms"},
			"alert-latency=10ms..300ms", "", fixture.Windows(11*ms+ns, 300*ms)},
		// Of 64 kbit/s the alert's 39 bytes, with 28 of headers, take 8.375 ms, and the line is
		// the data's until the alert is on it: d is as long, though the client closes first.
		{"1a, a line of 64 kbit/s", scenarios.Settings{"linger": "20ms", "bandwidth": "64kbit/s"},
			"alert-latency=0s..100ms", "",
			fixture.Windows(0, 10*ms-8375*time.Microsecond, 31*ms-8375*time.Microsecond+ns, 100*ms)},
		{"1a, rejected", scenarios.Settings{"first-record": "reject"}, "alert-latency=10ms..300ms", "",
			fixture.Windows(11*ms+ns, 300*ms)},
		{"1a, rejected, the next handshake", scenarios.Settings{"first-record": "reject"}, "alert-latency=10ms..300ms",
			"next-handshake-failed", fixture.Windows()},
		{"1a, recognised", scenarios.Settings{"remedy": "recognise"}, "alert-latency=10ms..300ms", "",
			fixture.Windows()},
		{"1a, other server port", scenarios.Settings{"remedy": "server-port"}, "alert-latency=10ms..300ms", "",
			fixture.Windows()},
		{"1a, the report's recommendation", scenarios.Settings{"remedy": "linger+recognise"},
			"alert-latency=10ms..300ms", "", fixture.Windows()},
		// A finding: the ghost is connected to the first client's address. A second
		// client that reuses it finds the ghost waiting, and completes its handshake with
		// it: what the report's fourth remedy takes for harmful rescues the session.
		{"1a, the next client reuses the 5-tuple", scenarios.Settings{"client-port": "same"},
			"alert-latency=10ms..110ms", "", fixture.Windows()},
		{"1b", scenarios.Settings{"client": "waits"}, "alert-latency=0s..100ms", "", fixture.Windows(0, 100*ms)},
		{"1b, linger", scenarios.Settings{"client": "waits", "linger": "50ms"}, "alert-latency=0s..100ms", "",
			fixture.Windows(40*ms+ns, 100*ms)},
		// The client answers the server's close_notify during its pause: the pause is
		// no part of the condition then.
		{"1b, pause", scenarios.Settings{"client": "waits", "client-pause": "5ms", "linger": "50ms"},
			"alert-latency=0s..100ms", "", fixture.Windows(40*ms+ns, 100*ms)},
		{"1b, linger shorter than the round trip", scenarios.Settings{"client": "waits", "linger": "9ms"},
			"alert-latency=0s..100ms", "", fixture.Windows(0, 100*ms)},
		{"1b, recognised", scenarios.Settings{"client": "waits", "remedy": "recognise"}, "alert-latency=0s..300ms", "",
			fixture.Windows()},
		{"2, three clients, the last handshake", scenarios.Settings{"clients": "3"}, "alert-latency=10ms..190ms",
			"next-handshake-failed", fixture.Windows(11*ms+ns, 190*ms)},
		{"2, a wait after the release does not help", scenarios.Settings{"clients": "3", "pause-after-release": "50ms"},
			"alert-latency=120ms..180ms", "next-handshake-failed", fixture.Windows(120*ms, 180*ms)},
		{"negative control", scenarios.Settings{}, "latency=0s..300ms", "", fixture.Windows()},
		{"negative control, linger", scenarios.Settings{}, "linger=0s..300ms", "", fixture.Windows()},
	})
}

// tiny is the founding scenario scaled to nanoseconds, where a brute-force scan of every
// value is possible. Only the endpoints' retransmissions stay out of reach.
func tiny(r *rand.Rand) scenarios.Settings {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	ns := func(most int) string { return fmt.Sprintf("%dns", r.IntN(most)) }
	set := scenarios.Settings{
		"credentials": "psk", "latency": fmt.Sprintf("%dns", 1+r.IntN(30)), "service": ns(20), "linger": ns(40),
		"gap":                 ns(60),
		"pause-after-release": ns(20), "client": pick("closes-first", "waits"), "client-pause": ns(30),
		"first-record": pick("stack", "reject", "discard"), "server-port": pick("same", "same", "rotate"),
		"client-port": pick("new", "same"), "clients": pick("2", "3"),
		// Short, so that a ghost does not cost many retransmissions.
		"handshake-timeout": "3us", "client-timeout": "2us", "read-timeout": "2us", "flight-interval": "1us",
	}
	if r.IntN(2) == 0 {
		set["downlink"] = "uniform(1ns,40ns)"
	}
	if r.IntN(2) == 0 { // a datagram takes from 1 to 30 ns of the line
		set["bandwidth"], set["queue"] = pick("50Gbit/s", "200Gbit/s", "1000Gbit/s"), pick("1", "2", "100")
	}
	if r.IntN(4) == 0 {
		set["reorder"], set["reorder-delay"], set["correlation"] = "0.3", "uniform(1ns,40ns)", "0.5"
	}
	return set
}

// scan runs every value of the probe: the plain oracle.
func scan(t *testing.T, r run.Runner, s search.Search) []search.Cell {
	t.Helper()
	var cells []search.Cell
	for x := s.Probe.From; x < s.Probe.To; x++ {
		o, err := r.Do(context.Background(), run.Job{
			Values: fixture.With(t, s.Values, scenarios.Settings{s.Probe.Name: x.String()}), Seed: s.Seed,
		})
		if err != nil || o.Status != run.Completed {
			t.Fatalf("%v %s %s", err, o.Status, o.Dump)
		}
		if n := len(cells); n > 0 && cells[n-1].Signature == o.Signature &&
			slices.Equal(cells[n-1].Outcome, o.Outcome) {
			cells[n-1].To = int64(x) + 1
			continue
		}
		cells = append(
			cells,
			search.Cell{From: int64(x), To: int64(x) + 1, Outcome: o.Outcome, Failed: o.Failed, Signature: o.Signature},
		)
	}
	return cells
}

// The search finds the cells that a scan of every nanosecond finds.
func TestSearchAgainstExhaustiveScan(t *testing.T) {
	seed := testkit.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	cases := testkit.Budget(2, 3, 40)
	p := fixture.Pool(t, 2)
	for i := range cases {
		set := tiny(random)
		name := []string{"alert-latency", "alert-latency", "alert-latency", "linger", "gap", "service",
			"client-pause"}[random.IntN(7)]
		delete(set, name)
		s := search.Search{Values: fixture.Values(t, fixture.Scenario(t), set), Seed: seed + uint64(i)}
		s.Probe = scenarios.ProbeRange{Name: name, To: 150}
		got := fixture.FindWindows(t, p, s)
		if want := scan(t, p, s); !reflect.DeepEqual(got.Cells, want) {
			t.Fatalf(
				"case %d, seed %d, probe %s, settings %v:\nsearch %v\nscan   %v",
				i,
				s.Seed,
				s.Probe,
				set,
				got.Cells,
				want,
			)
		}
		if got.Runs >= 150 && len(got.Cells) < 10 {
			t.Errorf("case %d: %d cells took %d runs", i, len(got.Cells), got.Runs)
		}
	}
}

// What no trace shows bounds a cell all the same: the endpoint's timer of retransmission.
func TestHiddenTimer(t *testing.T) {
	p := fixture.Pool(t, 2)
	s := fixture.Question(t, scenarios.Settings{"flight-interval": "1s", "clients": "1"}, "downlink=900ms..1100ms")
	w := fixture.FindWindows(t, p, s)
	// With 10 ms up, the hello's answer comes 10 ms + x after the hello; the client
	// repeats the hello after 1 s, and at that very instant the timer comes first.
	edge := int64(990 * time.Millisecond)
	if !slices.ContainsFunc(w.Cells, func(c search.Cell) bool { return c.From == edge }) {
		t.Errorf("no cell begins where the retransmission does: %v", w.Cells)
	}
	if !w.Method.Proved || w.Method.PredictionFailures > 0 {
		t.Errorf("method %+v", w.Method)
	}
}

// A range may have no end, where that is asked for.
func TestParseOpenProbe(t *testing.T) {
	s := fixture.Scenario(t)
	for text, want := range map[string]scenarios.ProbeRange{
		"gap=5ms..":         {Name: "gap", From: 5 * time.Millisecond, To: scenarios.Forever},
		" gap = 5ms .. ":    {Name: "gap", From: 5 * time.Millisecond, To: scenarios.Forever},
		"gap=5ms..1s":       {Name: "gap", From: 5 * time.Millisecond, To: time.Second},
		"alert-latency=0..": {Name: "alert-latency", To: scenarios.Forever},
	} {
		got, err := s.ParseOpenProbe(text)
		if err != nil || got != want {
			t.Errorf("%q is read as %v (%v)", text, got, err)
		}
		if again, err := s.ParseOpenProbe(got.String()); err != nil || again != got {
			t.Errorf("%q is read as %v (%v)", got, again, err)
		}
	}
	for _, text := range []string{"", "..", "gap", "gap..", "gap=..", "=1s..", "gap=1..", "gap=-1s..", "gap=1001h..",
		"gapp=1s..", "clients=1s..", "gap=1s..."} {
		if p, err := s.ParseOpenProbe(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
	if p, err := s.ParseProbe("gap=5ms.."); err == nil || !strings.Contains(err.Error(), "the range has no end") {
		t.Errorf("a range without an end is read as %v (%v) where there has to be one", p, err)
	}
}

// What runs report of their instants is the same in different processes.
func TestWatchedRepeats(t *testing.T) {
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	all := everything()
	for i := range 40 {
		s := all.random(rand.New(rand.NewPCG(seed, uint64(i))), uint64(i))
		v, err := s.Values.With(s.Probe.Name, s.Probe.From)
		if err != nil {
			t.Fatal(err)
		}
		job := run.Job{Values: v, Seed: s.Seed, Watch: true}
		one, other, err := p.Twice(context.Background(), job)
		if err != nil || one.Watched == nil || !reflect.DeepEqual(one.Watched, other.Watched) {
			t.Fatalf("%v\n%+v\n%+v\n%s", err, one.Watched, other.Watched, one.Repeat)
		}
	}
}

func TestSenselessSearches(t *testing.T) {
	for probe, want := range map[string]string{
		"alert-latenzy=0s..1s": "Did you mean alert-latency?",
		"client=0s..1s":        "only a duration or a latency distribution can be varied",
		"clients=0s..1s":       "only a duration or a latency distribution can be varied",
	} {
		if _, err := fixture.Scenario(t).ParseProbe(probe); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", probe, err, want)
		}
	}
	s := fixture.Question(t, scenarios.Settings{"alert-latency": "1ms"}, "alert-latency=0s..1s")
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "is varied, and set to 1ms as well") {
		t.Errorf("error %v", err)
	}
	for _, text := range []string{"", "alert-latency", "alert-latency=", "alert-latency=1s", "alert-latency=2s..1s",
		"=1s..2s",
		"alert-latency=a..b", "alert-latency=-1s..1s", "alert-latency=1..2"} {
		if p, err := fixture.Scenario(t).ParseProbe(text); err == nil {
			t.Errorf("probe %q was read as %v", text, p)
		}
	}
}
