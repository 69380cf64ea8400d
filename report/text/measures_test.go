package text_test

import (
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// The table has a row for each measure and point, with the units of the measures; one
// that nobody took has no values, and one that was always 0 is left out.
func TestMeasures(t *testing.T) {
	point := func(linger string, measures map[string]sample.Measure) *sample.Point {
		s, err := catalogue.Find("late-close-notify")
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Resolve(scenarios.Settings{"linger": linger})
		if err != nil {
			t.Fatal(err)
		}
		return &sample.Point{Point: design.Point{Values: v}, Measures: measures}
	}
	r := &sample.Results{Points: []*sample.Point{
		point("0s", map[string]sample.Measure{
			"read-stalled": {
				Count: 4, Mean: 1_234_567, Minimum: 0, Median: 999, Quantile95: 59_990_000_000,
				Maximum: 9_001_000_000_000_000_000,
			},
			"sessions-begun": {Count: 9, Mean: 2, Minimum: 1, Median: 2, Quantile95: 12_345, Maximum: 12_355},
			"accept-blocked": {Count: 9},
		}),
		point("5ms", map[string]sample.Measure{"accept-blocked": {Count: 9}}),
	}}
	var b strings.Builder
	if err := text.Measures(&b, r, []string{"linger"}); err != nil {
		t.Fatal(err)
	}
	want := `
Measures, of the replications that took them, to three digits:
MEASURE         LINGER  COUNT  MEAN    MINIMUM  MEDIAN  0.95 QUANTILE  MAXIMUM
read-stalled    0s      4      1.23ms  0s       999ns   1m0s           2500000h0m0s
read-stalled    5ms     0      -       -        -       -              -
sessions-begun  0s      9      2       1        2       12300          12400
sessions-begun  5ms     0      -       -        -       -              -
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
