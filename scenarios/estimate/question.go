package estimate

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate/importance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// Method is a method of finding a failure probability.
type Method string

// The methods.
const (
	MonteCarloMethod  Method = "monte-carlo"
	ConditionalMethod Method = "conditional"
	ExactMethod       Method = "exact"
	StratifiedMethod  Method = "stratified"
	ImportanceMethod  Method = "importance"
)

// The first look of a run that may stop early, in replications or seeds.
const (
	leastReplications = 100
	leastSeeds        = 30
)

// Question asks for one failure probability.
type Question struct {
	Values scenarios.Values
	Seed   uint64
	Fail   scenarios.Predicate

	Method    Method
	Integral  Integral       // for conditional, exact and stratified
	Budget    int            // replications, or seeds of conditional; with a target, at most
	Inference stat.Inference // for monte-carlo; the other methods use its confidence
	Target    stat.Target    // when to stop early
	Strata    int            // for stratified
	Tilts     []tilt.Tilt    // for importance; empty: pilot replications choose them
	Pilots    int            // for shares of stratified (0: none), or per round that chooses tilts

	// Check is the number of crude Monte Carlo replications that check the other methods; 0: none.
	Check int
}

// Answer is the answer to a Question. Its interval has the confidence of the question, wherever the
// run stopped.
type Answer struct {
	stat.Estimate
	Variance      float64 // of one replication, or seed
	StandardError float64
	Confidence    float64 // as asked for; 1 if exact
	Runs          int     // replications, pilots among them
	NoResult      int     // replications, also of the check, that gave no result
	Plan          stat.Plan
	Met           bool            // the target was met; otherwise the budget ended the run
	Agreement     *stat.Agreement // with the check; nil without one
	Interrupted   bool

	// Certain means that nothing is random, so no replications had to be counted: see
	// [sample.Certain].
	Certain bool

	// Results of the method; those of other methods are nil.
	Proportion  *stat.Proportion
	Conditional *Conditional
	Exact       *ExactProbability
	Stratified  *Strata
	Importance  *importance.Answer

	// Sweeps hold the aborted replications.
	Sweeps []*sample.Results
}

// Progress starts a part of a run with a number of steps. It returns a function to call after each
// step and one to call at the end.
type Progress func(steps int, unit string) (step, end func())

// Ask answers the question. It returns an error if there is no answer: see [Integral.Exact] and
// [importance.ChooseTilts]. If ctx ends, the answer holds what was done until then.
func (q *Question) Ask(ctx context.Context, runner run.Runner, progress Progress) (*Answer, error) {
	a := &Answer{Confidence: q.Inference.Confidence, Plan: q.plan()}
	var of stat.Estimate // at the confidence of the check
	var err error
	switch q.Method {
	case ExactMethod:
		of, err = q.exact(ctx, runner, a)
	case ConditionalMethod:
		of, err = q.conditional(ctx, runner, a, progress)
	case StratifiedMethod:
		of, err = q.stratified(ctx, runner, a, progress)
	case ImportanceMethod:
		of, err = q.importance(ctx, runner, a, progress)
	default:
		return a, q.monteCarlo(ctx, runner, a, progress)
	}
	if err != nil {
		return nil, err
	}
	if q.Check == 0 || a.Interrupted || !a.Known() {
		return a, nil
	}
	r, err := q.sample(ctx, runner, a, stat.OneLook(q.Check, q.Inference.Confidence), progress)
	if err != nil {
		return nil, err
	}
	a.Interrupted = r.Interrupted
	if !r.Interrupted {
		p := r.Points[0]
		agreement := stat.CheckAgreement(p.Failures, p.Completed(), of)
		a.Agreement = &agreement
		a.NoResult += r.NoResult()
	}
	return a, nil
}

// plan returns the looks at which the run may stop.
func (q *Question) plan() stat.Plan {
	least := leastReplications
	switch q.Method {
	case ConditionalMethod:
		least = leastSeeds
	case StratifiedMethod:
		least = max(least, LeastOfStratum*q.Strata)
	}
	return stat.NewPlan(q.Target, q.Inference.Confidence, least, max(1, q.Budget))
}

// take sets the estimate.
func (a *Answer) take(e stat.Estimate, variance, standardError float64, runs int) {
	a.Estimate, a.Variance, a.StandardError, a.Runs, a.Met = e, variance, standardError, runs, a.Plan.Enough(e)
}

// sweep adds the counts of a sweep's replications.
func (a *Answer) sweep(r *sample.Results) {
	a.NoResult, a.Interrupted, a.Sweeps = r.NoResult(), r.Interrupted, append(a.Sweeps, r)
}

