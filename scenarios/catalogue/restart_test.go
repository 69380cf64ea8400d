package catalogue_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// A restart fails for gap <= I + s - (n-1)F: I the idle
// timeout, s the service time, F the flight interval, and n = 10 the hellos that the
// client sends before its 10 s are up.
func TestSilentRestartWindows(t *testing.T) {
	const ms, ns = time.Millisecond, time.Nanosecond
	const next = "next-handshake-failed"
	fixture.ExpectCases(t, "silent-restart", []windowCase{
		{"no remedy", nil, "", "", fixture.Windows(0, 21001*ms+ns)},
		{"concurrent", scenarios.Settings{"model": "concurrent"}, "", "", fixture.Windows(0, 21001*ms+ns)},
		{"service", scenarios.Settings{"service": "500ms"}, "", "", fixture.Windows(0, 21500*ms+ns)},
		{"latency cancels out", scenarios.Settings{"latency": "37ms"}, "", "", fixture.Windows(0, 21001*ms+ns)},
		{
			"flight interval", scenarios.Settings{"flight-interval": "3s"}, "", "", fixture.Windows(0, 21001*ms+ns),
		}, // n = 4
		{
			"patience", scenarios.Settings{"client-timeout": "3500ms"}, "", "", fixture.Windows(0, 27001*ms+ns),
		}, // n = 4
		{"idle timeout", scenarios.Settings{"remedy": "idle-timeout"}, "", "", fixture.Windows(0, 6001*ms+ns)},
		{
			"idle timeout within the client's patience", scenarios.Settings{"idle-timeout": "8s"}, "", "",
			fixture.Windows(),
		},
		{"rehandshake", scenarios.Settings{"remedy": "rehandshake"}, "", "", fixture.Windows()},
		{"rehandshake, concurrent", scenarios.Settings{"remedy": "rehandshake", "model": "concurrent"}, "", "",
			fixture.Windows()},
		{"rehandshake, certificate", scenarios.Settings{"remedy": "rehandshake", "credentials": "ecdsa"}, "", "",
			fixture.Windows()},
		{"new client port", scenarios.Settings{"remedy": "new-client-port"}, "", "", fixture.Windows()},
		{"a close_notify", scenarios.Settings{"client": "waits"}, "", "", fixture.Windows()},
		// What is left lies where the hello at the end of an attempt makes a ghost: the
		// attempt's end is 10 s after its start, and the second begins 1 s after that.
		{"back-off", scenarios.Settings{"remedy": "back-off"}, "", "",
			fixture.Windows(9001*ms+ns, 10001*ms+ns, 20001*ms+ns, 21001*ms+ns)},
		{"back-off, the next handshake", scenarios.Settings{"remedy": "back-off"}, "", next,
			fixture.Windows(9001*ms+ns, 10001*ms+ns, 20001*ms+ns, 21001*ms+ns)},
		{"back-off, certificate", scenarios.Settings{"remedy": "back-off", "credentials": "ecdsa"}, "", "",
			fixture.Windows(9001*ms+ns, 10001*ms+ns, 20001*ms+ns, 21001*ms+ns)},
		{"back-off, certificate, the next handshake",
			scenarios.Settings{"remedy": "back-off", "credentials": "ecdsa"}, "", next, fixture.Windows()},
	})
}

// The endpoint of the old association takes the first hellos of a restart for replays, and
// answers every later one with its last flight. Without RFC 6347 section 4.2.8, nothing
// else comes of them.
func TestOldAssociationAnswersWithItsLastFlight(t *testing.T) {
	p := fixture.Pool(t, 1)
	o := outcomeOf(t, p, fixture.Find(t, "silent-restart"), scenarios.Settings{"credentials": "psk"})
	answers := labels(o.Records,
		func(r *trace.Record) bool { return r.Kind == trace.Send && r.Host == "server" && r.At > time.Second })
	if len(answers) != 8 || o.Server.Sessions != 1 { // 7 hellos of 11, and a close_notify
		t.Fatalf("%d sessions, answers %q", o.Server.Sessions, answers)
	}
	for _, label := range answers[:7] {
		if !strings.HasPrefix(label, "ChangeCipherSpec+Finished") {
			t.Errorf("%q", label)
		}
	}
}

