package catalogue_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// The alert is sent at 60 ms, and the first session released
// at 71 ms, when the second client's hello has waited since 60 ms; the second session is
// over at 132 ms. The third client's hello arrives at 110 ms.
func TestDeferredAlertWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	const next = "next-handshake-failed"
	idle := scenarios.Settings{"arrivals": "after-previous", "gap": "100ms"}
	fixture.ExpectCases(t, "deferred-alert", []windowCase{
		{"no remedy", nil, "", "", fixture.Windows(0, 10*ms, 11*ms+ns, 50*ms+ns, 72*ms+ns, 100*ms)},
		{"the session after next", nil, "alert-latency=10ms..300ms", next, fixture.Windows(11*ms+ns, 50*ms+ns)},
		{"its client comes later", scenarios.Settings{"gap": "55ms"}, "alert-latency=10ms..300ms", next,
			fixture.Windows(11*ms+ns, 60*ms+ns)},
		{"linger", scenarios.Settings{"remedy": "linger"}, "alert-latency=10ms..100ms", "",
			fixture.Windows(31*ms+ns, 50*ms+ns)},
		// The third client's hello ends in the second session. Its next arrives at 1.11 s.
		{"linger beyond the third hello", scenarios.Settings{"linger": "60ms"}, "alert-latency=10ms..2s", next,
			fixture.Windows(71*ms+ns, 1050*ms+ns)},
		{"how long a linger helps", scenarios.Settings{"alert-latency": "30ms"}, "linger=0s..200ms", "",
			fixture.Windows(0, 19*ms)},
		{"how long a linger does no harm", scenarios.Settings{"alert-latency": "30ms"}, "linger=0s..200ms",
			"duplicate-flight", fixture.Windows(39*ms, 200*ms)},
		// A wait after the release does not help, unless a client waits.
		{"pause, a client waits", scenarios.Settings{"remedy": "pause-after-release"}, "alert-latency=10ms..100ms", "",
			fixture.Windows(31*ms+ns, 50*ms+ns)},
		{"no client waits", idle, "alert-latency=10ms..300ms", next, fixture.Windows(11*ms+ns, 270*ms+ns)},
		{"pause, no client waits", idle.With(scenarios.Settings{"pause-after-release": "50ms"}),
			"alert-latency=10ms..300ms", next, fixture.Windows(11*ms+ns, 270*ms+ns)},
		{"linger, no client waits", idle.With(scenarios.Settings{"linger": "50ms"}), "alert-latency=10ms..300ms", next,
			fixture.Windows(61*ms+ns, 270*ms+ns)},
		{"recognised", scenarios.Settings{"remedy": "recognise"}, "alert-latency=10ms..300ms", "", fixture.Windows()},
		{"other server port", scenarios.Settings{"remedy": "server-port"}, "alert-latency=10ms..300ms", "",
			fixture.Windows()},
		{"the peer ends the session", scenarios.Settings{"remedy": "peer-ends"}, "alert-latency=10ms..300ms", "",
			fixture.Windows()},
		{"rejected", scenarios.Settings{"first-record": "reject"}, "alert-latency=10ms..60ms", "unexpected-message",
			fixture.Windows(11*ms+ns, 50*ms+ns)},
		{"rejected, the handshakes", scenarios.Settings{"first-record": "reject"}, "alert-latency=10ms..300ms", next,
			fixture.Windows()},
		// Sessions take 61 ms and clients come every 50 ms: they are over at 132, 193 and
		// 254 ms, and hellos arrive at 110, 160, 210 and 260 ms.
		{"six clients", scenarios.Settings{"clients": "6"}, "alert-latency=10ms..194ms", next,
			fixture.Windows(11*ms+ns, 50*ms+ns, 72*ms+ns, 100*ms+ns, 133*ms+ns, 150*ms+ns)},
	})
}

