package summary

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/dtlssim/dtlssim/scenarios/study"
)

// Answer is the result of a study with its written files, for JSON.
type Answer struct {
	Study        string         `json:"study"`
	Title        string         `json:"title"`
	Seed         uint64         `json:"seed"`
	Replications int            `json:"replications"`
	Figures      []FigureAnswer `json:"figures"`

	sections []Section
}

// FigureAnswer is one figure of a study, for JSON.
type FigureAnswer struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Sentence string   `json:"sentence"`
	Files    []string `json:"files"`
	Rows     []string `json:"rows"`
	Values
}

// NewAnswer returns the answer of a study, with its sections; their files are in folder.
func NewAnswer(r *study.Result, sections []Section, folder string) *Answer {
	a := &Answer{
		Study: r.Study.Name, Title: r.Study.Title, Seed: r.Study.Seed, Replications: r.Runs,
		Figures: []FigureAnswer{}, sections: sections,
	}
	for i, s := range sections {
		figure := r.Figures[i].Figure()
		j := FigureAnswer{
			Name: s.Name, Kind: figure.Kind().Name, Title: s.Title, Sentence: s.Sentence, Values: s.Values,
		}
		for _, row := range figure.Common().Rows {
			j.Rows = append(j.Rows, row.Label)
		}
		for _, file := range s.Files {
			j.Files = append(j.Files, filepath.Join(folder, file.Name))
		}
		a.Figures = append(a.Figures, j)
	}
	return a
}

// Write writes the answer as text.
func (a *Answer) Write(w io.Writer) error {
	fmt.Fprintf(w, "%s\n\n", a.Title)
	if err := Write(w, a.sections); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d replications, from seed %d. Written:\n", a.Replications, a.Seed)
	for _, f := range a.Figures {
		for _, path := range f.Files {
			_, err = fmt.Fprintf(w, "  %s\n", path)
		}
	}
	return err
}
