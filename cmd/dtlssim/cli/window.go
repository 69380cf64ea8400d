package cli

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

func newWindow() *cobra.Command {
	var (
		f     format
		s     selection
		p     pool
		probe string
		step  time.Duration
	)
	c := &cobra.Command{
		Use:   "window SCENARIO|FILE",
		Short: "Find the exact windows of a probe in which the run fails",
		Long: `Find the exact windows [from, to), to the nanosecond, of a probe in which the run
fails, with the two replications on either side of each edge. The probe is a parameter
that is a duration or a latency distribution; everything else is as set and as the seed draws.

A run is a function of the probe. The search follows it from one order of all instants
that the run depends on to the next, and misses no window, however short, unless it says so.
A range without an end, NAME=FROM.., is searched until nothing is left to meet.

--brute STEP runs every STEP-th value instead, and nothing else: an answer that depends on
no argument, to hold the search against. It knows nothing of what is between two values,
and the lower witness of an edge is one STEP before it.

JSON: {scenario, seed, params, probe, from_ns, to_ns, cells: [{from_ns, to_ns, outcome:
[], failed, signature}], failure_windows: [{from_ns, to_ns}], edges: [{at_ns, below: {repeat,
digest}, above: {repeat, digest}}], runs, method: {name, proved, segments, verifications,
prediction_failures, failures: [{segment_from_ns, at_ns, why}] (if there are any),
largest_unverified_gap_ns, largest_unverified_gap_from_ns}}. Intervals are half-open; a
to_ns of null means for ever.`,
		Example: "  dtlssim window late-close-notify\n" +
			"  dtlssim window late-close-notify --probe alert-latency=0s..1s --set linger=50ms\n" +
			"  dtlssim window late-close-notify --probe alert-latency=0s..\n" +
			"  dtlssim window late-close-notify --brute 100us",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check()}
			var question search.Search
			if s.scenario != nil {
				question = search.Search{
					Values: s.values, Seed: s.seed, Fail: s.predicate, Probe: s.scenario.Probe,
				}
				var err error
				if probe != "" {
					question.Probe, err = s.scenario.ParseOpenProbe(probe)
				}
				switch brute := c.Flags().Changed("brute"); {
				case err != nil || faults[0] != nil:
				case brute:
					err = question.CheckScan(step)
				default:
					err = question.Check()
				}
				faults = append(faults, err)
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			var w *search.Windows
			if step > 0 {
				w, err = search.Scan(c.Context(), workers, question, step)
			} else {
				w, err = search.FindWindows(c.Context(), workers, question)
			}
			if err != nil {
				return searchError(c, err)
			}
			return failure(write(c, f, w, text.Windows))
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	c.Flags().StringVar(&probe, "probe", "", "what is varied, and in which range: `NAME=FROM..TO`, or NAME=FROM.. "+
		"for one without an end (default the scenario's default probe)")
	c.Flags().DurationVar(&step, "brute", 0,
		"run every `STEP`-th value and nothing else, at most 2 million of them (default none: the search)")
	return c
}

// searchError gives a search that found no windows its exit code.
func searchError(c *cobra.Command, err error) error {
	var aborted *run.AbortedError
	if errors.As(err, &aborted) {
		return &codeError{exitNoResult, err}
	}
	return interruptedOr(c, err)
}

// interruptedOr returns the error of an interrupt if there was one, and otherwise
// err as a failure.
func interruptedOr(c *cobra.Command, err error) error {
	if c.Context().Err() != nil {
		return &codeError{exitInterrupted, errors.New("interrupted")}
	}
	return failure(err)
}
