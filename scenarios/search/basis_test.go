package search_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// ownQuestion asks for the windows of a server of fixture.RegisterOwnServers.
func ownQuestion(t *testing.T, scenario, probe string, set scenarios.Settings) search.Search {
	t.Helper()
	s := fixture.Find(t, scenario)
	p, err := s.ParseProbe(probe)
	if err != nil {
		t.Fatal(err)
	}
	return search.Search{Values: fixture.Values(t, s, set), Seed: 1, Probe: p}
}

// A server sets deadlines on its session, and drops what comes between two of them (the case
// own-server-window-missed). The message comes 5 ms and two latencies after its handshake, so it is
// dropped if the latency is above 147.5 ms, and up to 197.5 ms. The search finds that window whatever
// it knows, and proves it only if the scenario states that its timers are known and no run denies it.
func TestOwnServerWindow(t *testing.T) {
	p := fixture.Pool(t, 2)
	const us = time.Microsecond
	for _, stack := range testkit.Few([]string{"pion-v2", "pion-v3"}, 1, 2) {
		for i, c := range []struct {
			scenario, timers string
			proved           bool
			why              string // if not
		}{
			{"own-server", "declared", true, ""},
			{"own-server-unstated", "declared", false, "does not state that all its timers are known"},
			{"own-server", "hidden", false, "the scenario states that all its timers are known, and a run shows one"},
			{"own-server-unstated", "hidden", false, "has a timer that is not known: with latency="},
			{"own-server", "by-hand", false, "the scenario states that all its timers are known, and a run shows one"},
		} {
			s := ownQuestion(t, c.scenario, "latency=0s..450ms", scenarios.Settings{"timers": c.timers, "stack": stack})
			random := search.DefaultRandomRuns
			if i > 1 { // once is enough for the default
				random = testkit.Budget(60, 60, random)
				s.Sampling.Runs = random
			}
			w := fixture.FindWindows(t, p, s)
			from, to := 147_500*us, 197_500*us
			if c.timers == "declared" { // a message at the instant of a deadline that is an event is in time
				from, to = from+1, to+1
			}
			m := w.Method
			if want := fixture.Windows(from, to); !slices.Equal(w.FailureWindows, want) {
				t.Errorf("%+v, %s: %v, want %v; %+v", c, stack, w.FailureWindows, want, m)
			}
			if m.Proved != c.proved || !strings.Contains(m.WhyNot, c.why) {
				t.Errorf("%+v, %s: %+v", c, stack, m)
			}
			if !c.proved && (m.RandomRuns != random || m.RandomWindow > 3*int64(s.Probe.To)/int64(random) ||
				m.RandomTo != int64(s.Probe.To)) {
				t.Errorf("%+v, %s: random runs: %+v", c, stack, m.Basis)
			}
			holdAgainst(t, p, s, w, []int64{0, int64(150 * us * 1000), int64(160_000 * us), int64(180_000 * us),
				int64(199_000 * us)})
		}
	}
}

// A timer that only sets a variable does nothing that a run shows. A scenario that does not state
// that its timers are known gets its window all the same, by runs at random values.
func TestTimerThatDoesNothing(t *testing.T) {
	p := fixture.Pool(t, 2)
	s := ownQuestion(t, "own-server-unstated", "latency=0s..450ms", scenarios.Settings{"timers": "flag"})
	w := fixture.FindWindows(t, p, s)
	if want := fixture.Windows(147_500*time.Microsecond, 450*time.Millisecond); !slices.Equal(w.FailureWindows, want) ||
		w.Method.Proved {
		t.Errorf("%v, want %v; %+v", w.FailureWindows, want, w.Method)
	}
}

// An open range of a scenario that does not state that its timers are known is sampled as far as the
// search found anything to change, and the answer says how far.
func TestOpenRangeIsSampled(t *testing.T) {
	p := fixture.Pool(t, 2)
	s := ownQuestion(t, "own-server-unstated", "pause=0s..1s", nil)
	s.Probe.To = scenarios.Forever
	w := fixture.FindWindows(t, p, s)
	m := w.Method
	if m.Proved || m.RandomTo < int64(30*time.Second) || m.RandomTo > int64(10*time.Minute) || m.RandomRuns == 0 ||
		w.To != int64(scenarios.Forever) {
		t.Errorf("%+v; %v", m, w.FailureWindows)
	}
}

