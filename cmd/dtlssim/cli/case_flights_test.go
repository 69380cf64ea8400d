package cli

import (
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// The first ServerHelloDone of the case is lost, and each end repeats one flight. Both repetitions
// were needed, in whatever datagrams a flight is cut.
func TestCasePartialFlightIsNoDuplicate(t *testing.T) {
	path := testkit.Case(t, "partial-flight-counted-duplicate/case.yaml")
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		for _, set := range []string{
			"endpoint-mtu=1200", "endpoint-mtu=400", "endpoint-mtu=256", "credentials=rsa", "credentials=psk",
		} {
			var r run.Replication
			answerTo(t, &r, "run", path, "--set", set, "--set", "stack="+stack)
			if r.Measures["retransmissions"] != 2 || r.Measures["duplicate-flights"] != 0 ||
				slices.Contains(r.Outcome, outcome.DuplicateFlight) {
				t.Errorf("%s, %s: %v, %v", stack, set, r.Outcome, r.Measures)
			}
		}
	}
}
