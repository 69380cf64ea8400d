package text_test

import (
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// What an answer says of how it was found, and what that proves.
func TestWindowsMethod(t *testing.T) {
	cells := []search.Cell{{From: 0, To: 5}, {From: 5, To: 9, Failed: true, Outcome: []string{"data-lost"}}}
	answer := func(m search.Method) *search.Windows {
		return &search.Windows{
			Scenario: "s", Probe: "p", To: 9, Cells: cells, FailureWindows: []search.Interval{{From: 5, To: 9}},
			Edges: []search.Edge{{At: 5}}, Runs: 7, Method: m,
		}
	}
	open := answer(search.Method{Name: "search", Basis: search.Basis{Proved: true}, Segments: 1})
	open.To, open.FailureWindows = int64(scenarios.Forever), []search.Interval{{From: 5, To: int64(scenarios.Forever)}}
	for _, c := range []struct {
		windows *search.Windows
		want    []string
	}{
		{answer(search.Method{Name: "search", Basis: search.Basis{Proved: true}, Segments: 3, Verifications: 4}), []string{
			"from 0s to 9ns, seed 0", "[5ns, 9ns)  (to the end of the range)",
			"Edge at 5ns, its two sides one nanosecond apart:",
			"7 runs; search: 3 segments, 4 verifications, every prediction held\n",
			"no window was missed, however short",
		}},
		{open, []string{"from 0s to for ever", "[5ns, for ever)\n"}},
		{
			answer(search.Method{
				Name: "search", Segments: 3, Verifications: 4, PredictionFailures: 1, LargestUnverifiedGap: 2,
				LargestUnverifiedGapFrom: 1,
				Failures:                 []search.PredictionFailure{{Segment: 1, At: 5, Why: "another signature"}},
			}),
			[]string{
				"4 verifications, 1 prediction failed, and the bound was bisected:\n  from 1ns, at 5ns: another " +
					"signature\n",
				"A window that opens and closes within [1ns, 3ns) could have been missed.\n",
			},
		},
		{answer(search.Method{Name: "brute-force scan, every 3ns", LargestUnverifiedGap: 2,
			LargestUnverifiedGapFrom: 1}), []string{
			"Edge between 2ns and 5ns, two values of the grid:",
			"7 runs; brute-force scan, every 3ns: a window that is shorter than 3ns could have been missed\n",
		}},
		{answer(search.Method{Name: "brute-force scan, every 1ns", Basis: search.Basis{Proved: true}}),
			[]string{"one nanosecond apart", "every 1ns: nothing is between them\n"}},
	} {
		var b strings.Builder
		if err := text.Windows(&b, c.windows); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("want %q in\n%s", want, b.String())
			}
		}
	}
}
