package explore_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

func find(t *testing.T, r explore.Runner, s explore.Search) *explore.Windows {
	t.Helper()
	w, err := explore.FindWindows(context.Background(), r, s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// expectWindows finds the windows of s and checks that they are exactly want and that each edge's witnesses repeat.
func expectWindows(t *testing.T, r explore.Runner, s explore.Search, want []explore.Interval) {
	t.Helper()
	w := find(t, r, s)
	if !slices.Equal(w.FailureWindows, want) {
		t.Errorf("failure windows %v, want %v\ncells: %v", w.FailureWindows, want, w.Cells)
	}
	checkStructure(t, r, w)
}

func windows(from ...time.Duration) []explore.Interval {
	out := []explore.Interval{}
	for i := 0; i < len(from); i += 2 {
		out = append(out, explore.Interval{From: int64(from[i]), To: int64(from[i+1])})
	}
	return out
}

// windowCase is a search in a scenario of the catalogue, by its own probe and predicate
// unless given, with pre-shared keys unless the settings say otherwise.
type windowCase struct {
	name  string
	set   scenarios.Settings
	probe string
	fail  string
	want  []explore.Interval
}

func expectCases(t *testing.T, scenario string, cases []windowCase) {
	t.Helper()
	s, err := scenarios.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	p := testkit.Pool(t, 2)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			search := explore.Search{Scenario: s, Settings: scenarios.Settings{"credentials": "psk"}.With(c.set), Seed: 1, Probe: s.Probe}
			if c.probe != "" {
				if search.Probe, err = s.ParseProbe(c.probe); err != nil {
					t.Fatal(err)
				}
			}
			if search.Fail, err = s.ParsePredicate(c.fail); err != nil {
				t.Fatal(err)
			}
			expectWindows(t, p, search, c.want)
		})
	}
}

// checkStructure checks what holds of every answer: the cells cover the range, and
// the witnesses repeat.
func checkStructure(t *testing.T, r explore.Runner, w *explore.Windows) {
	t.Helper()
	at := w.From
	for i, c := range w.Cells {
		if c.From != at || c.To <= c.From {
			t.Errorf("cell %d is [%d, %d), and the one before ends at %d", i, c.From, c.To, at)
		}
		at = c.To
	}
	if at != w.To {
		t.Errorf("the cells end at %d, the range at %d", at, w.To)
	}
	for _, e := range w.Edges {
		for x, witness := range map[int64]explore.Witness{e.At - 1: e.Below, e.At: e.Above} {
			value := w.Probe + "=" + time.Duration(x).String()
			if !strings.Contains(witness.Repeat, value) {
				t.Errorf("the witness at %d repeats %q", x, witness.Repeat)
			}
			set := scenarios.Settings{}
			for _, field := range strings.Fields(witness.Repeat) {
				if name, v, ok := strings.Cut(field, "="); ok {
					set[name] = v
				}
			}
			o, err := r.Do(context.Background(), worker.Job{Scenario: w.Scenario, Seed: w.Seed, Settings: set})
			if err != nil || o.Digest != witness.Digest {
				t.Errorf("%q gives digest %s (%v), want %s", witness.Repeat, o.Digest, err, witness.Digest)
			}
		}
	}
}

func builtIn(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
