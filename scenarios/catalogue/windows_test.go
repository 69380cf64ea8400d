package catalogue_test

import (
	"context"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

type windowCase fixture.WindowCase

// A listener that lets anything in fails as the founding case does, and each remedy does what
// it should.
func TestUnfilteredListenerWindows(t *testing.T) {
	const ms = time.Millisecond
	const ns = time.Nanosecond
	fixture.ExpectCases(t, "unfiltered-listener", []windowCase{
		{"no remedy", scenarios.Settings{}, "alert-latency=10ms..300ms", "", fixture.Windows(11*ms+ns, 300*ms)},
		{"the next handshake", scenarios.Settings{}, "alert-latency=10ms..300ms", "next-handshake-failed",
			fixture.Windows(11*ms+ns, 110*ms+ns)},
		{"Accept blocked", scenarios.Settings{}, "alert-latency=10ms..300ms", "accept-blocked",
			fixture.Windows(11*ms+ns, 110*ms+ns)},
		{"linger", scenarios.Settings{"remedy": "linger"}, "alert-latency=10ms..300ms", "",
			fixture.Windows(61*ms+ns, 300*ms)},
		{"filter", scenarios.Settings{"remedy": "filter"}, "alert-latency=10ms..300ms", "", fixture.Windows()},
		{"the filter of dtls.Listen", scenarios.Settings{"filter": "handshake"}, "alert-latency=10ms..300ms", "",
			fixture.Windows()},
		{"tombstone", scenarios.Settings{"remedy": "tombstone"}, "alert-latency=10ms..300ms", "", fixture.Windows()},
		// Kept for 50 ms from the release at 71 ms: until the alert's latency of 61 ms, and at
		// 61 ms itself the tombstone is gone.
		{"tombstone, short", scenarios.Settings{"tombstone": "50ms"}, "alert-latency=10ms..300ms", "",
			fixture.Windows(61*ms, 300*ms)},
		// The ghost is there, but holds nobody up.
		{"concurrent handshakes", scenarios.Settings{"remedy": "concurrent"}, "alert-latency=10ms..300ms",
			"next-handshake-failed,accept-blocked", fixture.Windows()},
		{"concurrent handshakes, the ghost", scenarios.Settings{"remedy": "concurrent"}, "alert-latency=10ms..300ms",
			"", fixture.Windows(11*ms+ns, 300*ms)},
		// With one place, a ghost takes it: a limit makes of a concurrent server what the inline
		// Accept is. With two, it costs one of them.
		{"one session at a time", scenarios.Settings{"remedy": "concurrent", "concurrency": "1"},
			"alert-latency=10ms..300ms", "next-handshake-failed,accept-blocked", fixture.Windows(11*ms+ns, 110*ms+ns)},
		{"two sessions at a time", scenarios.Settings{"remedy": "concurrent", "concurrency": "2"},
			"alert-latency=10ms..300ms", "next-handshake-failed,accept-blocked", fixture.Windows()},
		// The ghost ends within the next client's patience.
		{"short timeout", scenarios.Settings{"remedy": "short-timeout"}, "alert-latency=10ms..300ms",
			"next-handshake-failed", fixture.Windows()},
	})
}

// Data is lost when the alert overtakes it, La + d < Ld.
func TestTruncationWindows(t *testing.T) {
	const ms = time.Millisecond
	fixture.ExpectCases(t, "truncation", []windowCase{
		{"no remedy", nil, "", "data-lost", fixture.Windows(0, 10*ms)},
		{"close-delay", scenarios.Settings{"close-delay": "3ms"}, "", "data-lost", fixture.Windows(0, 7*ms)},
		{"uplink", scenarios.Settings{"uplink": "25ms"}, "", "all", fixture.Windows(0, 25*ms)},
		{"nothing else goes wrong", nil, "", "all", fixture.Windows(0, 10*ms)},
		{"delayed close", scenarios.Settings{"remedy": "close-delay"}, "", "all", fixture.Windows()},
		{"acknowledgement", scenarios.Settings{"remedy": "acknowledgement"}, "", "all", fixture.Windows()},
	})
}

// A copy of one of the first client's
// datagrams arrives too late. The flight arrives at 50 ms, the hellos at 10 and
// 30 ms; the release is at 71 ms, and the next client's hellos arrive at 191 and
// 211 ms.
func TestStaleCopyWindows(t *testing.T) {
	testkit.NotShort(t)
	const ms = time.Millisecond
	const ns = time.Nanosecond
	const next = "next-handshake-failed"
	type cases []struct {
		credentials, remedy, fail string
		want                      []search.Interval
	}
	expect := func(scenario string, list cases) {
		var windows []windowCase
		for _, c := range testkit.Few(list, 1, 1) {
			set := scenarios.Settings{"credentials": c.credentials, "remedy": c.remedy}
			windows = append(
				windows, windowCase{scenario + " " + c.credentials + " " + c.remedy, set, "", c.fail, c.want},
			)
		}
		fixture.ExpectCases(t, scenario, windows)
	}
	expect("ghost-flight5", cases{
		{"psk", "none", "", fixture.Windows(21*ms+ns, 300*ms)},
		{"ecdsa", "none", next, fixture.Windows(21*ms+ns, 141*ms+ns)},
		{"psk", "none", "accept-blocked", fixture.Windows(21*ms+ns, 141*ms+ns)},
		{"psk", "filter", "", fixture.Windows()},
		{"psk", "tombstone", "", fixture.Windows()},
		{"psk", "linger", "", fixture.Windows()},
		{"psk", "concurrent", next, fixture.Windows()},
	})
	expect("duplicate-hello", cases{
		{"psk", "none", "", fixture.Windows(61*ms+ns, 300*ms)},
		{"ecdsa", "none", next, fixture.Windows(61*ms+ns, 181*ms+ns)},
		{"psk", "filter", "", fixture.Windows(61*ms+ns, 300*ms)},
		{"psk", "tombstone", "", fixture.Windows()},
		{"psk", "linger", "", fixture.Windows()},
		{"psk", "concurrent", next, fixture.Windows()},
	})
	expect("hello2-poison", cases{
		{"psk", "none", next, fixture.Windows(41*ms+ns, 181*ms+ns)},
		{"ecdsa", "none", next, fixture.Windows(41*ms+ns, 181*ms+ns)},
		{"psk", "filter", next, fixture.Windows(41*ms+ns, 181*ms+ns)},
		{"psk", "tombstone", next, fixture.Windows(0, 300*ms)},
		{"psk", "tombstone+new-client-port", "", fixture.Windows()},
	})
	expect("flight5-poison", cases{
		{"ecdsa", "none", next, fixture.Windows(21*ms+ns, 181*ms+ns)},
		{"rsa", "none", next, fixture.Windows(21*ms+ns, 181*ms+ns)},
		{"psk", "none", next, fixture.Windows()},
		{"ecdsa", "filter", "", fixture.Windows(141*ms+ns, 181*ms+ns)},
		{"ecdsa", "filter+new-client-port", "", fixture.Windows()},
		{"ecdsa", "tombstone+new-client-port", "", fixture.Windows()},
	})
	expect("hello1-mixing", cases{
		{"psk", "none", next, fixture.Windows(61*ms+ns, 181*ms+ns)},
		{"ecdsa", "none", next, fixture.Windows(61*ms+ns, 181*ms+ns)},
		{"psk", "filter", next, fixture.Windows(61*ms+ns, 181*ms+ns)},
		{"psk", "tombstone+new-client-port", "", fixture.Windows()},
	})
}

// Without the copy, each of them is clean: the copy alone is the cause.
func TestWithoutTheCopy(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, name := range []string{"ghost-flight5", "duplicate-hello", "hello2-poison", "flight5-poison",
		"hello1-mixing"} {
		for _, credentials := range []string{"psk", "ecdsa"} {
			o, err := p.Do(context.Background(), fixture.Job(t, name,
				scenarios.Settings{"without": "copy", "copied-delay": "100ms", "credentials": credentials}, 1))
			if err != nil || o.Status != run.Completed || len(o.Outcome) > 0 {
				t.Errorf("%s, %s: %v %s %v", name, credentials, err, o.Status, o.Outcome)
			}
		}
	}
}