// With RFC 6347 section 4.2.8 the handshake of a restart takes as long as any, and the old
// association is abandoned in the instant in which that is complete.
func TestRehandshakeTakesTheOldPlace(t *testing.T) {
	p := fixture.Pool(t, 1)
	for _, model := range []string{"listener", "concurrent"} {
		o := outcomeOf(t, p, fixture.Find(t, "silent-restart"),
			scenarios.Settings{"credentials": "psk", "remedy": "rehandshake", "model": model})
		var completed, abandoned time.Duration
		for i := range o.Records {
			switch r := &o.Records[i]; {
			case r.Host == "server" && r.Name() == "handshake completed":
				completed = r.At
			case r.Name() == "abandoned":
				abandoned = r.At
			}
		}
		if o.Sessions[0].HandshakeTime != o.Sessions[1].HandshakeTime || abandoned == 0 || abandoned != completed ||
			len(o.Outcome) > 0 {
			t.Errorf("%s: %v, handshake completed at %v, abandoned at %v, %+v", model, o.Outcome, completed, abandoned,
				o.Sessions)
		}
	}
}

// A stale copy of a hello on an open association ends that in no case. With a parallel
// handshake it makes a ghost, whose HelloVerifyRequest the client drops as a replay, and
// which holds up the next client if handshakes are inline.
func TestStaleHelloKillsNoAssociation(t *testing.T) {
	const ms, ns = time.Millisecond, time.Nanosecond
	const copied = "stale-hello=0s..500ms"
	const killed = "association-killed,data-lost,no-close-notify,handshake-aborted,handshake-timeout"
	const next = "next-handshake-failed"
	set := func(pairs scenarios.Settings) scenarios.Settings {
		return scenarios.Settings{
			"client": "waits", "client-pause": "100ms", "client-port": "new", "gap": "200ms",
		}.With(pairs)
	}
	parallel := set(scenarios.Settings{"rehandshake": "parallel"})
	concurrent := parallel.With(scenarios.Settings{"model": "concurrent"})
	fixture.ExpectCases(t, "silent-restart", []windowCase{
		{"nothing is killed", parallel, copied, killed, fixture.Windows()},
		// The next client's hello arrives at 60+100+21+200+10 = 391 ms: a copy with a delay of
		// up to 381 ms comes before it.
		{"the next handshake", parallel, copied, next, fixture.Windows(40*ms+ns, 381*ms+ns)},
		{"nothing is killed, concurrent", concurrent, copied, killed, fixture.Windows()},
		{"the next handshake, concurrent", concurrent, copied, next, fixture.Windows()},
		// After the release at 191 ms.
		{"no parallel handshake", set(nil), copied, next, fixture.Windows(181*ms+ns, 381*ms+ns)},
	})
}

// labels returns the labels of the records that satisfy a condition.
func labels(records []trace.Record, condition func(r *trace.Record) bool) (list []string) {
	for i := range records {
		if condition(&records[i]) {
			list = append(list, records[i].Label())
		}
	}
	return list
}

