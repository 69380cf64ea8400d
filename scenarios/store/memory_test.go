package store_test

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// The memory of the parent grows neither with the replications that it keeps nor with
// those that it takes from the store.
func TestMemoryIsConstant(t *testing.T) {
	testkit.NotShort(t)
	path := filepath.Join(t.TempDir(), "study.sqlite")
	used := func(replications int) uint64 {
		r := performed(t, context.Background(), path, sweep(t, replications), nil)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		return m.HeapAlloc
	}
	small := used(1_000)
	many := testkit.Budget(20_000, 20_000, 200_000) // at each of two points
	large, again := used(many), used(many)
	t.Logf("%d KiB, %d KiB, %d KiB", small>>10, large>>10, again>>10)
	if most := small + 1<<20; large > most || again > most {
		t.Errorf(
			"1,000 replications leave %d KiB, %d leave %d KiB, and taken from the store %d KiB", small>>10, many,
			large>>10, again>>10,
		)
	}
}
