package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/explore"
)

func newWindow() *cobra.Command {
	var (
		f     format
		s     selection
		p     pool
		probe string
	)
	c := &cobra.Command{
		Use:   "window SCENARIO|FILE",
		Short: "Find the exact windows of a probe in which the run fails",
		Long: `Find the exact windows [from, to), to the nanosecond, of a probe in which the run
fails, with the two replications on either side of each edge. The probe is a parameter
that is a duration or a latency law; everything else is as set and as the seed draws.

JSON: {scenario, seed, params, probe, from_ns, to_ns, cells: [{from_ns, to_ns, outcome:
[], failed, shape}], failure_windows: [{from_ns, to_ns}], edges: [{at_ns, below: {repeat,
digest}, above: {repeat, digest}}], runs, method: {name, verifications,
prediction_failures, largest_unverified_gap_ns,
largest_unverified_gap_from_ns}}. Intervals are half-open.`,
		Example: "  dtlssim window late-close-notify\n" +
			"  dtlssim window late-close-notify --probe alert-latency=0s..1s --set linger=50ms",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check()}
			var search explore.Search
			if s.scenario != nil {
				search = explore.Search{
					Scenario: s.scenario, Settings: s.settings, Seed: s.seed, Fail: s.predicate, Probe: s.scenario.Probe,
				}
				var err error
				if probe != "" {
					search.Probe, err = s.scenario.ParseProbe(probe)
				}
				if err == nil && faults[0] == nil {
					err = search.Check()
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
			w, err := explore.FindWindows(c.Context(), workers, search)
			if err != nil {
				return searchError(c, err)
			}
			if f == "json" {
				return failure(text.JSON(c.OutOrStdout(), w))
			}
			return failure(text.Windows(c.OutOrStdout(), w))
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	c.Flags().StringVar(&probe, "probe", "", "what is varied, and in which range: `NAME=FROM..TO` (default the scenario's probe of choice)")
	return c
}

// searchError gives a search that found no windows its exit code.
func searchError(c *cobra.Command, err error) error {
	var trouble *explore.TroubleError
	if errors.As(err, &trouble) {
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
