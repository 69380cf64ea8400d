package store_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// Answers are read back from the views, the last ones alone; and a seed that is beyond
// what SQLite counts is kept.
func TestAnswers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	of := sweep(t, 3)
	of.Seed = math.MaxUint64 - 5
	s, _, err := store.OpenSweep(path, of, limits)
	if err != nil {
		t.Fatal(err)
	}
	w := &search.Windows{
		Seed: math.MaxUint64, Params: map[string]string{"linger": "0s"}, Probe: "alert-latency", From: 0, To: 50,
		Runs: 9,
		Cells: []search.Cell{
			{From: 0, To: 10, Failed: true, Outcome: []string{"a", "b"}, Signature: "x"},
			{From: 10, To: 20, Signature: "y"},
			{From: 20, To: 50, Failed: true, Outcome: []string{"a"}, Signature: "z"},
		},
		FailureWindows: []search.Interval{{From: 0, To: 10}, {From: 20, To: 50}},
		Edges: []search.Edge{
			{At: 10, Below: search.Witness{Repeat: "run 9"}, Above: search.Witness{Repeat: "run 10"}},
			{At: 20, Below: search.Witness{Repeat: "run 19"}, Above: search.Witness{Repeat: "run 20"}},
		},
	}
	estimates := []answers.Estimate{
		{
			Sweep: &of, Point: 1, X: 2.5, Method: "monte-carlo", Estimate: 0.25,
			Low: 0.1, High: 0.5, Interval: "wilson", Confidence: 0.95, N: 4, Failures: 1,
		},
		{
			Figure: "f", Row: "r", X: math.NaN(), Method: "exact", Estimate: 0.3,
			Low: 0.3, High: 0.3, Interval: "exact", Confidence: math.NaN(), N: -1,
			Failures: -1, Exact: true,
		},
	}
	first := answers.Answers{
		Searches:  []answers.Search{{Figure: "f", Row: "r", Windows: w}, {Figure: "f", Row: "s", Windows: w}},
		Estimates: estimates,
	}
	last := answers.Answers{
		Searches: first.Searches[:1], Estimates: estimates,
		Maps: []answers.Map{{Figure: "m", Row: "r", Regions: &plane.Regions{Runs: 4}}},
	}
	if err := errors.Join(s.Finish(first), s.Finish(last), s.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := store.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, c := range []struct {
		view, columns string
		want          []string
	}{
		{"windows", "figure, row, seed, from_ns, to_ns, width_ns, last_before, first_within, last_within, first_behind",
			[]string{
				"[f r 18446744073709551615 0 10 10 <nil> <nil> run 9 run 10]",
				"[f r 18446744073709551615 20 50 30 run 19 run 20 <nil> <nil>]",
			}},
		{"cells", "figure, row, from_ns, to_ns, outcome, failed, signature",
			[]string{"[f r 0 10 a,b 1 x]", "[f r 10 20 clean 0 y]", "[f r 20 50 a 1 z]"}},
		{"estimates", "figure, row, point, x, method, estimate, lo, hi, interval, confidence, n, failures, exact",
			[]string{
				"[  1 2.5 monte-carlo 0.25 0.1 0.5 wilson 0.95 4 1 0]",
				"[f r <nil> <nil> exact 0.3 0.3 0.3 exact <nil> <nil> <nil> 1]",
			}},
		{"searches", "figure, row, probe, runs", []string{"[f r alert-latency 9]"}},
	} {
		var got []string
		err := r.View(c.view, c.columns, "1, 2, 4", func([]string) error { return nil }, func(cells []any) error {
			got = append(got, fmt.Sprint(cells))
			return nil
		})
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q %v, want %q", c.view, got, err, c.want)
		}
	}
	programs, err := r.Programs()
	if err != nil || len(programs) != 1 || programs[0].Finished == "" || programs[0].Budget != 1 {
		t.Errorf("the programs are %+v, %v", programs, err)
	}
	parts, err := r.PartOf()
	if err != nil || len(parts) != 2 || parts[1].Seed != of.Seed {
		t.Errorf("the parts of the points are %+v, %v", parts, err)
	}
}
