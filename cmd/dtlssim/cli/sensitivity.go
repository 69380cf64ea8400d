package cli

import (
	"context"
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

// analysis holds the flags of sensitivity and the question that they ask.
type analysis struct {
	verb.Selection
	interval verb.Interval
	output   verb.Output
	method   *verb.Choice
	probe    string
	vary     []string
	question estimate.Analysis
}

func newSensitivity() *cobra.Command {
	a := analysis{
		method: verb.NewChoice(monteCarlo, exact),
		output: verb.Output{Picture: true, Usage: "draw a figure to `FILE.svg` or FILE.png"},
	}
	return verb.New(verb.Verb{
		Use:   "sensitivity SCENARIO|FILE",
		Short: "Find out which factors the failure probability depends on, and how much",
		Long: `Find out how much of the variance of the failure probability each factor causes, when all factors
are drawn independently from their ranges, and what each factor does one at a time.

A factor is NAME=A..B, drawn uniformly (NAME=A..B:log draws its logarithm uniformly), or
NAME=v1,v2,... with equal probabilities. In braces, the range is one of a number in a distribution:
'alert-latency=exponential(mean={1ms..9ms})'. The first-order index of a factor is the share of the
variance that would vanish if the factor were known. The total index is the share that would remain
if all others were known: the factor's own share and that of its interactions. The estimators are
those of Saltelli (2010) and Jansen (1999), at --points base points of a scrambled Sobol sequence,
best a power of two; each base point takes one more point than there are factors. Intervals are of
the bootstrap (BCa) over base points. They treat these as independent, and so are rather too wide. An
interval from 0 to 0 says that no base point showed an effect.

monte-carlo   the probability at a point is the share of failures in --replications. All points
              of a base point have the same seeds, and no two base points share any, so the
              noise of the replications can be subtracted without bias, and the intervals
              include it. Few replications at many base points are best. With one replication,
              the noise stays in and counts as interaction.
exact         the failure windows of the probe, integrated over its distribution, if nothing
              else is random: see dtlssim estimate.

One at a time, each factor takes both ends of its range (a list: each level) while all others stay
as set, with --ends replications each, all under the same seeds.

JSON: {scenario, seed, params, method, probe, points, replications, runs, no_result,
dropped_points, mean, variance, noise, undefined, confidence, interval, base: {replications,
failures, estimate, lo, hi}, factors: [{name, levels: [{level, replications, failures, estimate,
lo, hi}], first_order: {estimate, lo, hi}, total}], basis (of exact, as of dtlssim
estimate), interrupted}, the factor with the largest
total index first. Where the probability does not vary, there are no indices, and undefined says why. -o
draws both as a figure.`,
		Example: "  dtlssim sensitivity late-close-notify --vary linger=0ms..20ms --vary service=0ms..10ms --vary " +
			"gap=50ms..100ms \\\n" +
			"      --set 'alert-latency=10ms+exponential(mean=10ms)' --points 256 --replications 10 -o tornado.svg\n" +
			"  dtlssim sensitivity late-close-notify --method exact --points 64 --vary linger=0ms..20ms \\\n" +
			"      --vary 'alert-latency=10ms+exponential(mean={5ms..15ms})'",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&a.Selection, &verb.Pool{}, &a.interval, &a.output},
		Flags: a.addTo,
		Check: a.check,
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			sweep := func(ctx context.Context, s sample.Sweep) (*sample.Results, error) {
				step, end := c.Progress(len(s.Design)*s.Replications, "replications")
				defer end()
				s.SeekCertain = true
				return sample.RunSweep(ctx, c.Workers, s, step)
			}
			found, err := a.question.Ask(c.Context, c.Workers, sweep, c.Progress)
			var random *estimate.RandomError
			if errors.As(err, &random) { // only its runs show this
				return nil, verb.BadInput(err)
			}
			if err != nil {
				return nil, err
			}
			return a.answer(found), nil
		},
	})
}

func (a *analysis) addTo(f *pflag.FlagSet) {
	f.Var(a.method, "method", "how the probability at a point is found")
	f.StringVar(&a.probe, "probe", "",
		"the parameter `NAME` whose distribution is integrated over (default the scenario's default probe)")
	f.StringArrayVar(&a.vary, "vary", nil, "a factor, `NAME=A..B` or NAME=v1,v2; may be repeated (required)")
	f.IntVar(&a.question.Points, "points", 256, "base points")
	f.IntVar(&a.question.Replications, "replications", 10, "replications at each point, of monte-carlo")
	f.IntVar(&a.question.EndReplications, "ends", 1000, "replications at each end of a factor, of monte-carlo")
}

// check reads the flags and reports every fault.
func (a *analysis) check(c *verb.Call, f *verb.Faults) {
	q := &a.question
	c.Applies(f, a.method, []verb.Reader{
		{Flag: "replications", Choices: []string{monteCarlo}},
		{Flag: "ends", Choices: []string{monteCarlo}},
		{Flag: "interval", Choices: []string{monteCarlo}},
		{Flag: "probe", Choices: []string{exact}},
	})
	f.AtLeast("ends", q.EndReplications, 1)
	f.AtLeast("replications", q.Replications, 1)
	f.AtMost("ends", q.EndReplications, sample.MostReplications)
	f.AtMost("replications", q.Replications, sample.MostReplications)
	if len(a.vary) == 0 {
		f.Add(errors.New("--vary is missing: want a factor NAME=A..B or NAME=v1,v2"))
	}
	f.AtLeast("points", q.Points, 2)
	f.AtMost("points", q.Points, design.MaxLevels)
	if a.Scenario == nil {
		return
	}
	q.Values, q.Seed, q.Fail, q.Inference = a.Values, a.Seed, a.Predicate, a.interval.Inference
	for _, v := range a.vary {
		r, err := design.ParseRange(a.Scenario, v)
		f.Add(err)
		q.Factors = append(q.Factors, r)
	}
	if f.None() {
		f.Add(q.Check())
	}
	if f.None() && a.method.Is(exact) {
		if q.Replications, q.Probe = 0, a.probe; a.probe == "" {
			q.Probe = a.Scenario.Probe.Name
		}
		if err := q.CheckExact(); err != nil {
			f.Add(fmt.Errorf("--method exact: %w", err))
		}
	}
}

// answer builds the answer to show, with its exit code.
func (a *analysis) answer(found *estimate.Analysed) *verb.Answer {
	j := text.NewSensitivity(found)
	shown := verb.Show(j, text.Sensitivity)
	if a.output.Path != "" && !j.Interrupted {
		drawn, err := text.TornadoFigure(j)
		shown.Files = append(shown.Files, verb.Picture(a.output.Path, drawn, err))
	}
	shown.Aborted = func(w io.Writer) { text.Aborted(w, &sample.Results{Aborted: found.Aborted()}) }
	switch {
	case j.Interrupted:
		shown.End = verb.Interrupted("the answer is of what was done until then")
	case j.NoResult > 0:
		shown.End = verb.NoResult("%d replications gave no result; %d base points are left out", j.NoResult, j.Dropped)
	}
	return shown
}
