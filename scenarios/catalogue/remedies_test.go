package catalogue_test

import (
	"context"
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// outcomeOf performs one replication.
func outcomeOf(t *testing.T, p *run.Pool, s *scenarios.Scenario, set scenarios.Settings) run.Result {
	t.Helper()
	o, err := p.Do(context.Background(), run.Job{Values: fixture.Values(t, s, set), Seed: s.ExampleSeed, Trace: true})
	if err != nil || o.Status != run.Completed {
		t.Fatalf("%s %v: %v %s %s", s.Name, set, err, o.Status, o.Dump)
	}
	return o
}

// Every scenario of the catalogue fails where its page says, its negative control is
// clean, and the root cause of the failing run is what the page names: with that alone taken
// away it passes.
func TestCatalogueFailsForItsCause(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, s := range fixture.Catalogue() {
		t.Run(s.Name, func(t *testing.T) {
			if s.Cause.Text == "" || len(s.Cause.Set) == 0 {
				t.Fatal("it names no cause")
			}
			if o := outcomeOf(t, p, s, s.Failing); !o.Failed {
				t.Errorf("the run that is to fail passes: %v", o.Outcome)
			}
			if o := outcomeOf(t, p, s, s.Passing); o.Failed || len(o.Outcome) > 0 {
				t.Errorf("the negative control is not clean: %v", o.Outcome)
			}
			if o := outcomeOf(t, p, s, s.Failing.With(s.Cause.Set)); o.Failed {
				t.Errorf("without its cause (%s: %v) it still fails: %v\n%s", s.Cause.Text, s.Cause.Set, o.Outcome,
					o.Repeat)
			}
		})
	}
}

// Every remedy does about the failure window of the run that fails what its page says:
// leaves nothing of it, or less, in length or of what goes wrong there, or all. All but
// the long form look at the first remedy of each scenario.
func TestRemediesHelpAsTheySay(t *testing.T) {
	testkit.NotShort(t)
	p := fixture.Pool(t, 2)
	for _, s := range testkit.Few(fixture.Catalogue(), 1, 5) {
		t.Run(s.Name, func(t *testing.T) {
			question := func(set scenarios.Settings) *search.Windows {
				probing := s.Failing.With(set)
				delete(probing, s.Probe.Name)
				return fixture.FindWindows(t, p,
					search.Search{Values: fixture.Values(t, s, probing), Seed: s.ExampleSeed, Probe: s.Probe})
			}
			text, ok := s.Failing[s.Probe.Name]
			if !ok {
				t.Fatalf("the run that fails does not set the probe %s", s.Probe.Name)
			}
			at, err := distribution.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			without := question(nil)
			var window search.Interval
			for _, i := range without.FailureWindows {
				if i.From <= int64(at) && int64(at) < i.To {
					window = i
				}
			}
			if window == (search.Interval{}) {
				t.Fatalf("%s=%s lies in no failure window", s.Probe.Name, at)
			}
			if len(s.Remedies) == 0 {
				t.Error("it has no remedies")
			}
			for _, r := range testkit.Few(s.Remedies, 1, 1) {
				with := question(scenarios.Settings{"remedy": r.Name})
				before, left := trouble(s, without, window), trouble(s, with, window)
				helps := scenarios.HelpsPartly
				switch {
				case left == 0:
					helps = scenarios.HelpsFully
				case left >= before:
					helps = scenarios.HelpsNot
				}
				if helps != r.Helps {
					t.Errorf("remedy %s: helps: %s, and the page says %s; without it fails in %v, with it:\n%+v",
						r.Name, helps, r.Helps, window, with.Cells)
				}
			}
		})
	}
}

// trouble is how much goes wrong within a window: for how many values of the probe,
// counted once for each outcome that counts as failure.
func trouble(s *scenarios.Scenario, w *search.Windows, window search.Interval) (total int64) {
	for _, c := range w.Cells {
		for _, o := range c.Outcome {
			if len(s.Fail) == 0 || slices.Contains(s.Fail, o) {
				total += max(0, min(c.To, window.To)-max(c.From, window.From))
			}
		}
	}
	return total
}
