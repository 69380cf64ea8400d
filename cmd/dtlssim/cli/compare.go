package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// comparison is the flags of compare with what they ask for.
type comparison struct {
	selection
	pool
	vary         []string
	remedies     string
	baseline     string
	method       string
	probe        string
	replications int
	seeds        int
	confidence   float64
	simultaneous bool

	design    []design.Point
	at        int                 // of the baseline
	integrals []estimate.Integral // of conditional
	command   *cobra.Command
}

func newCompare() *cobra.Command {
	var f format
	var k comparison
	c := &cobra.Command{
		Use:   "compare SCENARIO|FILE",
		Short: "Estimate the differences of design points, or remedies, from a baseline",
		Long: `Estimate by how much the failure probability at each point of a design differs from that
at one of them, the baseline: the first, or the one that --baseline names. The n-th
replication of every point has the same seed and shares every draw that the parameters
leave alone, so that the points are compared seed by seed. --remedy A,B is short for --vary
remedy=none,A,B, and --remedy all for all remedies that the scenario has.

monte-carlo   counts the seeds under which only one of the two fails. The interval of the
              difference is the score interval of Tango (1998), which is no point when the
              two never differ; P is that of the exact test of McNemar.
conditional   integrates the windows of the probe over its law at each point, under each
              seed: the interval is that of Hall (1992) of the differences, Student's but for
              their skewness, and P that of the test that belongs to it.

P is adjusted for the number of comparisons (Holm 1979). --simultaneous does the same for
the intervals: all of them hold together with the confidence (Bonferroni). The variance
ratio is by how much larger the variance of the difference were if the points had seeds of
their own. The first seed under which the two differ is shown as a pair of commands.

JSON: {scenario, seed, params (of the baseline), method, probe, confidence, simultaneous,
each_confidence, baseline: {levels, probability}, differences: [{levels, probability, difference, lo, hi,
interval, standard_error, p, p_holm, correlation, variance_ratio, outside, pairs, both,
only_baseline, only_other, neither, without_result, first_only_baseline: {seed, baseline,
other}, first_only_other}], runs, no_result, aborted, interrupted, repeat}, differences in the
order of the design; what is 0 or does not apply may be left out, and what is unknown is null.`,
		Example: "  dtlssim compare late-close-notify --remedy all --set 'latency=5ms+exponential(mean=4ms)' " +
			"--replications 2000\n" +
			"  dtlssim compare late-close-notify --vary linger=0ms..20ms/4 --baseline linger=10ms \\\n" +
			"      --set 'latency=5ms+exponential(mean=4ms)' --method conditional --seeds 100 --simultaneous",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			k.command = c
			if err := k.resolve(args[0]); err != nil {
				return err
			}
			workers, err := k.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			j, err := k.compare(workers)
			if err != nil {
				return err
			}
			err = write(c, f, j, text.Compare)
			switch {
			case err != nil:
				return failure(err)
			case j.Interrupted:
				return &codeError{
					exitInterrupted,
					errors.New("interrupted: the differences are of what was done until then"),
				}
			case j.NoResult > 0:
				return &codeError{exitNoResult, fmt.Errorf("%d replications gave no result", j.NoResult)}
			}
			return nil
		},
	}
	f.addTo(c)
	k.selection.addTo(c)
	k.pool.addTo(c)
	c.Flags().StringArrayVar(&k.vary, "vary", nil, "vary a parameter, `NAME=A..B/STEPS or NAME=v1,v2`; may be repeated")
	c.Flags().StringVar(&k.remedies, "remedy", "", "compare these `REMEDIES`, separated by commas, or all, with none")
	c.Flags().StringVar(&k.baseline, "baseline", "",
		"the design point to compare with, `NAME=VALUE,...` (default the first)")
	c.Flags().StringVar(&k.method, "method", monteCarlo, "how probabilities are estimated: "+monteCarlo+" or "+
		conditional)
	c.Flags().StringVar(&k.probe, "probe", "",
		"conditional: the parameter `NAME` whose law is integrated over (default the scenario's default probe)")
	c.Flags().IntVar(&k.replications, "replications", 1000, "monte-carlo: replications of each design point")
	c.Flags().IntVar(&k.seeds, "seeds", 100, "conditional: seeds of each design point")
	c.Flags().Float64Var(&k.confidence, "confidence", 0.95, "confidence of the intervals")
	c.Flags().BoolVar(&k.simultaneous, "simultaneous", false,
		"have all intervals together hold with the confidence (Bonferroni)")
	return c
}

