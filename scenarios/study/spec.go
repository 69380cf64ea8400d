// Package study reads and runs studies: lists of window searches and sweeps, and
// the figures to be drawn from them. They stand in a YAML file of their own, which
// names a scenario, or under the key study of a scenario's file. It draws nothing.
package study

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Bounds of what a study may ask for: beyond them a misprint is more likely than a
// wish.
const (
	maxSteps        = 10_000
	maxReplications = 1_000_000_000
)

// Study is a study as its file describes it, checked.
type Study struct {
	Name       string
	Title      string
	Scenario   *scenarios.Scenario
	Seed       uint64
	Confidence float64
	Figures    []Figure

	File string // its path; empty of a built-in one
	Text []byte // of the file

	// Store, if it is not nil, keeps what a run performs, and has what need not be
	// performed again.
	Store Store

	read map[string]scenarios.Values // settings that have been read; see values
}

// Figure is one figure or table of a study, and what has to be run for it.
type Figure struct {
	Name  string
	Kind  Kind
	Title string
	Fail  scenarios.Predicate
	Set   scenarios.Settings // of every row; of curves, "{x}" stands for the value of X
	Rows  []Row              // strips, curves, or rows of the table

	// What only some kinds have; the others leave it at zero.
	Probe        scenarios.ProbeRange // what is varied; of curves only its name: what the exact curve integrates over, if there is one
	Against      scenarios.ProbeRange // of a map, what is varied besides
	Factor       design.Factor        // of bands
	Replications int                  // at each point
	X            Axis
	LogY         bool           // logarithmic scale of the probability
	Seeds        int            // of estimates, of the conditional method
	Measure      string         // of a distribution
	LogX         bool           // logarithmic scale of the measure
	Factors      []design.Range // of a sensitivity
	Points       int            // base points of it
	Ends         int            // replications of it at each end of a factor
}

// Row is one strip, curve or row of a table.
type Row struct {
	Label string
	Set   scenarios.Settings
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
		return os.ReadFile(name)
	}
	names := Builtin()
	if slices.Contains(names, name) {
		s, err := catalogue.Find(name)
		if err != nil {
			return nil, err
		}
		return s.Source, nil
	}
	return nil, fmt.Errorf("there is no built-in study %q.%s Built in: %s; or give the path of a YAML file", name, suggest.DidYouMean(name, names), strings.Join(names, ", "))
}
