package study

import (
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
)

// TableKind shows outcomes and failure probability of each row.
const TableKind Kind = "table"

var table = kind{
	name: TableKind, keys: []string{"replications"}, required: []string{"replications"},
	read: func(r *reader, _ *Study, f strict.Fields, g *Figure) {
		g.Replications = r.Count(f, "replications", maxReplications)
	},
	check: checkRow,
	steps: func(_ *Study, g *Figure, budget float64) int { return len(g.Rows) * g.scaled(budget) },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		for _, row := range g.Rows {
			if err := r.sweep(&f, row, g.Set.With(row.Set)); err != nil {
				return f, err
			}
		}
		return f, nil
	},
}
