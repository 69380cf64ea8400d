// Package summary shows the result of a study: its figures, its tables, and the
// sentence that a reader should come away with under each, computed from the data.
package summary

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dtlssim/dtlssim/report/estimate"
	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// File is a file to be written.
type File struct {
	Name string
	Data []byte
}

// Section is one figure of a study, ready to be shown.
type Section struct {
	Name, Title string
	Sentence    string
	Table       [][]string // for the screen, its first row the header
	Files       []File     // the figure as SVG and PNG if it is drawn, and its data as CSV
}

// Sections prepares the figures of a study.
func Sections(r *study.Result) ([]Section, error) {
	var sections []Section
	for i := range r.Figures {
		f := &r.Figures[i]
		var s Section
		var err error
		switch f.Figure.Kind {
		case study.WindowsKind:
			s, err = windows(f)
		case study.CurvesKind:
			s, err = curves(f, r.Study.Confidence)
		case study.TableKind:
			s, err = leftovers(f, r.Study.Confidence)
		}
		if err != nil {
			return nil, fmt.Errorf("figure %s: %w", f.Figure.Name, err)
		}
		s.Name, s.Title = f.Figure.Name, f.Figure.Title
		sections = append(sections, s)
	}
	return sections, nil
}

// Write writes sections as text.
func Write(w io.Writer, sections []Section) error {
	for i, s := range sections {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n\n", s.Title)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, row := range s.Table {
			fmt.Fprintln(t, "  "+strings.Join(row, "\t"))
		}
		if err := t.Flush(); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "\n  %s\n", s.Sentence); err != nil {
			return err
		}
	}
	return nil
}

func windows(f *study.FigureResult) (Section, error) {
	var strips []figure.Strip
	s := Section{Table: [][]string{{"ROW", "FAILS FOR " + strings.ToUpper(f.Figure.Probe.Name) + " IN"}}}
	records := [][]string{{"row", "from_ns", "to_ns", "failed", "outcome", "shape"}}
	var always, never []string
	var partly []alike
	for i, row := range f.Figure.Rows {
		w := f.Windows[i]
		strip := figure.Strip{Label: row.Label}
		for _, c := range w.Cells {
			strip.Spans = append(strip.Spans, figure.Span{
				From: time.Duration(c.From), To: time.Duration(c.To), Outcome: text.Outcome(c.Outcome), Failed: c.Failed,
			})
			records = append(records, []string{
				row.Label, strconv.FormatInt(c.From, 10), strconv.FormatInt(c.To, 10), strconv.FormatBool(c.Failed),
				text.Outcome(c.Outcome), c.Shape,
			})
		}
		strips = append(strips, strip)
		in := intervals(w)
		s.Table = append(s.Table, []string{row.Label, in})
		switch {
		case len(w.FailureWindows) == 0:
			never = append(never, "“"+row.Label+"”")
		case len(w.FailureWindows) == 1 && w.FailureWindows[0] == (explore.Interval{From: w.From, To: w.To}):
			always = append(always, "“"+row.Label+"”")
		default:
			partly = appendAlike(partly, in, "“"+row.Label+"”")
		}
	}
	var parts []string
	if len(partly) > 0 {
		var groups []string
		for _, g := range partly {
			groups = append(groups, fmt.Sprintf("%s: %s", list(g.rows), g.in))
		}
		parts = append(parts, "Values of "+f.Figure.Probe.Name+" at which sessions fail, with "+strings.Join(groups, "; with ")+".")
	}
	if len(always) > 0 {
		parts = append(parts, "At every value sessions fail with "+list(always)+".")
	}
	if len(never) > 0 {
		parts = append(parts, "At none they fail with "+list(never)+".")
	}
	s.Sentence = strings.Join(parts, " ")
	drawn := figure.Windows(f.Figure.Title, f.Figure.Probe.Name, strips, s.Sentence)
	return s, s.add(f.Figure.Name, &drawn, records)
}

// alike is a group of rows that fail in the same windows.
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

