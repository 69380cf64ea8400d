package run

import (
	"time"

	"github.com/dtlssim/dtlssim/clock"
)

// Limits are those of a replication that are its worker's: they protect the machine.
type Limits struct {
	// Wall is the wall time after which a replication counts as timed out; 0 means
	// DefaultWallLimit.
	Wall time.Duration

	// Memory is how large the heap of a worker may be; 0 means DefaultMemoryLimit.
	//
	// A worker compares at fixed points, which are every 2000 events of a replication and
	// its end, so the same replications meet the limit in every run. Garbage counts, for
	// it is not collected in between, and so does the answer, with its trace if that is
	// wanted.
	//
	// A replication that never comes to such a point, since it allocates without end, is
	// stopped by the parent, at twice the limit: what a worker holds beside its heap is
	// far less than that, so no other replication gets there unless it meets the limit
	// at its next fixed point. Where there is no /proc (on systems other than Linux)
	// nobody stops it.
	Memory Bytes
}

// Defaults of Limits, and the least limit of memory: below it, what a worker holds
// besides a replication counts.
const (
	DefaultWallLimit         = time.Minute
	DefaultMemoryLimit Bytes = 1 << 30
	LeastMemoryLimit   Bytes = 64 << 20
)

// MostWorkers is how many workers a pool may have.
const MostWorkers = 4096

// withDefaults returns the limits with the defaults in their places.
func (l Limits) withDefaults() Limits {
	if l.Wall <= 0 {
		l.Wall = DefaultWallLimit
	}
	if l.Memory <= 0 {
		l.Memory = DefaultMemoryLimit
	}
	return l
}

// flags returns the flags that set the limit which a replication met, unless that is
// the default.
func (l Limits) flags(status Status, limit string) []string {
	switch {
	case status == TimedOut && l.Wall != DefaultWallLimit:
		return []string{"--wall-limit", l.Wall.String()}
	case limit == string(clock.MemoryLimit) && l.Memory != DefaultMemoryLimit:
		return []string{"--memory-limit", l.Memory.String()}
	}
	return nil
}
