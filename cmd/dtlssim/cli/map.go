package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/planes"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

func newMap() *cobra.Command {
	var (
		f          format
		s          selection
		p          pool
		probes     []string
		resolution time.Duration
		runs       int
		output     string
	)
	c := &cobra.Command{
		Use:   "map SCENARIO|FILE",
		Short: "Cut the plane of two probes into regions of one outcome",
		Long: `Cut the plane of two probes into regions of one outcome, with the lines between them. The
first probe is x, the second y; both are parameters that are a duration or a latency distribution, and
everything else is as set and as the seed draws.

Rows of the plane, at one y each, are searched along x to the nanosecond. Where two rows have
the same cells, and edges that are straight lines hold at the rows between as well, the strip
is cut into trapezoids; else the search goes to where the lines meet, or bisects. --resolution
is the height from which on a strip without straight edges is left undecided. At the end,
runs at 300 random points are held against the map.

JSON: {scenario, seed, params, x: {probe, from_ns, to_ns}, y, regions: [{name, outcome: [],
failed, points, share, polygon: [rings of [x, y]]}], boundaries: [{left, right, line: {rise,
run, offset_ns}, equation, from_ns, to_ns, fails}], levels: [{below, above, at_ns, from_ns,
to_ns, fails}], strips: [{from_ns, to_ns, regions: [], lines: []}], undecided: [{from_ns,
to_ns}], undecided_share, runs, stopped, method: {...}}. At y, the first x right of a line is
floor((rise*y + offset_ns) / run). Intervals are half-open; strips are exact at every point,
and polygons within some nanoseconds.`,
		Example: "  dtlssim map late-close-notify --probe alert-latency=0s..300ms --probe linger=0s..200ms\n" +
			"  dtlssim map plaintext-alert --probe forged-delay=0s..200ms --probe latency=1ms..50ms -o map.svg",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check(), checkPicture(output)}
			if len(probes) != 2 {
				faults = append(
					faults,
					fmt.Errorf(
						"--probe is given %s: want two, as in --probe alert-latency=0s..300ms --probe linger=0s..200ms",
						times(len(probes)),
					),
				)
			}
			if c.Flags().Changed("resolution") && resolution < 1 {
				faults = append(faults, fmt.Errorf("--resolution %s must be at least 1ns", resolution))
			}
			if runs < 1 {
				faults = append(faults, fmt.Errorf("--max-runs %d must be at least 1", runs))
			}
			question := plane.Map{Resolution: resolution, MaxRuns: runs}
			if s.scenario != nil && len(probes) == 2 {
				question.Values, question.Seed, question.Fail = s.values, s.seed, s.predicate
				var err1, err2 error
				question.X, err1 = s.scenario.ParseProbe(probes[0])
				question.Y, err2 = s.scenario.ParseProbe(probes[1])
				faults = append(faults, err1, err2)
				if errors.Join(faults...) == nil {
					faults = append(faults, question.Check())
				}
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			bar := newProgress(c.ErrOrStderr(), 100, "per cent of the range of "+question.Y.Name)
			told := 0
			r, err := plane.FindRegions(c.Context(), workers, question, func(share float64) {
				for ; told < int(100*share); told++ {
					bar.increment()
				}
			})
			bar.finish()
			if err != nil {
				return searchError(c, err)
			}
			err = write(c, f, r, planes.Write)
			if output != "" && len(r.Regions) > 0 {
				err = errors.Join(
					err,
					writePicture(
						output,
						planes.Figure(r, fmt.Sprintf("%s: %s against %s", r.Scenario, r.X.Name, r.Y.Name)),
					),
				)
			}
			switch {
			case err != nil:
				return failure(err)
			case r.Stopped == plane.Interrupted:
				return &codeError{exitInterrupted, errors.New("interrupted: the map is of what was done until then")}
			case len(r.Method.Contradictions) > 0:
				return &codeError{
					exitError,
					fmt.Errorf(
						"the map is wrong at %d of %d random points",
						len(r.Method.Contradictions),
						r.Method.Points,
					),
				}
			}
			return nil
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	c.Flags().StringArrayVar(&probes, "probe", nil,
		"what is varied, and in which range: `NAME=FROM..TO`; first x, then y")
	c.Flags().DurationVar(&resolution, "resolution", 0,
		"height in y below which a strip without straight edges is left undecided (default a 1024th of the range)")
	c.Flags().IntVar(&runs, "max-runs", plane.DefaultMaxRuns,
		"give up after so many runs, and show what is known by then")
	c.Flags().StringVarP(&output, "output", "o", "", "draw the map to `FILE.svg` or FILE.png")
	return c
}

// times says how often.
func times(n int) string {
	switch n {
	case 0:
		return "not at all"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func newBands() *cobra.Command {
	var (
		f      format
		s      selection
		p      pool
		probe  string
		varied []string
		output string
	)
	c := &cobra.Command{
		Use:   "bands SCENARIO|FILE",
		Short: "Find the windows of a probe at each level of a factor",
		Long: `Find the exact windows of a probe in which the run fails, at each level of a factor, and draw
them as bands. Between neighbouring levels that are durations, with the same cells, one more
search halfway shows whether the edges are straight lines: if so, the bands are joined.

A factor is NAME=A..B/STEPS, that is STEPS+1 levels from A to B at equal distances, or
NAME=v1,v2,...

JSON: {scenario, seed, factor, probe, levels: [{level, windows: as of dtlssim window, joined}],
runs, interrupted}.`,
		Example: "  dtlssim bands late-close-notify --vary remedy=none,linger,recognise\n" +
			"  dtlssim bands late-close-notify --probe alert-latency=0s..300ms --vary linger=0s..200ms/10 -o bands.svg",
		Args: argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			faults := []error{s.resolve(args[0]), p.check(), checkPicture(output)}
			vary := ""
			switch len(varied) {
			case 0:
				faults = append(faults, errors.New("--vary is missing: want NAME=A..B/STEPS or NAME=v1,v2"))
			case 1:
				vary = varied[0]
			default:
				faults = append(faults, fmt.Errorf("--vary is given %d times: bands are of one factor", len(varied)))
			}
			var question bands.Question
			if s.scenario != nil {
				question = bands.Question{Seed: s.seed, Probe: s.scenario.Probe, Fail: s.predicate}
				var err error
				if probe != "" {
					question.Probe, err = s.scenario.ParseProbe(probe)
					faults = append(faults, err)
				}
				if vary != "" {
					factor, err := design.ParseFactor(s.scenario, vary)
					faults = append(faults, err)
					if errors.Join(faults...) == nil {
						question.Factor = factor.Name
						question.Levels, err = bands.AtLevels(s.scenario, s.settings, factor)
						faults = append(faults, err)
					}
				}
				if errors.Join(faults...) == nil {
					faults = append(faults, question.Check())
				}
			}
			if err := errors.Join(faults...); err != nil {
				return err
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			bar := newProgress(c.ErrOrStderr(), len(question.Levels), "levels")
			b, err := bands.Find(c.Context(), workers, question, bar.increment)
			bar.finish()
			if err != nil {
				return searchError(c, err)
			}
			err = write(c, f, b, planes.WriteBands)
			if output != "" && len(b.Levels) > 0 {
				err = errors.Join(
					err,
					writePicture(
						output,
						planes.BandFigure(b, fmt.Sprintf("%s: %s by %s", b.Scenario, b.Probe, b.Factor)),
					),
				)
			}
			switch {
			case err != nil:
				return failure(err)
			case b.Interrupted:
				return &codeError{
					exitInterrupted,
					fmt.Errorf("interrupted: %d of %d levels were searched", len(b.Levels), len(question.Levels)),
				}
			}
			return nil
		},
	}
	f.addTo(c)
	s.addTo(c)
	p.addTo(c)
	c.Flags().StringVar(&probe, "probe", "",
		"the probe and its range: `NAME=FROM..TO` (default the scenario's default probe)")
	c.Flags().StringArrayVar(&varied, "vary", nil, "the factor, `NAME=A..B/STEPS` or NAME=v1,v2 (required)")
	c.Flags().StringVarP(&output, "output", "o", "", "draw the bands to `FILE.svg` or FILE.png")
	return c
}
