package text

import (
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// NothingRandom says that every replication is the same, and what to vary instead.
func NothingRandom(s *scenarios.Scenario) string {
	note := fmt.Sprintf(
		"Nothing is random here: %d seeds gave the same run, to the nanosecond, and drew only keys and nonces. "+
			"More replications tell nothing more, and no interval is needed.",
		sample.CertainSeeds,
	)
	at := slices.IndexFunc(s.Parameters, func(p scenarios.Parameter) bool {
		return p.Type == scenarios.DistributionType && p.Group != scenarios.NetworkGroup
	})
	if s.Parameter("latency") != nil && s.Parameter("latency").Type == scenarios.DistributionType {
		at = slices.IndexFunc(s.Parameters, func(p scenarios.Parameter) bool { return p.Name == "latency" })
	}
	if at < 0 {
		return note + " No parameter of " + s.Name + " takes a distribution."
	}
	example := scenarios.Command{"--set", s.Parameters[at].Name + "=5ms+exponential(mean=20ms)"}
	return note + " Give a parameter a distribution, such as " + example.String() +
		", or vary one with " + scenarios.NewCommand("window", s.Reference()).String() + "."
}
