package text

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// CompareJSON has the differences of design points from a baseline, for JSON. It omits what a
// method does not have.
type CompareJSON struct {
	Scenario string            `json:"scenario"`
	Seed     uint64            `json:"seed"`
	Params   map[string]string `json:"params"` // of the baseline
	Method   string            `json:"method"`
	Probe    string            `json:"probe,omitempty"` // for conditional

	Confidence     float64 `json:"confidence"` // of each interval, or of all together
	Simultaneous   bool    `json:"simultaneous"`
	EachConfidence float64 `json:"each_confidence"`

	Baseline    ComparedJSON     `json:"baseline"`
	Differences []DifferenceJSON `json:"differences"` // in the order of the design

	Runs        int           `json:"runs"`
	NoResult    int           `json:"no_result,omitempty"`
	Aborted     []run.Aborted `json:"aborted,omitempty"`
	Interrupted bool          `json:"interrupted"`
	Note        string        `json:"note,omitempty"`  // says that nothing is random
	Basis       *search.Basis `json:"basis,omitempty"` // of the windows that conditional integrates
	Repeat      string        `json:"repeat"`
}

// ComparedJSON is a design point of a comparison, for JSON.
type ComparedJSON struct {
	Levels      map[string]string `json:"levels"`
	Probability *float64          `json:"probability"` // over the compared seeds; null if none
}

// DifferenceJSON is the difference of a design point from the baseline, for JSON.
type DifferenceJSON struct {
	ComparedJSON

	Difference    *float64 `json:"difference"` // null without data
	Low           float64  `json:"lo"`
	High          float64  `json:"hi"`
	Interval      string   `json:"interval"`
	Exact         bool     `json:"exact,omitempty"`
	StandardError *float64 `json:"standard_error"`
	P             float64  `json:"p"`           // of this difference alone
	Adjusted      float64  `json:"p_adjusted"`  // of all together
	Correlation   *float64 `json:"correlation"` // null if either is the same under every seed
	// variance that independent runs would have, divided by this variance; null if undefined or
	// infinite
	VarianceRatio *float64 `json:"variance_ratio"`
	Outside       float64  `json:"outside,omitempty"`

	Pairs        int `json:"pairs"`
	Both         int `json:"both,omitempty"` // seeds under which both fail
	OnlyBaseline int `json:"only_baseline,omitempty"`
	OnlyOther    int `json:"only_other,omitempty"`
	Neither      int `json:"neither,omitempty"`
	Without      int `json:"without_result,omitempty"`

	FirstOnlyBaseline *sample.PairCommands `json:"first_only_baseline,omitempty"`
	FirstOnlyOther    *sample.PairCommands `json:"first_only_other,omitempty"`
}

// SetPairs sets the results of Monte Carlo.
func (j *CompareJSON) SetPairs(c *sample.Comparison) {
	j.Baseline.Levels, j.Params = c.Sweep.Design[c.Baseline].Levels, c.Sweep.Design[c.Baseline].Values.Text()
	j.Runs, j.NoResult, j.Aborted, j.Interrupted = c.Done, c.NoResult(), c.Aborted, c.Interrupted
	j.Baseline.Probability = known(c.Points[c.Baseline].Estimate.Value)
	j.EachConfidence, j.Note = c.EachConfidence, certainNote(c.Results)
	for _, p := range c.Others {
		row := newDifference(c.Sweep.Design[p.Point].Levels, p.Difference)
		row.Both, row.OnlyBaseline, row.OnlyOther, row.Neither, row.Without = p.Both, p.OnlyBaseline, p.OnlyOther,
			p.Neither, p.Without
		row.FirstOnlyBaseline, row.FirstOnlyOther = p.FirstOnlyBaseline, p.FirstOnlyOther
		j.Differences = append(j.Differences, row)
	}
}

// SetMeans sets the results of the conditional method at the points of a design.
func (j *CompareJSON) SetMeans(c *estimate.ConditionalComparison, points []design.Point, baseline int) {
	j.Baseline.Levels, j.Runs, j.Interrupted = points[baseline].Levels, c.Runs, c.Interrupted
	j.EachConfidence, j.Basis = c.EachConfidence, &c.Basis
	for _, d := range c.Differences {
		row := newDifference(points[d.Point].Levels, d.Difference)
		row.Outside = d.Outside
		j.Baseline.Probability = known(d.First)
		j.Differences = append(j.Differences, row)
	}
}

