package main

import (
	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newList() *cobra.Command {
	var f format
	c := &cobra.Command{
		Use:   "list [SCENARIO|FILE]",
		Short: "List the scenarios, or the parameters of one",
		Long: `List the scenarios; or, of one scenario, its parameters with unit, default and
meaning, what can go wrong in it, and the probe that shows most.

JSON: an array of, or one object {name, summary, parameters: [{name, unit, default,
meaning}], outcomes: [{name, meaning}], probe}.`,
		Example: "  dtlssim list\n  dtlssim list late-close-notify",
		Args:    argsBetween(0, 1, "at most one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			if len(args) == 0 {
				if f == "text" {
					return failure(text.Scenarios(out, scenarios.All()))
				}
				list := []text.ScenarioJSON{}
				for _, s := range scenarios.All() {
					list = append(list, text.NewScenarioJSON(s))
				}
				return failure(text.JSON(out, list))
			}
			s, err := study.LoadScenario(args[0])
			if err != nil {
				return err
			}
			if f == "text" {
				return failure(text.Scenario(out, s))
			}
			return failure(text.JSON(out, text.NewScenarioJSON(s)))
		},
	}
	f.addTo(c)
	return c
}
