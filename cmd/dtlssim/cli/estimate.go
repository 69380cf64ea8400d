package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/suggest"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// The methods of estimate.
const (
	monteCarlo  = string(estimate.MonteCarloMethod)
	conditional = string(estimate.ConditionalMethod)
	exact       = string(estimate.ExactMethod)
	stratified  = string(estimate.StratifiedMethod)
	importance  = string(estimate.ImportanceMethod)
)

var methods = []string{monteCarlo, conditional, exact, stratified, importance}

// How stratified shares out its replications.
const (
	proportional = "proportional"
	neyman       = "neyman"
)

// method is the flag --method.
type method string

func (m *method) String() string { return string(*m) }
func (m *method) Type() string   { return strings.Join(methods, "|") }

func (m *method) Set(text string) error {
	if !slices.Contains(methods, text) {
		return suggest.NotOneOf(text, methods)
	}
	*m = method(text)
	return nil
}

// readers are the methods that read a flag of estimate, in the order in which the flags
// are reported.
var readers = []struct {
	flag    string
	methods []string
}{
	{
		"replications",
		[]string{monteCarlo, stratified, importance},
	}, {"interval", []string{monteCarlo}}, {"seeds", []string{conditional}},
	{
		"probe",
		[]string{conditional, exact, stratified},
	}, {"check", []string{conditional, exact, stratified, importance}},
	{
		"strata",
		[]string{stratified},
	}, {"allocation", []string{stratified}}, {"tilt", []string{importance}},
	{"pilots", []string{stratified, importance}},
	{"half-width", sampling}, {"relative", sampling}, {"confidence", sampling},
}

// sampling are the methods whose interval is one of samples.
var sampling = []string{monteCarlo, conditional, stratified, importance}

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
	strata       int
	allocation   string
	tilt         string
	pilots       int
	target       stat.Target

	tilts    []tilt.Tilt // that the flag gives
	integral estimate.Integral
	command  *cobra.Command
}

