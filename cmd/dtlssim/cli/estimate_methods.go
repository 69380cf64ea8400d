package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// estimate performs what the flags ask for.
func (e *estimation) estimate() (*text.EstimateJSON, error) {
	j := &text.EstimateJSON{
		Scenario: e.scenario.Name, Seed: e.seed, Params: e.values.Text(), Method: string(e.method), Confidence: e.Confidence, Repeat: e.repeat(),
		ConditionalOn: "the parameters; everything that they leave open is drawn",
	}
	if e.method == monteCarlo {
		return j, e.monteCarlo(j)
	}
	q := &e.integral
	if e.method != importance {
		j.Probe, j.Distribution = e.probe, q.Distribution.String()
	}
	if e.method == exact || e.method == conditional {
		j.From, j.To = int64(q.Search.Probe.From), int64(q.Search.Probe.To)
	}
	var err error
	var checked stat.Estimate // at the confidence of the check
	switch e.method {
	case exact:
		r, err := q.Exact(e.command.Context(), e.workers)
		if err != nil {
			return nil, integralError(e.command, err)
		}
		j.Exact(r)
		j.Confidence = 1
		j.ConditionalOn = fmt.Sprintf("the parameters, and that nothing but %s is random", e.probe)
		checked = r.Estimate
	case stratified:
		if checked, err = e.stratified(j); err != nil {
			return nil, err
		}
	case importance:
		if checked, err = e.importance(j); err != nil {
			return nil, err
		}
	default:
		if checked, err = e.conditional(j); err != nil {
			return nil, err
		}
	}
	if e.check == 0 || j.Interrupted || j.Estimate == nil {
		return j, nil
	}
	p, err := e.sample(e.command.Context(), []int{e.check}, stat.Target{}, e.Confidence)
	if err == nil && !p.Interrupted {
		j.Check = text.NewCheck(stat.CheckAgreement(p.Points[0].Failures, p.Points[0].Completed(), checked))
		j.NoResult += p.NoResult()
	}
	j.Interrupted = err == nil && p.Interrupted
	return j, err
}

// looks returns when a run of at most so many samples is looked at, and the
// confidence of the interval there. The answer says so.
func (e *estimation) looks(j *text.EstimateJSON, least, budget int) (looks []int, confidence float64) {
	if e.target.None() {
		return []int{budget}, e.Confidence
	}
	looks = stat.Looks(least, budget)
	confidence = stat.LookConfidence(e.Confidence, len(looks))
	j.Stopping = &text.StoppingJSON{HalfWidth: e.target.HalfWidth, Relative: e.target.Relative, Looks: looks, LookConfidence: confidence}
	return looks, confidence
}

// monteCarlo estimates by crude Monte Carlo.
func (e *estimation) monteCarlo(j *text.EstimateJSON) error {
	looks, confidence := e.looks(j, leastReplications, e.replications)
	r, err := e.sample(e.command.Context(), looks, e.target, confidence)
	if err != nil {
		return err
	}
	p := r.Points[0]
	at := stat.Inference{Method: e.Method, Confidence: confidence}.Of(p.Failures, p.Completed())
	j.Monte(at)
	j.NoResult, j.Interrupted = r.NoResult(), r.Interrupted
	if j.Stopping != nil {
		j.Stopping.Met = e.target.Met(at.Estimate)
	}
	return nil
}

// sample performs replications up to one of the looks, and shows those that gave no
// result.
func (e *estimation) sample(ctx context.Context, looks []int, target stat.Target, confidence float64) (*sample.Results, error) {
	interval := stat.Inference{Method: e.Method, Confidence: confidence}
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1], "replications")
	r, err := sample.RunUntil(ctx, e.workers, sample.Sweep{
		Design: design.Single(e.values), Seed: e.seed, Fail: e.predicate,
	}, looks, func(r *sample.Results) bool {
		p := r.Points[0]
		at := interval.Of(p.Failures, p.Completed())
		return target.Met(at.Estimate)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return nil, failure(err)
	}
	text.Aborted(e.command.ErrOrStderr(), r)
	return r, nil
}

// conditional estimates by conditional Monte Carlo, and returns the mean with the
// interval of a check.
func (e *estimation) conditional(j *text.EstimateJSON) (stat.Estimate, error) {
	looks, confidence := e.looks(j, leastSeeds, e.seeds)
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1], "seeds")
	r, err := e.integral.Conditional(e.command.Context(), e.workers, looks, func(values []float64) bool {
		m := stat.StudentMean(values, confidence)
		return e.target.Met(m.Estimate)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return stat.Estimate{}, integralError(e.command, err)
	}
	m := stat.StudentMean(r.Values, confidence)
	j.Mean(m, r.Runs, r.Outside)
	j.Interrupted = r.Interrupted
	j.ConditionalOn = fmt.Sprintf("the parameters; %s is integrated over, and everything else that they leave open is drawn", e.probe)
	if j.Stopping != nil {
		j.Stopping.Met = e.target.Met(m.Estimate)
	}
	return stat.StudentMean(r.Values, stat.AgreementConfidence).Beside(r.Outside), nil
}

// integralError gives what ended a search its exit code. A scenario in which something
// else is random, as only its runs show, is bad input to the method exact.
func integralError(c *cobra.Command, err error) error {
	var random *estimate.RandomError
	var aborted *run.AbortedError
	switch {
	case errors.As(err, &random):
		return err
	case errors.As(err, &aborted):
		return &codeError{exitNoResult, err}
	}
	return interruptedOr(c, err)
}