// An alert or data in the clear ends a session. With
// L the latency, s the service time and c the pause of the client, the server gets the first
// hello at L, completes the handshake at 5L, and the client at 6L; the client has its
// answer at 8L + s and closes at 8L + s + c, which the server learns at 9L + s + c.
func TestForgeryWindows(t *testing.T) {
	testkit.NotShort(t)
	const ms, ns = time.Millisecond, time.Nanosecond
	fixture.ExpectCases(t, "plaintext-alert", []windowCase{
		{"", nil, "", "", fixture.Windows(10*ms, 101*ms+ns)},
		{"", nil, "", "association-killed", fixture.Windows(50*ms+ns, 101*ms+ns)},
		{"", scenarios.Settings{"model": "concurrent"}, "", "", fixture.Windows(10*ms, 101*ms+ns)},
		{"", scenarios.Settings{"credentials": "ecdsa"}, "", "", fixture.Windows(10*ms, 101*ms+ns)},
		{"", scenarios.Settings{"latency": "3ms", "service": "7ms", "client-pause": "50ms"}, "", "",
			fixture.Windows(3*ms, 81*ms+ns)},
		{"", scenarios.Settings{"remedy": "ignore-established"}, "", "", fixture.Windows(10*ms, 50*ms+ns)},
		{"", scenarios.Settings{"remedy": "ignore-always"}, "", "all", fixture.Windows()},
		{"", scenarios.Settings{"guard": "established"}, "", "association-killed", fixture.Windows()},
		{"", scenarios.Settings{"remedy": "ignore-always", "first-record": "discard",
			"model": "sequential"}, "", "all", fixture.Windows()},
		{"", scenarios.Settings{"remedy": "ignore-always", "first-record": "discard",
			"model": "sequential", "verify": "two-sockets"}, "", "all", fixture.Windows()},
		{"", nil, "", "next-handshake-failed", fixture.Windows(30*ms+ns, 50*ms+ns)},
		{"", scenarios.Settings{"model": "concurrent"}, "", "next-handshake-failed", fixture.Windows()},
		{"", scenarios.Settings{"forged-alert": "fatal"}, "", "", fixture.Windows(10*ms, 101*ms+ns)},
		// it is not answered
		{"", scenarios.Settings{"forged-alert": "fatal"}, "", "handshake-aborted", fixture.Windows()},
		{"", scenarios.Settings{"forged-alert": "fatal"}, "", "handshake-timeout",
			fixture.Windows(10*ms, 50*ms+ns)},
		{"", scenarios.Settings{"forged-alert": "warning"}, "", "", fixture.Windows(50*ms+ns, 111*ms+ns)},
		{"", scenarios.Settings{"forged-alert": "warning-ahead"}, "", "handshake-timeout",
			fixture.Windows(10*ms, 50*ms+ns)},
		{"", scenarios.Settings{"forged-alert": "warning-ahead", "remedy": "ignore-always"}, "", "all",
			fixture.Windows()},
		{"", scenarios.Settings{"attacked": "client"}, "", "", fixture.Windows(0, 101*ms+ns)},
		{"", scenarios.Settings{"attacked": "client"}, "", "association-killed",
			fixture.Windows(60*ms+ns, 101*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "forged-alert": "fatal"}, "", "association-killed",
			fixture.Windows(60*ms+ns, 101*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "forged-alert": "warning"}, "", "",
			fixture.Windows(60*ms+ns, 81*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "guard": "strict"}, "", "",
			fixture.Windows(0, 101*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "remedy": "ignore-established"}, "", "",
			fixture.Windows(0, 60*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "remedy": "ignore-always"}, "", "all",
			fixture.Windows()},
	})
	fixture.ExpectCases(t, "plaintext-data", []windowCase{
		{"", nil, "", "", fixture.Windows(10*ms, 111*ms+ns)},
		{"", nil, "", "association-killed", fixture.Windows(50*ms+ns, 101*ms+ns)},
		{"", scenarios.Settings{"latency": "3ms", "service": "7ms", "client-pause": "50ms"}, "", "",
			fixture.Windows(3*ms, 84*ms+ns)},
		{"", scenarios.Settings{"remedy": "discard"}, "", "all", fixture.Windows()},
		{"", scenarios.Settings{"remedy": "discard-established"}, "", "", fixture.Windows(10*ms, 50*ms+ns)},
		{"", scenarios.Settings{"remedy": "discard-at-server"}, "", "all", fixture.Windows()},
		{"", scenarios.Settings{"remedy": "discard-at-client"}, "", "", fixture.Windows(10*ms, 111*ms+ns)},
		// The alert has to reach the server before the client closes.
		{"", scenarios.Settings{"attacked": "client"}, "", "", fixture.Windows(0, 91*ms+ns)},
		{"", scenarios.Settings{"attacked": "client"}, "", "association-killed",
			fixture.Windows(60*ms+ns, 91*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "remedy": "discard-at-server"}, "",
			"association-killed", fixture.Windows(60*ms+ns, 91*ms+ns)},
		{"", scenarios.Settings{"attacked": "client", "remedy": "discard"}, "", "all", fixture.Windows()},
	})
}

// How the two sides answer what is in the clear during the handshake: in the clear; or, of
// a client that has sent its last flight, in a record that says epoch 1 and is not encrypted,
// so that the server drops it and waits for data.
func TestAnswersDuringTheHandshake(t *testing.T) {
	p := fixture.Pool(t, 1)
	for _, c := range testkit.Few([]struct {
		scenario string
		set      scenarios.Settings
		answer   string // with its length
		error    string // of the server
	}{
		{"plaintext-alert", scenarios.Settings{"forged-delay": "35ms"}, "Alert(close_notify) epoch=0 seq=4",
			"handshake error: alert: Alert Warning: CloseNotify"},
		{"plaintext-alert", scenarios.Settings{"forged-delay": "45ms", "attacked": "client"}, "Alert epoch=1 seq=1",
			"waiting for data: dtls timeout"},
		{"plaintext-data", scenarios.Settings{"forged-delay": "35ms"}, "Alert(unexpected_message) epoch=0 seq=4",
			"handshake error: dtls temporary: ApplicationData with epoch of 0"},
		{"plaintext-data", scenarios.Settings{"forged-delay": "45ms", "attacked": "client"}, "Alert epoch=1 seq=1",
			"waiting for data: dtls timeout"},
	}, 1, 4) {
		o := outcomeOf(t, p, fixture.Find(t, c.scenario),
			c.set.With(scenarios.Settings{"credentials": "psk", "clients": "1"}))
		var answers []string
		for i := range o.Records {
			r := &o.Records[i]
			if r.Kind == trace.Send && strings.HasPrefix(r.Label(), "Alert") {
				answers = append(answers, r.Label())
				if r.Length() != 15 {
					t.Errorf("%s %v: %s has %d bytes; want one that is not encrypted", c.scenario, c.set, r.Label(),
						r.Length())
				}
				break
			}
		}
		if !slices.Equal(answers, []string{c.answer}) {
			t.Errorf("%s %v: answers %q, want %q", c.scenario, c.set, answers, c.answer)
		}
		if len(o.Server.Errors) == 0 || !strings.Contains(o.Server.Errors[0], c.error) {
			t.Errorf("%s %v: errors %q, want %q", c.scenario, c.set, o.Server.Errors, c.error)
		}
	}
}

