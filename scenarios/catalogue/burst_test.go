package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// A ghost and the backlog. The ghost begins when the
// alert arrives, 60 ms and its latency after the start, or later if a handshake is under
// way; the next clients' hellos arrive at 160 ms, 310 ms and so on.
func TestBacklogBurstWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	ghost := scenarios.Settings{"alert-latency": "30ms"} // from 90 ms on
	const next, overflow = "next-handshake-failed", "backlog-overflow"
	fixture.ExpectCases(t, "backlog-burst", []windowCase{
		{"no remedy", nil, "alert-latency=10ms..60ms", "", fixture.Windows(11*ms+ns, 60*ms)},
		{"no remedy", nil, "alert-latency=10ms..60ms", overflow, fixture.Windows(11*ms+ns, 60*ms)},
		{"filter", scenarios.Settings{"remedy": "filter"}, "alert-latency=10ms..60ms", "", fixture.Windows()},
		{"concurrent", scenarios.Settings{"remedy": "concurrent"}, "alert-latency=10ms..60ms", next + "," + overflow,
			fixture.Windows()},
		{"concurrent, the ghost", scenarios.Settings{"remedy": "concurrent"}, "alert-latency=10ms..60ms", "",
			fixture.Windows(11*ms+ns, 60*ms)},
		{"short timeout", scenarios.Settings{"remedy": "short-timeout"}, "alert-latency=10ms..60ms",
			next + "," + overflow, fixture.Windows()},
		// Nothing is dropped, and nobody gets in.
		{"longer backlog", scenarios.Settings{"remedy": "longer-backlog"}, "alert-latency=10ms..60ms", overflow,
			fixture.Windows()},
		{"longer backlog", scenarios.Settings{"remedy": "longer-backlog"}, "alert-latency=10ms..60ms", next,
			fixture.Windows(11*ms+ns, 60*ms)},
		// Much is dropped, and everybody gets in.
		{"patient clients", scenarios.Settings{"remedy": "patient-clients"}, "alert-latency=10ms..60ms", overflow,
			fixture.Windows(11*ms+ns, 60*ms)},
		{"patient clients", scenarios.Settings{"remedy": "patient-clients"}, "alert-latency=10ms..60ms", next,
			fixture.Windows()},

		// G + T > L + (B + 1) g; at that very instant the hello comes before the time limit.
		{"the edge", ghost, "handshake-timeout=1260ms..1280ms", overflow, fixture.Windows(1270*ms, 1280*ms)},
		{"one place more", ghost.With(scenarios.Settings{"backlog": "9"}), "handshake-timeout=1410ms..1430ms", overflow,
			fixture.Windows(1420*ms, 1430*ms)},
		{"a later ghost", scenarios.Settings{"alert-latency": "37ms"}, "handshake-timeout=1255ms..1275ms", overflow,
			fixture.Windows(1263*ms, 1275*ms)},
		// The second client starts at 150 ms and waits for 3 s; its handshake needs 50 ms.
		{"patience", ghost, "handshake-timeout=3s..3020ms", next, fixture.Windows(3010*ms+ns, 3020*ms)},
	})
}

// Without any ghost, clients that come faster than handshakes are performed, one in two
// round trips (s), fill the backlog: the last of N finds it full if it comes before
// N - B - 1 handshakes are over, for g < s (N - B - 1) / (N - 1).
func TestBurstWithoutAGhost(t *testing.T) {
	testkit.NotShort(t)
	scenario, err := catalogue.Find("backlog-burst")
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	const s = 40 * time.Millisecond
	for _, c := range []struct{ clients, backlog int }{{12, 8}, {160, 128}, {200, 128}} {
		edge := s * time.Duration(c.clients-c.backlog-1) / time.Duration(c.clients-1) // rounded down
		for gap, dropped := range map[time.Duration]int64{edge: 1, edge + 1: 0} {
			o := outcomeOf(t, p, scenario, scenarios.Settings{
				"credentials": "psk", "clients": fmt.Sprint(c.clients), "backlog": fmt.Sprint(c.backlog),
				"gap": gap.String(), "client-timeout": "10s",
			})
			if slices.Contains(o.Outcome, "backlog-overflow") != (dropped > 0) ||
				o.Measures["backlog-drops"] != dropped ||
				o.Measures["longest-backlog"] != int64(c.backlog) ||
				completed(o) != c.clients {
				t.Errorf("%d clients every %s, backlog %d: %v %v, %d handshakes", c.clients, gap, c.backlog, o.Outcome,
					o.Measures, completed(o))
			}
		}
	}
}

