package estimate

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
)

// Analysis asks for the sensitivity indices, and for the failure probability with one factor at a
// time at each end of its range.
type Analysis struct {
	Sensitivity
	Probe           string // makes the probabilities exact; empty: they are estimated
	EndReplications int    // at each end of a factor, if probabilities are estimated
	Inference       stat.Inference
}

// Analysed is the answer to an [Analysis].
type Analysed struct {
	Question    Analysis
	Ends        *sample.Results     // one factor at a time; nil if the probabilities are exact
	Exact       []stat.Estimate     // the exact counterpart of Ends
	Basis       search.Basis        // of the windows from which the exact probabilities come
	At          [][]int             // for each factor, the indices of these points at its levels
	Outputs     []Outputs           // of each base point; nil if the point was left out
	Indices     sensitivity.Indices // from the outputs
	Bases       *SensitivityRuns    // of the base points; nil if the context ended before them
	Interrupted bool                // the context ended before all was done
}

// Sweeper performs a sweep with its own store and workers.
type Sweeper func(context.Context, sample.Sweep) (*sample.Results, error)

// CheckExact reports the first one-at-a-time point that, judging by the parameters, has no exact
// probability.
func (q *Analysis) CheckExact() error {
	points, _, err := q.Sensitivity.Ends()
	for i := 0; err == nil && i < len(points); i++ {
		_, err = q.Integral(points[i].Values, q.Probe, Tail)
	}
	return err
}

// Steps returns the number of replications at the ends of factors plus the number of base points.
func (q *Analysis) Steps() int {
	if q.Probe != "" {
		return q.Points
	}
	points, _, err := q.Sensitivity.Ends()
	if err != nil { // Check reports it
		return q.Points
	}
	return q.Points + len(points)*q.EndReplications
}

// Ask answers the question: first one factor at a time, then all factors together. If ctx ends, the
// answer holds what was done until then.
func (q *Analysis) Ask(ctx context.Context, runner run.Runner, sweep Sweeper, progress Progress) (*Analysed, error) {
	points, at, err := q.Sensitivity.Ends()
	if err != nil {
		return nil, err
	}
	basis := search.Basis{Proved: true}
	var rules run.Collector
	over := rules.Over(runner)
	a := &Analysed{Question: *q, At: at, Outputs: make([]Outputs, q.Points), Basis: basis}
	exactRuns := 0
	if q.Probe == "" {
		a.Ends, err = sweep(ctx, sample.Sweep{
			Design: points, Replications: q.EndReplications, Seed: q.Seed, Fail: q.Fail, Inference: q.Inference,
		})
		if err != nil || a.Ends.Interrupted {
			a.Interrupted = true
			return a, err
		}
	} else {
		for _, p := range points {
			e, err := q.ExactAt(ctx, over, p.Values, q.Probe, Tail)
			if err != nil {
				return nil, err
			}
			exactRuns += e.Runs
			basis = basis.And(e.Basis)
			a.Exact = append(a.Exact, e.Estimate)
		}
	}
	keep := func(base int, o Outputs) { a.Outputs[base] = o }
	step, end := progress(q.Points, "base points")
	if q.Probe == "" {
		a.Bases, err = q.MonteCarlo(ctx, runner, keep, step)
	} else {
		a.Bases, err = q.Sensitivity.Exact(ctx, over, q.Probe, Tail, keep, step)
		if err == nil {
			err = CheckIdle(ctx, q.Values.Scenario(), q.Probe, &rules, runner)
		}
	}
	end()
	if err != nil {
		return nil, err
	}
	a.Bases.Runs += exactRuns
	a.Basis = basis.And(a.Bases.Basis)
	a.Interrupted = a.Bases.Interrupted
	a.Indices = q.Indices(a.Outputs, q.Inference.Confidence)
	return a, nil
}

// Levels returns the failure probability at each one-at-a-time point.
func (a *Analysed) Levels() (list []stat.Proportion) {
	for _, e := range a.Exact {
		list = append(list, stat.Proportion{Estimate: e})
	}
	if a.Ends != nil {
		for _, p := range a.Ends.Points {
			list = append(list, p.Estimate)
		}
	}
	return list
}

// Runs returns the number of replications that were performed.
func (a *Analysed) Runs() (n int) {
	if a.Ends != nil {
		n += a.Ends.Done
	}
	if a.Bases != nil {
		n += a.Bases.Runs
	}
	return n
}

// NoResult returns the number of replications that gave no result.
func (a *Analysed) NoResult() (n int) {
	if a.Ends != nil {
		n += a.Ends.NoResult()
	}
	if a.Bases != nil {
		n += a.Bases.NoResult
	}
	return n
}

// Aborted returns the first replications that gave no result.
func (a *Analysed) Aborted() (list []run.Aborted) {
	if a.Ends != nil {
		list = append(list, a.Ends.Aborted...)
	}
	if a.Bases != nil {
		list = append(list, a.Bases.Aborted...)
	}
	return list
}
