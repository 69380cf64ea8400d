package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/planes"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

func newMap() *cobra.Command {
	var (
		s        verb.Selection
		output   = verb.Output{Picture: true, Usage: "draw the map to `FILE.svg` or FILE.png"}
		probes   []string
		question plane.Map
	)
	return verb.New(verb.Verb{
		Use:   "map SCENARIO|FILE",
		Short: "Cut the plane of two probes into regions of one outcome",
		Long: `Cut the plane of two probes into regions of one outcome, with the lines between them. The
first probe is x, the second y. Both are parameters that are a duration or a latency distribution;
everything else is as set, and as the seed draws.

The search takes rows of the plane, at one y each, and follows x to the nanosecond. If two rows have
the same cells, and their edges are straight lines that hold at the rows between them, the strip is
cut into trapezoids. Otherwise the search goes to where the lines meet, or bisects. --resolution is
the height below which a strip without straight edges stays undecided. At the end, runs at 300 random
points check the map, or 600 if the rows are not proved: see dtlssim window.

JSON: {scenario, seed, params, x: {probe, from_ns, to_ns}, y, regions: [{name, outcome: [],
failed, points, share, polygon: [rings of [x, y]]}], boundaries: [{left, right, line: {rise,
run, offset_ns}, equation, from_ns, to_ns, fails}], levels: [{below, above, at_ns, from_ns,
to_ns, fails}], strips: [{from_ns, to_ns, regions: [], lines: []}], undecided: [{from_ns,
to_ns}], undecided_share, runs, stopped, method: {..., row_basis: {proved, why_not_proved,
...}}}. At y, the first x right of a line is floor((rise*y + offset_ns) / run). Intervals are
half-open; strips are exact at every point,
and polygons within some nanoseconds.`,
		Example: "  dtlssim map late-close-notify --probe alert-latency=0s..300ms --probe linger=0s..200ms\n" +
			"  dtlssim map plaintext-alert --probe forged-delay=0s..200ms --probe latency=1ms..50ms -o map.svg",
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &verb.Pool{}, &output},
		Flags: func(f *pflag.FlagSet) {
			f.StringArrayVar(&probes, "probe", nil,
				"what is varied, and in which range: `NAME=FROM..TO`; first x, then y")
			f.DurationVar(&question.Resolution, "resolution", 0,
				"height in y below which a strip without straight edges is left undecided (default a 1024th of the "+
					"range)")
			f.IntVar(&question.MaxRuns, "max-runs", plane.DefaultMaxRuns,
				"give up after so many runs, and show what is known by then")
		},
		Check: func(c *verb.Call, f *verb.Faults) {
			if len(probes) != 2 {
				f.Add(fmt.Errorf("--probe is given %s: want two, as in --probe alert-latency=0s..300ms "+
					"--probe linger=0s..200ms", times(len(probes))))
			}
			if c.Changed("resolution") && question.Resolution < 1 {
				f.Add(fmt.Errorf("--resolution %s must be at least 1ns", question.Resolution))
			}
			f.AtLeast("max-runs", question.MaxRuns, 1)
			f.AtMost("max-runs", question.MaxRuns, sample.MostReplications)
			if s.Scenario == nil || len(probes) != 2 {
				return
			}
			question.Values, question.Seed, question.Fail = s.Values, s.Seed, s.Predicate
			for i, axis := range []*scenarios.ProbeRange{&question.X, &question.Y} {
				var err error
				*axis, err = s.Scenario.ParseProbe(probes[i])
				f.Add(err)
			}
			if f.None() {
				f.Add(question.Check())
			}
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			step, end := c.Progress(100, "per cent of the range of "+question.Y.Name)
			told := 0
			r, err := plane.FindRegions(c.Context, c.Workers, question, func(share float64) {
				for ; told < int(100*share); told++ {
					step()
				}
			})
			end()
			if err != nil {
				return nil, err
			}
			a := verb.Show(r, planes.Write)
			if output.Path != "" && len(r.Regions) > 0 {
				title := fmt.Sprintf("%s: %s against %s", r.Scenario, r.X.Name, r.Y.Name)
				figure := planes.Figure(r, title, s.Scenario.OutcomeNames())
				a.Files = append(a.Files, verb.Picture(output.Path, figure, nil))
			}
			switch wrong := len(r.Method.Contradictions); {
			case r.Stopped == plane.Interrupted:
				a.End = verb.Interrupted("the map is of what was done until then")
			case wrong > 0:
				a.End = verb.Wrong("the map is wrong at %d of %d random points", wrong, r.Method.Points)
			}
			return a, nil
		},
	})
}

// times writes a number of times in words.
func times(n int) string {
	switch n {
	case 0:
		return "not at all"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