// The price of dropping every alert in the clear: a handshake that fails is told to
// nobody, and the peer waits for its time limit.
func TestStrictGuardHidesHonestAlerts(t *testing.T) {
	p := fixture.Pool(t, 1)
	scenario := fixture.Find(t, "hello2-poison") // the server denies a hello with a foreign cookie
	for guard, want := range map[string]string{"none": "handshake error: alert", "strict": "the handshake timed out"} {
		o := outcomeOf(t, p, scenario, scenarios.Settings{"copied-delay": "170ms", "client-guard": guard})
		if got := o.Sessions[1].Error; !strings.HasPrefix(got, want) {
			t.Errorf("%s: the second client was told %q, want %q", guard, got, want)
		}
	}
}

// Which record numbers serve a forgery to the server, after the handshake, at 75 ms, and
// during it, at 35 ms.
func TestForgedRecordNumbers(t *testing.T) {
	const text = `
name: numbers
summary: a forged alert under several record numbers
server: {model: concurrent, filter: handshake, ends: peer, credentials: psk}
clients: {client: waits, client-pause: 20ms, clients: "1"}
parameters:
  - {name: number, type: choice, choices: ["3", "4", "40", "67", "1000"], default: "40", meaning: the record number}
  - {name: forged-delay, type: latency distribution, default: 1ms, meaning: when it arrives}
rules:
  - {name: n3, when: {number: "3"}, match: {message: client-hello, nth: 1},
     forge: {record: alert, alert: ALERT, level: warning, sequence: 3, delay: forged-delay}}
  - {name: n4, when: {number: "4"}, match: {message: client-hello, nth: 1},
     forge: {record: alert, alert: ALERT, level: warning, sequence: 4, delay: forged-delay}}
  - {name: n40, when: {number: "40"}, match: {message: client-hello, nth: 1},
     forge: {record: alert, alert: ALERT, level: warning, delay: forged-delay}}
  - {name: n67, when: {number: "67"}, match: {message: client-hello, nth: 1},
     forge: {record: alert, alert: ALERT, level: warning, sequence: 67, delay: forged-delay}}
  - {name: n1000, when: {number: "1000"}, match: {message: client-hello, nth: 1},
     forge: {record: alert, alert: ALERT, level: warning, sequence: 1000, delay: forged-delay}}
probe: forged-delay=0s..200ms
`
	p := fixture.Pool(t, 1)
	for _, c := range []struct{ alert, number, delay, want string }{
		{"close_notify", "3", "35ms", "ghost-session,handshake-aborted,data-lost,server-error"},
		{"close_notify", "3", "75ms", ""}, // the ChangeCipherSpec had it
		{"close_notify", "4", "75ms", "association-killed"},
		{"close_notify", "40", "75ms", "association-killed"},
		{"close_notify", "1000", "75ms", "association-killed"},
		{"", "3", "75ms", ""}, // application data
		{"", "4", "75ms", "association-killed,no-close-notify,server-error"},
		{"", "1000", "75ms", "association-killed,no-close-notify,server-error"},
		{"user_canceled", "4", "35ms", ""},
		{"user_canceled", "40", "35ms", ""},
		{"user_canceled", "67", "35ms", "duplicate-flight"}, // 2 and 3 are too old, 4 and 5 of the repetition are not
		{"user_canceled", "1000", "35ms", "handshake-timeout,data-lost,server-error"},
	} {
		file := t.TempDir() + "/numbers.yaml"
		forged := "record: alert, alert: " + c.alert + ", level: warning"
		if c.alert == "" {
			forged = "record: application-data"
		}
		if err := os.WriteFile(file,
			[]byte(strings.ReplaceAll(text, "record: alert, alert: ALERT, level: warning", forged)),
			0o600); err != nil {
			t.Fatal(err)
		}
		s, err := catalogue.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		o := outcomeOf(t, p, s, scenarios.Settings{"number": c.number, "forged-delay": c.delay})
		if got := strings.Join(o.Outcome, ","); got != c.want {
			t.Errorf("%s under number %s at %s: %q, want %q", c.alert, c.number, c.delay, got, c.want)
		}
	}
}
