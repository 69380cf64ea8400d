package search

import (
	"context"
	"maps"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// RemedyWindows are the failure windows of a scenario with one of its remedies.
type RemedyWindows struct {
	Remedy  string // empty for a scenario without remedies
	Windows *Windows
}

// FindRemedyWindows finds the windows of a scenario's default probe for each of its remedies. What
// counts as failure is what the scenario says, and all other settings are those of its failing example.
func FindRemedyWindows(ctx context.Context, runner run.Runner, s *scenarios.Scenario) ([]RemedyWindows, error) {
	names := s.RemedyNames()
	if names == nil {
		names = []string{""}
	}
	fail, err := s.ParsePredicate("")
	if err != nil {
		return nil, err
	}
	var list []RemedyWindows
	for _, remedy := range names {
		set := maps.Clone(s.Failing)
		delete(set, s.Probe.Name)
		if remedy != "" {
			set = set.With(scenarios.Settings{"remedy": remedy})
		}
		v, err := s.Resolve(set)
		if err != nil {
			return nil, err
		}
		w, err := FindWindows(ctx, runner, Search{Values: v, Seed: s.ExampleSeed, Probe: s.Probe, Fail: fail})
		if err != nil {
			return nil, err
		}
		list = append(list, RemedyWindows{remedy, w})
	}
	return list, nil
}