func newDifference(levels scenarios.Settings, d stat.Difference) DifferenceJSON {
	row := DifferenceJSON{
		ComparedJSON: ComparedJSON{
			Levels: levels, Probability: known(d.Second),
		}, Difference: known(d.Value), StandardError: known(d.StandardError),
		Low: d.Low, High: d.High, Interval: string(d.Method), Exact: d.Exact, P: d.P, Adjusted: d.Adjusted,
		Correlation: known(d.Correlation), Pairs: d.N,
	}
	if !math.IsInf(d.VarianceRatio, 0) {
		row.VarianceRatio = known(d.VarianceRatio)
	}
	return row
}

// tested returns the P that says the same about a difference of 0 as the interval.
func (d *DifferenceJSON) tested(simultaneous bool) float64 {
	if simultaneous {
		return d.Adjusted
	}
	return d.P
}

// Compare writes the differences from a baseline.
func Compare(w io.Writer, j *CompareJSON) error {
	number := func(f *float64, format string) string {
		if f == nil {
			return "-"
		}
		return fmt.Sprintf(format, *f)
	}
	each, test := "each", "P (EACH)"
	if j.Simultaneous {
		each, test = "all together", "P (ALL TOGETHER)"
	}
	head := []string{"", "PROBABILITY", "DIFFERENCE", fmt.Sprintf("INTERVAL (%g %%, %s)", 100*j.Confidence, each)}
	pairs := j.Method == "monte-carlo"
	if pairs {
		head = append(head, "ONLY BASELINE", "ONLY THIS")
	}
	rows := [][]string{append(head, test, "CORRELATION", "VARIANCE RATIO")}
	baseline := []string{design.LevelsText(j.Baseline.Levels), number(j.Baseline.Probability, "%.6g"), "baseline"}
	for len(baseline) < len(rows[0]) { // a short row would end the alignment of the columns
		baseline = append(baseline, "-")
	}
	rows = append(rows, baseline)
	for _, d := range j.Differences {
		interval, p := fmt.Sprintf("%+.6g .. %+.6g", d.Low, d.High), fmt.Sprintf("%.2g", d.tested(j.Simultaneous))
		if d.Exact {
			interval, p = exactly, "-"
		}
		row := []string{
			design.LevelsText(d.Levels), number(d.Probability, "%.6g"), number(d.Difference, "%+.6g"), interval,
		}
		if pairs {
			row = append(row, fmt.Sprint(d.OnlyBaseline), fmt.Sprint(d.OnlyOther))
		}
		rows = append(rows, append(row, p, number(d.Correlation, "%.3f"),
			number(d.VarianceRatio, "%.3g")))
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if err := j.writeMethod(w); err != nil {
		return err
	}
	for _, d := range j.Differences {
		for _, pair := range []struct {
			commands *sample.PairCommands
			fails    string
		}{{d.FirstOnlyBaseline, "fails only under the baseline"},
			{d.FirstOnlyOther, "fails only under " + design.LevelsText(d.Levels)}} {
			if pair.commands == nil {
				continue
			}
			if _, err := fmt.Fprintf(w, "\n%s: seed %d %s\n  %s\n  %s\n", design.LevelsText(d.Levels),
				pair.commands.Seed, pair.fails, pair.commands.Baseline, pair.commands.Other); err != nil {
				return err
			}
		}
	}
	_, err := fmt.Fprintf(w, "\nrepeat  %s\n", j.Repeat)
	return err
}

// writeMethod says how the differences were estimated, unless all are exact, and says where nothing
// is random.
func (j *CompareJSON) writeMethod(w io.Writer) error {
	what, test := "replications of each point, compared seed by seed", "the larger of the score test and the exact "+
		"test of McNemar"
	if j.Method != "monte-carlo" {
		what, test = "seeds, compared one by one, over the distribution of "+j.Probe, "the test that belongs to them"
	}
	estimated := func(d DifferenceJSON) bool { return !d.Exact }
	if i := slices.IndexFunc(j.Differences, estimated); i >= 0 {
		method := stat.Method(j.Differences[i].Interval).Title()
		together := ""
		switch {
		case j.Simultaneous:
			together = ", by Bonferroni's rule like the intervals"
		case len(j.Differences) > 1:
			together = "; each by itself: --simultaneous has all hold together"
		}
		if _, err := fmt.Fprintf(w, "\n%d %s; intervals: %s; P: %s%s\n", maxPairs(j.Differences), what, method, test,
			together); err != nil {
			return err
		}
	}
	if j.Basis != nil && !j.Basis.Proved {
		if _, err := fmt.Fprintf(w, "\n%s\n", NotProved(j.Basis)); err != nil {
			return err
		}
	}
	if j.Note == "" {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", j.Note)
	return err
}

func maxPairs(list []DifferenceJSON) (most int) {
	for _, d := range list {
		most = max(most, d.Pairs)
	}
	return most
}
