package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Differences shows the failure probability of each row and its difference from the first row, the
// baseline. All rows have the same seeds.
type Differences struct {
	rows.Head
	Replications int
}

// DifferencesResult is the result of a [Differences].
type DifferencesResult struct {
	noSearches
	noAnswers
	Of         *Differences
	Comparison *sample.Comparison // its points are the rows
}

// DifferencesKind is the kind of [Differences].
var DifferencesKind = &Kind{
	Name: "differences", Keys: []string{"replications"}, Required: []string{"replications"}, LeastRows: 2,
	New: func(h rows.Head) Figure { return &Differences{Head: h} },
}

// Kind implements [Figure].
func (*Differences) Kind() *Kind { return DifferencesKind }

func (g *Differences) Read(r *strict.Reader, _ *rows.Subject, f strict.Fields) {
	g.Replications = r.Count(f, "replications", MaxReplications)
}

func (g *Differences) Steps(_ *rows.Subject, budget float64) int {
	return len(g.Rows) * rows.Scaled(g.Replications, budget)
}

func (g *Differences) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	sweep, err := e.Rows(&g.Head, g.Replications)
	if err != nil {
		return nil, err
	}
	c, err := sample.Compare(ctx, e.Workers, sweep, 0, true, e.Progress)
	if err != nil {
		return nil, err
	}
	return &DifferencesResult{Of: g, Comparison: c}, nil
}

// Figure implements [Result].
func (r *DifferencesResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *DifferencesResult) Runs() int { return r.Comparison.Done }

// Sweeps implements [Result].
func (r *DifferencesResult) Sweeps() []Sweep { return []Sweep{{Results: r.Comparison.Results}} }

// Lost implements [Result].
func (r *DifferencesResult) Lost() Lost { return lostOf(r.Sweeps()) }
