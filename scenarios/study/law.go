package study

import (
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
)

// LatencyDistributionKind shows the law of a probe with the failure windows shaded under it.
const LatencyDistributionKind Kind = "law"

var lawKind = kind{
	name: LatencyDistributionKind, keys: []string{"probe"}, required: []string{"probe"}, single: true,
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		t := r.Required(f, "probe")
		if t.Value == "" || s.Scenario == nil {
			return
		}
		g.Probe.Name = t.Value
		r.distributionParameter(s, t)
	},
	check: func(s *Study, g *Figure, row Row) error {
		q, err := s.integral(g, g.Set.With(row.Set))
		if err != nil {
			return err
		}
		return q.CheckExact()
	},
	steps: func(*Study, *Figure, float64) int { return 1 },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		q, err := r.study.integral(g, g.Set.With(g.Rows[0].Set))
		if err != nil {
			return f, err
		}
		if f.Probability, err = q.Exact(r.ctx, r.runner); err != nil {
			return f, err
		}
		f.Distribution, f.runs = q.Distribution, f.Probability.Runs
		r.progress()
		return f, nil
	},
}

// distributionParameter reports a probe that is no latency distribution.
func (r *reader) distributionParameter(s *Study, t strict.Text) {
	p := s.Scenario.Parameter(t.Value)
	switch {
	case p == nil:
		r.Fault(t.Place, "probe: %v", s.Scenario.Check(t.Value, ""))
	case p.Type != scenarios.DistributionType:
		r.Fault(t.Place, "probe: parameter %s is a %s; only over a latency distribution can be integrated", p.Name, p.Type)
	}
}

// integral asks for the probability of failure under settings, which have to give the
// probe a law.
func (s *Study) integral(g *Figure, set scenarios.Settings) (estimate.Integral, error) {
	if _, ok := set[g.Probe.Name]; !ok {
		return estimate.Integral{}, fmt.Errorf("it does not set the law of the probe %s", g.Probe.Name)
	}
	v, err := s.values(set)
	if err != nil {
		return estimate.Integral{}, err
	}
	return estimate.NewIntegral(v, g.Probe.Name, s.Seed, g.Fail, estimate.Tail)
}
