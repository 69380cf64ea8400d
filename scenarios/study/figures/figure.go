// Package figures holds the kinds of figures that a study can ask for. Each kind is one type in one
// file. It reads its keys from the file of the study, checks itself against the scenario, says what
// it runs and in how many steps, and runs it. The result has its own type, with what its view
// needs.
//
// In: the keys of a figure in a study's file, then an execution of the study. Out: a [Result]. A
// store keeps its sweeps, searches and other answers; package report/summary draws them. Packages
// sample, search, plane and estimate answer the questions behind the figures; package rows has what
// all kinds share.
package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Figure is one figure or table of a study, and what must be run for it: [Windows], [Curves],
// [Table], [Estimates], [Differences], [Measure], [Sensitivity], [LatencyDistribution], [Map] or
// [Bands].
type Figure interface {
	// Common returns what figures of every kind have.
	Common() *rows.Head

	// Kind returns the kind, as the file names it.
	Kind() *Kind

	// Read reads the keys of the kind and reports faults to the reader.
	Read(r *strict.Reader, s *rows.Subject, f strict.Fields)

	// Check reports what is wrong with a row of the figure for a study's scenario.
	Check(s *rows.Subject, row rows.Row) error

	// Settings returns all settings that the figure runs.
	Settings() []scenarios.Settings

	// Steps returns the number of progress steps of a run.
	Steps(s *rows.Subject, budget float64) int

	// Run runs what the figure shows.
	Run(ctx context.Context, e *rows.Execution) (Result, error)
}

// Result is what was run for a figure. Each kind of figure has its own type of result, with the
// fields that its view needs.
type Result interface {
	// Figure returns the figure.
	Figure() Figure

	// Runs returns the number of replications that were performed.
	Runs() int

	// Searches returns the window searches that the figure shows.
	Searches() []Search

	// Sweeps returns the sweeps that the figure shows.
	Sweeps() []Sweep

	// Lost returns the replications that gave no result. A search that meets one ends with
	// an error instead.
	Lost() Lost

	// Answers returns what a store holds of the result besides searches and sweeps. It does not set
	// the name of the figure.
	Answers() answers.Answers
}

// Search is a window search of a figure.
type Search struct {
	Row     string // the label of the row or, if there is a factor, its level
	Factor  string // varied besides the rows; empty if there is none
	Windows *search.Windows
}

// Sweep is a sweep of a figure.
type Sweep struct {
	Row     string // the label of the row; empty if the points of the sweep are the rows
	Results *sample.Results
	X       []float64 // the value on the axis, by point; nil without an axis
	Exact   []float64 // the exact probability, by point; nil if it is not known
	Missed  float64   // what it may have missed, so that it is not exact: see search.Basis.Missed
}

// Lost describes the replications that gave no result.
type Lost struct {
	NoResult, Done int
	First          []run.Aborted // the first of them
}

// lostOf returns the replications of sweeps that gave no result.
func lostOf(sweeps []Sweep) (lost Lost) {
	for _, s := range sweeps {
		lost.NoResult, lost.Done = lost.NoResult+s.Results.NoResult(), lost.Done+s.Results.Done
		lost.First = append(lost.First, s.Results.Aborted...)
	}
	return lost
}

// A [Result] without searches, without sweeps, or without other answers embeds these types.
type (
	noSearches struct{}
	noSweeps   struct{}
	noAnswers  struct{}
)

// Searches implements [Result].
func (noSearches) Searches() []Search { return nil }

// Sweeps implements [Result].
func (noSweeps) Sweeps() []Sweep { return nil }

// Lost implements [Result].
func (noSweeps) Lost() Lost { return Lost{} }

// Answers implements [Result].
func (noAnswers) Answers() answers.Answers { return answers.Answers{} }

// byRow returns the sweeps of the rows of a figure.
func byRow(h *rows.Head, sweeps []*sample.Results) (list []Sweep) {
	for i, results := range sweeps {
		list = append(list, Sweep{Row: h.Rows[i].Label, Results: results})
	}
	return list
}

// done returns the number of completed replications of sweeps.
func done(sweeps []*sample.Results) (n int) {
	for _, s := range sweeps {
		n += s.Done
	}
	return n
}