// intervals writes the failure windows; one that reaches the end of the range has
// no end that is known.
func intervals(w *explore.Windows) string {
	var parts []string
	for _, i := range w.FailureWindows {
		from, to := time.Duration(i.From), time.Duration(i.To)
		if i.To == w.To {
			parts = append(parts, fmt.Sprintf("from %s on", from))
		} else {
			parts = append(parts, fmt.Sprintf("[%s, %s)", from, to))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, " and ")
}

func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// rare is the probability below which the sentence under a curve calls failure
// rare.
const rare = 0.01

func curves(f *study.FigureResult, confidence float64) (Section, error) {
	values := f.Figure.X.Values()
	s := Section{Table: [][]string{{"CURVE", strings.ToUpper(f.Figure.X.Label), "FAILURES", "MONTE CARLO", fmt.Sprintf("%g %% INTERVAL", 100*confidence), "EXACT"}}}
	records := [][]string{{"curve", "x", "replications", "failures", "estimate", "lo", "hi", "confidence", "exact"}}
	var drawn []figure.Curve
	var parts []string
	inside, all := 0, 0
	for i, row := range f.Figure.Rows {
		c := figure.Curve{Label: row.Label, X: values}
		if f.Exact != nil {
			c.Exact = f.Exact[i]
		}
		for j, p := range f.Sweeps[i].Points {
			e := estimate.Wilson(p.Failures, p.Completed(), confidence)
			c.Estimates = append(c.Estimates, e)
			exact, exactNumber := "-", ""
			if c.Exact != nil {
				exact, exactNumber = fmt.Sprintf("%.6f", c.Exact[j]), number(c.Exact[j])
				all++
				if e.Low <= c.Exact[j] && c.Exact[j] <= e.High {
					inside++
				}
			}
			x := strconv.FormatFloat(values[j], 'g', 6, 64)
			s.Table = append(s.Table, []string{
				row.Label, x, fmt.Sprintf("%d of %d", p.Failures, p.Completed()), fmt.Sprintf("%.4f", e.Estimate),
				fmt.Sprintf("%.4f .. %.4f", e.Low, e.High), exact,
			})
			records = append(records, []string{
				row.Label, x, strconv.Itoa(p.Completed()), strconv.Itoa(p.Failures), number(e.Estimate), number(e.Low), number(e.High),
				number(confidence), exactNumber,
			})
		}
		drawn = append(drawn, c)
		probabilities := c.Line()
		first, last := probabilities[0], probabilities[len(values)-1]
		part := fmt.Sprintf("“%s”: %.3g at %.6g, %.3g at %.6g", row.Label, first, values[0], last, values[len(values)-1])
		if at := crossing(values, probabilities); at != "" {
			part += at
		}
		parts = append(parts, part)
	}
	s.Sentence = fmt.Sprintf("Estimated failure probability along %s: %s.", f.Figure.X.Label, strings.Join(parts, "; "))
	if f.Exact != nil {
		s.Sentence = fmt.Sprintf("Exact failure probability along %s: %s. %d of %d Monte Carlo intervals hold the exact value (the points share their random numbers, and miss together).",
			f.Figure.X.Label, strings.Join(parts, "; "), inside, all)
	}
	fig, err := figure.Curves(f.Figure.Title, f.Figure.X.Label, f.Figure.LogY, drawn, confidence, s.Sentence)
	if err != nil {
		return s, err
	}
	return s, s.add(f.Figure.Name, &fig, records)
}

// crossing says between which values a curve crosses what counts as rare.
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

func leftovers(f *study.FigureResult, confidence float64) (Section, error) {
	outcomes := occurred(f)
	header := []string{"ROW", "FAILURES", "PROBABILITY", fmt.Sprintf("%g %% INTERVAL", 100*confidence)}
	names := []string{"row", "replications", "failures", "estimate", "lo", "hi", "confidence", scenarios.Clean}
	for _, o := range outcomes {
		header = append(header, strings.ToUpper(o.Name))
		names = append(names, o.Name)
	}
	s := Section{Table: [][]string{header}}
	records := [][]string{names}
	var best, worst extreme
	for i, r := range f.Figure.Rows {
		p := f.Sweeps[i].Points[0]
		e := estimate.Wilson(p.Failures, p.Completed(), confidence)
		line := []string{r.Label, fmt.Sprintf("%d of %d", p.Failures, p.Completed()), fmt.Sprintf("%.4f", e.Estimate), fmt.Sprintf("%.4f .. %.4f", e.Low, e.High)}
		record := []string{
			r.Label, strconv.Itoa(p.Completed()), strconv.Itoa(p.Failures), number(e.Estimate), number(e.Low), number(e.High),
			number(confidence), strconv.Itoa(p.Outcomes[scenarios.Clean]),
		}
		for _, o := range outcomes {
			line = append(line, strconv.Itoa(p.Outcomes[o.Name]))
			record = append(record, strconv.Itoa(p.Outcomes[o.Name]))
		}
		s.Table = append(s.Table, line)
		records = append(records, record)
		best.hold(r.Label, e, i == 0 || e.Estimate < best.estimate.Estimate)
		worst.hold(r.Label, e, i == 0 || e.Estimate > worst.estimate.Estimate)
	}
	s.Sentence = fmt.Sprintf("Most is left over by %s; least by %s; %s.", worst, best, mostFrequent(f, outcomes))
	if worst.estimate.Estimate == best.estimate.Estimate {
		s.Sentence = fmt.Sprintf("All rows leave over the same (%s); %s.", best.estimate, mostFrequent(f, outcomes))
	}
	return s, s.add(f.Figure.Name, nil, records)
}

// occurred returns the outcomes that a table has to show: those that count as failure,
// if the scenario names them, and those that occurred.
func occurred(f *study.FigureResult) (list []scenarios.Outcome) {
	s := f.Sweeps[0].Sweep.Scenario
	for _, o := range s.Outcomes {
		if slices.Contains(s.Fail, o.Name) || slices.ContainsFunc(f.Sweeps, func(r *explore.Results) bool { return r.Points[0].Outcomes[o.Name] > 0 }) {
			list = append(list, o)
		}
	}
	return list
}

// extreme is the rows that share the largest or the smallest estimate.
type extreme struct {
	rows     []string
	estimate estimate.Proportion
}

// hold takes a row in, in the place of the others if it is beyond them.
func (x *extreme) hold(label string, e estimate.Proportion, beyond bool) {
	switch {
	case beyond:
		x.rows, x.estimate = []string{"“" + label + "”"}, e
	case e.Estimate == x.estimate.Estimate:
		x.rows = append(x.rows, "“"+label+"”")
	}
}

// String returns the rows with their estimate.
func (x extreme) String() string { return fmt.Sprintf("%s (%s)", list(x.rows), x.estimate) }

// mostFrequent says what goes wrong most often over all rows.
func mostFrequent(f *study.FigureResult, outcomes []scenarios.Outcome) string {
	name, most, total := "", 0, 0
	for _, o := range outcomes {
		if !f.Figure.Fail.Failed([]string{o.Name}) { // it goes wrong, but nobody minds
			continue
		}
		n := 0
		for _, sweep := range f.Sweeps {
			n += sweep.Points[0].Outcomes[o.Name]
		}
		if n > most {
			name, most = o.Name, n
		}
	}
	for _, sweep := range f.Sweeps {
		total += sweep.Points[0].Completed()
	}
	if name == "" {
		return "nothing ever went wrong"
	}
	return fmt.Sprintf("what goes wrong most often over all rows is %s, in %d of %d runs", name, most, total)
}

// add adds the files of a section.
func (s *Section) add(name string, drawn *figure.Figure, records [][]string) error {
	if drawn != nil {
		svg, err := drawn.SVG()
		if err != nil {
			return err
		}
		png, err := drawn.PNG()
		if err != nil {
			return err
		}
		s.Files = append(s.Files, File{name + ".svg", svg}, File{name + ".png", png})
	}
	var b bytes.Buffer
	c := csv.NewWriter(&b)
	if err := c.WriteAll(records); err != nil {
		return err
	}
	s.Files = append(s.Files, File{name + ".csv", b.Bytes()})
	return nil
}

// number writes a number so that it reads back the same.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
