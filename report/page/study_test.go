package page_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/report/page"
	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// result is a study of one figure with these windows.
func result(t *testing.T, windows ...*search.Windows) *study.Result {
	t.Helper()
	sc, err := catalogue.Find("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	fail, err := sc.ParsePredicate("")
	if err != nil {
		t.Fatal(err)
	}
	f := &figures.Windows{Head: rows.Head{Name: "strips", Fail: fail}}
	for i := range windows {
		f.Rows = append(f.Rows, rows.Row{Label: string(rune('a' + i))})
	}
	s := &study.Study{
		Name: "s", Title: "When", Subject: rows.Subject{Scenario: sc, Seed: 7, Confidence: 0.95},
		Figures: []figures.Figure{f},
	}
	return &study.Result{Study: s, Figures: []figures.Result{&figures.WindowsResult{Of: f, Windows: windows}}, Runs: 12}
}

func found(to int64, method search.Method, windows ...search.Interval) *search.Windows {
	return &search.Windows{Probe: "x", From: 0, To: to, FailureWindows: windows, Runs: 6, Method: method}
}

// The answer says where the first row fails, and how the others differ.
func TestAnswer(t *testing.T) {
	const ms = int64(time.Millisecond)
	proved := search.Method{Name: "slopes", Basis: search.Basis{Proved: true}, Segments: 3}
	some := found(50*ms, proved, search.Interval{From: 0, To: 10 * ms}, search.Interval{From: 20 * ms, To: 50 * ms})
	never := found(50*ms, proved)
	for want, windows := range map[string][]*search.Windows{
		"With “a”, sessions fail for x in [0s, 10ms) and from 20ms on.":                                       {some},
		"With “a”, sessions fail at no value of x from 0s to 50ms.":                                           {never},
		"With “a”, sessions fail at every value of x from 0s to 50ms; with “b” at no value.":                  {found(50*ms, proved, search.Interval{From: 0, To: 50 * ms}), never},
		"With “a”, sessions fail at no value of x from 0s on; with “b” for x in [0s, 10ms) and from 20ms on.": {found(int64(scenarios.Forever), proved), some},
		"With “a”, sessions fail for x in [0s, 10ms) and from 20ms on; of the 2 other rows of the first figure, 1 " +
			"fails at no value.": {some, some, never},
		"With “a”, sessions fail for x in [0s, 10ms) and from 20ms on; each of the 2 other rows of the first figure " +
			"fails somewhere too.": {some, some, some},
	} {
		if got := page.Study(result(t, windows...), nil, nil, nil).Answer; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// The method says that nothing was missed if that is so, and what could have been if not.
func TestMethodSaysWhatIsProved(t *testing.T) {
	proved := search.Method{Name: "slopes", Basis: search.Basis{Proved: true}, Segments: 3, Verifications: 4}
	gap := search.Method{
		Name: "slopes", Segments: 2, Verifications: 5, Basis: search.Basis{WhyNot: "a prediction failed"},
		PredictionFailures: 1, LargestUnverifiedGap: 100, LargestUnverifiedGapFrom: 50,
	}
	for want, windows := range map[string][]*search.Windows{
		"There are 6 segments; 8 of the runs were made only to hold such predictions against, at both ends of a " +
			"segment and at random points inside: every one came out as predicted. " +
			"On each segment everything that a run depends on comes in the same order: no window in the ranges was " +
			"missed, however short.": {found(10, proved), found(10, proved)},
		"1 did not, because an instant that no run reports came in between, and the bound was found by bisection. " +
			"In 1 of 2 searches no window was missed, however short. The others are searched, not proved: a " +
			"prediction failed. A window that opens and closes within [50ns, 150ns) could have been missed. This is " +
			"the longest, in “b”.": {found(10, proved), found(10, gap)},
	} {
		terms := page.Study(result(t, windows...), nil, nil, nil).Method
		if len(terms) == 0 || terms[0].Name != "Failure windows" || !strings.Contains(terms[0].Text, want) {
			t.Errorf("%+v\nwant %s", terms, want)
		}
	}
}

// One sweep of all rows has a command under the label of each row that fails, and bands have
// the witnesses of each level.
func TestCommandsUnderTheirLabels(t *testing.T) {
	r := result(t)
	head := rows.Head{Name: "strips", Rows: []rows.Row{{Label: "a"}, {Label: "b"}}}
	w := found(50, search.Method{Name: "slopes"})
	w.Edges = []search.Edge{{At: 20, Below: search.Witness{Repeat: "run 19"}, Above: search.Witness{Repeat: "run 20"}}}
	rows := &sample.Results{Points: []*sample.Point{{FirstFailure: "run a"}, {FirstFailure: "run b"}}}
	r.Figures[0] = &figures.DifferencesResult{
		Of: &figures.Differences{Head: head}, Comparison: &sample.Comparison{Results: rows},
	}
	got := page.Study(r, []summary.Section{{Name: "strips"}}, nil, nil).Sections[0]
	if want := []page.Failure{{Row: "a", Command: "run a"}, {Row: "b", Command: "run b"}}; !slices.Equal(
		got.Failures, want,
	) {
		t.Errorf("failures %+v, want %+v", got.Failures, want)
	}
	bands := &bands.Answer{
		Factor: "linger",
		Levels: []bands.Level{{Level: "1ms", Windows: found(50, search.Method{})}, {Level: "2ms", Windows: w}},
	}
	r.Figures[0] = &figures.BandsResult{Of: &figures.Bands{Head: head}, Bands: bands}
	got = page.Study(r, []summary.Section{{Name: "strips"}}, nil, nil).Sections[0]
	if len(got.Edges) != 1 || got.Edges[0].Row != "linger = 2ms" || got.Edges[0].Below.Command != "run 19" ||
		got.Edges[0].Above.Command != "run 20" {
		t.Errorf("edges %+v", got.Edges)
	}
}
