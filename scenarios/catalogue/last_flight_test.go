package catalogue_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// runOf performs one replication of a scenario of the catalogue.
func runOf(t *testing.T, p *run.Pool, scenario string, set scenarios.Settings) run.Result {
	t.Helper()
	s, err := catalogue.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	return outcomeOf(t, p, s, set)
}

// A last flight that is late and its retransmission reach the server within F of one
// another. With L the latency of everything else and P the
// server's time to its close, the flight x is sent again if x + L >= F, and of the two
// the first finishes the handshake at min(x, F + L); the other finds the endpoint open
// if x <= F + 3 L + P, counted from when the flight was sent.
func TestFinishStallWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	set := func(pairs ...string) scenarios.Settings {
		s := scenarios.Settings{}
		for i := 0; i < len(pairs); i += 2 {
			s[pairs[i]] = pairs[i+1]
		}
		return s
	}
	// One retransmission arrives 1015 ms after it was sent, the one behind it overtakes it.
	late := set("retransmission-latency", "1015ms")
	fixture.ExpectCases(t, "finish-stall", []windowCase{
		{"psk", set(), "", "", fixture.Windows(990*ms, 1031*ms+ns)},
		{"ecdsa", set("credentials", "ecdsa"), "", "", fixture.Windows(990*ms, 1031*ms+ns)},
		{"all of it is Close", set(), "", "close-stalled", fixture.Windows(990*ms, 1031*ms+ns)},
		{"none of it is Read", set(), "", "stalled", fixture.Windows()},
		{"L = 20 ms", set("latency", "20ms"), "", "", fixture.Windows(980*ms, 1061*ms+ns)},
		{"F = 300 ms", set("flight-interval", "300ms"), "", "", fixture.Windows(290*ms, 331*ms+ns)},
		{"P = 250 ms", set("service", "250ms"), "", "", fixture.Windows(990*ms, 1280*ms+ns)},
		// Close is called when the timer has fired already: 2 L + P >= F.
		{"P = 280 ms, F = 300 ms", set("service", "280ms", "flight-interval", "300ms"), "", "", fixture.Windows()},
		{"P = 279 ms, F = 300 ms", set("service", "279ms", "flight-interval", "300ms"), "", "",
			fixture.Windows(290*ms, 609*ms+ns)},
		{"the peer ends", set("ends", "peer"), "", "", fixture.Windows(990*ms, 1051*ms+ns)},
		// Its alert arrives with the data, and the endpoint closes by itself.
		{"the client closes first", set("client", "closes-first"), "", "", fixture.Windows(990*ms, 1030*ms+ns)},
		{"hold", set("remedy", "hold"), "", "", fixture.Windows()},
		{"linger", set("remedy", "linger"), "", "", fixture.Windows(990*ms, 1031*ms+ns)},
		{"F = 5 s", set("remedy", "larger-interval"), "", "", fixture.Windows()},
		{"F = 100 ms", set("remedy", "smaller-interval"), "", "", fixture.Windows(90*ms, 131*ms+ns)},
		// Two duplicates before the data: at 2010 and 2015 ms, or the flight itself.
		{"Read, two duplicates", late, "", "stalled", fixture.Windows(1995*ms, 2030*ms+ns)},
		{"Close, two duplicates", late, "", "close-stalled", fixture.Windows(1990*ms, 3000*ms)},
		{"Read, two duplicates, hold", late.With(set("remedy", "hold")), "", "stalled",
			fixture.Windows(1995*ms, 2030*ms+ns)},
		{"Close, two duplicates, hold", late.With(set("remedy", "hold")), "", "close-stalled",
			fixture.Windows(1990*ms, 1995*ms, 2030*ms+ns, 2051*ms+ns)},
		{"Close, two duplicates, hold for twice F", late.With(set("hold", "2s")), "", "close-stalled",
			fixture.Windows()},
		// Each copy of its own latency exactly, or the flight with a nanosecond more.
		{"equal latencies above F/2", set(), "latency=500ms..1600ms", "close-stalled,stalled", fixture.Windows()},
		{"as above, the retransmission slower", set("retransmission-latency", "700ms"), "latency=600ms..650ms",
			"close-stalled,stalled", fixture.Windows()},
		{"as above, the retransmission faster", set("retransmission-latency", "599999999ns"), "latency=600ms..650ms",
			"", fixture.Windows()},
	})
}

