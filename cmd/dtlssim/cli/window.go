package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

func newWindow() *cobra.Command {
	var (
		s        verb.Selection
		probe    string
		step     time.Duration
		question search.Search
	)
	return verb.New(verb.Verb{
		Use:   "window SCENARIO|FILE",
		Short: "Find the exact windows of a probe in which the run fails",
		Long: `Find the exact windows [from, to), to the nanosecond, of a probe in which the run
fails, with the two replications on either side of each edge. The probe is a parameter
that is a duration or a latency distribution; everything else is as set and as the seed draws.

A run is a function of the probe. The search follows it from one order of the instants that
the run depends on to the next, and misses no window, however short, unless it says so. This
is proved if the simulation knows all timers of the scenario: those of a file it does, and a
scenario in Go has to state it (TimersKnown), which every run of the search checks. Otherwise the
search adds runs at random values, and says which size of window these would have found with a
probability of 95 %.

A range without an end, NAME=FROM.., is searched until no further instants can meet.

--brute STEP runs every STEP-th value instead, and nothing else: an independent answer to
compare the search with. It knows nothing of what happens between two values, and the lower
witness of an edge is one STEP before it.

JSON: {scenario, seed, params, probe, from_ns, to_ns, cells: [{from_ns, to_ns, outcome:
[], failed, signature}], failure_windows: [{from_ns, to_ns}], edges: [{at_ns, below: {repeat,
digest}, above: {repeat, digest}}], runs, method: {name, proved, why_not_proved,
unknown_timer: {probe, value_ns, effect: {at_ns, host, actor, what}, repeat}, random_runs,
random_to_ns, random_share, random_window_ns (the last six if not proved), segments, verifications,
prediction_failures, failures: [{segment_from_ns, at_ns, why}] (if there are any),
largest_unverified_gap_ns, largest_unverified_gap_from_ns}}. Intervals are half-open; a
to_ns of null means for ever.`,
		Example: "  dtlssim window late-close-notify\n" +
			"  dtlssim window late-close-notify --probe alert-latency=0s..1s --set linger=50ms\n" +
			"  dtlssim window late-close-notify --probe alert-latency=0s..\n" +
			"  dtlssim window late-close-notify --brute 100us",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &verb.Pool{}},
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&probe, "probe", "", "what is varied, and in which range: `NAME=FROM..TO`, or NAME=FROM.. "+
				"for one without an end (default the scenario's default probe)")
			f.DurationVar(&step, "brute", 0,
				"run every `STEP`-th value and nothing else, at most 2 million of them (default none: the search)")
		},
		Check: func(c *verb.Call, f *verb.Faults) {
			if s.Scenario == nil {
				return
			}
			question = search.Search{Values: s.Values, Seed: s.Seed, Fail: s.Predicate, Probe: s.Scenario.Probe}
			var err error
			if probe != "" {
				question.Probe, err = s.Scenario.ParseOpenProbe(probe)
			}
			switch brute := c.Changed("brute"); {
			case err != nil || !s.Good:
			case brute:
				err = question.CheckScan(step)
			default:
				err = question.Check()
			}
			f.Add(err)
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			w, err := (*search.Windows)(nil), error(nil)
			if step > 0 {
				w, err = search.Scan(c.Context, c.Workers, question, step)
			} else {
				w, err = search.FindWindows(c.Context, c.Workers, question)
			}
			a := verb.Show(w, text.Windows)
			a.SaysUnmet = true
			return a, err
		},
	})
}
