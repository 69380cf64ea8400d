package text

import (
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// NothingRandom says at how many points nothing is random, and what to vary instead. It is empty if
// there is no such point.
func NothingRandom(s *scenarios.Scenario, certain, points int) string {
	if certain == 0 {
		return ""
	}
	where := "here"
	if certain < points {
		where = fmt.Sprintf("at %d of the %d points", certain, points)
	}
	note := fmt.Sprintf(
		"Nothing is random %s: %d seeds gave the same run, to the nanosecond, and drew only keys and nonces. "+
			"The result is exact, and more replications would not change it.", where, sample.CertainSeeds,
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
	example := command.Line{"--set", s.Parameters[at].Name + "=5ms+exponential(mean=20ms)"}
	return note + " Give a parameter a distribution, such as " + example.String() +
		", or vary one with " + command.New("window", s.Reference()).String() + "."
}

// certainNote says at how many points of a sweep nothing is random.
func certainNote(r *sample.Results) string {
	return NothingRandom(r.Sweep.Scenario(), r.Certain(), len(r.Points))
}

// exactly replaces the interval of an exact value.
const exactly = "exact"
