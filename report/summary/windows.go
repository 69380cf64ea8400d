package summary

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

func windows(f *figures.WindowsResult, outcomes []string) (Section, error) {
	var strips []figure.Strip
	s := Section{Table: [][]string{{"ROW", "FAILS FOR " + strings.ToUpper(f.Of.Probe.Name) + " IN"}}}
	records := [][]string{{"row", "from_ns", "to_ns", "failed", "outcome", "signature"}}
	var always, never []string
	var partly []alike
	for i, row := range f.Of.Rows {
		w := f.Windows[i]
		strip := figure.Strip{Label: row.Label}
		for _, c := range w.Cells {
			strip.Spans = append(strip.Spans, figure.Span{
				From: time.Duration(c.From), To: time.Duration(c.To), Outcome: text.Outcome(c.Outcome), Failed: c.Failed,
				Fill: paint.Outcome(c.Outcome, c.Failed, outcomes),
			})
			records = append(records, []string{
				row.Label, strconv.FormatInt(c.From, 10), strconv.FormatInt(c.To, 10), strconv.FormatBool(c.Failed),
				text.Outcome(c.Outcome), c.Signature,
			})
		}
		strips = append(strips, strip)
		in := text.Intervals(w)
		s.Table = append(s.Table, []string{row.Label, in})
		switch {
		case len(w.FailureWindows) == 0:
			never = append(never, "“"+row.Label+"”")
		case len(w.FailureWindows) == 1 && w.FailureWindows[0] == (search.Interval{From: w.From, To: w.To}):
			always = append(always, "“"+row.Label+"”")
		default:
			partly = appendAlike(partly, in, "“"+row.Label+"”")
		}
	}
	var parts []string
	if len(partly) > 0 {
		var groups []string
		for _, g := range partly {
			groups = append(groups, fmt.Sprintf("%s: %s", text.List(g.rows), g.in))
		}
		parts = append(parts,
			"Values of "+f.Of.Probe.Name+" at which sessions fail, with "+strings.Join(groups, "; with ")+".")
	}
	if len(always) > 0 {
		parts = append(parts, "At every value"+of(f, parts)+" sessions fail with "+text.List(always)+".")
	}
	switch {
	case len(never) > 0 && len(parts) == 0:
		parts = append(parts, "At no value"+of(f, parts)+" do sessions fail with "+text.List(never)+".")
	case len(never) > 0:
		parts = append(parts, "At none they fail with "+text.List(never)+".")
	}
	if len(f.Windows) > 0 {
		basis := text.BasisOf(f.Windows)
		parts = append(parts, text.Searched(f.Windows[0], basis))
		s.Method = text.NotProved(&basis)
	}
	s.Sentence, s.Windows = strings.Join(parts, " "), f.Windows
	drawn := figure.Windows(f.Of.Title, f.Of.Probe.Name, strips, s.Sentence)
	return s, s.add(f.Of.Name, &drawn, records)
}

// of says which values of the probe the sentence refers to, unless earlier text has said so.
func of(f *figures.WindowsResult, before []string) string {
	if len(before) > 0 || len(f.Windows) == 0 {
		return ""
	}
	to := "on"
	if end := time.Duration(f.Windows[0].To); end != scenarios.Forever {
		to = "to " + end.String()
	}
	return fmt.Sprintf(" of %s from %s %s", f.Of.Probe.Name, time.Duration(f.Windows[0].From), to)
}

// alike is a group of rows with the same failure windows.
type alike struct {
	in   string
	rows []string
}

func appendAlike(groups []alike, in, row string) []alike {
	for i := range groups {
		if groups[i].in == in {
			groups[i].rows = append(groups[i].rows, row)
			return groups
		}
	}
	return append(groups, alike{in, []string{row}})
}
