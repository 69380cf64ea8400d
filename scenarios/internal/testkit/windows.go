package testkit

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

func FindWindows(t *testing.T, r run.Runner, s search.Search) *search.Windows {
	t.Helper()
	w, err := search.FindWindows(context.Background(), r, s)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// expectWindows finds the windows of s and checks that they are exactly want and that each edge's witnesses repeat.
func ExpectWindows(t *testing.T, r run.Runner, s search.Search, want []search.Interval) {
	t.Helper()
	w := FindWindows(t, r, s)
	if !slices.Equal(w.FailureWindows, want) {
		t.Errorf("failure windows %v, want %v\ncells: %v", w.FailureWindows, want, w.Cells)
	}
	CheckStructure(t, r, w)
}

func Windows(from ...time.Duration) []search.Interval {
	out := []search.Interval{}
	for i := 0; i < len(from); i += 2 {
		out = append(out, search.Interval{From: int64(from[i]), To: int64(from[i+1])})
	}
	return out
}

// WindowCase is a search in a scenario of the catalogue, by its own probe and predicate
// unless given, with pre-shared keys unless the settings say otherwise.
type WindowCase struct {
	Name  string
	Set   scenarios.Settings
	Probe string
	Fail  string
	Want  []search.Interval
}

// aWindowCase is WindowCase, or a type of a test package's own, whose tables are shorter.
type aWindowCase interface {
	~struct {
		Name  string
		Set   scenarios.Settings
		Probe string
		Fail  string
		Want  []search.Interval
	}
}

// ExpectCases finds the windows of each case and compares them with those that it wants.
func ExpectCases[C aWindowCase](t *testing.T, scenario string, cases []C) {
	t.Helper()
	s, err := catalogue.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	p := Pool(t, 2)
	for _, c := range cases {
		c := WindowCase(c)
		t.Run(c.Name, func(t *testing.T) {
			search := search.Search{Scenario: s, Settings: scenarios.Settings{"credentials": "psk"}.With(c.Set), Seed: 1, Probe: s.Probe}
			if c.Probe != "" {
				if search.Probe, err = s.ParseProbe(c.Probe); err != nil {
					t.Fatal(err)
				}
			}
			if search.Fail, err = s.ParsePredicate(c.Fail); err != nil {
				t.Fatal(err)
			}
			ExpectWindows(t, p, search, c.Want)
		})
	}
}

// CheckStructure checks what holds of every answer: the cells cover the range, and
// the witnesses repeat.
func CheckStructure(t *testing.T, r run.Runner, w *search.Windows) {
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
		for x, witness := range map[int64]search.Witness{e.At - 1: e.Below, e.At: e.Above} {
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
			o, err := r.Do(context.Background(), run.Job{Scenario: w.Scenario, Seed: w.Seed, Settings: set})
			if err != nil || o.Digest != witness.Digest {
				t.Errorf("%q gives digest %s (%v), want %s", witness.Repeat, o.Digest, err, witness.Digest)
			}
		}
	}
}

func Find(t *testing.T, name string) *scenarios.Scenario {
	t.Helper()
	s, err := catalogue.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