// Random values that lie in no hidden window leave the answer as it is, and those that do mend it.
// A window of 0.5 % of the range is found with a probability of 95 %.
func TestRandomRunsFindWhatIsHidden(t *testing.T) {
	testkit.NotShort(t)
	hidden := func(share int64) imagined { return hiddenWindow(300_000, time.Duration(300_000+share*1000)) }
	seed := testkit.Seed(t)
	for share, least := range map[int64]int{5: 90, 30: 100} { // thousandths of the range
		found := 0
		const searches = 100
		for n := range searches {
			s := ownQuestion(t, "own-server-unstated", "pause=0s..1ms", nil)
			s.Seed = seed + uint64(n)
			w := fixture.FindWindows(t, hidden(share), s)
			if w.Method.Proved {
				t.Fatalf("%+v", w.Method)
			}
			if slices.Equal(w.FailureWindows, fixture.Windows(300_000, time.Duration(300_000+share*1000))) {
				found++
			}
		}
		if found < least*searches/100-4 {
			t.Errorf("a window of %d thousandths: %d of %d searches found it", share, found, searches)
		}
	}
}

// Neither stack does anything at an instant at which no event of the list and no timer that it
// reports is due: the scenarios of the catalogue have no timers that the search does not know.
func TestCatalogueHasNoUnknownTimer(t *testing.T) {
	p := fixture.Pool(t, 2)
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	for _, s := range testkit.Few(fixture.Catalogue(), 3, 5) {
		for _, stack := range []string{"pion-v2", "pion-v3"} {
			for _, model := range []string{"sequential", "listener", "concurrent"} {
				for _, credentials := range []string{"psk", "ed25519", "ecdsa", "rsa"} {
					for _, more := range testkit.Few([]scenarios.Settings{
						s.Failing, {"loss": "0.2", "latency": "5ms+exponential(mean=40ms)"}, {"latency": "700ms"}, nil,
					}, 1, 2) {
						v, err := s.Resolve(scenarios.Settings{
							"stack": stack, "model": model, "credentials": credentials,
						}.With(more))
						if err != nil { // a model, or a remedy, that excludes another setting
							continue
						}
						job := run.Job{Values: v, Seed: random.Uint64() >> 1, Watch: true}
						o, err := p.Do(context.Background(), job)
						if err != nil || o.Status != run.Completed {
							t.Fatalf("%v %s\n%s", err, o.Status, o.Repeat)
						}
						if e := o.Watched.Unexplained; e != nil {
							t.Errorf("%+v\n%s", *e, o.Repeat)
						}
					}
				}
			}
		}
	}
}

// Random servers: the windows of those whose timers are declared are proved, and those of all are
// what runs say at random values and next to every bound. If a server hides timers, no answer is
// proved.
func TestRandomServersAgainstRuns(t *testing.T) {
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	proved, hidden, fails := 0, 0, 0
	for i := range testkit.Cases(t, 3, 10, 50) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		set := scenarios.Settings{
			"program": strconv.FormatInt(1+r.Int64N(1<<40), 10), "timers": "declared",
			"stack": []string{"pion-v2", "pion-v3"}[r.IntN(2)],
		}
		scenario, probe := "own-server", "latency=0s..450ms"
		switch r.IntN(8) {
		case 0, 1:
			probe = "pause=0s..1s"
		case 2:
			scenario, set["timers"] = "own-server-unstated", "hidden"
		}
		s := ownQuestion(t, scenario, probe, set)
		w := fixture.FindWindows(t, p, s)
		switch {
		case set["timers"] == "hidden" && !w.Method.Proved:
			hidden++
		case set["timers"] == "hidden" || !w.Method.Proved || w.Method.PredictionFailures > 0:
			t.Errorf("%+v\n%s", w.Method, command(s))
		default:
			proved++
		}
		if len(w.FailureWindows) > 0 {
			fails++
		}
		if set["timers"] == "declared" {
			holdAgainst(t, p, s, w, valuesIn(r, w, 12, 30))
		}
	}
	if proved == 0 || (fails == 0 || hidden == 0) && !testing.Short() {
		t.Errorf("%d proved, %d with hidden timers, %d with failures", proved, hidden, fails)
	}
}
