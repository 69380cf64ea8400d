package study

import (
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// DifferencesKind shows the failure probability of each row beside its difference from
// that of the first, the baseline: all rows have the same seeds.
const DifferencesKind Kind = "differences"

var differences = kind{
	name: DifferencesKind, keys: []string{"replications"}, required: []string{"replications"}, leastRows: 2,
	read: func(r *reader, _ *Study, f strict.Fields, g *Figure) {
		g.Replications = r.Count(f, "replications", maxReplications)
	},
	check: checkRow,
	steps: func(_ *Study, g *Figure, budget float64) int { return len(g.Rows) * g.scaled(budget) },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		sweep, err := r.rows(g)
		if err != nil {
			return f, err
		}
		f.Comparison, err = sample.Compare(r.ctx, r.performer, sweep, 0, true, r.progress)
		if err != nil {
			return f, err
		}
		f.Sweeps = []*sample.Results{f.Comparison.Results}
		return f, nil
	},
}

// checkRow holds a row against the scenario.
func checkRow(s *Study, g *Figure, row Row) error {
	_, err := s.of(g, row)
	return err
}

// rows returns the sweep whose design points are the rows.
func (r *execution) rows(g *Figure) (sample.Sweep, error) {
	sweep := sample.Sweep{Seed: r.study.Seed, Replications: g.scaled(r.budget), Fail: g.Fail, Inference: r.study.inference()}
	for _, row := range g.Rows {
		v, err := r.study.of(g, row)
		if err != nil {
			return sweep, err
		}
		sweep.Design = append(sweep.Design, design.Point{Levels: row.Set, Values: v})
	}
	return r.keep(g, sweep)
}

// keep has a sweep of all rows of a figure use the study's store, if there is one. Two
// rows of one design point would be one.
func (r *execution) keep(g *Figure, sweep sample.Sweep) (sample.Sweep, error) {
	if r.study.Store == nil {
		return sweep, nil
	}
	var err error
	sweep.Store, err = r.study.Store.Sweep(g.Name, "", sweep)
	return sweep, err
}
