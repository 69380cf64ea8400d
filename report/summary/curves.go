package summary

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// rare is the probability below which the sentence under a curve calls failure rare.
const rare = 0.01

func curves(f *figures.CurvesResult, confidence float64) (Section, error) {
	values := f.Of.X.Values()
	s := Section{
		Table: [][]string{
			{
				"CURVE",
				strings.ToUpper(f.Of.X.Label),
				"FAILURES",
				"MONTE CARLO",
				fmt.Sprintf("%g %% INTERVAL", 100*confidence),
				"EXACT",
			},
		},
	}
	records := [][]string{{"curve", "x", "replications", "failures", "estimate", "lo", "hi", "confidence", "exact"}}
	var drawn []figure.Curve
	var parts []string
	inside, all := 0, 0
	for i, row := range f.Of.Rows {
		c := figure.Curve{Label: row.Label, X: values}
		if f.Exact != nil {
			c.Exact, c.Searched = f.Exact[i], !f.Basis.Proved
			for _, piece := range f.Traces[i] {
				drawn := figure.Piece{Known: piece.Known}
				for _, p := range piece.Points {
					drawn.X, drawn.Y = append(drawn.X, p.X), append(drawn.Y, p.Y)
				}
				c.Trace = append(c.Trace, drawn)
			}
		}
		for j, p := range f.Rows[i].Points {
			e := p.Estimate
			c.Estimates = append(c.Estimates, e)
			exact, exactNumber := "-", ""
			if c.Exact != nil {
				exact, exactNumber = exactText(c.Exact[j]), number(c.Exact[j])
				all++
				if e.Holds(c.Exact[j]) {
					inside++
				}
			}
			x := strconv.FormatFloat(values[j], 'g', 6, 64)
			s.Table = append(s.Table, []string{
				row.Label, x, fmt.Sprintf("%d of %d", p.Failures, p.Completed()), fmt.Sprintf("%.4f", e.Value),
				fmt.Sprintf("%.4f .. %.4f", e.Low, e.High), exact,
			})
			records = append(records, []string{
				row.Label, x, strconv.Itoa(p.Completed()), strconv.Itoa(p.Failures), number(e.Value), number(e.Low),
				number(e.High),
				number(confidence), exactNumber,
			})
		}
		records = append(records, between(&c)...)
		drawn = append(drawn, c)
		probabilities := c.Line()
		first, last := probabilities[0], probabilities[len(values)-1]
		part := fmt.Sprintf("“%s”: %.3g at %.6g, %.3g at %.6g", row.Label, first, values[0], last,
			values[len(values)-1])
		if at := crossing(values, probabilities); at != "" {
			part += at
		}
		parts = append(parts, part)
	}
	s.Sentence = fmt.Sprintf("Estimated failure probability along %s: %s.", f.Of.X.Label, strings.Join(parts, "; "))
	if f.Idle != nil {
		s.Sentence += " There is no exact curve: " + f.Idle.Reason() + "."
	}
	if f.Exact != nil {
		exact, value := "Exact failure probability", "the exact value"
		if !f.Basis.Proved {
			exact, value = "Failure probability from windows that are not proved to be complete", "it"
			s.Method = text.NotProved(&f.Basis)
		}
		s.Sentence = fmt.Sprintf(
			"%s along %s: %s. %d of %d Monte Carlo intervals hold %s (the points share their random numbers, and "+
				"miss together).",
			exact, f.Of.X.Label, strings.Join(parts, "; "), inside, all, value,
		)
	}
	s.Sweeps, s.X, s.Exact = sweeps(f), values, f.Exact
	fig, err := figure.Curves(f.Of.Title, f.Of.X.Label, f.Of.LogY, drawn, confidence, s.Sentence)
	if err != nil {
		return s, err
	}
	return s, s.add(f.Of.Name, &fig, records)
}

// between returns the points of an exact curve as they are drawn, for CSV: lines without an estimate.
// Two with the same x are the two sides of a jump.
func between(c *figure.Curve) (records [][]string) {
	for _, piece := range c.Trace {
		for i := range piece.X {
			if piece.Known {
				records = append(records,
					[]string{c.Label, number(piece.X[i]), "", "", "", "", "", "", number(piece.Y[i])})
			}
		}
	}
	return records
}

// exactText writes an exact probability with the decimal places of its column, or with three digits
// if it is too small for them.
func exactText(p float64) string {
	if p > 0 && p < 1e-4 {
		return fmt.Sprintf("%.2e", p)
	}
	return fmt.Sprintf("%.6f", p)
}

// crossing says between which values of x a curve crosses the limit of rare failure.
func crossing(x, y []float64) string {
	for i := 1; i < len(y); i++ {
		switch {
		case y[i-1] >= rare && y[i] < rare:
			return fmt.Sprintf(" (below %g between %.6g and %.6g)", rare, x[i-1], x[i])
		case y[i-1] < rare && y[i] >= rare:
			return fmt.Sprintf(" (above %g between %.6g and %.6g)", rare, x[i-1], x[i])
		}
	}
	return ""
}
