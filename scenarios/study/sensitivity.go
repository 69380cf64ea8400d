package study

import (
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// SensitivityKind shows how much of the failure probability's variance is due to each
// factor, and the probability at the ends of each.
const SensitivityKind Kind = "sensitivity"

// SensitivityResult is what a sensitivity analysis gave.
type SensitivityResult struct {
	Question estimate.Sensitivity
	Ends     *sample.Results           // one factor at a time; nil if the probabilities are exact
	Exact    []stat.Estimate           // the same, exact
	At       [][]int                   // which points of these the levels of each factor are
	Outputs  []estimate.Outputs        // of each base point; nil of one that is left out
	Indices  stat.Sensitivity          // from the outputs
	Runs     *estimate.SensitivityRuns // of the base points
}

var sensitivity = kind{
	name: SensitivityKind, keys: []string{"factors", "points", "replications", "ends", "probe"}, required: []string{"factors", "points"}, single: true,
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		g.Points = r.Count(f, "points", maxSteps)
		if f.Nodes["probe"] == nil {
			g.Replications, g.Ends = r.Count(f, "replications", maxReplications), r.Count(f, "ends", maxReplications)
		} else if t := r.Required(f, "probe"); t.Value != "" && s.Scenario != nil {
			g.Probe.Name = t.Value
			r.distributionParameter(s, t)
			for _, key := range []string{"replications", "ends"} {
				if n := f.Nodes[key]; n != nil {
					r.Fault(strict.PlaceOf(n), "%s has no meaning where a probe makes the probabilities exact", key)
				}
			}
		}
		texts := r.Texts(f, "factors")
		if len(texts) == 0 {
			r.Fault(f.Place, "factors of %s are missing: want a list of NAME=A..B or NAME=v1,v2", f.What)
		}
		for _, t := range texts {
			if s.Scenario == nil {
				continue
			}
			factor, err := design.ParseRange(s.Scenario, t.Value)
			if err != nil {
				r.Each(t.Place, "", err)
			}
			g.Factors = append(g.Factors, factor)
		}
	},
	check: func(s *Study, g *Figure, row Row) error {
		q, err := s.sensitivity(g, row)
		if err == nil {
			err = q.Check()
		}
		if err != nil {
			return err
		}
		if g.Probe.Name == "" {
			return nil
		}
		design, _, err := q.Ends()
		for i := 0; err == nil && i < len(design); i++ {
			_, err = q.Integral(design[i].Values, g.Probe.Name, estimate.Tail)
		}
		return err
	},
	steps: func(s *Study, g *Figure, budget float64) int {
		n := g.Points
		if g.Probe.Name == "" {
			if q, err := s.sensitivity(g, g.Rows[0]); err == nil { // as checked
				design, _, _ := q.Ends()
				n += len(design) * g.scaledEnds(budget)
			}
		}
		return n
	},
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		s, err := r.sensitivity(g)
		if err != nil {
			return f, err
		}
		f.Sensitivity, f.runs = s, f.runs+s.Runs.Runs
		if s.Ends != nil {
			f.runs += s.Ends.Done
		}
		return f, nil
	},
}

// scaledEnds is scaled of the replications at each end of a factor.
func (g *Figure) scaledEnds(budget float64) int {
	ends := Figure{Replications: g.Ends}
	return ends.scaled(budget)
}

// sensitivity asks for the sensitivity indices of a row.
func (s *Study) sensitivity(g *Figure, row Row) (estimate.Sensitivity, error) {
	v, err := s.of(g, row)
	q := estimate.Sensitivity{Values: v, Factors: g.Factors, Points: g.Points, Fail: g.Fail, Seed: s.Seed}
	if g.Probe.Name == "" {
		q.Replications = g.Replications
	}
	return q, err
}

// Levels returns the failure probability at each point of one factor at a time.
func (s *SensitivityResult) Levels() (list []stat.Proportion) {
	for _, e := range s.Exact {
		list = append(list, stat.Proportion{Estimate: e})
	}
	if s.Ends != nil {
		for _, p := range s.Ends.Points {
			list = append(list, p.Estimate)
		}
	}
	return list
}

// sensitivity performs an analysis.
func (r *execution) sensitivity(g *Figure) (*SensitivityResult, error) {
	s, err := r.analyse(g)
	if err == nil {
		s.Indices = s.Question.Indices(s.Outputs, r.study.Confidence)
	}
	return s, err
}

// analyse performs the runs of an analysis.
func (r *execution) analyse(g *Figure) (*SensitivityResult, error) {
	question, err := r.study.sensitivity(g, g.Rows[0])
	if err != nil {
		return nil, err
	}
	s := &SensitivityResult{Question: question}
	q := &s.Question
	design, at, err := q.Ends()
	if err != nil {
		return nil, err
	}
	s.At = at
	if g.Probe.Name == "" {
		sweep, err := r.keep(g, sample.Sweep{
			Design: design, Replications: g.scaledEnds(r.budget), Seed: q.Seed, Fail: q.Fail,
			Inference: r.study.inference(),
		})
		if err != nil {
			return nil, err
		}
		if s.Ends, err = sample.RunSweep(r.ctx, r.performer, sweep, r.progress); err != nil {
			return nil, err
		}
	}
	s.Outputs = make([]estimate.Outputs, q.Points)
	keep := func(base int, o estimate.Outputs) { s.Outputs[base] = o }
	if g.Probe.Name == "" {
		s.Runs, err = q.MonteCarlo(r.ctx, r.runner, keep, r.progress)
		return s, err
	}
	extra := 0
	for _, p := range design {
		e, err := q.ExactAt(r.ctx, r.runner, p.Values, g.Probe.Name, estimate.Tail)
		if err != nil {
			return nil, err
		}
		extra += e.Runs
		s.Exact = append(s.Exact, e.Estimate)
	}
	if s.Runs, err = q.Exact(r.ctx, r.runner, g.Probe.Name, estimate.Tail, keep, r.progress); err == nil {
		s.Runs.Runs += extra
	}
	return s, err
}
