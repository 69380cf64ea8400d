package catalogue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// listening is a listener and two honest clients, which come soon after each other.
const listening = `
name: listening
summary: two clients come to a listener whose Accept performs handshakes
server: {model: listener, filter: client-hello}
clients: {client: waits, clients: 2, arrivals: at-intervals, gap: 100ms}
parameters:
  - {name: second-hello, type: duration, default: 10ms, meaning: latency of the first client's second hello}
rules:
  - {name: slow, match: {client: 1, from: client, message: client-hello, nth: 2}, latency: second-hello}
probe: gap=0s..200ms
fail: [accept-blocked]
`

// A client waits for Accept while another handshake is under way, be that honest, and for exactly
// that long. Handshakes that have a goroutine each hold up nobody, unless their number is limited.
func TestAcceptIsBlockedByHonestClients(t *testing.T) {
	s, err := format.Parse("listening.yaml", []byte(listening))
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	const ms = time.Millisecond
	for _, c := range []struct {
		name    string
		set     scenarios.Settings
		blocked time.Duration
	}{
		// The server's part of a handshake takes 40 ms.
		{"one after the other", nil, 0},
		{"overlapping", scenarios.Settings{"gap": "10ms"}, 30 * ms},
		{"at once", scenarios.Settings{"gap": "0s"}, 40 * ms},
		{"just over", scenarios.Settings{"gap": "40ms"}, 0},
		{"the first is slow", scenarios.Settings{"second-hello": "310ms"}, 240 * ms},
		{"the second gives up", scenarios.Settings{"second-hello": "310ms", "client-timeout": "150ms"}, 140 * ms},
		{"three clients", scenarios.Settings{"gap": "10ms", "clients": "3"}, (30 + 40) * ms},
		{"concurrent", scenarios.Settings{"model": "concurrent", "gap": "0s"}, 0},
		{"concurrent, one at a time", scenarios.Settings{"model": "concurrent", "gap": "10ms", "concurrency": "1"}, 30 * ms},
		{"concurrent, two at a time",
			scenarios.Settings{"model": "concurrent", "gap": "10ms", "concurrency": "2"}, 0},
		// What holds the place is no handshake, but a session.
		{"one long session at a time", scenarios.Settings{"model": "concurrent", "concurrency": "1", "service": "1s"}, 0},
	} {
		o := outcomeOf(t, p, s, c.set)
		if got := time.Duration(o.Measures[outcome.AcceptBlocked]); got != c.blocked ||
			slices.Contains(o.Outcome, outcome.AcceptBlocked) != (c.blocked > 0) {
			t.Errorf("%s: blocked for %s, want %s; %v", c.name, got, c.blocked, o.Outcome)
		}
	}
	w := fixture.FindWindows(t, p, search.Search{Values: fixture.Values(t, s, nil), Seed: 1, Probe: s.Probe})
	if want := fixture.Windows(0, 40*ms); !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
		t.Errorf("windows %v, want %v; proved: %v", w.FailureWindows, want, w.Method.Proved)
	}
	// The second client has given up, or has not, when its hello arrives behind the first one's.
	probe, err := s.ParseProbe("client-timeout=1ms..30ms")
	if err != nil {
		t.Fatal(err)
	}
	late := fixture.Values(t, s, scenarios.Settings{"gap": "2ms", "second-hello": "310ms"})
	w = fixture.FindWindows(t, p, search.Search{Values: late, Seed: 1, Probe: probe})
	if want := fixture.Windows(10*ms+1, 30*ms); !slices.Equal(w.FailureWindows, want) || !w.Method.Proved {
		t.Errorf("windows %v, want %v; proved: %v", w.FailureWindows, want, w.Method.Proved)
	}
}
