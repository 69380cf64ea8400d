package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// The methods of the verb estimate.
const (
	monteCarlo  = string(estimate.MonteCarloMethod)
	conditional = string(estimate.ConditionalMethod)
	exact       = string(estimate.ExactMethod)
	stratified  = string(estimate.StratifiedMethod)
	importance  = string(estimate.ImportanceMethod)
)

// How the stratified method allocates its replications.
const (
	proportional = "proportional"
	neyman       = "neyman"
)

// estimateReaders names the methods that read each flag of estimate, in the order in which faults
// of the flags are reported.
var estimateReaders = []verb.Reader{
	{Flag: "replications", Choices: []string{monteCarlo, stratified, importance}},
	{Flag: "interval", Choices: []string{monteCarlo}},
	{Flag: "seeds", Choices: []string{conditional}},
	{Flag: "probe", Choices: []string{conditional, exact, stratified}},
	{Flag: "check", Choices: []string{conditional, exact, stratified, importance}},
	{Flag: "strata", Choices: []string{stratified}},
	{Flag: "allocation", Choices: []string{stratified}},
	{Flag: "tilt", Choices: []string{importance}},
	{Flag: "pilots", Choices: []string{stratified, importance}},
	{Flag: "half-width", Choices: sampling},
	{Flag: "relative", Choices: sampling},
	{Flag: "confidence", Choices: sampling},
}

// sampling are the methods that compute an interval from samples.
var sampling = []string{monteCarlo, conditional, stratified, importance}

// estimation holds the flags of estimate and the question that they ask.
type estimation struct {
	verb.Selection
	interval   verb.Interval
	method     *verb.Choice
	allocation *verb.Choice
	probe      string
	seeds      int
	pilots     int
	tilt       string
	question   estimate.Question
}

