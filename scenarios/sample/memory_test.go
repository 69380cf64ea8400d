package sample_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// The memory of the parent does not grow with the number of replications.
func TestParentMemoryIsConstant(t *testing.T) {
	testkit.NotShort(t)
	used := func(replications int) uint64 {
		r, err := sample.RunSweep(context.Background(), fixture.Instant{}, sample.Sweep{
			Replications: replications, Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{}),
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Points[0]; p.Replications != replications || p.Crashed != replications/10 ||
			p.Failures != replications/5 {
			t.Errorf("counted %+v", p)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		return m.HeapAlloc
	}
	small, large := used(2_000), used(200_000)
	if large > small+1<<20 {
		t.Errorf("2,000 replications leave %d KiB, 200,000 leave %d KiB", small>>10, large>>10)
	}
}
