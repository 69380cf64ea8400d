package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

func newList() *cobra.Command {
	var (
		source bool
		s      *scenarios.Scenario // nil: all
	)
	return verb.New(verb.Verb{
		Use:   "list [SCENARIO|FILE]",
		Short: "List the scenarios, or the parameters of one",
		Long: `List the scenarios; or, of one scenario, its parameters with unit, default and
meaning, what can go wrong in it, and the probe that shows most.

JSON: an array of, or one object {name, summary, parameters: [{name, unit, default,
meaning}], outcomes: [{name, meaning}], measures:
[{name, unit, meaning}], probe}.`,
		Example: "  dtlssim list\n  dtlssim list late-close-notify\n  dtlssim list --yaml late-close-notify > " +
			"my-scenario.yaml",
		Args: verb.Args(0, 1, "at most one SCENARIO or FILE"),
		Flags: func(f *pflag.FlagSet) {
			f.BoolVar(&source, "yaml", false, "print the scenario's YAML file, to copy and change, and nothing else")
		},
		Check: func(c *verb.Call, f *verb.Faults) {
			if len(c.Args) == 0 {
				if source {
					f.Add(errors.New("--yaml wants a SCENARIO: whose YAML?"))
				}
				return
			}
			var err error
			if s, err = study.LoadScenario(c.Args[0]); err == nil && source && s.Source == nil {
				err = fmt.Errorf("%s is written in Go: it has no YAML", s.Name)
			}
			f.Add(err)
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			switch {
			case source:
				return verb.Print(s.Source), nil
			case s != nil:
				return &verb.Answer{JSON: text.NewScenarioJSON(s), Text: func(w io.Writer) error {
					return text.Scenario(w, s)
				}}, nil
			}
			all := []text.ScenarioJSON{}
			for _, s := range catalogue.All() {
				all = append(all, text.NewScenarioJSON(s))
			}
			return &verb.Answer{JSON: all, Text: func(w io.Writer) error {
				return text.Scenarios(w, catalogue.All())
			}}, nil
		},
	})
}
