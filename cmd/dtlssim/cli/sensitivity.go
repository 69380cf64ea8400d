package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// analysis is the flags of sensitivity with what they ask for.
type analysis struct {
	selection
	pool
	interval
	method string
	probe  string
	vary   []string
	ends   int // replications at each end of a factor
	output string

	question estimate.Sensitivity
	workers  run.Runner
	command  *cobra.Command
}

func newSensitivity() *cobra.Command {
	var f format
	var a analysis
	c := &cobra.Command{
		Use:   "sensitivity SCENARIO|FILE",
		Short: "Find out which factors the failure probability depends on, and how much",
		Long: `Find out how much of the failure probability's variance is due to each factor, where all
are drawn independently from their ranges, and what each does one at a time.

A factor is NAME=A..B, drawn uniformly (NAME=A..B:log: its logarithm is), or NAME=v1,v2,... with
equal probabilities; in braces, the range is one of a number in a law:
'alert-latency=exponential(mean={1ms..9ms})'. The first-order index of a factor is the share of
the variance that would go if it were known; the total index is the share that would stay if all
others were, which is its own and that of its interactions. The estimators are those of Saltelli
(2010) and Jansen (1999), at --points base points of a scrambled sequence of Sobol, best a power of
two; each takes as many more points as there are factors, and one. Intervals are of the bootstrap
(BCa) over base points; they take these to be independent, and so are rather too wide. An interval
from 0 to 0 says that no base point showed an effect.

monte-carlo   the probability at a point is the share of failures in --replications. The points of
              one base point have the same seeds, and no two base points have; so that what chance
              adds to each square can be taken off without bias, and the intervals hold it. Few
              replications at many base points are best; one alone leaves its noise in, which
              counts as interaction.
exact         the failure windows of the probe integrated over its law, where nothing else is
              random: see dtlssim estimate.

One at a time, each factor is put at both ends of its range (a list: at each level) while all others
are as set, with --ends replications each, all under the same seeds.

JSON: {scenario, seed, params, method, probe, points, replications, runs, no_result,
dropped_points, mean, variance, noise, undefined, confidence, interval, base: {replications,
failures, estimate, lo, hi}, factors: [{name, levels: [{level, replications, failures, estimate,
lo, hi}], first_order: {estimate, lo, hi}, total}], interrupted}, the factor with the largest total
index first. Where the probability does not vary, there are no indices, and undefined says why. -o
draws both as a figure.`,
		Example: "  dtlssim sensitivity late-close-notify --vary linger=0ms..20ms --vary service=0ms..10ms --vary " +
			"gap=50ms..100ms \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --points 256 --replications 10 -o tornado.svg\n" +
			"  dtlssim sensitivity late-close-notify --method exact --points 64 --vary linger=0ms..20ms \\\n" +
			"      --vary 'alert-latency=10ms+exponential(mean={5ms..15ms})'",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			a.command = c
			if err := a.resolve(args[0]); err != nil {
				return err
			}
			if err := checkFile(a.output); err != nil {
				return failure(err)
			}
			workers, err := a.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			a.workers = workers
			j, err := a.analyse()
			if err != nil {
				return err
			}
			if a.output != "" && !j.Interrupted {
				drawn, err := text.TornadoFigure(j)
				if err == nil {
					err = writePicture(a.output, drawn)
				}
				if err != nil {
					return failure(err)
				}
			}
			err = write(c, f, j, text.Sensitivity)
			switch {
			case err != nil:
				return failure(err)
			case j.Interrupted:
				return &codeError{exitInterrupted, errors.New("interrupted: the answer is of what was done until then")}
			case j.NoResult > 0:
				return &codeError{
					exitNoResult,
					fmt.Errorf("%d replications gave no result; %d base points are left out", j.NoResult, j.Dropped),
				}
			}
			return nil
		},
	}
	f.addTo(c)
	a.selection.addTo(c)
	a.pool.addTo(c)
	a.interval.addTo(c)
	c.Flags().StringVar(&a.method, "method", monteCarlo,
		"how the probability at a point is found: monte-carlo or exact")
	c.Flags().StringVar(&a.probe, "probe", "",
		"the parameter `NAME` whose law is integrated over (default the scenario's default probe)")
	c.Flags().StringArrayVar(&a.vary, "vary", nil, "a factor, `NAME=A..B` or NAME=v1,v2; may be repeated (required)")
	c.Flags().IntVar(&a.question.Points, "points", 256, "base points")
	c.Flags().IntVar(&a.question.Replications, "replications", 10, "replications at each point, of monte-carlo")
	c.Flags().IntVar(&a.ends, "ends", 1000, "replications at each end of a factor, of monte-carlo")
	c.Flags().StringVarP(&a.output, "output", "o", "", "draw a figure to `FILE.svg` or FILE.png")
	return c
}