func newEstimate() *cobra.Command {
	var f format
	e := estimation{method: method(monteCarlo), allocation: proportional}
	c := &cobra.Command{
		Use:   "estimate SCENARIO|FILE",
		Short: "Estimate one failure probability, by one of five methods",
		Long: `Estimate the failure probability under the parameters as set, by one of five methods:

monte-carlo   the share of failures in independent replications;
conditional   the failure windows of the probe integrated over its law, averaged over seeds
              of everything else: for rare failures, with the interval of Hall
              (1992), which is Student's but for the skewness of the samples;
exact         the windows integrated over the law when nothing else is random, which the
              parameters have to show, and the windows of three seeds; anything else is
              refused;
stratified    the share of failures in replications that have the probe in each of --strata
              parts of its law of the same probability, everything else drawn: the variance
              is that within the strata alone. --allocation neyman gives more replications to
              the strata that vary, by pilot replications. The interval is that of Clopper and
              Pearson for as many replications of crude Monte Carlo as have its variance (Korn
              and Graubard 1998), never fewer than there are;
importance    for failures that no single datagram decides: draws of the network are tilted,
              so that failures become probable, and each replication has the likelihood ratio
              of what it drew as its weight. Hall's interval of the weights.

--tilt CLASS=THETA,... tilts by hand: the probability that a variate of the class (a latency
of the uplink, say) is exceeded becomes its THETA-th power, and so does that of a loss; a
THETA above 1 makes small latencies and arrivals probable instead. A class is uplink, downlink,
latency, loss, uplink-loss, downlink-loss, reorder, reorder-delay, duplicate, duplicate-delay,
a parameter that a rule draws from, or a pattern for names of streams, such as
latency/client-1>server; CLASS:N=THETA is about the N-th datagram of a flow alone. The first
that is about a draw counts. Without --tilt, rounds of --pilots replications under other seeds
choose tilts, draw by draw (the cross-entropy method, Rubinstein and Kroese 2004). Every tenth
replication goes without tilts, and weights are those of the mixture (Hesterberg 1995): none is
above ten, and a kind of failure that the tilts miss is seen as crude Monte Carlo sees it. It is
said when too few weights carry the estimate, or their mean is far from 1, its expectation.

The probe is a latency distribution that one datagram draws from; the range that is searched is all of
the law but 1e-300 at either end, and at most 1000 h. All methods but monte-carlo are held
against crude Monte Carlo of --check replications: that they disagree, at intervals of
99.9999 %, is an error.

With --half-width or --relative, a run stops when half of the interval's width, or that as a share
of the estimate, is at most so much; --replications or --seeds is the budget. It is looked at when
the number of samples has grown by half, at numbers that the budget sets beforehand. The looks
share the error equally, so that the interval keeps its confidence wherever the run stops
(Lan and DeMets 1983; Jennison and Turnbull 1989).

JSON: {scenario, seed, params, method, estimate, lo, hi, interval, confidence, conditional_on,
variance (of one replication, or seed), standard_error, runs, interrupted, repeat}; of
monte-carlo {replications, failures, no_result}; of all with a probe {probe, law}; of
conditional and exact {from_ns, to_ns, outside, seeds}; of conditional {unseen_share,
equivalent_replications}; of exact {rounding, failure_windows: [{from_ns, to_ns}]}; of stratified
{strata: [{failures, replications}], mixed_strata, effective_replications, pilot_runs}; of
importance {tilts: [{streams, draw, theta, draws (of a replication)}], untilted_replications,
pilot_runs, unseen_share, equivalent_replications, mean_weight, mean_weight_error, effective_failures,
largest_share}; warnings: []; stopping: {half_width, relative, looks: [], look_confidence,
met}; check: {replications, failures, expected_failures, lo, hi, confidence, agrees, feasible}.
estimate is null without data, and what is 0 or does not apply may be left out.`,
		Example: "  dtlssim estimate late-close-notify --method exact --set " +
			"'alert-latency=10ms+exponential(mean=48255ns)'\n" +
			"  dtlssim estimate late-close-notify --method conditional --set 'latency=5ms+exponential(mean=4ms)' \\\n" +
			"      --relative 0.05 --seeds 2000\n" +
			"  dtlssim estimate late-close-notify --set 'latency=5ms+exponential(mean=4ms)' --half-width 0.02\n" +
			"  dtlssim estimate late-close-notify --method importance --fail handshake-timeout --set loss=0.02 \\\n" +
			"      --set client-timeout=3500ms --relative 0.1 --replications 100000",
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
			j, err := e.ask(workers)
			if err != nil {
				return err
			}
			err = write(c, f, j, text.Estimate)
			return estimateError(j, err)
		},
	}
	f.addTo(c)
	e.selection.addTo(c)
	e.pool.addTo(c)
	e.interval.addTo(c)
	c.Flags().Var(&e.method, "method", "how the probability is estimated")
	c.Flags().StringVar(&e.probe, "probe", "",
		"the parameter `NAME` whose law is integrated over (default the scenario's default probe)")
	c.Flags().IntVar(&e.replications, "replications", 10_000,
		"replications of monte-carlo, stratified and importance, at most if there is a target")
	c.Flags().IntVar(&e.seeds, "seeds", 300, "seeds of conditional, at most if there is a target")
	c.Flags().IntVar(&e.check, "check", 1000,
		"replications of crude Monte Carlo to check the other methods with; 0: none")
	c.Flags().IntVar(&e.strata, "strata", 20, "strata of the probe's law, of equal probability")
	c.Flags().StringVar(&e.allocation, "allocation", e.allocation, "how replications are shared among strata: "+
		proportional+" or "+neyman)
	c.Flags().StringVar(&e.tilt, "tilt", "",
		"tilt draws of the network, `CLASS=THETA,...` (default chosen by pilot replications)")
	c.Flags().IntVar(&e.pilots, "pilots", 500, "pilot replications of "+neyman+", and of each round that chooses tilts")
	c.Flags().Float64Var(&e.target.HalfWidth, "half-width", 0, "stop at half of such an interval's width")
	c.Flags().Float64Var(&e.target.Relative, "relative", 0,
		"stop at half of such an interval's width, as a share of the estimate")
	return c
}

