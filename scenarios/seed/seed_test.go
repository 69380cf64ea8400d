package seed_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios/seed"
)

// The plan is part of every answer: what is drawn under it stays what it is.
func TestPlan(t *testing.T) {
	const name = "late-close-notify"
	pilots := seed.TiltPilots(7, name)
	for i, c := range []struct{ got, want any }{
		{seed.Replication(7, 5), uint64(12)},
		{seed.Replication(math.MaxUint64, 1), uint64(0)},
		{seed.OfBasePoint(7, 3, 10, 4), uint64(41)},
		{seed.StratifiedPilots(7, name), uint64(5734069882994398065)},
		{fmt.Sprint(pilots(), pilots()), "5155673596774435338 3518698630426753994"},
		{seed.Design(7, name, "sobol").Uint64(), uint64(13156191765811038445)},
		{seed.Bootstrap(7, name).Uint64(), uint64(16766957734670460514)},
		{seed.Verification(7, name).Uint64(), uint64(7438145120645201879)},
		{seed.MapRow(7, name, 1, 9).Uint64(), uint64(13768683566055111456)},
		{seed.MapPoints(7, name, 300).Uint64(), uint64(772280982428901264)},
		{seed.Stratum(12, name, "alert-latency").Uint64(), uint64(16503476120245189775)},
	} {
		if c.got != c.want {
			t.Errorf("case %d: %v, want %v", i, c.got, c.want)
		}
	}
}
