package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/estimate"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
)

// The methods of estimate.
const (
	monteCarlo  = "monte-carlo"
	conditional = "conditional"
	exact       = "exact"
)

var methods = []string{monteCarlo, conditional, exact}

// method is the flag --method.
type method string

func (m *method) String() string { return string(*m) }
func (m *method) Type() string   { return strings.Join(methods, "|") }

func (m *method) Set(text string) error {
	if !slices.Contains(methods, text) {
		return fmt.Errorf("%q is not one of %s", text, strings.Join(methods, ", "))
	}
	*m = method(text)
	return nil
}

// readers are the methods that read a flag of estimate.
var readers = map[string][]string{
	"replications": {monteCarlo}, "interval": {monteCarlo},
	"seeds": {conditional}, "probe": {conditional, exact}, "check": {conditional, exact},
	"half-width": {monteCarlo, conditional}, "relative": {monteCarlo, conditional}, "confidence": {monteCarlo, conditional},
}

// How many replications, or seeds, a run that may stop early has at its first look.
const (
	leastReplications = 100
	leastSeeds        = 30
)

// tail is the probability of each tail of the probe's law that is not searched: what a
// number can still tell with all of its digits.
const tail = 1e-300

// estimation is the flags of estimate with what they ask for.
type estimation struct {
	selection
	pool
	interval
	method       method
	probe        string
	replications int
	seeds        int
	check        int
	target       estimate.Target

	integral explore.Integral
	workers  explore.Runner
	command  *cobra.Command
}

func newEstimate() *cobra.Command {
	var f format
	e := estimation{method: monteCarlo}
	c := &cobra.Command{
		Use:   "estimate SCENARIO|FILE",
		Short: "Estimate one failure probability, by one of three methods",
		Long: `Estimate the failure probability under the parameters as set, by one of three methods:

monte-carlo   the share of failures in independent replications;
conditional   the failure windows of the probe integrated over its law, averaged over seeds
              of everything else: for rare failures, with Student's interval;
exact         the windows integrated over the law when nothing else is random, which the
              parameters have to show, and the windows of three seeds; anything else is
              refused.

The probe is a latency law that one datagram draws from; the range that is searched is all of
the law but 1e-300 at either end, and at most 1000 h. conditional and exact are held against plain Monte Carlo of
--check replications: that they disagree, at intervals of 99.9999 %, is an error.

With --half-width or --relative, a run stops when half of the interval's width, or that as a share
of the estimate, is at most so much; --replications or --seeds is the budget. It is looked at when
the number of samples has grown by half, at numbers that the budget sets beforehand. The looks
share the error equally, so that the interval keeps its confidence wherever the run stops
(Lan and DeMets 1983; Jennison and Turnbull 1989).

JSON: {scenario, seed, params, method, estimate, lo, hi, interval, confidence, conditional_on,
variance (of one replication, or seed), standard_error, runs, interrupted, repeat}; of
monte-carlo {replications, failures, no_result}; of the others {probe, law, from_ns, to_ns,
outside, seeds}; of conditional {unseen_share, equivalent_replications}; of exact {rounding,
failure_windows: [{from_ns, to_ns}]}; stopping: {half_width, relative, looks: [], look_confidence,
met}; check: {replications, failures, expected_failures, lo, hi, confidence, agrees, feasible}.
estimate is null without data, and what is 0 or does not apply may be left out.`,
		Example: "  dtlssim estimate late-close-notify --method exact --set 'alert-latency=10ms+exponential(mean=48255ns)'\n" +
			"  dtlssim estimate late-close-notify --method conditional --set 'latency=5ms+exponential(mean=4ms)' \\\n" +
			"      --relative 0.05 --seeds 2000\n" +
			"  dtlssim estimate late-close-notify --set 'latency=5ms+exponential(mean=4ms)' --half-width 0.02",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			e.command = c
			if err := e.resolve(args[0]); err != nil {
				return err
			}
			workers, err := e.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			e.workers = workers
			j, err := e.estimate()
			if err != nil {
				return err
			}
			if f == "json" {
				err = text.JSON(c.OutOrStdout(), j)
			} else {
				err = text.Estimate(c.OutOrStdout(), j)
			}
			return estimateError(j, err)
		},
	}
	f.addTo(c)
	e.selection.addTo(c)
	e.pool.addTo(c)
	e.interval.addTo(c)
	c.Flags().Var(&e.method, "method", "how the probability is estimated")
	c.Flags().StringVar(&e.probe, "probe", "", "the parameter `NAME` whose law is integrated over (default the scenario's probe of choice)")
	c.Flags().IntVar(&e.replications, "replications", 10_000, "replications of monte-carlo, at most if there is a target")
	c.Flags().IntVar(&e.seeds, "seeds", 300, "seeds of conditional, at most if there is a target")
	c.Flags().IntVar(&e.check, "check", 1000, "replications of plain Monte Carlo to check conditional and exact with; 0: none")
	c.Flags().Float64Var(&e.target.HalfWidth, "half-width", 0, "stop at half of such an interval's width")
	c.Flags().Float64Var(&e.target.Relative, "relative", 0, "stop at half of such an interval's width, as a share of the estimate")
	return c
}

