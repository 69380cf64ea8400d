package store_test

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
)

// The memory of the parent grows neither with the replications that it keeps nor with
// those that it takes from the store.
func TestMemoryIsConstant(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	used := func(replications int) uint64 {
		r := run(t, context.Background(), path, sweep(t, replications), nil)
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		return m.HeapAlloc
	}
	small := used(1_000)
	large := used(50_000)
	again := used(50_000)
	if most := small + 1<<20; large > most || again > most {
		t.Errorf("1,000 replications leave %d KiB, 50,000 leave %d KiB, and taken from the store %d KiB", small>>10, large>>10, again>>10)
	}
}
