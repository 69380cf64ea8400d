package catalogue_test

import (
	"math"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// A client outlives its NAT mapping: the mapping is
// refreshed by the client's data, the pause begins when the echo is there, and the close
// is from another address for p + Lu + P + Ld > V.
func TestNATRebindingWindows(t *testing.T) {
	const ms = time.Millisecond
	const s = time.Second
	const ns = time.Nanosecond
	const next, ghost, pause = "next-handshake-failed", "ghost-session", "client-pause=0s..1m"
	type set = scenarios.Settings
	fixture.ExpectCases(t, "nat-rebinding", []windowCase{
		{"no remedy", nil, pause, "", fixture.Windows(29979*ms+ns, 60*s)},
		{"no remedy, the next handshake", nil, pause, next, fixture.Windows(29979*ms+ns, 60*s)},
		{"other times", set{"uplink": "25ms", "downlink": "5ms", "service": "7ms"}, pause, "",
			fixture.Windows(29963*ms+ns, 60*s)},
		{"strictest NAT",
			set{"nat-mapping": "address-and-port-dependent", "nat-filtering": "address-and-port-dependent"}, pause, "",
			fixture.Windows(29979*ms+ns, 60*s)},
		{"beyond the idle timeout", nil, "client-pause=0s..10m", "", fixture.Windows(29979*ms+ns, 600*s)},
		{"lifetime", set{"client-pause": "30s"}, "nat-lifetime=10s..40s", "", fixture.Windows(10*s, 30021*ms)},
		{"no NAT", set{"nat-mapping": "none"}, pause, "all", fixture.Windows()},

		{"filter", set{"remedy": "filter"}, pause, "", fixture.Windows()},
		{"filter, the association stays", set{"remedy": "filter"}, pause, "half-open",
			fixture.Windows(29979*ms+ns, 60*s)},
		{"filter of dtls.Listen", set{"filter": "handshake"}, pause, "", fixture.Windows()},
		{"tombstone", set{"remedy": "tombstone"}, pause, "", fixture.Windows(29979*ms+ns, 60*s)},
		{"concurrent", set{"remedy": "concurrent"}, pause, next + ",accept-blocked", fixture.Windows()},
		{"short timeout", set{"remedy": "short-timeout"}, pause, next, fixture.Windows()},

		{"keep-alive", set{"remedy": "keep-alive"}, pause, "all", fixture.Windows()},
		{"keep-alive, slow", set{"client-pause": "50s"}, "keep-alive=20s..1m", ghost,
			fixture.Windows(29979*ms+ns, 60*s)},

		// The server closes 20 s after its answer, which came 10 ms before the pause began.
		{"short idle timeout", set{"remedy": "short-idle"}, pause, ghost, fixture.Windows(19980*ms+ns, 60*s)},
		{"short idle timeout and linger", set{"remedy": "short-idle+linger"}, pause, "", fixture.Windows()},
		{"linger", set{"client-pause": "25s", "idle-timeout": "20s"}, "linger=0s..60ms", "", fixture.Windows(0, 20*ms)},

		// P + Ld > V - Lu
		{"late answer", set{"clients": "1", "client-timeout": "1m"}, "service=20s..40s", "answer-lost",
			fixture.Windows(29980*ms+ns, 40*s)},

		{"same inside port", set{"client-port": "same"}, pause, next, fixture.Windows()},
		{"same inside port, the second client's ghost", set{"client-port": "same"}, pause, ghost,
			fixture.Windows(29979*ms+ns, 60*s)},
	})
}

// The expiry of a mapping is no record of the trace, and its edge is predicted all the
// same. With an exponential silence the probability beyond it is that of
// the distribution's tail.
func TestExpiryIsFoundAndIntegrated(t *testing.T) {
	scenario, err := catalogue.Find("nat-rebinding")
	if err != nil {
		t.Fatal(err)
	}
	w := fixture.FindWindows(t, fixture.Pool(t, 2), search.Search{
		Values: fixture.Values(t, scenario, scenarios.Settings{"clients": "1", "credentials": "psk"}), Seed: 1,
		Probe: scenarios.ProbeRange{Name: "pause-jitter", To: time.Hour},
	})
	if !w.Method.Proved {
		t.Errorf("method %+v", w.Method)
	}
	const mean, edge = float64(20 * time.Second), float64(29979*time.Millisecond + 1)
	got, _ := w.Exact(fixture.ParseDistribution(t, "exponential(mean=20s)"))
	if want := math.Exp(-edge / mean); math.Abs(got-want) > 1e-12 {
		t.Errorf("exact %.15g, closed form %.15g", got, want)
	}
}

// A client whose server has closed says no more, and its session is none that failed.
func TestKeepAliveAfterTheEnd(t *testing.T) {
	scenario, err := catalogue.Find("nat-rebinding")
	if err != nil {
		t.Fatal(err)
	}
	set := scenarios.Settings{"ends": "server", "linger": "50ms", "client-pause": "1s", "keep-alive": "100ms"}
	o := outcomeOf(t, fixture.Pool(t, 1), scenario, set)
	if len(o.Outcome) > 0 || o.Sessions[0].Error != "" || o.Sessions[1].Error != "" {
		t.Errorf("%v %+v", o.Outcome, o.Sessions)
	}
}
