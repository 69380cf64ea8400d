package cli

import (
	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/sim/trace"
)

func newExplain() *cobra.Command {
	var s *scenarios.Scenario
	return verb.New(verb.Verb{
		Use:   "explain SCENARIO|FILE",
		Short: "Explain how a scenario fails, and run it under each remedy",
		Long: `Explain a scenario: the mechanism, the predicted condition, the root
cause, what else runs have shown, and where to read on. Say what the endpoints made of the records
that they received in the failing example, if they did not simply read them. Then find the failure
windows of its default probe under each remedy, with the other settings of the failing example.

JSON: {scenario, summary, mechanism, prediction, findings: [], cause, failing, passing,
reasons: [], references: [], probe, besides: [], remedies: [{remedy,
sets, helps, note, windows: as of dtlssim window}]}.`,
		Example: "  dtlssim explain late-close-notify\n  dtlssim explain truncation --format json",
		Args:    verb.OneScenario,
		Parts:   []verb.Part{&verb.Pool{}},
		Check: func(c *verb.Call, f *verb.Faults) {
			var err error
			if s, err = study.LoadScenario(c.Args[0]); err == nil {
				var v scenarios.Values
				if v, err = s.Resolve(nil); err == nil {
					err = scenarios.Ready(v)
				}
			}
			f.Add(err)
		},
		Ask: func(c *verb.Call) (*verb.Answer, error) {
			remedies, err := search.FindRemedyWindows(c.Context, c.Workers, s)
			if err != nil {
				return nil, err
			}
			reasons, err := reasonsOf(c, s)
			if err != nil {
				return nil, err
			}
			return verb.Show(text.NewExplanation(s, remedies, reasons), text.Explain), nil
		},
	})
}

// reasonsOf runs the failing example of a scenario, if it has one, and says what the endpoints made
// of its records.
func reasonsOf(c *verb.Call, s *scenarios.Scenario) ([]string, error) {
	if s.Failing == nil {
		return nil, nil
	}
	v, err := s.Resolve(s.Failing)
	if err != nil {
		return nil, err
	}
	job := run.Job{Values: v, Seed: s.ExampleSeed, Trace: true, Explain: true}
	o, err := c.Workers.Do(c.Context, job)
	if err != nil {
		return nil, err
	}
	return trace.Reasons(o.Records, o.Reasons), nil
}