// sample performs replications of crude Monte Carlo.
func (q *Question) sample(
	ctx context.Context, runner run.Runner, a *Answer, plan stat.Plan, progress Progress,
) (*sample.Results, error) {
	step, end := progress(plan.Budget(), "replications")
	r, err := sample.RunPlan(ctx, runner, sample.Sweep{
		Design: design.Single(q.Values), Seed: q.Seed, Fail: q.Fail, Inference: q.Inference,
	}, plan, step)
	end()
	if err == nil {
		a.Sweeps = append(a.Sweeps, r)
	}
	return r, err
}

func (q *Question) monteCarlo(ctx context.Context, runner run.Runner, a *Answer, progress Progress) error {
	if q.Budget > sample.CertainSeeds {
		certain, results, err := sample.Certain(ctx, runner, run.Job{Values: q.Values, Seed: q.Seed, Fail: q.Fail})
		if err != nil && ctx.Err() == nil {
			return err
		}
		if certain {
			failures := 0
			if results[0].Failed {
				failures = sample.CertainSeeds
			}
			a.Certain = true
			a.take(stat.Certain(failures, sample.CertainSeeds).Estimate, 0, 0, sample.CertainSeeds)
			a.Confidence = a.Estimate.Confidence
			return nil
		}
	}
	r, err := q.sample(ctx, runner, a, a.Plan, progress)
	if err != nil {
		return err
	}
	p := r.Points[0].Estimate
	a.take(p.Estimate, p.Variance(), p.StandardError(), p.N)
	a.Proportion, a.NoResult, a.Interrupted = &p, r.NoResult(), r.Interrupted
	return nil
}

func (q *Question) exact(ctx context.Context, runner run.Runner, a *Answer) (of stat.Estimate, err error) {
	var rules run.Collector
	if a.Exact, err = q.Integral.Exact(ctx, rules.Over(runner)); err != nil {
		return of, err
	}
	if err = q.checkIdle(ctx, &rules, runner); err != nil {
		return of, err
	}
	a.take(a.Exact.Estimate, 0, 0, a.Exact.Runs)
	a.Confidence = a.Exact.Confidence
	return a.Estimate, nil
}

func (q *Question) checkIdle(ctx context.Context, rules *run.Collector, runner run.Runner) error {
	return CheckIdle(ctx, q.Values.Scenario(), q.Integral.Search.Probe.Name, rules, runner)
}

func (q *Question) conditional(
	ctx context.Context, runner run.Runner, a *Answer, progress Progress,
) (of stat.Estimate, err error) {
	step, end := progress(a.Plan.Budget(), "seeds")
	var rules run.Collector
	c, err := q.Integral.Conditional(ctx, rules.Over(runner), a.Plan, step)
	end()
	if err == nil {
		err = q.checkIdle(ctx, &rules, runner)
	}
	if err != nil {
		return of, err
	}
	a.take(c.Probability.Estimate, c.Probability.Variance, c.Probability.StandardError, c.Runs)
	a.Conditional, a.Interrupted = c, c.Interrupted
	return stat.SampleMean(c.Values, stat.AgreementConfidence).Beside(c.Outside), nil
}

func (q *Question) stratified(
	ctx context.Context, runner run.Runner, a *Answer, progress Progress,
) (of stat.Estimate, err error) {
	step, end := progress(a.Plan.Budget()+q.Pilots, "replications")
	s, err := q.Integral.Stratified(ctx, runner, q.Strata, q.Pilots, a.Plan, step)
	end()
	if err != nil {
		return of, err
	}
	a.take(s.Probability.Estimate, s.Probability.Variance(), s.Probability.StandardError, s.Done+s.Pilots)
	a.sweep(s.Results)
	a.Stratified = s
	return stat.StratifiedProportion(s.Strata, stat.AgreementConfidence).Estimate, nil
}

func (q *Question) importance(
	ctx context.Context, runner run.Runner, a *Answer, progress Progress,
) (of stat.Estimate, err error) {
	i := importance.Question{Values: q.Values, Seed: q.Seed, Fail: q.Fail, Tilts: q.Tilts}
	pilots := 0
	if len(q.Tilts) == 0 {
		step, end := progress(q.Pilots*importance.MostPilotRounds, "pilot replications")
		chosen, err := importance.ChooseTilts(ctx, runner, i, q.Pilots, step)
		end()
		if err != nil {
			return of, err
		}
		if chosen.Interrupted {
			return of, ctx.Err()
		}
		i.Tilts, pilots = chosen.Tilts, chosen.Runs
	}
	step, end := progress(a.Plan.Budget(), "replications")
	w, err := importance.Run(ctx, runner, i, a.Plan, step)
	end()
	if err != nil {
		return of, err
	}
	w.Pilots = pilots
	a.take(w.Probability.Estimate, w.Probability.Variance, w.Probability.StandardError, w.Done+pilots)
	a.sweep(w.Results)
	a.Importance = w
	return stat.MixtureMean(w.Samples, stat.AgreementConfidence).Estimate, nil
}
