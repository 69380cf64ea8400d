package study

import (
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
		sweep, err := r.keep(g, r.study.rows(g, r.budget))
		if err != nil {
			return f, err
		}
		f.Comparison, err = sample.Compare(r.ctx, r.performer, sweep, 0, r.progress)
		if err != nil {
			return f, err
		}
		f.Sweeps = []*sample.Results{f.Comparison.Results}
		return f, nil
	},
}

// checkRow holds a row against the scenario.
func checkRow(s *Study, g *Figure, row Row) error {
	_, err := s.Scenario.Resolve(g.Set.With(row.Set))
	return err
}

// rows is the sweep whose design points are the rows.
func (s *Study) rows(g *Figure, budget float64) sample.Sweep {
	sweep := sample.Sweep{Scenario: s.Scenario, Settings: g.Set, Seed: s.Seed, Replications: g.scaled(budget), Fail: g.Fail}
	for _, row := range g.Rows {
		sweep.Design = append(sweep.Design, row.Set)
	}
	return sweep
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
