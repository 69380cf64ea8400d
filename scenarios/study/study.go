// Package study reads and runs studies: lists of window searches and sweeps, and the
// figures to be drawn from them. A study stands in a YAML file of its own, which names a
// scenario, or under the key study of a scenario's file.
//
// The kinds of figures are those of package figures. [Study.Run] runs the figures in
// turn; package report/summary draws the results.
//
// In: a file, workers, and perhaps a store that has what was performed before. Out: a
// [Result], with a [figures.Result] for each figure.
package study

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Study is a study as its file describes it, checked.
type Study struct {
	Name  string
	Title string
	rows.Subject
	Figures []figures.Figure // in the order of the file

	File string // its path; empty of a built-in one
	Text []byte // of the file

	// Store, if it is not nil, keeps what a run performs, and has what need not be
	// performed again.
	Store rows.Store
}

// Builtin returns the names of the built-in studies: those of the built-in scenarios
// that have one.
func Builtin() []string {
	var names []string
	for _, s := range catalogue.All() {
		if s.HasStudy && s.File == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// Load reads a study: a built-in one by its name, or a file.
func Load(name string) (*Study, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	file := name
	if !catalogue.IsFile(name) {
		file = ""
	}
	return Parse(file, data)
}

// Source returns the text of a study: of a built-in one by its name, or of a file.
func Source(name string) ([]byte, error) {
	if catalogue.IsFile(name) {
		return strict.ReadFile(name)
	}
	names := Builtin()
	if slices.Contains(names, name) {
		s, err := catalogue.Find(name)
		if err != nil {
			return nil, err
		}
		return s.Source, nil
	}
	return nil, fmt.Errorf(
		"there is no built-in study %q.%s Built in: %s; or give the path of a YAML file", name,
		suggest.DidYouMean(name, names), strings.Join(names, ", "),
	)
}