// It is the session after next that fails, not the next, whether the third client waits
// already or comes later. If it waits, the ghost answers its hello, to the first client.
func TestDeferredAlertFailsTheSessionAfterNext(t *testing.T) {
	s, err := catalogue.Find("deferred-alert")
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		set      scenarios.Settings
		answered int
	}{
		{scenarios.Settings{"alert-latency": "30ms"}, 2},
		{scenarios.Settings{"alert-latency": "150ms", "arrivals": "after-previous", "gap": "100ms"}, 1},
	} {
		o := outcomeOf(t, p, s, c.set)
		for i, want := range []string{"completed", "completed", "failed"} {
			if got := o.Sessions[i].Handshake; got != want {
				t.Errorf("%v: the handshake of client %d: %s, want %s", c.set, i+1, got, want)
			}
		}
		var first netip.AddrPort
		answered := 0
		for _, r := range o.Records {
			if !first.IsValid() {
				first = r.From // of the first client's first hello
			}
			if r.Kind == trace.Send && r.To == first && strings.HasPrefix(r.Label(), "HelloVerifyRequest") {
				answered++
			}
		}
		if answered != c.answered {
			t.Errorf("%v: %d HelloVerifyRequests to the first client, want %d", c.set, answered, c.answered)
		}
	}
}

// The flight arrives at 50 ms, the release is at 71 ms, and
// the next client's hello arrives at 170 ms.
func TestStrayFragmentWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	const next = "next-handshake-failed"
	fixture.ExpectCases(t, "stray-fragment", []windowCase{
		{"recognises a handshake record", nil, "", "", fixture.Windows(21*ms+ns, 300*ms)},
		{"the next handshake", nil, "", next, fixture.Windows(21*ms+ns, 120*ms+ns)},
		{"no filter", scenarios.Settings{"first-record": "stack"}, "", next, fixture.Windows(21*ms+ns, 120*ms+ns)},
		{"rejected, the next handshake", scenarios.Settings{"first-record": "reject"}, "", next,
			fixture.Windows(21*ms+ns, 120*ms+ns)},
		{"recognises a ClientHello", scenarios.Settings{"remedy": "client-hello"}, "", "", fixture.Windows()},
		{"linger", scenarios.Settings{"remedy": "linger"}, "", next, fixture.Windows(71*ms+ns, 120*ms+ns)},
		{"linger of twice the MSL", scenarios.Settings{"remedy": "linger-2msl"}, "", next, fixture.Windows(0, 300*ms)},
		{"short timeout, the ghost", scenarios.Settings{"remedy": "short-timeout"}, "", "",
			fixture.Windows(21*ms+ns, 300*ms)},
		{"short timeout, the next handshake", scenarios.Settings{"remedy": "short-timeout"}, "", next,
			fixture.Windows()},
		// The ghost ends at 10.05 s + the delay, the handshake 50 ms later, and the patience of
		// the client that started at 160 ms at 10.16 s.
		{"the client's own timeout", scenarios.Settings{"handshake-timeout": "10s"}, "", next,
			fixture.Windows(60*ms+ns, 120*ms+ns)},
		{"other server port", scenarios.Settings{"remedy": "server-port"}, "", "", fixture.Windows()},
		{"the next client reuses the 5-tuple", scenarios.Settings{"client-port": "same"}, "", next, fixture.Windows()},
	})
}

// The second hello is lost if it arrives before the socket
// of the first is released, or at that instant. The HelloVerifyRequest is sent at 10 ms.
func TestVerifyRequestSwallowedWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	fixture.ExpectCases(t, "verify-request-swallowed", []windowCase{
		{"hold 25ms", nil, "", "", fixture.Windows(0, 15*ms+ns)},
		{"short way there", scenarios.Settings{"downlink": "2ms"}, "", "", fixture.Windows(0, 23*ms+ns)},
		{"one socket", scenarios.Settings{"remedy": "one-socket"}, "", "", fixture.Windows()},
		{"hold 5ms", scenarios.Settings{"remedy": "short-hold"}, "", "", fixture.Windows()},
		{"by the hold", nil, "verify-hold=0s..3s", "", fixture.Windows(20*ms, 3*time.Second)},
		{"by the hold, round trip 50ms", scenarios.Settings{"latency": "25ms"}, "verify-hold=0s..1s", "",
			fixture.Windows(50*ms, time.Second)},
		{"by the hold, loopback", scenarios.Settings{"latency": "15us"}, "verify-hold=0s..1ms", "",
			fixture.Windows(30*time.Microsecond, ms)},
		{"by the hold, one socket", scenarios.Settings{"verify": "one-socket"}, "verify-hold=0s..3s", "",
			fixture.Windows()},
		{"an impatient client", scenarios.Settings{"client-timeout": "1s"}, "", "handshake-timeout",
			fixture.Windows(0, 15*ms+ns)},
	})
}

