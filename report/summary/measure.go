package summary

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// measureDistribution shows the distribution function, or the survival curve, of a measure.
func measureDistribution(f *figures.MeasureResult, confidence float64) (Section, error) {
	g := f.Of
	m, _ := f.Results.Sweep.Scenario().Measure(g.Measure)
	j := &text.DistributionJSON{
		Scenario: f.Results.Sweep.Scenario().Name, Measure: g.Measure, Unit: m.Unit,
		Method:     text.OrderStatistics,
		Confidence: confidence,
	}
	if g.Survival {
		j.Method = text.KaplanMeier
	}
	s := Section{
		Table: [][]string{{"ROW", "COUNT", "CUT", "QUANTILE", "VALUE", fmt.Sprintf("%g %% INTERVAL", 100*confidence)}},
	}
	records := [][]string{{"row", "value", "probability", "lo", "hi", "confidence"}}
	var medians, without []string
	for i, row := range g.Rows {
		p := text.PointDistributionJSON{Label: row.Label, Replications: f.Results.Points[i].Replications}
		p.SetDistribution(f.Measured[i])
		for k := range p.Quantiles {
			q := &p.Quantiles[k]
			s.Table = append(
				s.Table,
				[]string{
					row.Label,
					strconv.Itoa(p.Taken),
					strconv.Itoa(p.Censored),
					number(q.Q),
					q.Value(m.Unit),
					q.Interval(m.Unit),
				},
			)
		}
		if p.Taken == 0 {
			without = append(without, "“"+row.Label+"”")
		} else {
			medians = append(medians,
				fmt.Sprintf("%s (%s) with “%s”", p.Quantiles[0].Value(m.Unit), p.Quantiles[0].Interval(m.Unit),
					row.Label))
		}
		for _, step := range p.Steps {
			records = append(
				records,
				[]string{
					row.Label,
					number(step.Value),
					number(step.Probability),
					number(step.Low),
					number(step.High),
					number(confidence),
				},
			)
		}
		j.Points = append(j.Points, p)
	}
	var parts []string
	if len(medians) > 0 {
		parts = append(parts, fmt.Sprintf("Median of the %s: %s.", g.Measure, text.List(medians)))
	}
	if len(without) > 0 {
		parts = append(parts, fmt.Sprintf("No run has taken %s with %s.", g.Measure, text.List(without)))
	}
	s.Method = "Quantiles by order statistics, with intervals that hold for any distribution; bands: pointwise, " +
		stat.ClopperPearsonExact.Title() + "."
	if j.Method == text.KaplanMeier {
		s.Method = "Kaplan and Meier: what had not ended when a limit cut it counts as at least that long; bands: " +
			"pointwise, " + stat.Greenwood.Title() + "."
	}
	s.Data, s.Sweeps = j, sweeps(f)
	drawn, err := text.DistributionFigure(j, nil, g.LogX)
	if errors.Is(err, figure.ErrNothing) { // the other figures can still be shown
		if len(medians) > 0 {
			parts = append(parts, "On a logarithmic axis there is nothing to draw.")
		}
		s.Sentence = strings.Join(parts, " ")
		return s, s.add(g.Name, nil, records)
	}
	if err != nil {
		return s, err
	}
	s.Sentence = strings.Join(parts, " ")
	drawn = drawn.Titled(g.Title)
	return s, s.add(g.Name, &drawn, records)
}