func newEstimate() *cobra.Command {
	e := estimation{
		method:     verb.NewChoice(monteCarlo, conditional, exact, stratified, importance),
		allocation: verb.NewChoice(proportional, neyman),
	}
	return verb.New(verb.Verb{
		Use:   "estimate SCENARIO|FILE",
		Short: "Estimate one failure probability, by one of five methods",
		Long: `Estimate the failure probability under the parameters as set, by one of five methods:

monte-carlo   the share of failures in independent replications;
conditional   the failure windows of the probe, integrated over its distribution and averaged
              over seeds of everything else. For rare failures. The interval is that of Hall
              (1992): Student's, corrected for skewness;
exact         the failure windows, integrated over the distribution, when nothing else is
              random. The parameters and the windows of three seeds must show that; otherwise
              the method refuses. If the windows are not proved to be complete (see dtlssim
              window), the answer has an interval instead of bounds;
stratified    the share of failures in replications whose probe is spread evenly over --strata
              parts of its distribution, of equal probability, with everything else drawn. Only
              the variance within the strata remains. --allocation neyman gives more
              replications to strata that vary, as pilot replications show. The interval is that
              of Clopper and Pearson for as many replications of crude Monte Carlo as have the
              same variance (Korn and Graubard 1998), never fewer than were performed;
importance    for failures that no single datagram decides. Draws of the network are tilted so
              that failures become likely, and each replication is weighted with the likelihood
              ratio of what it drew. The interval is that of Hall, of the weights.

--tilt CLASS=THETA,... tilts by hand: the probability that a variate of the class (a latency of
the uplink, say) is exceeded becomes its THETA-th power, and so does the probability of a loss. A
THETA above 1 makes small latencies and arrivals likely instead. A class is uplink, downlink,
latency, loss, uplink-loss, downlink-loss, reorder, reorder-delay, duplicate, duplicate-delay, a
parameter that a rule draws from, or a pattern for names of streams, such as
latency/client-1>server; CLASS:N=THETA tilts the N-th datagram of a flow alone. The first class
that matches a draw counts. Without --tilt, rounds of --pilots replications under other seeds
choose the tilts, draw by draw (the cross-entropy method, Rubinstein and Kroese 2004). Every tenth
replication is not tilted, and weights are those of the mixture (Hesterberg 1995): none exceeds
ten, and failures that the tilts miss are seen as often as crude Monte Carlo sees them. The answer
warns when too few weights carry it, or when their mean is far from 1, its expectation.

The probe is a latency distribution that one datagram draws from. The search covers all of the
distribution but 1e-300 at either end, and at most 1000 h. All methods but monte-carlo are compared
with --check replications of crude Monte Carlo. It is an error if the two disagree, at intervals of
99.9999 %.

With --half-width or --relative, a run stops once half of the interval's width is at most that, or
at most that share of the estimate; --replications or --seeds is the budget. The run looks at its
estimate each time the number of samples has grown by half; the budget fixes these looks beforehand.
They share the error equally, so the interval keeps its confidence wherever the run stops
(Lan and DeMets 1983; Jennison and Turnbull 1989).

JSON: {scenario, seed, params, method, estimate, lo, hi, interval, confidence, conditional_on,
variance (of one replication, or seed), standard_error, runs, interrupted, repeat}; of
monte-carlo {replications, failures, no_result}; of all with a probe {probe, law}; of
conditional and exact {from_ns, to_ns, outside, seeds, basis (proved, why_not_proved and random
runs, as of dtlssim window)}; of conditional {unseen_share,
equivalent_replications}; of exact {rounding, failure_windows: [{from_ns, to_ns}]}; of stratified
{strata: [{failures, replications}], mixed_strata, effective_replications, pilot_runs}; of
importance {tilts: [{streams, draw, theta, draws (of a replication)}], untilted_replications,
pilot_runs, unseen_share, equivalent_replications, mean_weight, mean_weight_error, effective_failures,
largest_share}; warnings: []; stopping: {half_width, relative, looks: [], look_confidence,
met}; note (that nothing is random);
check: {replications, failures, expected_failures, lo, hi, confidence, agrees, feasible}.
estimate is null without data, and what is 0 or does not apply may be left out.`,
		Example: "  dtlssim estimate late-close-notify --method exact --set " +
			"'alert-latency=10ms+exponential(mean=48255ns)'\n" +
			"  dtlssim estimate late-close-notify --method conditional --set 'latency=5ms+exponential(mean=4ms)' \\\n" +
			"      --relative 0.05 --seeds 2000\n" +
			"  dtlssim estimate late-close-notify --set 'latency=5ms+exponential(mean=4ms)' --half-width 0.02\n" +
			"  dtlssim estimate late-close-notify --method importance --fail handshake-timeout --set loss=0.02 \\\n" +
			"      --set client-timeout=3500ms --relative 0.1 --replications 100000",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&e.Selection, &verb.Pool{}, &e.interval},
		Flags: e.addTo,
		Check: e.check,
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			a, err := e.question.Ask(c.Context, c.Workers, c.Progress)
			var random *estimate.RandomError
			if errors.As(err, &random) { // only its runs show this
				return nil, verb.BadInput(err)
			}
			if err != nil {
				return nil, err
			}
			return e.answer(a, e.repeat(c)), nil
		},
	})
}

func (e *estimation) addTo(f *pflag.FlagSet) {
	q := &e.question
	f.Var(e.method, "method", "how the probability is estimated")
	f.StringVar(&e.probe, "probe", "",
		"the parameter `NAME` whose distribution is integrated over (default the scenario's default probe)")
	f.IntVar(&q.Budget, "replications", 10_000,
		"replications of monte-carlo, stratified and importance, at most if there is a target")
	f.IntVar(&e.seeds, "seeds", 300, "seeds of conditional, at most if there is a target")
	f.IntVar(&q.Check, "check", 1000, "replications of crude Monte Carlo to check the other methods with; 0: none")
	f.IntVar(&q.Strata, "strata", 20, "strata of the probe's distribution, of equal probability")
	f.Var(e.allocation, "allocation", "how replications are shared among strata")
	f.StringVar(&e.tilt, "tilt", "",
		"tilt draws of the network, `CLASS=THETA,...` (default chosen by pilot replications)")
	f.IntVar(&e.pilots, "pilots", 500, "pilot replications of "+neyman+", and of each round that chooses tilts")
	f.Float64Var(&q.Target.HalfWidth, "half-width", 0, "stop at half of such an interval's width")
	f.Float64Var(&q.Target.Relative, "relative", 0,
		"stop at half of such an interval's width, as a share of the estimate")
}