// resolve reads the flags and reports every fault.
func (e *estimation) resolve(name string) error {
	faults := []error{e.selection.resolve(name), e.pool.check(), estimate.CheckConfidence(e.Confidence)}
	for _, flag := range []string{"replications", "interval", "seeds", "probe", "check", "half-width", "relative", "confidence"} {
		if e.command.Flags().Changed(flag) && !slices.Contains(readers[flag], string(e.method)) {
			faults = append(faults, fmt.Errorf("--%s means nothing to the method %s, only to %s", flag, e.method, strings.Join(readers[flag], " and ")))
		}
	}
	if e.replications < 1 {
		faults = append(faults, fmt.Errorf("--replications %d must be at least 1", e.replications))
	}
	if e.seeds < 2 {
		faults = append(faults, fmt.Errorf("--seeds %d must be at least 2", e.seeds))
	}
	if e.check < 0 {
		faults = append(faults, fmt.Errorf("--check %d must be at least 0", e.check))
	}
	for flag, value := range map[string]float64{"half-width": e.target.HalfWidth, "relative": e.target.Relative} {
		if e.command.Flags().Changed(flag) && value == 0 {
			faults = append(faults, fmt.Errorf("--%s must be above 0", flag))
		}
	}
	faults = append(faults, e.target.Check())
	if e.method != monteCarlo && e.scenario != nil && faults[0] == nil {
		if e.probe == "" {
			e.probe = e.scenario.Probe.Name
		}
		var err error
		if e.integral, err = explore.NewIntegral(e.scenario, e.settings, e.probe, e.seed, e.predicate, tail); err == nil {
			if e.method == exact {
				err = e.integral.CheckExact()
			} else {
				err = e.integral.CheckConditional()
			}
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// estimate performs what the flags ask for.
func (e *estimation) estimate() (*text.EstimateJSON, error) {
	v, err := e.scenario.Resolve(e.settings)
	if err != nil {
		return nil, err
	}
	j := &text.EstimateJSON{
		Scenario: e.scenario.Name, Seed: e.seed, Params: v.Text(), Method: string(e.method), Confidence: e.Confidence, Repeat: e.repeat(v),
		ConditionalOn: "the parameters; everything that they leave open is drawn",
	}
	if e.method == monteCarlo {
		return j, e.monteCarlo(j)
	}
	q := &e.integral
	j.Probe, j.Law, j.From, j.To = e.probe, q.Law.String(), int64(q.Search.Probe.From), int64(q.Search.Probe.To)
	var low, high float64 // at the confidence of the check
	if e.method == exact {
		r, err := q.Exact(e.command.Context(), e.workers)
		if err != nil {
			return nil, e.searchError(err)
		}
		j.Exact(r)
		j.Confidence = 1
		j.ConditionalOn = fmt.Sprintf("the parameters, and that nothing but %s is random", e.probe)
		low, high = j.Low, j.High
	} else {
		mean, err := e.conditional(j)
		if err != nil {
			return nil, err
		}
		low, high = mean.Low, min(1, mean.High+*j.Outside)
	}
	if e.check == 0 || j.Interrupted {
		return j, nil
	}
	p, err := e.sample(e.command.Context(), []int{e.check}, estimate.Target{}, e.Confidence)
	if err == nil && !p.Interrupted {
		j.Check = text.NewCheck(p.Points[0].Failures, p.Points[0].Completed(), *j.Estimate, low, high)
		j.NoResult = p.NoResult()
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
	looks = estimate.Looks(least, budget)
	confidence = estimate.LookConfidence(e.Confidence, len(looks))
	j.Stopping = &text.StoppingJSON{HalfWidth: e.target.HalfWidth, Relative: e.target.Relative, Looks: looks, LookConfidence: confidence}
	return looks, confidence
}

// monteCarlo estimates by plain Monte Carlo.
func (e *estimation) monteCarlo(j *text.EstimateJSON) error {
	looks, confidence := e.looks(j, leastReplications, e.replications)
	r, err := e.sample(e.command.Context(), looks, e.target, confidence)
	if err != nil {
		return err
	}
	p := r.Points[0]
	at := estimate.Interval{Kind: e.Kind, Confidence: confidence}.Of(p.Failures, p.Completed())
	j.Monte(at, e.Kind)
	j.NoResult, j.Interrupted = r.NoResult(), r.Interrupted
	if j.Stopping != nil {
		j.Stopping.Met = e.target.Met(at.Estimate, at.Low, at.High)
	}
	return nil
}

// sample performs replications up to one of the looks, and shows those that gave no
// result.
func (e *estimation) sample(ctx context.Context, looks []int, target estimate.Target, confidence float64) (*explore.Results, error) {
	interval := estimate.Interval{Kind: e.Kind, Confidence: confidence}
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1], "replications")
	r, err := explore.RunUntil(ctx, e.workers, explore.Sweep{
		Scenario: e.scenario, Settings: e.settings, Design: []scenarios.Settings{{}}, Seed: e.seed, Fail: e.predicate,
	}, looks, func(p *explore.Point) bool {
		at := interval.Of(p.Failures, p.Completed())
		return target.Met(at.Estimate, at.Low, at.High)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return nil, failure(err)
	}
	text.Troubles(e.command.ErrOrStderr(), r)
	return r, nil
}

// conditional estimates by conditional Monte Carlo, and returns the mean with the
// interval of a check.
func (e *estimation) conditional(j *text.EstimateJSON) (estimate.Mean, error) {
	looks, confidence := e.looks(j, leastSeeds, e.seeds)
	bar := newProgress(e.command.ErrOrStderr(), looks[len(looks)-1], "seeds")
	r, err := e.integral.Conditional(e.command.Context(), e.workers, looks, func(values []float64) bool {
		m := estimate.StudentMean(values, confidence)
		return e.target.Met(m.Estimate, m.Low, m.High)
	}, bar.increment)
	bar.finish()
	if err != nil {
		return estimate.Mean{}, e.searchError(err)
	}
	m := estimate.StudentMean(r.Values, confidence)
	j.Mean(m, r.Runs, r.Outside)
	j.Interrupted = r.Interrupted
	j.ConditionalOn = fmt.Sprintf("the parameters; %s is integrated over, and everything else that they leave open is drawn", e.probe)
	if j.Stopping != nil {
		j.Stopping.Met = e.target.Met(m.Estimate, m.Low, m.High)
	}
	return estimate.StudentMean(r.Values, text.CheckConfidence), nil
}

// searchError gives what ended a search its exit code. A scenario in which something
// else is random, as only its runs show, is bad input to the method exact.
func (e *estimation) searchError(err error) error {
	var random *explore.RandomError
	var trouble *explore.TroubleError
	switch {
	case errors.As(err, &random):
		return err
	case errors.As(err, &trouble):
		return &codeError{exitNoResult, err}
	}
	return interruptedOr(e.command, err)
}

// repeat returns the command that repeats the estimate.
func (e *estimation) repeat(v scenarios.Values) string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	flags := []struct{ name, value string }{
		{"method", string(e.method)}, {"probe", e.probe}, {"replications", strconv.Itoa(e.replications)}, {"seeds", strconv.Itoa(e.seeds)},
		{"interval", string(e.Kind)}, {"confidence", number(e.Confidence)}, {"check", strconv.Itoa(e.check)},
		{"half-width", number(e.target.HalfWidth)}, {"relative", number(e.target.Relative)},
	}
	command := "dtlssim estimate" + strings.TrimPrefix(v.Repeat(e.seed, e.predicate), "dtlssim run")
	for _, f := range flags {
		if f.name == "method" || e.command.Flags().Changed(f.name) {
			command += " --" + f.name + " " + f.value
		}
	}
	return command
}

// estimateError gives a finished estimate its exit code.
func estimateError(j *text.EstimateJSON, err error) error {
	switch {
	case err != nil:
		return failure(err)
	case j.Interrupted:
		return &codeError{exitInterrupted, errors.New("interrupted: the estimate is of what was done until then")}
	case j.Check != nil && !j.Check.Agrees:
		return &codeError{exitError, fmt.Errorf("plain Monte Carlo has %d failures of %d, and %.3g are expected: the method %s does not hold here; does more than one datagram draw from %s, or does its latency depend on others?",
			j.Check.Failures, j.Check.Replications, j.Check.Expected, j.Method, j.Probe)}
	case j.NoResult > 0:
		return &codeError{exitNoResult, fmt.Errorf("%d replications gave no result", j.NoResult)}
	}
	return nil
}