// How long a duplicate stalls Close, and data: until F after the server has finished.
func TestFinishStallLasts(t *testing.T) {
	const ms = int64(time.Millisecond)
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		flight5, retransmission, interval string
		closing, reading                  int64
	}{
		{"10ms", "10ms", "1s", 0, 0},
		{"1s", "10ms", "1s", (1000 - 21) * ms, 0}, // it is called 2 L + P after the server has finished
		{"1020ms", "10ms", "1s", (1000 - 21) * ms, 0},
		{"100ms", "10ms", "100ms", (100 - 21) * ms, 0},
		// The data arrives 2 L after the server has finished. Read returns when the timer has
		// fired and the second duplicate has started it again: Close is 1 ms behind it.
		{"2005ms", "1015ms", "1s", 999 * ms, 980 * ms},
	} {
		o := runOf(t, p, "finish-stall", scenarios.Settings{
			"flight5-latency": c.flight5, "retransmission-latency": c.retransmission, "flight-interval": c.interval,
		})
		if got := o.Measures["close-stalled"]; got != c.closing {
			t.Errorf("%v: Close stalled for %s, want %s", c, time.Duration(got), time.Duration(c.closing))
		}
		if got := o.Measures["read-stalled"]; got != c.reading {
			t.Errorf("%v: Read stalled for %s, want %s", c, time.Duration(got), time.Duration(c.reading))
		}
	}
}

// While Close stalls, its close_notify is under way already; what waits is the release.
func TestFinishStallSendsItsAlertAtOnce(t *testing.T) {
	o := runOf(t, fixture.Pool(t, 2), "finish-stall", scenarios.Settings{"flight5-latency": "1s"})
	var closing, alert, release time.Duration
	for _, r := range o.Records {
		switch {
		case r.Host == "server" && r.Kind == trace.Note && r.Name() == "close":
			closing = r.At
		case r.Host == "server" && r.Kind == trace.Send && strings.HasPrefix(r.Label(), "Alert"):
			alert = r.At
		case r.Kind == trace.Note && r.Name() == "release":
			release = r.At
		}
	}
	if closing == 0 || alert != closing || release != closing+979*time.Millisecond {
		t.Errorf("close at %s, its alert at %s, release at %s", closing, alert, release)
	}
}

// A sequential server serves nobody while its Close stalls: the next client's handshake
// takes 919 ms instead of 60.
func TestFinishStallHoldsUpASequentialServer(t *testing.T) {
	p := fixture.Pool(t, 2)
	set := scenarios.Settings{"model": "sequential", "first-record": "discard", "clients": "2"}
	for flight5, want := range map[string]time.Duration{"1s": 919 * time.Millisecond, "10ms": 60 * time.Millisecond} {
		o := runOf(t, p, "finish-stall", set.With(scenarios.Settings{"flight5-latency": flight5}))
		if got := time.Duration(o.Sessions[1].HandshakeTime); got != want {
			t.Errorf("flight 5 takes %s: the next handshake takes %s, want %s", flight5, got, want)
		}
	}
}

// A copy that the network makes has the record numbers of its original and is dropped
// as a replay.
func TestExactCopiesStallNothing(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, delay := range []string{"0s", "1ms", "15ms", "500ms"} {
		o := runOf(t, p, "finish-stall", scenarios.Settings{"duplicate": "1", "duplicate-delay": delay})
		if slices.Contains(o.Outcome, "close-stalled") || slices.Contains(o.Outcome, "stalled") {
			t.Errorf("copies %s later: %v", delay, o.Outcome)
		}
	}
}

// A retransmitted hello that arrives after the last flight stalls Close as a duplicate
// of that flight does.
func TestLateHelloStallsClose(t *testing.T) {
	s, err := format.Parse("late-hello.yaml", []byte(`
name: late-hello
summary: a retransmission of the second hello arrives behind the last flight
server: {model: concurrent, credentials: psk}
clients: {client: waits, clients: 1}
parameters:
  - {name: hello-latency, type: latency distribution, default: 10ms, meaning: latency of the retransmitted hello}
rules:
  - {name: slow, match: {from: server, message: server-hello, nth: 1}, latency: 995ms}
  - {name: hello, match: {from: client, message: client-hello, nth: 3}, latency: hello-latency}
probe: hello-latency=0s..100ms
fail: [close-stalled]
`))
	if err != nil {
		t.Fatal(err)
	}
	// It is sent at 1020 ms, the last flight arrives at 1035 ms, and the server closes at
	// 1056 ms.
	const ms = time.Millisecond
	w := fixture.FindWindows(t, fixture.Pool(t, 2),
		search.Search{Values: fixture.Values(t, s, nil), Seed: 1, Probe: s.Probe})
	if want := fixture.Windows(15*ms+1, 36*ms+1); !slices.Equal(w.FailureWindows, want) {
		t.Errorf("failure windows %v, want %v\ncells: %v", w.FailureWindows, want, w.Cells)
	}
}

