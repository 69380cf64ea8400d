package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Sensitivity shows how much of the variance of the failure probability is due to each factor, and
// the probability at the ends of each factor's range.
type Sensitivity struct {
	rows.Head
	Factors      []design.Range
	Points       int    // base points
	Probe        string // makes the probabilities exact; empty: they are estimated
	Replications int    // at each point, unless they are exact
	Ends         int    // replications at each end of a factor, unless they are exact
}

// SensitivityResult is the result of a [Sensitivity].
type SensitivityResult struct {
	noSearches
	noSweeps
	Of *Sensitivity
	*estimate.Analysed
}

// SensitivityKind is the kind of [Sensitivity].
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
	return q.CheckExact()
}

func (g *Sensitivity) Steps(s *rows.Subject, budget float64) int {
	q, err := g.question(s, g.Rows[0])
	if err != nil { // Check reports it
		return g.Points
	}
	q.EndReplications = rows.Scaled(g.Ends, budget)
	return q.Steps()
}

// question asks for the sensitivity indices of a row.
func (g *Sensitivity) question(s *rows.Subject, row rows.Row) (q estimate.Analysis, err error) {
	q.Factors, q.Points, q.Fail, q.Seed, q.Probe = g.Factors, g.Points, g.Fail, s.Seed, g.Probe
	if g.Probe == "" {
		q.Replications = g.Replications
	}
	q.Values, err = s.Of(&g.Head, row)
	return q, err
}

func (g *Sensitivity) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	q, err := g.question(e.Subject, g.Rows[0])
	if err != nil {
		return nil, err
	}
	q.EndReplications, q.Inference = rows.Scaled(g.Ends, e.Budget), e.Inference()
	sweep := func(ctx context.Context, s sample.Sweep) (*sample.Results, error) {
		return e.Perform(ctx, g.Name, "", s)
	}
	progress := func(int, string) (step, end func()) { return e.Progress, func() {} }
	a, err := q.Ask(ctx, e.Runner, sweep, progress)
	if err != nil {
		return nil, err
	}
	return &SensitivityResult{Of: g, Analysed: a}, nil
}

// Figure implements [Result].
func (r *SensitivityResult) Figure() Figure { return r.Of }

// Lost implements [Result].
func (r *SensitivityResult) Lost() Lost { return Lost{r.NoResult(), r.Runs(), r.Aborted()} }

func (r *SensitivityResult) Answers() (a answers.Answers) {
	if r.Ends != nil {
		a.Estimates = answers.EstimatesOf(r.Ends, nil)
	}
	return a
}
