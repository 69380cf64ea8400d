package catalogue_test

import (
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// How often a session ends without a close_notify of the client: never without perturbation,
// and with it at rates of the draw, which fall with the turns at each call.
func TestCloseRaceRates(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, c := range testkit.Few([]struct {
		client, perturb string
		least, most     int // of a hundred
	}{
		{"closes-first", "0", 0, 0},
		{"waits", "0", 0, 0},
		{"closes-first", "1", 8, 15},
		{"waits", "1", 5, 12},
		{"closes-first", "20", 2, 8},
	}, 1, 4) {
		set := scenarios.Settings{"client": c.client, "perturb": c.perturb, "clients": "1", "idle-timeout": "1s"}
		if n := failures(t, p, "close-race", "no-close-notify", set); n < c.least || n > c.most {
			t.Errorf("%v: %d of 100 sessions end without a close_notify, want %d to %d", set, n, c.least, c.most)
		}
	}
}

// A shorter idle timeout frees the 5-tuple earlier, and the close_notify is still not
// sent. The association is established at 50 ms, so that its idle timeout is over 30 s
// after the client's data, and the last of the next client's ten hellos comes 9 s after its
// start.
func TestCloseRaceWindows(t *testing.T) {
	testkit.NotShort(t)
	s := fixture.Find(t, "close-race")
	p := fixture.Pool(t, 2)
	for _, c := range testkit.Few([]struct {
		set  scenarios.Settings
		fail string
		want []search.Interval
	}{
		{nil, "next-handshake-failed", fixture.Windows(0, 20980*time.Millisecond+1)},
		{scenarios.Settings{"idle-timeout": "2s"}, "next-handshake-failed", fixture.Windows()},
		{scenarios.Settings{"idle-timeout": "2s"}, "no-close-notify", fixture.Windows(0, 40*time.Second)},
		{scenarios.Settings{"idle-timeout": "12s"}, "next-handshake-failed",
			fixture.Windows(0, 2980*time.Millisecond+1)},
		{scenarios.Settings{"client-port": "new"}, "next-handshake-failed", fixture.Windows()},
		{scenarios.Settings{"reconnects": "5"}, "next-handshake-failed", fixture.Windows()},
		{scenarios.Settings{"perturb": "0"}, "all", fixture.Windows()},
	}, 1, 2) {
		set := s.Failing.With(c.set)
		delete(set, s.Probe.Name)
		search := search.Search{Values: fixture.Values(t, s, set), Seed: s.ExampleSeed, Probe: s.Probe}
		var err error
		if search.Fail, err = s.ParsePredicate(c.fail); err != nil {
			t.Fatal(err)
		}
		fixture.ExpectWindows(t, p, search, c.want)
	}
}