// The server's last flight is lost, and its application waits for less than the
// retransmission takes: it gives up W after it has
// finished, and the retransmission arrives F + X - L5 after that.
func TestOrphanedFlight6Windows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	const handshake, data = "handshake-timeout", "data-lost"
	remedy := func(name string) scenarios.Settings { return scenarios.Settings{"remedy": name} }
	fixture.ExpectCases(t, "orphaned-flight6", []windowCase{
		{"psk", nil, "", handshake, fixture.Windows(100*ms, 1000*ms)},
		{"ecdsa", scenarios.Settings{"credentials": "ecdsa"}, "", handshake, fixture.Windows(100*ms, 1000*ms)},
		{"the next client", nil, "", "next-handshake-failed", fixture.Windows(100*ms, 1000*ms)},
		{"F = 300 ms", scenarios.Settings{"flight-interval": "300ms"}, "", handshake, fixture.Windows(100*ms, 300*ms)},
		{"X = 60 ms", scenarios.Settings{"retransmission-latency": "60ms"}, "", handshake,
			fixture.Windows(100*ms, 1050*ms)},
		{"W = 1500 ms", scenarios.Settings{"read-timeout": "1500ms"}, "retransmission-latency=0s..3s", handshake,
			fixture.Windows(510*ms+ns, 3000*ms)},
		// The second retransmission arrives 2 F after the server has finished.
		{"W = 2 s", scenarios.Settings{"read-timeout": "2s"}, "retransmission-latency=0s..3s", handshake,
			fixture.Windows()},
		// The data is a round trip behind the handshake.
		{"the data", nil, "", data, fixture.Windows(100*ms, 1020*ms)},
		// The client completes its handshake, and the server has given up.
		{"the client's association", nil, "", "stale-association", fixture.Windows(1000*ms, 1010*ms)},

		{"hold", remedy("hold"), "", handshake + ",next-handshake-failed,accept-blocked", fixture.Windows()},
		{"hold, the data", remedy("hold"), "", data, fixture.Windows(100*ms, 1020*ms)},
		{"hold 500 ms", scenarios.Settings{"hold": "500ms"}, "", handshake, fixture.Windows(100*ms, 500*ms)},
		{"linger", remedy("linger"), "", handshake, fixture.Windows(100*ms, 1000*ms)},
		{"linger, the next client", remedy("linger"), "", "next-handshake-failed,ghost-session", fixture.Windows()},
		{"tombstone, the next client", remedy("tombstone"), "", "next-handshake-failed,ghost-session",
			fixture.Windows()},
		{"filter, the next client", remedy("filter"), "", "next-handshake-failed,ghost-session", fixture.Windows()},
		{"concurrent, the next client", remedy("concurrent"), "", "next-handshake-failed,accept-blocked",
			fixture.Windows()},
		{"smaller interval", remedy("smaller-interval"), "", "", fixture.Windows(100*ms, 120*ms)},
		{"reconnect", remedy("reconnect"), "", data, fixture.Windows(100*ms, 1000*ms)},
		{"filter+reconnect", remedy("filter+reconnect"), "", data, fixture.Windows()},
		{"same port", scenarios.Settings{"client-port": "same"}, "", "next-handshake-failed,ghost-session",
			fixture.Windows()},
	})
}

