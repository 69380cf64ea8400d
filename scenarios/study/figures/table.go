package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Table shows the outcomes and the failure probability of each row.
type Table struct {
	rows.Head
	Replications int
}

// TableResult is the result of a [Table].
type TableResult struct {
	noSearches
	noAnswers
	Of   *Table
	Rows []*sample.Results // by row, with one point each
}

// TableKind is the kind of [Table].
var TableKind = &Kind{
	Name: "table", Keys: []string{"replications"}, Required: []string{"replications"},
	New: func(h rows.Head) Figure { return &Table{Head: h} },
}

// Kind implements [Figure].
func (*Table) Kind() *Kind { return TableKind }

func (g *Table) Read(r *strict.Reader, _ *rows.Subject, f strict.Fields) {
	g.Replications = r.Count(f, "replications", MaxReplications)
}

func (g *Table) Steps(_ *rows.Subject, budget float64) int {
	return len(g.Rows) * rows.Scaled(g.Replications, budget)
}

func (g *Table) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &TableResult{Of: g}
	for _, row := range g.Rows {
		sweep, err := e.Sweep(ctx, &g.Head, row, g.Replications, g.At(row))
		if err != nil {
			return nil, err
		}
		r.Rows = append(r.Rows, sweep)
	}
	return r, nil
}

// Figure implements [Result].
func (r *TableResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *TableResult) Runs() int { return done(r.Rows) }

// Sweeps implements [Result].
func (r *TableResult) Sweeps() []Sweep { return byRow(&r.Of.Head, r.Rows) }

// Lost implements [Result].
func (r *TableResult) Lost() Lost { return lostOf(r.Sweeps()) }