// Each hello that is lost costs a flight interval: with F = 1 s and a round trip of 20 ms,
// a hold of h costs floor((h - 20 ms) / F) + 1 of them.
func TestSwallowedHelloCostsAFlightInterval(t *testing.T) {
	s, err := catalogue.Find("verify-request-swallowed")
	if err != nil {
		t.Fatal(err)
	}
	p := fixture.Pool(t, 2)
	for hold, lost := range map[string]int64{"0s": 0, "19999999ns": 0, "20ms": 1, "1019999999ns": 1, "1020ms": 2,
		"2020ms": 3} {
		o := outcomeOf(t, p, s, scenarios.Settings{"verify-hold": hold, "credentials": "psk"})
		want := int64(60*time.Millisecond) + lost*int64(time.Second)
		if o.Measures["handshake"] != want || o.Measures["retransmissions"] != lost ||
			o.Measures["duplicate-flights"] != 0 {
			t.Errorf("hold %s: %v, want a handshake of %s, %d retransmissions and no duplicate flights", hold,
				o.Measures, time.Duration(want), lost)
		}
	}
}

// serverNotes returns what the server notes in a run, without the addresses.
func serverNotes(t *testing.T, set scenarios.Settings, scenario string) (notes []string) {
	t.Helper()
	s, err := catalogue.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	o := outcomeOf(t, fixture.Pool(t, 1), s, set.With(scenarios.Settings{"credentials": "psk"}))
	for _, r := range o.Records {
		if r.Actor == "server" && r.Name() != "" {
			detail, _, _ := strings.Cut(r.Detail(), ",")
			notes = append(notes, strings.TrimSpace(r.Name()+" "+detail))
		}
	}
	return notes
}

// Between its two accepts the server begins, or serves, whoever comes first, and each
// endpoint gets the socket of its own client.
func TestOthersComeBetweenTheAccepts(t *testing.T) {
	for _, c := range []struct {
		name string
		set  scenarios.Settings
		want []string
	}{
		{"begins", scenarios.Settings{"verify-hold": "1ms", "clients": "2", "arrivals": "at-intervals", "gap": "22ms",
			"hello-latency": "30ms"}, []string{
			"accept session 1", "release session 1", "accept session 2", "release session 2",
			"accept again session 1", "handshake completed", `data read "hello from client 1\n"`,
			"no answer the peer has closed", "close", "release session 1",
			"accept again session 2", "handshake completed", `data read "hello from client 2\n"`,
			"no answer the peer has closed", "close", "release session 2",
		}},
		{"is served", scenarios.Settings{"verify-hold": "1ms", "clients": "2", "arrivals": "at-intervals",
			"gap": "22ms", "hello-latency": "200ms"}, []string{
			"accept session 1", "release session 1", "accept session 2", "release session 2",
			"accept again session 2", "handshake completed", `data read "hello from client 2\n"`,
			"no answer the peer has closed", "close", "release session 2",
			"accept again session 1", "handshake completed", `data read "hello from client 1\n"`,
			"no answer the peer has closed", "close", "release session 1",
		}},
		// The client gives up and tries again under its port, for which an endpoint still waits.
		{"another handshake of the same peer",
			scenarios.Settings{"client-timeout": "500ms", "client-port": "same", "reconnects": "1", "back-off": "10ms"},
			[]string{
				"accept session 1", "release session 1", "hello swallowed ClientHello epoch=0 seq=1",
				"accept session 2", "release session 2", "hello swallowed ClientHello epoch=0 seq=1",
			}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := serverNotes(t, c.set, "verify-request-swallowed"); !slices.Equal(got, c.want) {
				t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

// A stray first hello costs a server of two accepts a HelloVerifyRequest and no ghost
// session, which it costs one that keeps the socket.
func TestSecondAcceptSparesTheGhost(t *testing.T) {
	set := scenarios.Settings{"model": "sequential", "first-record": "discard"}
	fixture.ExpectCases(t, "duplicate-hello", []windowCase{
		{"one socket", set, "", "ghost-session", fixture.Windows(61*time.Millisecond+1, 300*time.Millisecond)},
		{"two sockets", set.With(scenarios.Settings{"verify": "two-sockets"}), "", "", fixture.Windows()},
	})
}
