package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// comparison holds the flags of compare and what they ask for.
type comparison struct {
	verb.Selection
	confidence   verb.Confidence
	method       *verb.Choice
	vary         []string
	remedies     string
	baseline     string
	probe        string
	seeds        int
	simultaneous bool

	sweep     sample.Sweep
	at        int                 // index of the baseline
	integrals []estimate.Integral // for the conditional method
}

func newCompare() *cobra.Command {
	k := comparison{method: verb.NewChoice(monteCarlo, conditional)}
	return verb.New(verb.Verb{
		Use:   "compare SCENARIO|FILE",
		Short: "Estimate the differences of design points, or remedies, from a baseline",
		Long: `Estimate how much the failure probability at each point of a design differs from that at one
of them, the baseline: the first point, or the one that --baseline names. The n-th replication
has the same seed at every point and shares every draw that the parameters leave alone, so the
points are compared seed by seed. --remedy A,B is short for --vary remedy=none,A,B, and
--remedy all for all remedies of the scenario.

monte-carlo   counts the seeds under which only one of the two fails. The interval of the
              difference is the score interval of Tango (1998), which has a width even when
              the two never differ; P is the larger of the score test and the exact test of
              McNemar.
conditional   integrates the failure windows of the probe over its distribution, at each point
              and under each seed. The interval of the mean difference is that of Hall (1992):
              Student's, corrected for skewness. P is that of the matching test.

An interval and its P say the same: one leaves 0 out exactly if the other is at most 1 minus the
confidence. --simultaneous adjusts both for the number of comparisons, so that all of them hold
together with the stated confidence (Bonferroni). The variance ratio says
how much larger the variance of the difference would be if the points had independent seeds. The
first seed under which the two differ is shown as a pair of commands.

JSON: {scenario, seed, params (of the baseline), method, probe, confidence, simultaneous,
each_confidence, baseline: {levels, probability}, differences: [{levels, probability, difference, lo, hi,
interval, standard_error, p, p_adjusted, correlation, variance_ratio, outside, pairs, both,
only_baseline, only_other, neither, without_result, first_only_baseline: {seed, baseline,
other}, first_only_other}], basis (of conditional, as of dtlssim estimate), runs, no_result,
aborted, interrupted, repeat}, differences in the order of the design; what is 0 or does not apply may be
left out, and what is unknown is null.`,
		Example: "  dtlssim compare late-close-notify --remedy all --set 'latency=5ms+exponential(mean=4ms)' " +
			"--replications 2000\n" +
			"  dtlssim compare late-close-notify --vary linger=0ms..20ms/4 --baseline linger=10ms \\\n" +
			"      --set 'latency=5ms+exponential(mean=4ms)' --method conditional --seeds 100 --simultaneous",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&k.Selection, &verb.Pool{}, &k.confidence},
		Flags: k.addTo,
		Check: k.check,
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			base := k.sweep.Design[k.at].Values
			j := &text.CompareJSON{
				Scenario: k.Scenario.Name, Seed: k.Seed, Params: base.Text(), Method: k.method.String(), Probe: k.probe,
				Confidence: k.confidence.Confidence, Simultaneous: k.simultaneous, Repeat: k.repeat(c),
			}
			a := verb.Show(j, text.Compare)
			var err error
			if k.method.Is(conditional) {
				err = k.integrate(c, j)
			} else {
				err = k.sample(c, j, a)
			}
			switch {
			case j.Interrupted:
				a.End = verb.Interrupted("the differences are of what was done until then")
			case j.NoResult > 0:
				a.End = verb.NoResult("%d replications gave no result", j.NoResult)
			}
			return a, err
		},
	})
}

func (k *comparison) addTo(f *pflag.FlagSet) {
	f.StringArrayVar(&k.vary, "vary", nil, "vary a parameter, `NAME=A..B/STEPS or NAME=v1,v2`; may be repeated")
	f.StringVar(&k.remedies, "remedy", "", "compare these `REMEDIES`, separated by commas, or all, with none")
	f.StringVar(&k.baseline, "baseline", "", "the design point to compare with, `NAME=VALUE,...` (default the first)")
	f.Var(k.method, "method", "how probabilities are estimated")
	f.StringVar(&k.probe, "probe", "", "conditional: the parameter `NAME` whose distribution is integrated over "+
		"(default the scenario's default probe)")
	f.IntVar(&k.sweep.Replications, "replications", 1000, "monte-carlo: replications of each design point")
	f.IntVar(&k.seeds, "seeds", 100, "conditional: seeds of each design point")
	f.BoolVar(&k.simultaneous, "simultaneous", false,
		"have all intervals together hold with the confidence (Bonferroni)")
}