// resolve reads the flags and reports every fault.
func (a *analysis) resolve(name string) error {
	faults := []error{
		a.selection.resolve(name),
		a.pool.check(),
		stat.CheckConfidence(a.Confidence),
		checkFormat(a.output),
	}
	given := a.command.Flags().Changed
	known := []string{monteCarlo, exact}
	if !slices.Contains(known, a.method) {
		faults = append(faults, fmt.Errorf("--method %w", suggest.NotOneOf(a.method, known)))
	}
	for flag, reads := range map[string]string{"replications": monteCarlo, "ends": monteCarlo, "interval": monteCarlo,
		"probe": exact} {
		if given(flag) && a.method != reads && slices.Contains(known, a.method) {
			faults = append(
				faults,
				fmt.Errorf("--%s means nothing to the method %s, only to %s", flag, a.method, reads),
			)
		}
	}
	if a.ends < 1 {
		faults = append(faults, fmt.Errorf("--ends %d must be at least 1", a.ends))
	}
	if a.question.Replications < 1 {
		faults = append(faults, fmt.Errorf("--replications %d must be at least 1", a.question.Replications))
	}
	if len(a.vary) == 0 {
		faults = append(faults, errors.New("--vary is missing: want a factor NAME=A..B or NAME=v1,v2"))
	}
	if a.question.Points < 2 {
		faults = append(faults, fmt.Errorf("--points %d must be at least 2", a.question.Points))
	}
	if a.scenario == nil {
		return errors.Join(faults...)
	}
	q := &a.question
	q.Values, q.Seed, q.Fail = a.values, a.seed, a.predicate
	for _, v := range a.vary {
		r, err := design.ParseRange(a.scenario, v)
		faults, q.Factors = append(faults, err), append(q.Factors, r)
	}
	if errors.Join(faults...) == nil {
		faults = append(faults, q.Check())
	}
	if a.method == exact && errors.Join(faults...) == nil {
		q.Replications = 0
		if a.probe == "" {
			a.probe = a.scenario.Probe.Name
		}
		faults = append(faults, a.checkExact())
	}
	return errors.Join(faults...)
}

// checkExact reports the first point of those one at a time that has no exact
// probability, as far as the parameters show it.
func (a *analysis) checkExact() error {
	design, _, err := a.question.Ends()
	if err != nil {
		return err
	}
	for _, p := range design {
		if _, err := a.question.Integral(p.Values, a.probe, estimate.Tail); err != nil {
			return fmt.Errorf("--method exact: %w", err)
		}
	}
	return nil
}

// analyse performs what the flags ask for.
func (a *analysis) analyse() (*text.SensitivityJSON, error) {
	q := &a.question
	j := &text.SensitivityJSON{
		Scenario: a.scenario.Name, Seed: a.seed, Params: a.values.Text(), Method: a.method,
		Replications: q.Replications,
		Confidence:   a.Confidence,
	}
	if a.method == exact {
		j.Probe = a.probe
	}
	if err := a.oneAtATime(j); err != nil || j.Interrupted {
		return j, err
	}
	bar := newProgress(a.command.ErrOrStderr(), q.Points, "base points")
	outputs := make([]estimate.Outputs, q.Points)
	keep := func(base int, o estimate.Outputs) { outputs[base] = o }
	ctx := a.command.Context()
	var err error
	var runs *estimate.SensitivityRuns
	if a.method == exact {
		runs, err = q.Exact(ctx, a.workers, a.probe, estimate.Tail, keep, bar.increment)
	} else {
		runs, err = q.MonteCarlo(ctx, a.workers, keep, bar.increment)
	}
	bar.finish()
	if err != nil {
		return nil, integralError(a.command, err)
	}
	text.Aborted(a.command.ErrOrStderr(), &sample.Results{Aborted: runs.Aborted})
	j.Runs += runs.Runs
	j.NoResult += runs.NoResult
	j.Dropped, j.Interrupted = runs.Dropped, runs.Interrupted
	j.SetIndices(q.Indices(outputs, a.Confidence))
	return j, nil
}

// oneAtATime finds the probability as set, and at each end of each factor.
func (a *analysis) oneAtATime(j *text.SensitivityJSON) error {
	design, at, err := a.question.Ends()
	if err != nil {
		return err
	}
	levels, err := a.probabilities(design, j)
	if err != nil {
		return err
	}
	j.SetLevels(a.question.Factors, levels, at)
	return nil
}

// probabilities returns the failure probability at each point of a design.
func (a *analysis) probabilities(points []design.Point, j *text.SensitivityJSON) ([]stat.Proportion, error) {
	levels := make([]stat.Proportion, len(points))
	if a.method == exact {
		for i, p := range points {
			e, err := a.question.ExactAt(a.command.Context(), a.workers, p.Values, a.probe, estimate.Tail)
			if err != nil {
				return nil, integralError(a.command, err)
			}
			j.Runs += e.Runs
			levels[i] = stat.Proportion{Estimate: e.Estimate}
		}
		return levels, nil
	}
	bar := newProgress(a.command.ErrOrStderr(), len(points)*a.ends, "replications")
	r, err := sample.RunSweep(a.command.Context(), a.workers, sample.Sweep{
		Design: points, Replications: a.ends, Seed: a.seed, Fail: a.predicate,
		Inference: a.Inference,
	}, bar.increment)
	bar.finish()
	if err != nil {
		return nil, failure(err)
	}
	text.Aborted(a.command.ErrOrStderr(), r)
	j.NoResult, j.Interrupted = r.NoResult(), r.Interrupted
	j.Runs += r.Done
	for i, p := range r.Points {
		levels[i] = p.Estimate
	}
	return levels, nil
}