// The close_notify of a server that has given up arrives at the client, which cannot
// read it, and goes on until its time is over. With the association kept, a client that
// closes first is told of nothing, and its data is lost.
func TestOrphanedFlight6Clients(t *testing.T) {
	p := fixture.Pool(t, 2)
	o := runOf(t, p, "orphaned-flight6", scenarios.Settings{"read-timeout": "500ms"})
	arrived := slices.ContainsFunc(o.Records, func(r trace.Record) bool {
		return r.Host == "client" && r.Kind == trace.Arrive && r.At == 560*time.Millisecond &&
			strings.HasPrefix(r.Label(), "Alert epoch=1")
	})
	if s := o.Sessions[0]; !arrived || s.Error != "the handshake timed out" {
		t.Errorf("alert arrived: %v, session %+v", arrived, s)
	}
	for client, silent := range map[string]bool{"closes-first": true, "waits": false} {
		o := runOf(t, p, "orphaned-flight6",
			scenarios.Settings{"read-timeout": "500ms", "remedy": "hold", "client": client})
		if s := o.Sessions[0]; s.Handshake != "completed" || s.DataDelivered || (s.Error == "") != silent {
			t.Errorf("a client that %s: %+v", client, s)
		}
	}
}

// A round trip of F and more duplicates flights though nothing is lost.
func TestRetransmitCollisionWindows(t *testing.T) {
	const ms = time.Millisecond
	const s = time.Second
	const ns = time.Nanosecond
	patient := scenarios.Settings{"client-timeout": "30s", "read-timeout": "30s"}
	fixture.ExpectCases(t, "retransmit-collision", []windowCase{
		{"psk", nil, "", "", fixture.Windows(990*ms, 3*s)},
		{"ecdsa", scenarios.Settings{"credentials": "ecdsa"}, "", "", fixture.Windows(990*ms, 3*s)},
		{"F = 300 ms", scenarios.Settings{"remedy": "smaller-interval"}, "", "", fixture.Windows(290*ms, 3*s)},
		{"F = 5 s", scenarios.Settings{"remedy": "larger-interval"}, "", "", fixture.Windows()},
		{"without it, unless the server's second flight 4 is behind the first",
			scenarios.Settings{"without": "retransmission"}, "", "", fixture.Windows(990*ms, 1010*ms+ns)},
		{"all latencies", nil, "latency=0s..1s", "", fixture.Windows(500*ms, s)},
		// The handshake takes three round trips, with duplicates or without: 6 L > T.
		{"all latencies, T = 10 s", nil, "latency=0s..2s", "handshake-timeout,handshake-aborted",
			fixture.Windows(1666666667*ns, 2*s)},
		{"all latencies, T = 30 s", patient, "latency=0s..6s", "handshake-timeout,handshake-aborted",
			fixture.Windows(5*s+ns, 6*s)},
		{"all latencies, T = 30 s, F = 5 s", patient.With(scenarios.Settings{"flight-interval": "5s"}),
			"latency=0s..6s", "handshake-timeout,handshake-aborted", fixture.Windows(5*s+ns, 6*s)},
	})
}

// What duplicate flights cost: with a round trip of k F to below (k+1) F, six datagrams
// more for each k, and as many bytes as the handshake has without; no time.
func TestRetransmitCollisionCosts(t *testing.T) {
	const application = 57 + 39 // the data and the close_notify, in each direction
	p := fixture.Pool(t, 2)
	for _, credentials := range []string{"psk", "ecdsa"} {
		cost := func(latency string) run.Result {
			return runOf(t, p, "retransmit-collision", scenarios.Settings{
				"latency": latency, "credentials": credentials, "client-timeout": "30s", "read-timeout": "30s",
			})
		}
		without := cost("400ms")
		for latency, k := range map[string]int64{"499ms": 0, "500ms": 1, "999ms": 1, "1s": 2, "1400ms": 2,
			"4900ms": 9} {
			o := cost(latency)
			d, err := time.ParseDuration(latency)
			if err != nil {
				t.Fatal(err)
			}
			if o.Measures["handshake"] != int64(6*d) || o.Measures["retransmissions"] != 6*k ||
				o.Measures["duplicate-flights"] != 6*k {
				t.Errorf("%s, latency %s: %v", credentials, latency, o.Measures)
			}
			for _, side := range []string{"client-bytes", "server-bytes"} {
				// A difference in the length of an ECDSA signature is another run's: at most 2 bytes each time.
				want, got := (1+k)*(without.Measures[side]-application)+application, o.Measures[side]
				if got < want-3*(1+k) || got > want+3*(1+k) {
					t.Errorf("%s, latency %s: %s %d, want %d", credentials, latency, side, got, want)
				}
			}
		}
	}
}

