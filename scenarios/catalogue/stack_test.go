package catalogue_test

import (
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Every scenario of the catalogue has the same failure windows with both stacks, but for
// three.
func TestWindowsOfStacks(t *testing.T) {
	testkit.NotShort(t)
	const s, ms, ns = time.Second, time.Millisecond, time.Nanosecond
	differ := map[string]map[string][]search.Interval{
		// The client's last hello within its patience of 10 s is sent after 9 s by v2, whose
		// interval stays 1 s, and after 7 s by v3: that meets the server's idle timeout of 30 s
		// for 2 s longer.
		"silent-restart": {
			"pion-v2": fixture.Windows(0, 21*s+ms+ns), "pion-v3": fixture.Windows(0, 23*s+ms+ns),
		},
		// Once a handshake is complete, v3 drops alerts in the clear.
		"plaintext-alert": {
			"pion-v2": fixture.Windows(10*ms, 101*ms+ns), "pion-v3": fixture.Windows(10*ms, 50*ms+ns),
		},
		// Neither Close nor Read of v3 waits for the timer of the last flight.
		"finish-stall": {
			"pion-v2": fixture.Windows(990*ms, 1031*ms+ns), "pion-v3": fixture.Windows(),
		},
	}
	p := fixture.Pool(t, 2)
	alike := 0
	for _, scenario := range catalogue.All() {
		if _, known := differ[scenario.Name]; !known {
			if alike++; alike > testkit.Budget(0, 4, 100) {
				continue
			}
		}
		found := map[string][]search.Interval{}
		for _, stack := range []string{"pion-v2", "pion-v3"} {
			w := fixture.FindWindows(t, p, search.Search{
				Values: fixture.Values(t, scenario, scenarios.Settings{"stack": stack, "credentials": "psk"}),
				Seed:   1, Probe: scenario.Probe,
			})
			if !w.Method.Proved {
				t.Errorf("%s with %s: %+v", scenario.Name, stack, w.Method)
			}
			found[stack] = w.FailureWindows
			if want, known := differ[scenario.Name]; known && !slices.Equal(w.FailureWindows, want[stack]) {
				t.Errorf("%s with %s: %v, want %v", scenario.Name, stack, w.FailureWindows, want[stack])
			}
		}
		if _, known := differ[scenario.Name]; !known && !slices.Equal(found["pion-v2"], found["pion-v3"]) {
			t.Errorf("%s: %v with pion-v2, %v with pion-v3", scenario.Name, found["pion-v2"], found["pion-v3"])
		}
	}
}

// With scheduling as a draw, an endpoint of v2 may close without a close_notify, for its
// reader closes the socket first. One of v3 may not.
func TestCloseRaceOfStacks(t *testing.T) {
	p := fixture.Pool(t, 2)
	for stack, fails := range map[string]bool{"pion-v2": true, "pion-v3": false} {
		set := scenarios.Settings{"stack": stack, "perturb": "3", "clients": "1", "idle-timeout": "1s"}
		if n := failures(t, p, "close-race", "no-close-notify", set); fails != (n > 0) {
			t.Errorf("%s: %d of 100 sessions end without a close_notify", stack, n)
		}
	}
}
