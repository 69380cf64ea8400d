package summary

import (
	"fmt"
	"math"
	"strconv"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// differences shows the failure probability of each row and its difference from the first row.
func differences(f *figures.DifferencesResult, confidence float64) (Section, error) {
	each := f.Comparison.EachConfidence
	s := Section{
		Table: [][]string{
			{
				"ROW",
				"FAILURES",
				"PROBABILITY",
				"DIFFERENCE",
				fmt.Sprintf("%g %% INTERVAL, ALL TOGETHER", 100*confidence),
				"FAILS ONLY HERE",
				"ONLY IN THE FIRST",
			},
		},
	}
	records := [][]string{{
		"row", "replications", "failures", "estimate", "lo", "hi", "confidence", "pairs", "both", "only_first",
		"only_row", "neither", "difference", "difference_lo", "difference_hi", "difference_confidence",
	}}
	var list []figure.Compared
	var less, more, open []string
	for i, row := range f.Of.Rows {
		p := f.Comparison.Points[i]
		e := p.Estimate
		c := figure.Compared{Label: row.Label, Value: e.Value, Low: e.Low, High: e.High, Difference: math.NaN()}
		line := []string{
			row.Label,
			fmt.Sprintf("%d of %d", p.Failures, p.Completed()),
			fmt.Sprintf("%.4f", e.Value),
			"-",
			"-",
			"-",
			"-",
		}
		record := []string{
			row.Label,
			strconv.Itoa(p.Completed()),
			strconv.Itoa(p.Failures),
			number(e.Value),
			number(e.Low),
			number(e.High),
			number(confidence),
		}
		if i == 0 {
			record = append(record, "", "", "", "", "", "", "", "", "")
		} else {
			o := f.Comparison.Others[i-1]
			d := o.Difference
			c.Difference, c.DifferenceLow, c.DifferenceHigh = d.Value, d.Low, d.High
			line = append(line[:3], fmt.Sprintf("%+.4f", d.Value), fmt.Sprintf("%+.4f .. %+.4f", d.Low, d.High),
				strconv.Itoa(o.OnlyOther), strconv.Itoa(o.OnlyBaseline))
			record = append(record, strconv.Itoa(d.N), strconv.Itoa(o.Both), strconv.Itoa(o.OnlyBaseline),
				strconv.Itoa(o.OnlyOther), strconv.Itoa(o.Neither),
				number(d.Value), number(d.Low), number(d.High), number(each))
			told := fmt.Sprintf("“%s” (%+.3f)", row.Label, d.Value)
			switch {
			case d.High < 0:
				less = append(less, told)
			case d.Low > 0:
				more = append(more, told)
			default:
				open = append(open, told)
			}
		}
		list = append(list, c)
		s.Table, records = append(s.Table, line), append(records, record)
	}
	s.Sentence = fmt.Sprintf("“%s” fails with probability %.3f.", f.Of.Rows[0].Label, list[0].Value)
	for _, part := range []struct {
		says string
		rows []string
	}{{"Failing less often:", less}, {"Failing more often:", more}, {"No difference to be told:", open}} {
		if len(part.rows) > 0 {
			s.Sentence += fmt.Sprintf(" %s %s.", part.says, text.List(part.rows))
		}
	}
	s.Method = fmt.Sprintf(
		"All rows have the same seeds, and share what their parameters leave alone; differences are estimated from "+
			"the pairs (score interval of %s, 1998), each with a confidence of %.4g %%, so that all together have "+
			"%g %%.",
		f.Comparison.Others[0].Difference.Method.Title(), 100*each, 100*confidence,
	)
	j := &text.CompareJSON{
		Scenario: f.Comparison.Sweep.Scenario().Name, Seed: f.Comparison.Sweep.Seed,
		Method: "monte-carlo", Confidence: confidence, Simultaneous: true,
	}
	j.SetPairs(f.Comparison)
	s.Data, s.Sweeps = j, sweeps(f)
	drawn := figure.Differences(f.Of.Title, "failure probability", list, confidence, fmt.Sprintf(
		"%s Bars: %g %% intervals; those of the differences, from pairs of one seed, all together.", s.Sentence,
		100*confidence,
	))
	return s, s.add(f.Of.Name, &drawn, records)
}
