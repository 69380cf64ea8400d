package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/planes"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
)

func newBands() *cobra.Command {
	var (
		s        verb.Selection
		output   = verb.Output{Picture: true, Usage: "draw the bands to `FILE.svg` or FILE.png"}
		probe    string
		vary     []string
		question bands.Question
	)
	return verb.New(verb.Verb{
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
		Args:  verb.OneScenario,
		Parts: []verb.Part{&s, &verb.Pool{}, &output},
		Flags: func(f *pflag.FlagSet) {
			f.StringVar(&probe, "probe", "",
				"the probe and its range: `NAME=FROM..TO` (default the scenario's default probe)")
			f.StringArrayVar(&vary, "vary", nil, "the factor, `NAME=A..B/STEPS` or NAME=v1,v2 (required)")
		},
		Check: func(_ *verb.Call, f *verb.Faults) {
			switch len(vary) {
			case 0:
				f.Add(errors.New("--vary is missing: want NAME=A..B/STEPS or NAME=v1,v2"))
			case 1:
			default:
				f.Add(fmt.Errorf("--vary is given %d times: bands are of one factor", len(vary)))
			}
			if s.Scenario == nil {
				return
			}
			question = bands.Question{Seed: s.Seed, Probe: s.Scenario.Probe, Fail: s.Predicate}
			var err error
			if probe != "" {
				question.Probe, err = s.Scenario.ParseProbe(probe)
				f.Add(err)
			}
			if len(vary) == 1 {
				factor, err := design.ParseFactor(s.Scenario, vary[0])
				f.Add(err)
				if f.None() {
					question.Factor = factor.Name
					question.Levels, err = bands.AtLevels(s.Scenario, s.Settings, factor)
					f.Add(err)
				}
			}
			if f.None() {
				f.Add(question.Check())
			}
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			step, end := c.Progress(len(question.Levels), "levels")
			b, err := bands.Find(c.Context, c.Workers, question, step)
			end()
			if err != nil {
				return nil, err
			}
			a := verb.Show(b, planes.WriteBands)
			if output.Path != "" && len(b.Levels) > 0 {
				title := fmt.Sprintf("%s: %s by %s", b.Scenario, b.Probe, b.Factor)
				drawn := planes.BandFigure(b, title, s.Scenario.OutcomeNames())
				a.Files = append(a.Files, verb.Picture(output.Path, drawn, nil))
			}
			if b.Interrupted {
				a.End = verb.Interrupted("%d of %d levels were searched", len(b.Levels), len(question.Levels))
			}
			return a, nil
		},
	})
}
