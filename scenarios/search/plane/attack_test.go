package plane_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// Maps of random scenarios, parameters and probes are what runs say at random points, and next to each
// boundary and level. Their rows are proved.
func TestRandomMapsAgainstRuns(t *testing.T) {
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	for i := range testkit.Cases(t, 1, 1, 4) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		s, probes, set := fixture.RandomPlane(r.IntN)
		m := plane.Map{
			Values: fixture.Values(t, s, set), X: probes[0], Y: probes[1],
			Seed: seed%1_000_000 + uint64(i), MaxRuns: testkit.Budget(1000, 1500, 5000),
		}
		if m.Check() != nil { // a probe that another parameter excludes
			continue
		}
		found := holdMapAgainstRuns(t, p, m, r, testkit.Budget(20, 50, 200))
		// Nothing is claimed about the duration of a rule that met no datagram.
		if idle := len(found.Idle) > 0; len(found.Regions) > 0 && found.Method.RowBasis.Proved == idle {
			t.Errorf("%s, %v: %+v", s.Name, set, found.Method.RowBasis)
		}
	}
}

// Maps of servers in Go: the rows of one that states that its timers are known are proved, unless a
// run of any row shows one that is not.
func TestMapsOfOwnServers(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, c := range fixture.OwnServers {
		m := plane.Map{
			Values: fixture.Values(t, fixture.Find(t, c.Scenario), scenarios.Settings{"timers": c.Timers}),
			X:      scenarios.ProbeRange{Name: "latency", From: 100 * time.Millisecond, To: 250 * time.Millisecond},
			Y:      scenarios.ProbeRange{Name: "pause", To: 20 * time.Millisecond}, Seed: 1, MaxRuns: 5000,
		}
		r := holdMapAgainstRuns(t, p, m, rand.New(rand.NewPCG(testkit.Seed(t), 0)), testkit.Budget(20, 50, 200))
		b := r.Method.RowBasis
		if b.Proved != (c.WhyNot == "") || !strings.Contains(b.WhyNot, c.WhyNot) || b.RandomRuns > 0 {
			t.Errorf("%+v: %+v", c, b)
		}
		if want := map[bool]int{true: 300, false: 600}[b.Proved]; r.Stopped == "" && r.Method.Points != want {
			t.Errorf("%+v: %d points, want %d", c, r.Method.Points, want)
		}
	}
}