// check reads the flags and reports every fault.
func (k *comparison) check(c *verb.Call, f *verb.Faults) {
	c.Applies(f, k.method, []verb.Reader{
		{Flag: "replications", Choices: []string{monteCarlo}},
		{Flag: "seeds", Choices: []string{conditional}},
		{Flag: "probe", Choices: []string{conditional}},
	})
	f.AtLeast("replications", k.sweep.Replications, 1)
	f.AtLeast("seeds", k.seeds, 2)
	f.AtMost("replications", k.sweep.Replications, sample.MostKept)
	f.AtMost("seeds", k.seeds, sample.MostSeeds)
	if k.Scenario == nil {
		return
	}
	s := &k.sweep
	s.Seed, s.Fail, s.Inference, s.SeekCertain = k.Seed, k.Predicate, k.confidence.Inference, true
	factors, ok := k.factors(c, f)
	if ok && k.Values.Scenario() != nil { // faulty settings have no points
		var err error
		if s.Design, err = design.Factorial(k.Values, factors); err == nil && len(s.Design) < 2 {
			err = errors.New("nothing is compared: want --vary with two levels at least, or --remedy")
		}
		f.Add(err)
	}
	if !f.None() {
		return
	}
	if k.baseline != "" {
		var err error
		if k.at, err = design.FindBaseline(s.Design, k.baseline); err != nil {
			f.Add(fmt.Errorf("--baseline: %w", err))
			return
		}
	}
	checkSweep(s, f)
	if f.None() && !k.method.Is(conditional) {
		f.Add(s.CheckKept())
	}
	if f.None() && k.method.Is(conditional) {
		f.Add(k.checkIntegrals())
	}
}

// checkIntegrals reports the first point that has no conditional probability.
func (k *comparison) checkIntegrals() error {
	if k.probe == "" {
		k.probe = k.Scenario.Probe.Name
	}
	for _, p := range k.sweep.Design {
		q, err := estimate.NewIntegral(p.Values, k.probe, k.Seed, k.Predicate, estimate.Tail)
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

// factors returns the factors that --vary and --remedy vary, and whether they have no fault.
func (k *comparison) factors(c *verb.Call, f *verb.Faults) (factors []design.Factor, ok bool) {
	vary := k.vary
	if c.Changed("remedy") {
		remedies, err := design.RemedyFactor(k.Scenario, k.remedies)
		if err != nil {
			f.Add(fmt.Errorf("--remedy: %w", err))
			return nil, false
		}
		vary = append(vary[:len(vary):len(vary)], remedies)
	}
	ok = true
	for _, v := range vary {
		factor, err := design.ParseFactor(k.Scenario, v)
		f.Add(err)
		factors, ok = append(factors, factor), ok && err == nil
	}
	return factors, ok
}

// sample compares by Monte Carlo.
func (k *comparison) sample(c *verb.Call, j *text.CompareJSON, a *verb.Answer) error {
	step, end := c.Progress(len(k.sweep.Design)*k.sweep.Replications, "replications")
	r, err := sample.Compare(c.Context, c.Workers, k.sweep, k.at, k.simultaneous, step)
	end()
	if err == nil {
		j.SetPairs(r)
		a.Aborted = func(w io.Writer) { text.Aborted(w, r.Results) }
	}
	return err
}

// integrate compares by the conditional method.
func (k *comparison) integrate(c *verb.Call, j *text.CompareJSON) error {
	step, end := c.Progress(len(k.integrals)*k.seeds, "searches")
	r, err := estimate.CompareConditional(c.Context, c.Workers, k.integrals, k.seeds, k.at, k.confidence.Confidence,
		k.simultaneous, step)
	end()
	if err == nil {
		j.SetMeans(r, k.sweep.Design, k.at)
	}
	return err
}

// repeat returns the command that repeats the comparison.
func (k *comparison) repeat(c *verb.Call) string {
	return k.Values.Command("compare", k.Seed, k.Predicate).With(c.Given("vary", "remedy", "baseline", "method",
		"probe", "replications", "seeds", "confidence", "simultaneous")...).String()
}