// completed returns how many clients completed a handshake.
func completed(o run.Result) (n int) {
	for _, s := range o.Sessions {
		if s.Handshake == "completed" {
			n++
		}
	}
	return n
}

// What waited for longer than its client did is a ghost itself: a longer backlog, with
// room for more of them, loses more of Accept's time, and if clients go on coming it
// never ends.
func TestTheBacklogIsFullOfGhosts(t *testing.T) {
	testkit.NotShort(t)
	scenario, err := catalogue.Find("backlog-burst")
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	many := scenarios.Settings{"backlog": "128", "clients": "160", "client-timeout": "10s", "gap": "50ms"}
	all := scenarios.Settings{"backlog": "128", "clients": "30"}
	for _, c := range []struct {
		name      string
		set       scenarios.Settings
		wasted    time.Duration
		completed int
	}{
		{"8 of 11 wait", nil, 9 * 30 * time.Second, 1},
		{"all 11 wait", scenarios.Settings{"backlog": "16"}, 12 * 30 * time.Second, 1},
		// The second client comes before the alert.
		{"pion's own backlog, 160 clients", many, 129 * 30 * time.Second, 2},
		{"twice that", many.With(scenarios.Settings{"backlog": "256"}), 159 * 30 * time.Second, 2},
		{"a client every 20 s", all.With(scenarios.Settings{"gap": "20s"}), 30 * 30 * time.Second, 1},
		// The second client gives up 3 s after its start. The ghost ends at 30.09 s, and the
		// server completes its handshake if it is there 30 ms later, to send its last flight.
		// If not, it is as bad as one that was gone before.
		{"a client every 27.12 s, just gone", all.With(scenarios.Settings{"gap": "27.119999999s"}),
			30 * 30 * time.Second, 1},
		{"a client every 27.12 s, just there", all.With(scenarios.Settings{"gap": "27.120000001s"}), 30 * time.Second,
			29},
		{"a client every 20 s, timeout 3 s", all.With(scenarios.Settings{"gap": "20s", "handshake-timeout": "3s"}),
			3 * time.Second, 30},
	} {
		set := scenarios.Settings{"credentials": "psk", "alert-latency": "30ms"}
		o := outcomeOf(t, p, scenario, set.With(c.set))
		if got := time.Duration(o.Measures["accept-wasted"]); got != c.wasted || completed(o) != c.completed {
			t.Errorf("%s: Accept is lost for %s, want %s; %d handshakes, want %d", c.name, got, c.wasted, completed(o),
				c.completed)
		}
	}
}

// A handshake timeout of no more than a flight interval ends every handshake that
// loses a datagram.
func TestShortTimeoutAndLoss(t *testing.T) {
	scenario, err := catalogue.Find("backlog-burst")
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	lost := scenarios.Settings{"down": "19ms..21ms"} // the first client's second hello
	// The other clients wait until the first has sent its hello again.
	if o := outcomeOf(t, p, scenario, lost); !slices.Equal(o.Outcome, []string{"accept-blocked"}) {
		t.Errorf("handshake timeout 30s: %v", o.Outcome)
	}
	o := outcomeOf(t, p, scenario, lost.With(scenarios.Settings{"remedy": "short-timeout"}))
	if !slices.Contains(o.Outcome, "handshake-timeout") {
		t.Errorf("handshake timeout 1s: %v", o.Outcome)
	}
}
