package cli

import (
	"errors"
	"maps"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newExplain() *cobra.Command {
	var (
		f format
		p pool
	)
	c := &cobra.Command{
		Use:   "explain SCENARIO|FILE",
		Short: "Explain how a scenario fails, and run it under each remedy",
		Long: `Explain a scenario: the mechanism, the predicted condition, the root
cause, what runs have shown besides, and where to read on. Then search the failure windows of
its default probe under each remedy, with what else the failing example sets, and show them.

JSON: {scenario, summary, mechanism, prediction, findings: [], cause, failing, passing,
references: [], probe, besides: [], remedies: [{remedy, sets, helps, note, windows: as of dtlssim window}]}.`,
		Example: "  dtlssim explain late-close-notify\n  dtlssim explain truncation --format json",
		Args:    argsBetween(1, 1, "one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := study.LoadScenario(args[0])
			if err := errors.Join(err, p.check()); err != nil {
				return err
			}
			workers, err := p.start()
			if err != nil {
				return err
			}
			defer workers.Close()
			e := text.NewExplanation(s)
			names := s.RemedyNames()
			if names == nil {
				names = []string{""}
			}
			for _, remedy := range names {
				set := maps.Clone(s.Failing)
				delete(set, s.Probe.Name)
				if remedy != "" {
					set = set.With(scenarios.Settings{"remedy": remedy})
				}
				v, err := s.Resolve(set)
				if err != nil {
					return err
				}
				w, err := search.FindWindows(
					c.Context(),
					workers,
					search.Search{Values: v, Seed: s.ExampleSeed, Probe: s.Probe},
				)
				if err != nil {
					return searchError(c, err)
				}
				e.Remedies = append(e.Remedies, text.NewRemedyWindows(s, remedy, w))
			}
			return failure(write(c, f, e, text.Explain))
		},
	}
	f.addTo(c)
	p.addTo(c)
	return c
}
