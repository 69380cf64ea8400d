// Package study reads and runs studies. A study lists window searches and sweeps and the figures to
// draw from them. It is either a YAML file that names a scenario, or the value of the key study in
// a scenario's file.
//
// The kinds of figures are in package figures. [Study.Run] runs the figures in turn; package
// report/summary draws the results.
//
// In: a file, workers, and optionally a store with earlier results. Out: a [Result], with a
// [figures.Result] for each figure.
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

// Study is a checked study, as its file describes it.
type Study struct {
	Name  string
	Title string
	rows.Subject
	Figures []figures.Figure // in the order of the file

	File string // its path; empty if built in
	Text []byte // of the file

	// Store, if not nil, keeps what a run performs and supplies what earlier runs performed.
	Store rows.Store
}

// Builtin returns the names of the built-in studies, which are those of the built-in scenarios that
// have a study.
func Builtin() []string {
	var names []string
	for _, s := range catalogue.All() {
		if s.HasStudy && s.File == "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// Load reads a study by its built-in name or from a file.
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

// Source returns the text of a study, given its built-in name or its file.
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
