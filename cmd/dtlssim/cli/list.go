package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newList() *cobra.Command {
	var (
		f      format
		source bool
	)
	c := &cobra.Command{
		Use:   "list [SCENARIO|FILE]",
		Short: "List the scenarios, or the parameters of one",
		Long: `List the scenarios; or, of one scenario, its parameters with unit, default and
meaning, what can go wrong in it, and the probe that shows most.

JSON: an array of, or one object {name, summary, parameters: [{name, unit, default,
meaning}], outcomes: [{name, meaning}], probe}.`,
		Example: "  dtlssim list\n  dtlssim list late-close-notify\n  dtlssim list --yaml late-close-notify > " +
			"my-scenario.yaml",
		Args: argsBetween(0, 1, "at most one SCENARIO or FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			out := c.OutOrStdout()
			if len(args) == 0 && source {
				return errors.New("--yaml wants a SCENARIO: whose YAML?")
			}
			if len(args) == 0 {
				if f == "text" {
					return failure(text.Scenarios(out, catalogue.All()))
				}
				list := []text.ScenarioJSON{}
				for _, s := range catalogue.All() {
					list = append(list, text.NewScenarioJSON(s))
				}
				return failure(text.JSON(out, list))
			}
			s, err := study.LoadScenario(args[0])
			if err != nil {
				return err
			}
			if source {
				if s.Source == nil {
					return fmt.Errorf("%s is written in Go: it has no YAML", s.Name)
				}
				_, err := out.Write(s.Source)
				return failure(err)
			}
			if f == "text" {
				return failure(text.Scenario(out, s))
			}
			return failure(text.JSON(out, text.NewScenarioJSON(s)))
		},
	}
	f.addTo(c)
	c.Flags().BoolVar(&source, "yaml", false, "print the scenario's YAML file, to copy and change, and nothing else")
	return c
}
