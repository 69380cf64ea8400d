package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Sensitivity shows how much of the failure probability's variance is due to each
// factor, and the probability at the ends of each.
type Sensitivity struct {
	rows.Head
	Factors      []design.Range
	Points       int    // base points
	Probe        string // makes the probabilities exact; empty: they are estimated
	Replications int    // at each point, unless they are exact
	Ends         int    // replications at each end of a factor, likewise
}

// SensitivityResult is what a [Sensitivity] gave.
type SensitivityResult struct {
	noSearches
	noSweeps
	Of       *Sensitivity
	Question estimate.Sensitivity
	Ends     *sample.Results           // one factor at a time; nil if the probabilities are exact
	Exact    []stat.Estimate           // the same, exact
	At       [][]int                   // which points of these the levels of each factor are
	Outputs  []estimate.Outputs        // of each base point; nil of one that is left out
	Indices  sensitivity.Indices       // from the outputs
	Bases    *estimate.SensitivityRuns // of the base points
}

// SensitivityKind is the kind of a [Sensitivity].
var SensitivityKind = &Kind{
	Name: "sensitivity", Keys: []string{"factors", "points", "replications", "ends", "probe"},
	Required: []string{"factors", "points"}, Single: true,
	New: func(h rows.Head) Figure { return &Sensitivity{Head: h} },
}

// Kind implements [Figure].
func (*Sensitivity) Kind() *Kind { return SensitivityKind }

func (g *Sensitivity) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	g.Points = r.Count(f, "points", MaxSteps)
	if f.Nodes["probe"] == nil {
		g.Replications, g.Ends = r.Count(f, "replications", MaxReplications), r.Count(f, "ends", MaxReplications)
	} else if t := r.Required(f, "probe"); t.Value != "" && s.Scenario != nil {
		g.Probe = t.Value
		checkDistribution(r, s, t)
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
}

func (g *Sensitivity) Check(s *rows.Subject, row rows.Row) error {
	q, err := g.question(s, row)
	if err == nil {
		err = q.Check()
	}
	if err != nil {
		return err
	}
	if g.Probe == "" {
		return nil
	}
	design, _, err := q.Ends()
	for i := 0; err == nil && i < len(design); i++ {
		_, err = q.Integral(design[i].Values, g.Probe, estimate.Tail)
	}
	return err
}

func (g *Sensitivity) Steps(s *rows.Subject, budget float64) int {
	n := g.Points
	if g.Probe == "" {
		if q, err := g.question(s, g.Rows[0]); err == nil { // as checked
			design, _, _ := q.Ends()
			n += len(design) * rows.Scaled(g.Ends, budget)
		}
	}
	return n
}

// question asks for the sensitivity indices of a row.
func (g *Sensitivity) question(s *rows.Subject, row rows.Row) (estimate.Sensitivity, error) {
	v, err := s.Of(&g.Head, row)
	q := estimate.Sensitivity{Values: v, Factors: g.Factors, Points: g.Points, Fail: g.Fail, Seed: s.Seed}
	if g.Probe == "" {
		q.Replications = g.Replications
	}
	return q, err
}

func (g *Sensitivity) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	q, err := g.question(e.Subject, g.Rows[0])
	if err != nil {
		return nil, err
	}
	r := &SensitivityResult{Of: g, Question: q}
	if g.Probe == "" {
		err = r.sample(ctx, e)
	} else {
		err = r.integrate(ctx, e)
	}
	if err != nil {
		return nil, err
	}
	r.Indices = r.Question.Indices(r.Outputs, e.Confidence)
	return r, nil
}

// sample estimates the probabilities.
func (r *SensitivityResult) sample(ctx context.Context, e *rows.Execution) error {
	q := &r.Question
	design, at, err := q.Ends()
	if err != nil {
		return err
	}
	r.At = at
	r.Ends, err = e.Perform(ctx, r.Of.Name, "", sample.Sweep{
		Design: design, Replications: rows.Scaled(r.Of.Ends, e.Budget), Seed: q.Seed, Fail: q.Fail,
		Inference: e.Inference(),
	})
	if err != nil {
		return err
	}
	r.Outputs = make([]estimate.Outputs, q.Points)
	r.Bases, err = q.MonteCarlo(ctx, e.Runner, r.add, e.Progress)
	return err
}

// integrate computes the probabilities exactly.
func (r *SensitivityResult) integrate(ctx context.Context, e *rows.Execution) error {
	q, probe := &r.Question, r.Of.Probe
	design, at, err := q.Ends()
	if err != nil {
		return err
	}
	r.At = at
	extra := 0
	for _, p := range design {
		x, err := q.ExactAt(ctx, e.Runner, p.Values, probe, estimate.Tail)
		if err != nil {
			return err
		}
		extra += x.Runs
		r.Exact = append(r.Exact, x.Estimate)
	}
	r.Outputs = make([]estimate.Outputs, q.Points)
	if r.Bases, err = q.Exact(ctx, e.Runner, probe, estimate.Tail, r.add, e.Progress); err == nil {
		r.Bases.Runs += extra
	}
	return err
}

// Levels returns the failure probability at each point of one factor at a time.
func (r *SensitivityResult) Levels() (list []stat.Proportion) {
	for _, e := range r.Exact {
		list = append(list, stat.Proportion{Estimate: e})
	}
	if r.Ends != nil {
		for _, p := range r.Ends.Points {
			list = append(list, p.Estimate)
		}
	}
	return list
}

// add takes the outputs of a base point.
func (r *SensitivityResult) add(base int, o estimate.Outputs) { r.Outputs[base] = o }

// Figure implements [Result].
func (r *SensitivityResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *SensitivityResult) Runs() int {
	n := r.Bases.Runs
	if r.Ends != nil {
		n += r.Ends.Done
	}
	return n
}

func (r *SensitivityResult) Answers() (a answers.Answers) {
	if r.Ends != nil {
		a.Estimates = answers.EstimatesOf(r.Ends, nil)
	}
	return a
}
