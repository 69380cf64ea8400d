package catalogue_test

import (
	"context"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// run performs one replication of a scenario.
func replicated(t *testing.T, r *run.Pool, scenario string, set scenarios.Settings) run.Result {
	t.Helper()
	o, err := r.Do(context.Background(), fixture.Traced(t, scenario, set, 1))
	if err != nil || o.Status != run.Completed {
		t.Fatal(err, o.Status, o.Dump)
	}
	return o
}

// largest returns the size of the largest datagram that a host sends, and of the
// largest that it gets, in bytes.
func largest(records []trace.Record, host string) (sent, got int) {
	for i := range records {
		switch r := &records[i]; {
		case r.Host != host:
		case r.Kind == trace.Arrive:
			got = max(got, r.Length())
		default:
			sent = max(sent, r.Length())
		}
	}
	return sent, got
}

// An RSA certificate makes the server's flight too large for a path of 576 bytes,
// unless the endpoints know.
func TestMTUOfPathAndEndpoints(t *testing.T) {
	p := fixture.Pool(t, 1)
	set := scenarios.Settings{"credentials": "rsa", "clients": "1"}
	sent, got := largest(replicated(t, p, "late-close-notify", set).Records, "server")
	if sent <= 576-28 || got > 576-28 {
		t.Fatalf("the server sends datagrams of up to %d bytes and gets up to %d: the test needs others", sent, got)
	}
	o := replicated(t, p, "late-close-notify", set.With(scenarios.Settings{"mtu": "576"}))
	if !o.Failed || o.Sessions[0].Handshake != "failed" {
		t.Errorf("through a path that does not carry its certificate: %v %+v", o.Outcome, o.Sessions)
	}
	if _, got := largest(o.Records, "client"); got > 576-28 {
		t.Errorf("a datagram of %d bytes arrived", got)
	}
	o = replicated(t, p, "late-close-notify", set.With(scenarios.Settings{"mtu": "576", "endpoint-mtu": "256"}))
	if sent, _ := largest(o.Records, "server"); o.Failed || sent > 256+25 {
		t.Errorf("with smaller records: %v, datagrams of up to %d bytes", o.Outcome, sent)
	}
}

// Loss may be of one direction alone.
func TestLossOfOneDirection(t *testing.T) {
	p := fixture.Pool(t, 1)
	for name, host := range map[string]string{"uplink-loss": "client", "downlink-loss": "server"} {
		lost := map[string]int{}
		for _, r := range replicated(t, p, "late-close-notify",
			scenarios.Settings{"credentials": "psk", name: "1"}).Records {
			if r.Kind == trace.Lose {
				lost[r.Host]++
			}
		}
		if lost[host] == 0 || len(lost) != 1 {
			t.Errorf("%s=1: lost datagrams by sender: %v", name, lost)
		}
	}
}
