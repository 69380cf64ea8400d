package study

import (
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// EstimatesKind shows the failure probability of each row by every method that answers
// for it: crude Monte Carlo, and from the failure windows of a probe exactly, or, where
// something else is random, conditionally.
const EstimatesKind Kind = "estimates"

// RowEstimates is the failure probability of a row, besides crude Monte Carlo.
type RowEstimates struct {
	Exact       *estimate.ExactProbability // nil: something besides the probe is random
	Conditional *estimate.Conditional      // nil: it is exact
}

// MethodEstimate is a failure probability by one method.
type MethodEstimate struct {
	stat.Estimate
	By       estimate.Method
	Failures int // of monte-carlo
	Runs     int // replications that it took
}

// ByMethod returns the estimates of a row by every method, crude Monte Carlo first; p is
// the row's design point.
func (e *RowEstimates) ByMethod(p *sample.Point) []MethodEstimate {
	list := []MethodEstimate{{p.Estimate.Estimate, estimate.MonteCarloMethod, p.Estimate.Failures, p.Replications}}
	if x := e.Exact; x != nil {
		list = append(list, MethodEstimate{Estimate: x.Estimate, By: estimate.ExactMethod, Runs: x.Runs})
	}
	if c := e.Conditional; c != nil {
		list = append(list, MethodEstimate{Estimate: c.Probability.Estimate, By: estimate.ConditionalMethod, Runs: c.Runs})
	}
	return list
}

var estimates = kind{
	name: EstimatesKind, keys: []string{"probe", "replications", "seeds"}, required: []string{"probe", "replications", "seeds"},
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		g.Replications, g.Seeds = r.Count(f, "replications", maxReplications), r.Count(f, "seeds", maxReplications)
		if t := r.Required(f, "probe"); t.Value != "" && s.Scenario != nil {
			g.Probe.Name = t.Value
			r.distributionParameter(s, t)
		}
	},
	check: func(s *Study, g *Figure, row Row) error {
		q, err := s.integralOf(g, row)
		if err != nil {
			return err
		}
		return q.CheckConditional()
	},
	steps: func(s *Study, g *Figure, budget float64) int {
		n := 0
		for _, row := range g.Rows {
			n += g.scaled(budget) + 1
			if q, err := s.integralOf(g, row); err == nil && q.CheckExact() != nil {
				n += g.scaledSeeds(budget) - 1
			}
		}
		return n
	},
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		for _, row := range g.Rows {
			if err := r.sweep(&f, row, g.Set.With(row.Set)); err != nil {
				return f, err
			}
			e, runs, err := r.estimates(g, row)
			if err != nil {
				return f, fmt.Errorf("row %q: %w", row.Label, err)
			}
			f.Estimates = append(f.Estimates, e)
			f.runs += runs
		}
		return f, nil
	},
}

// scaledSeeds is scaled of the seeds of the conditional method.
func (f *Figure) scaledSeeds(budget float64) int {
	seeds := Figure{Replications: f.Seeds}
	return seeds.scaled(budget)
}

// integralOf asks for the probability of failure of a row.
func (s *Study) integralOf(g *Figure, row Row) (estimate.Integral, error) {
	v, err := s.of(g, row)
	if err != nil {
		return estimate.Integral{}, err
	}
	return estimate.NewIntegral(v, g.Probe.Name, s.Seed, g.Fail, estimate.Tail)
}

// estimates estimates the probability of a row from its failure windows.
func (r *execution) estimates(g *Figure, row Row) (e RowEstimates, runs int, err error) {
	q, err := r.study.integralOf(g, row)
	if err != nil {
		return e, 0, err
	}
	if q.CheckExact() == nil {
		if e.Exact, err = q.Exact(r.ctx, r.runner); err != nil {
			return e, 0, err
		}
		r.progress()
		return e, e.Exact.Runs, nil
	}
	plan := stat.NewPlan(stat.Target{}, r.study.Confidence, 1, g.scaledSeeds(r.budget))
	e.Conditional, err = q.Conditional(r.ctx, r.runner, plan, r.progress)
	if err != nil {
		return e, 0, err
	}
	return e, e.Conditional.Runs, nil
}
