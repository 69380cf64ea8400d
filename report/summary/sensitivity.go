package summary

import (
	"fmt"
	"strings"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// sensitivity shows the effect of each factor on the failure probability.
func sensitivity(f *figures.SensitivityResult, confidence float64) (Section, error) {
	q := &f.Question
	j := text.NewSensitivity(f.Analysed)

	percent := fmt.Sprintf("%g %% INTERVAL", 100*confidence)
	s := Section{
		Table: [][]string{{"FACTOR", "LEVEL", "PROBABILITY", percent, "FIRST ORDER", percent, "TOTAL", percent}},
	}
	records := [][]string{
		{
			"factor", "level", "estimate", "lo", "hi", "first_order", "first_order_lo", "first_order_hi", "total",
			"total_lo", "total_hi", "confidence",
		},
	}
	row := func(factor string, l text.LevelJSON, first, total *text.IndexJSON) {
		line := append(append([]string{factor, l.Level, "no data", ""}, first.Cells()...), total.Cells()...)
		record := []string{factor, l.Level, "", number(l.Low), number(l.High)}
		if l.Estimate != nil {
			line[2], line[3] = fmt.Sprintf("%.4g", *l.Estimate), fmt.Sprintf("%.4g .. %.4g", l.Low, l.High)
			record[2] = number(*l.Estimate)
		}
		for _, i := range []*text.IndexJSON{first, total} {
			switch {
			case i == nil:
				record = append(record, "", "", "")
			case i.Low == nil:
				record = append(record, number(i.Estimate), "", "")
			default:
				record = append(record, number(i.Estimate), number(*i.Low), number(*i.High))
			}
		}
		s.Table, records = append(s.Table, line), append(records, append(record, number(confidence)))
	}
	row("as set", j.Base, nil, nil)
	for _, factor := range j.Factors {
		for i, l := range factor.Levels {
			if i == 0 {
				row(factor.Name, l, factor.First, factor.Total)
			} else {
				row(factor.Name, l, nil, nil)
			}
		}
	}
	s.Sentence = "There are no indices: " + j.Undefined + "."
	if j.Undefined == "" {
		var parts []string
		known := true
		for _, factor := range j.Factors {
			parts = append(parts, fmt.Sprintf("%s %.2f by itself and %.2f with its interactions", factor.Name,
				factor.First.Estimate, factor.Total.Estimate))
			known = known && factor.First.Low != nil && factor.Total.Low != nil
		}
		s.Sentence = fmt.Sprintf(
			"Over the ranges the failure probability has a mean of %.3g and a standard deviation of %.3g. The "+
				"shares of its variance that are due to each factor: %s.",
			*j.Mean, f.Indices.Deviation(), strings.Join(parts, "; "),
		)
		if !known {
			s.Sentence += " How far off these shares may be is not known: the noise of the replications hides the " +
				"variance; more replications or base points would show it."
		}
	}
	s.Method = fmt.Sprintf(
		"First-order indices by Saltelli (2010), total indices by Jansen (1999), from %d base points of a scrambled "+
			"sequence of Sobol, with bootstrap intervals.",
		j.Points,
	)
	if q.Replications > 0 {
		s.Method += fmt.Sprintf(
			" The noise of %d replications at each point is taken off. One at a time: %d replications at each end.",
			q.Replications, j.Base.Replications,
		)
	}
	if j.Basis != nil && !j.Basis.Proved {
		s.Method += " " + text.NotProved(j.Basis)
	}
	drawn, err := text.TornadoFigure(j)
	if err != nil {
		return s, err
	}
	s.Data = j
	drawn = drawn.Titled(f.Of.Title)
	return s, s.add(f.Of.Name, &drawn, records)
}