// resolve reads the flags and reports every fault.
func (e *estimation) resolve(name string) error {
	faults := []error{e.selection.resolve(name), e.pool.check(), stat.CheckConfidence(e.Confidence)}
	for _, r := range readers {
		if e.command.Flags().Changed(r.flag) && !slices.Contains(r.methods, string(e.method)) {
			faults = append(
				faults,
				fmt.Errorf("--%s means nothing to the method %s, only to %s", r.flag, e.method, text.List(r.methods)),
			)
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
	faults = append(faults, e.target.Check(), e.checkSampling())
	if string(e.method) == importance && e.scenario != nil && e.tilt != "" {
		var err error
		e.tilts, err = network.ParseTilts(e.scenario, e.tilt)
		faults = append(faults, err)
	}
	if string(e.method) != monteCarlo && string(e.method) != importance && e.scenario != nil && faults[0] == nil {
		if e.probe == "" {
			e.probe = e.scenario.Probe.Name
		}
		var err error
		if e.integral, err = estimate.NewIntegral(e.values, e.probe, e.seed, e.predicate, estimate.Tail); err == nil {
			if string(e.method) == exact {
				err = e.integral.CheckExact()
			} else {
				err = e.integral.CheckConditional()
			}
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// ask asks the question that the flags pose.
func (e *estimation) ask(workers run.Runner) (*text.EstimateJSON, error) {
	q := estimate.Question{
		Values: e.values, Seed: e.seed, Fail: e.predicate,
		Method: estimate.Method(
			e.method,
		), Integral: e.integral, Budget: e.replications, Inference: e.Inference, Target: e.target,
		Strata: e.strata, Tilts: e.tilts, Check: e.check,
	}
	if string(e.method) == conditional {
		q.Budget = e.seeds
	}
	if string(e.method) == importance || e.allocation == neyman {
		q.Pilots = e.pilots
	}
	out := e.command.ErrOrStderr()
	a, err := q.Ask(e.command.Context(), workers, func(steps int, unit string) (step, end func()) {
		bar := newProgress(out, steps, unit)
		return bar.increment, bar.finish
	})
	if err != nil {
		return nil, integralError(e.command, err)
	}
	for _, r := range a.Sweeps {
		text.Aborted(out, r)
	}
	return text.NewEstimate(&q, a, e.repeat()), nil
}

// repeat returns the command that repeats the estimate.
func (e *estimation) repeat() string {
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	flags := []struct{ name, value string }{
		{
			"method",
			string(e.method),
		}, {"probe", e.probe}, {"replications", strconv.Itoa(e.replications)}, {"seeds", strconv.Itoa(e.seeds)},
		{"interval", string(e.Method)}, {"confidence", number(e.Confidence)}, {"check", strconv.Itoa(e.check)},
		{
			"strata",
			strconv.Itoa(e.strata),
		}, {"allocation", e.allocation}, {"tilt", tilt.Text(e.tilts)}, {"pilots", strconv.Itoa(e.pilots)},
		{"half-width", number(e.target.HalfWidth)}, {"relative", number(e.target.Relative)},
	}
	command := e.values.Command("estimate", e.seed, e.predicate)
	for _, f := range flags {
		if f.name == "method" || e.command.Flags().Changed(f.name) {
			command = command.With("--"+f.name, f.value)
		}
	}
	return command.String()
}

// estimateError gives a finished estimate its exit code.
func estimateError(j *text.EstimateJSON, err error) error {
	switch {
	case err != nil:
		return failure(err)
	case j.Interrupted:
		return &codeError{exitInterrupted, errors.New("interrupted: the estimate is of what was done until then")}
	case j.Check != nil && !j.Check.Agrees:
		return &codeError{
			exitError,
			fmt.Errorf(
				"crude Monte Carlo has %d failures of %d, and %.3g are expected: the method %s does not hold here; %s",
				j.Check.Failures,
				j.Check.Replications,
				j.Check.Expected,
				j.Method,
				suspicion(j),
			),
		}
	case j.NoResult > 0:
		return &codeError{exitNoResult, fmt.Errorf("%d replications gave no result", j.NoResult)}
	}
	return nil
}

// suspicion says why a method may not hold.
func suspicion(j *text.EstimateJSON) string {
	if j.Method == importance {
		return "do failures happen without what the tilts make probable? Then weaker tilts see them"
	}
	return fmt.Sprintf("does more than one datagram draw from %s, or does its latency depend on others?", j.Probe)
}