// resolve reads the flags and reports every fault.
func (k *comparison) resolve(name string) error {
	faults := []error{k.selection.resolve(name), k.pool.check(), stat.CheckConfidence(k.confidence)}
	if k.method != monteCarlo && k.method != conditional {
		faults = append(
			faults,
			fmt.Errorf("--method %w", suggest.NotOneOf(k.method, []string{monteCarlo, conditional})),
		)
	} else {
		for _, r := range []struct{ flag, method string }{{"replications", monteCarlo}, {"seeds", conditional},
			{"probe", conditional}} {
			if k.command.Flags().Changed(r.flag) && k.method != r.method {
				faults = append(faults,
					fmt.Errorf("--%s means nothing to the method %s, only to %s", r.flag, k.method, r.method))
			}
		}
	}
	if k.replications < 1 {
		faults = append(faults, fmt.Errorf("--replications %d must be at least 1", k.replications))
	}
	if k.seeds < 2 {
		faults = append(faults, fmt.Errorf("--seeds %d must be at least 2", k.seeds))
	}
	if k.scenario == nil {
		return errors.Join(faults...)
	}
	factors, err := k.factors()
	faults = append(faults, err)
	if err == nil {
		if k.design, err = design.Factorial(k.values, factors); err == nil && len(k.design) < 2 {
			err = errors.New("nothing is compared: want --vary with two levels at least, or --remedy")
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if k.baseline != "" {
		parts, err := design.SplitLevels(k.baseline)
		if err != nil {
			return fmt.Errorf("--baseline %q: %w", k.baseline, err)
		}
		levels, err := scenarios.ParseSettings(parts)
		if err == nil {
			k.at, err = design.FindPoint(k.design, levels)
		}
		if err != nil {
			return fmt.Errorf("--baseline: %w", err)
		}
	}
	sweep := k.sweep()
	if err := sweep.Check(); err != nil || k.method == monteCarlo {
		return err
	}
	if k.probe == "" {
		k.probe = k.scenario.Probe.Name
	}
	for _, p := range k.design {
		q, err := estimate.NewIntegral(p.Values, k.probe, k.seed, k.predicate, estimate.Tail)
		if err == nil {
			err = q.CheckConditional()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", design.LevelsText(p.Levels), err)
		}
		k.integrals = append(k.integrals, q)
	}
	return nil
}

// factors returns what --vary and --remedy vary.
func (k *comparison) factors() (factors []design.Factor, err error) {
	vary := slices.Clone(k.vary)
	if k.command.Flags().Changed("remedy") {
		known := k.scenario.RemedyNames()
		if len(known) == 0 {
			return nil, fmt.Errorf("--remedy: %s has no remedies", k.scenario.Name)
		}
		names := strings.Split(k.remedies, ",")
		if k.remedies == "all" {
			names = known[1:]
		}
		vary = append(vary, "remedy="+strings.Join(append([]string{known[0]}, names...), ","))
	}
	var faults []error
	for _, v := range vary {
		factor, err := design.ParseFactor(k.scenario, v)
		factors, faults = append(factors, factor), append(faults, err)
	}
	return factors, errors.Join(faults...)
}

func (k *comparison) sweep() sample.Sweep {
	return sample.Sweep{
		Design: k.design, Replications: k.replications, Seed: k.seed, Fail: k.predicate,
		Inference: stat.DefaultInference(k.confidence),
	}
}

// compare performs what the flags ask for.
func (k *comparison) compare(workers run.Runner) (*text.CompareJSON, error) {
	j := &text.CompareJSON{
		Scenario: k.scenario.Name, Seed: k.seed, Params: k.design[k.at].Values.Text(), Method: k.method, Probe: k.probe,
		Confidence: k.confidence, Simultaneous: k.simultaneous,
	}
	j.Repeat = k.repeat()
	ctx, out := k.command.Context(), k.command.ErrOrStderr()
	if k.method == monteCarlo {
		bar := newProgress(out, len(k.design)*k.replications, "replications")
		c, err := sample.Compare(ctx, workers, k.sweep(), k.at, k.simultaneous, bar.increment)
		bar.finish()
		if err != nil {
			return nil, failure(err)
		}
		text.Aborted(out, c.Results)
		j.SetPairs(c)
		return j, nil
	}
	bar := newProgress(out, len(k.design)*k.seeds, "searches")
	c, err := estimate.CompareConditional(
		ctx,
		workers,
		k.integrals,
		k.seeds,
		k.at,
		k.confidence,
		k.simultaneous,
		bar.increment,
	)
	bar.finish()
	if err != nil {
		return nil, integralError(k.command, err)
	}
	j.SetMeans(c, k.design, k.at)
	return j, nil
}

// repeat returns the command that repeats the comparison.
func (k *comparison) repeat() string {
	command := k.values.Command("compare", k.seed, k.predicate)
	for _, factor := range k.vary {
		command = command.With("--vary", factor)
	}
	for _, f := range []struct{ name, value string }{
		{"remedy", k.remedies}, {"baseline", k.baseline}, {"method", k.method}, {"probe", k.probe},
		{"replications", strconv.Itoa(k.replications)},
		{"seeds", strconv.Itoa(k.seeds)}, {"confidence", strconv.FormatFloat(k.confidence, 'g', -1, 64)},
		{"simultaneous", ""},
	} {
		switch {
		case !k.command.Flags().Changed(f.name):
		case f.name == "simultaneous":
			command = command.With(fmt.Sprintf("--%s=%t", f.name, k.simultaneous))
		default:
			command = command.With("--"+f.name, f.value)
		}
	}
	return command.String()
}