// check reads the flags and reports every fault.
func (e *estimation) check(c *verb.Call, f *verb.Faults) {
	q := &e.question
	c.Applies(f, e.method, estimateReaders)
	f.AtLeast("replications", q.Budget, 1)
	f.AtLeast("seeds", e.seeds, 2)
	f.AtLeast("check", q.Check, 0)
	most := sample.MostReplications
	if e.method.Is(stratified, importance) {
		most = sample.MostKept
	}
	f.AtMost("replications", q.Budget, most)
	f.AtMost("seeds", e.seeds, sample.MostSeeds)
	f.AtMost("check", q.Check, sample.MostReplications)
	f.AtMost("pilots", e.pilots, estimate.MostPilots)
	for _, t := range []struct {
		flag  string
		value float64
	}{{"half-width", q.Target.HalfWidth}, {"relative", q.Target.Relative}} {
		if c.Changed(t.flag) && t.value == 0 {
			f.Add(fmt.Errorf("--%s must be above 0", t.flag))
		}
	}
	f.Add(q.Target.Check())
	e.checkSampling(c, f)
	q.Values, q.Seed, q.Fail, q.Inference = e.Values, e.Seed, e.Predicate, e.interval.Inference
	q.Method = estimate.Method(e.method.String())
	if e.method.Is(conditional) {
		q.Budget = e.seeds
	}
	if e.method.Is(importance) || e.allocation.Is(neyman) {
		q.Pilots = e.pilots
	}
	var err error
	if e.method.Is(importance) && e.Scenario != nil && e.tilt != "" {
		q.Tilts, err = network.ParseTilts(e.Scenario, e.tilt)
		f.Add(err)
	}
	if e.method.Is(conditional, exact, stratified) && e.Good {
		if e.probe == "" {
			e.probe = e.Scenario.Probe.Name
		}
		q.Integral, err = estimate.NewIntegral(e.Values, e.probe, e.Seed, e.Predicate, estimate.Tail)
		if err == nil && e.method.Is(exact) {
			err = q.Integral.CheckExact()
		} else if err == nil {
			err = q.Integral.CheckConditional()
		}
		f.Add(err)
	}
}

// checkSampling reports what is wrong with the flags of stratified and importance.
func (e *estimation) checkSampling(c *verb.Call, f *verb.Faults) {
	q := &e.question
	f.Within("strata", q.Strata, 1, estimate.MostStrata)
	f.AtLeast("pilots", e.pilots, estimate.LeastPilots)
	if e.method.Is(stratified) {
		least := estimate.LeastOfStratum * q.Strata
		each := func(flag string, n int) {
			if n < least {
				f.Add(fmt.Errorf("--%s %d must be at least %d, that is %d of each stratum", flag, n, least,
					estimate.LeastOfStratum))
			}
		}
		each("replications", q.Budget)
		if e.allocation.Is(neyman) {
			each("pilots", e.pilots)
		} else if e.allocation.Is(proportional) && c.Changed("pilots") {
			f.Add(fmt.Errorf("--pilots does not apply to --allocation %s, only to %s", e.allocation, neyman))
		}
	}
	if e.method.Is(importance) && e.tilt != "" && c.Changed("pilots") {
		f.Add(errors.New("--pilots does not apply with --tilt: there are no tilts to choose"))
	}
}

// repeat returns the command that repeats the estimate.
func (e *estimation) repeat(c *verb.Call) string {
	command := e.Values.Command("estimate", e.Seed, e.Predicate).With("--method", e.method.String()).
		With(c.Given("probe", "replications", "seeds", "interval", "confidence", "check", "strata", "allocation")...)
	if c.Changed("tilt") {
		command = command.With("--tilt", tilt.Text(e.question.Tilts))
	}
	return command.With(c.Given("pilots", "half-width", "relative")...).String()
}

// answer builds the answer to show, with its exit code.
func (e *estimation) answer(found *estimate.Answer, repeat string) *verb.Answer {
	j := text.NewEstimate(&e.question, found, repeat)
	a := verb.Show(j, text.Estimate)
	a.Aborted = func(w io.Writer) {
		for _, r := range found.Sweeps {
			text.Aborted(w, r)
		}
	}
	switch {
	case j.Interrupted:
		a.End = verb.Interrupted("the estimate is of what was done until then")
	case j.Check != nil && !j.Check.Agrees:
		a.End = verb.Wrong("%s", text.Disagreement(j))
	case j.NoResult > 0:
		a.End = verb.NoResult("%d replications gave no result", j.NoResult)
	}
	return a
}
