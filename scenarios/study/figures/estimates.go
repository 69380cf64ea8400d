package figures

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Estimates shows the failure probability of each row by every applicable method: crude Monte
// Carlo, and an integral over the failure windows of a probe. The integral is exact, or conditional
// if something besides the probe is random.
type Estimates struct {
	rows.Head
	Probe        string // the integral is over its distribution
	Replications int    // of crude Monte Carlo
	Seeds        int    // of the conditional method
}

// EstimatesResult is the result of an [Estimates].
type EstimatesResult struct {
	noSearches
	Of     *Estimates
	Rows   []*sample.Results   // by row, with one point each
	Others []RowEstimates      // by row
	Idle   *estimate.IdleError // why there are no others; nil if there are
	runs   int                 // of the others
}

// RowEstimates holds the failure probability of a row by the methods other than crude Monte Carlo.
type RowEstimates struct {
	Exact       *estimate.ExactProbability // nil: something besides the probe is random
	Conditional *estimate.Conditional      // nil: the probability is exact; both nil: the probe decides nothing
}

// EstimatesKind is the kind of [Estimates].
var EstimatesKind = &Kind{
	Name: "estimates", Keys: []string{"probe", "replications", "seeds"},
	Required: []string{"probe", "replications", "seeds"},
	New:      func(h rows.Head) Figure { return &Estimates{Head: h} },
}

// Kind implements [Figure].
func (*Estimates) Kind() *Kind { return EstimatesKind }

func (g *Estimates) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	g.Replications, g.Seeds = r.Count(f, "replications", MaxReplications), r.Count(f, "seeds", MaxReplications)
	if t := r.Required(f, "probe"); t.Value != "" && s.Scenario != nil {
		g.Probe = t.Value
		checkDistribution(r, s, t)
	}
}

func (g *Estimates) Check(s *rows.Subject, row rows.Row) error {
	q, err := g.integral(s, row)
	if err != nil {
		return err
	}
	return q.CheckConditional()
}

func (g *Estimates) Steps(s *rows.Subject, budget float64) int {
	n := 0
	for _, row := range g.Rows {
		n += rows.Scaled(g.Replications, budget) + 1
		if q, err := g.integral(s, row); err == nil && q.CheckExact() != nil {
			n += rows.Scaled(g.Seeds, budget) - 1
		}
	}
	return n
}

// integral asks for the probability of a row from its failure windows.
func (g *Estimates) integral(s *rows.Subject, row rows.Row) (estimate.Integral, error) {
	v, err := s.Of(&g.Head, row)
	if err != nil {
		return estimate.Integral{}, err
	}
	return estimate.NewIntegral(v, g.Probe, s.Seed, g.Fail, estimate.Tail)
}

func (g *Estimates) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &EstimatesResult{Of: g}
	var rules run.Collector
	over := *e
	over.Runner = rules.Over(e.Runner)
	for _, row := range g.Rows {
		sweep, err := e.Sweep(ctx, &g.Head, row, g.Replications, g.At(row))
		if err != nil {
			return nil, err
		}
		others, err := g.others(ctx, &over, row)
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", row.Label, err)
		}
		r.Rows, r.Others, r.runs = append(r.Rows, sweep), append(r.Others, others), r.runs+others.runs()
	}
	if err := estimate.CheckIdle(ctx, e.Scenario, g.Probe, &rules, e.Runner); errors.As(err, &r.Idle) {
		r.Others = make([]RowEstimates, len(g.Rows))
	}
	return r, nil
}

// others estimates the probability of a row from its failure windows.
func (g *Estimates) others(ctx context.Context, e *rows.Execution, row rows.Row) (o RowEstimates, err error) {
	q, err := g.integral(e.Subject, row)
	if err != nil {
		return o, err
	}
	if q.CheckExact() == nil {
		if o.Exact, err = q.Exact(ctx, e.Runner); err == nil {
			e.Progress()
		}
		return o, err
	}
	plan := stat.NewPlan(stat.Target{}, e.Confidence, 1, rows.Scaled(g.Seeds, e.Budget))
	o.Conditional, err = q.Conditional(ctx, e.Runner, plan, e.Progress)
	return o, err
}

// Figure implements [Result].
func (r *EstimatesResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *EstimatesResult) Runs() int {
	return done(r.Rows) + r.runs
}

// runs returns the number of replications of the searches of a row.
func (o *RowEstimates) runs() int {
	if o.Exact != nil {
		return o.Exact.Runs
	}
	return o.Conditional.Runs
}

// Basis returns the basis of all windows that were integrated; there are none if Idle.
func (r *EstimatesResult) Basis() search.Basis {
	b := search.Basis{Proved: true}
	for _, o := range r.Others {
		if o.Exact != nil {
			b = b.And(o.Exact.Basis)
		}
		if o.Conditional != nil {
			b = b.And(o.Conditional.Basis)
		}
	}
	return b
}

// Sweeps implements [Result].
func (r *EstimatesResult) Sweeps() []Sweep { return byRow(&r.Of.Head, r.Rows) }

// Lost implements [Result].
func (r *EstimatesResult) Lost() Lost { return lostOf(r.Sweeps()) }

// MethodEstimate is a failure probability by one method.
type MethodEstimate struct {
	stat.Estimate
	Row      string
	By       estimate.Method
	Failures int // for monte-carlo
	Runs     int // replications performed
}

// ByMethod returns the estimates of each row by every method, crude Monte Carlo first.
func (r *EstimatesResult) ByMethod() (list []MethodEstimate) {
	for i, o := range r.Others {
		row, p := r.Of.Rows[i].Label, r.Rows[i].Points[0]
		list = append(list, MethodEstimate{
			Estimate: p.Estimate.Estimate, Row: row, By: estimate.MonteCarloMethod, Failures: p.Estimate.Failures,
			Runs: p.Replications,
		})
		if x := o.Exact; x != nil {
			list = append(list, MethodEstimate{Estimate: x.Estimate, Row: row, By: estimate.ExactMethod, Runs: x.Runs})
		}
		if c := o.Conditional; c != nil {
			list = append(list, MethodEstimate{
				Estimate: c.Probability.Estimate, Row: row, By: estimate.ConditionalMethod, Runs: c.Runs,
			})
		}
	}
	return list
}

// Answers implements [Result].
func (r *EstimatesResult) Answers() (a answers.Answers) {
	for _, e := range r.ByMethod() {
		if e.By == estimate.MonteCarloMethod { // as for every sweep
			continue
		}
		stored := answers.Estimate{
			Row: e.Row, X: math.NaN(), Method: string(e.By), Estimate: e.Value, Low: e.Low, High: e.High,
			Interval: string(e.Method), Confidence: e.Confidence, N: e.N, Failures: -1, Exact: e.Exact,
		}
		if e.Exact {
			stored.Interval, stored.Confidence, stored.N = answers.Exact, math.NaN(), -1
		}
		a.Estimates = append(a.Estimates, stored)
	}
	return a
}
