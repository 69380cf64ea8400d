// Package summary shows the result of a study: its figures, its tables and, under each, a sentence
// computed from the data that states the main conclusion.
package summary

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// File is a file to write.
type File struct {
	Name string
	Data []byte
}

// Section is one figure of a study, ready to show.
type Section struct {
	Name, Title string
	Sentence    string
	Method      string     // how it was found and what that proves; empty if the kind implies it
	Table       [][]string // for the screen; the first row is the header
	Files       []File     // the figure, if drawn, as SVG, PNG and PDF, and its data as CSV
	Values
}

// Values is the data that a figure shows, for JSON.
type Values struct {
	Windows []*search.Windows `json:"windows,omitempty"` // by row
	Sweeps  []text.SweepJSON  `json:"sweeps,omitempty"`  // by row, or one sweep of all rows
	X       []float64         `json:"x,omitempty"`       // for curves
	Exact   [][]float64       `json:"exact,omitempty"`   // for curves, by row and x
	Data    any               `json:"data,omitempty"`    // for other kinds, as the verb has it

	// UnmetRules are the rules that met no datagram in any run of the figure.
	UnmetRules []rule.Unmet `json:"unmet_rules,omitempty"`

	// UntakenLimits are the limits whose measures no run of the figure took.
	UntakenLimits []string `json:"untaken_limits,omitempty"`
}

// Sections prepares the figures of a study.
func Sections(r *study.Result) ([]Section, error) {
	var all []Section
	for i, f := range r.Figures {
		head := f.Figure().Common()
		s, err := section(f, r.Study.Confidence, r.Study.Scenario.OutcomeNames())
		if err != nil {
			return nil, fmt.Errorf("figure %s: %w", head.Name, err)
		}
		s.Name, s.Title = head.Name, head.Title
		if i < len(r.Unmet) {
			s.UnmetRules = r.Unmet[i]
		}
		if i < len(r.Untaken) {
			s.UntakenLimits = r.Untaken[i]
		}
		for _, remark := range []string{text.Unmet(s.UnmetRules), text.Untaken(s.UntakenLimits)} {
			if remark != "" {
				s.Sentence = strings.TrimSpace(s.Sentence + " " + remark)
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// section shows a figure, with intervals of the given confidence, of a scenario with these outcomes.
func section(f figures.Result, confidence float64, outcomes []string) (Section, error) {
	switch f := f.(type) {
	case *figures.WindowsResult:
		return windows(f, outcomes)
	case *figures.CurvesResult:
		return curves(f, confidence)
	case *figures.TableResult:
		return leftovers(f, confidence)
	case *figures.EstimatesResult:
		return estimates(f, confidence)
	case *figures.DifferencesResult:
		return differences(f, confidence)
	case *figures.MeasureResult:
		return measureDistribution(f, confidence)
	case *figures.SensitivityResult:
		return sensitivity(f, confidence)
	case *figures.LatencyDistributionResult:
		return latencyDistribution(f)
	case *figures.MapResult:
		return regions(f, outcomes)
	case *figures.BandsResult:
		return bands(f, outcomes)
	}
	return Section{}, fmt.Errorf("there is no view of a figure of kind %s", f.Figure().Kind().Name)
}

// sweeps returns the sweeps of a figure, for JSON.
func sweeps(f figures.Result) (list []text.SweepJSON) {
	for _, s := range f.Sweeps() {
		list = append(list, text.NewSweepJSON(s.Results, nil))
	}
	return list
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
		pdf, err := drawn.PDF()
		if err != nil {
			return err
		}
		s.Files = append(s.Files, File{name + ".svg", svg}, File{name + ".png", png}, File{name + ".pdf", pdf})
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