// With random latencies, too, duplicates alone fail no handshake and lose no data; what
// they do is done afterwards. The server's close_notify may overtake its answer, which is lost then.
func TestRetransmitCollisionFailsNoHandshake(t *testing.T) {
	p := fixture.Pool(t, 2)
	seen := map[string]int{}
	for _, credentials := range []string{"psk", "ecdsa"} {
		for seed := range uint64(100) {
			o, err := p.Do(context.Background(), fixture.Job(t, "retransmit-collision", scenarios.Settings{
				"latency": "100ms+exponential(mean=600ms)", "credentials": credentials,
				"client-timeout": "60s", "handshake-timeout": "60s", "read-timeout": "60s",
			}, seed))
			if err != nil || o.Status != run.Completed {
				t.Fatal(err, o.Status, o.Dump)
			}
			for _, outcome := range o.Outcome {
				seen[outcome]++
				if !slices.Contains(
					[]string{"duplicate-flight", "close-stalled", "stalled", "ghost-session", "answer-lost"}, outcome,
				) {
					t.Errorf("%s\n%v", o.Repeat, o.Outcome)
				}
			}
		}
	}
	if seen["duplicate-flight"] < 150 || seen["close-stalled"] == 0 || seen["ghost-session"] == 0 ||
		seen["answer-lost"] == 0 {
		t.Errorf("seen: %v", seen)
	}
}

// A slow flight 4 is overtaken by the server's second: the handshake ends F later than
// normal, however slow the first is.
func TestSlowFlight4CostsOneInterval(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, latency := range []string{"1500ms", "3s", "9s"} {
		o := runOf(t, p, "retransmit-collision", scenarios.Settings{"flight4-latency": latency})
		if got := time.Duration(o.Measures["handshake"]); got != 1060*time.Millisecond {
			t.Errorf("flight 4 takes %s: the handshake takes %s", latency, got)
		}
	}
}

// failures counts the runs of a hundred seeds in which an outcome occurs.
func failures(t *testing.T, p *run.Pool, scenario, outcome string, set scenarios.Settings) (n int) {
	t.Helper()
	for seed := range uint64(100) {
		o, err := p.Do(context.Background(),
			fixture.Job(t, scenario, scenarios.Settings{"credentials": "psk"}.With(set), seed))
		if err != nil || o.Status != run.Completed {
			t.Fatal(err, o.Status, o.Dump)
		}
		if slices.Contains(o.Outcome, outcome) {
			n++
		}
	}
	return n
}

// What a flight interval is good for at one end it costs at the other: a larger one
// repairs a loss late, a smaller one has Close stall more often.
func TestFlightIntervalCosts(t *testing.T) {
	testkit.NotShort(t)
	p := fixture.Pool(t, 2)
	lossy := scenarios.Settings{"loss": "0.1", "client-timeout": "5s"}
	usual := failures(t, p, "retransmit-collision", "handshake-timeout", lossy)
	larger := failures(t, p, "retransmit-collision", "handshake-timeout",
		lossy.With(scenarios.Settings{"remedy": "larger-interval"}))
	if usual > 3 || larger < 30 {
		t.Errorf("handshakes that time out: %d with F = 1 s, %d with F = 5 s", usual, larger)
	}
	slow := scenarios.Settings{"uplink": "10ms+exponential(mean=400ms)"}
	usual = failures(t, p, "finish-stall", "close-stalled", slow)
	smaller := failures(t, p, "finish-stall", "close-stalled",
		slow.With(scenarios.Settings{"remedy": "smaller-interval"}))
	if smaller <= usual {
		t.Errorf("stalled Close: %d with F = 1 s, %d with F = 100 ms", usual, smaller)
	}
}

// A retransmission is needless only if no answer to what it repeats had been lost, and
// data that a client sends again in another session has not stalled since the first.
func TestWhatIsNoDuplicateAndNoStall(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		scenario string
		set      scenarios.Settings
		outcome  string
	}{
		{"orphaned-flight6", scenarios.Settings{"read-timeout": "2s"}, "duplicate-flight"},
		{"retransmit-collision", scenarios.Settings{"flight4-latency": "1500ms", "without": "flight4"},
			"duplicate-flight"},
		{"orphaned-flight6", scenarios.Settings{"read-timeout": "1005ms", "remedy": "reconnect"}, "stalled"},
	} {
		if o := runOf(t, p, c.scenario, c.set); slices.Contains(o.Outcome, c.outcome) ||
			o.Measures["retransmissions"] == 0 {
			t.Errorf("%s %v: %v %v", c.scenario, c.set, o.Outcome, o.Measures)
		}
	}
}
