// Package summary shows the result of a study: its figures, its tables, and the
// sentence that a reader should come away with under each, computed from the data.
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
	Method      string     // how it was found and what that proves, where the kind does not say it all; may be empty
	Table       [][]string // for the screen, its first row the header
	Data        any        // for JSON, of the kinds that study.FigureResult does not hold plainly: as the verb of that kind has it
	Files       []File     // the figure as SVG, PNG and PDF if it is drawn, and its data as CSV
}

// sections says how the section of a figure of each kind is made, with intervals of a
// confidence.
var sections = map[study.Kind]func(f *study.FigureResult, confidence float64) (Section, error){
	study.WindowsKind: windows,
	study.CurvesKind:  curves,
	study.TableKind:   leftovers,

	study.EstimatesKind:           estimates,
	study.DifferencesKind:         differences,
	study.DistributionKind:        measureDistribution,
	study.SurvivalKind:            measureDistribution,
	study.SensitivityKind:         sensitivity,
	study.LatencyDistributionKind: ofLaw,
	study.MapKind:                 regions,
	study.BandsKind:               bands,
}

// Sections prepares the figures of a study.
func Sections(r *study.Result) ([]Section, error) {
	var all []Section
	for i := range r.Figures {
		f := &r.Figures[i]
		s, err := sections[f.Figure.Kind](f, r.Study.Confidence)
		if err != nil {
			return nil, fmt.Errorf("figure %s: %w", f.Figure.Name, err)
		}
		s.Name, s.Title = f.Figure.Name, f.Figure.Title
		all = append(all, s)
	}
	return all, nil
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
