package run

import (
	"time"

	"github.com/dtlssim/dtlssim/clock"
)

// Limits are the limits that a worker imposes on a replication to protect the machine.
type Limits struct {
	// Wall is the time after which a replication times out; 0 means DefaultWallLimit. While the worker
	// computes, its processor time counts, so a busy machine does not make a replication time out.
	// On systems without /proc (other than Linux), the time that passes counts.
	Wall time.Duration

	// Memory is the largest allowed heap of a replication; 0 means DefaultMemoryLimit.
	//
	// A worker checks the heap at fixed points, every 2000 events of a replication and at its end.
	// Garbage since the last point counts. What was on the heap before the replication does not
	// count, nor does what is kept only because somebody asked for more than the result: the trace
	// leaves the worker as it is recorded, and instants for Job.Watch are subtracted. So the same
	// replication meets the limit at the same event, whoever asks, except if its heap comes
	// within some kilobytes of the limit at such a point: the runtime's own tables differ by that
	// much. Most scenarios that never end meet the limit of events long before, and that limit is exact.
	//
	// A replication that never comes to such a point, because it allocates without end, is stopped
	// by the parent when the process has twice the limit. A worker holds far less than that besides
	// its heap, so only a replication that would reach the limit at its next fixed point can get
	// there. On systems without /proc (other than Linux), nothing stops it.
	Memory Bytes
}

// Defaults of Limits, and the smallest and the largest memory limit. Below the
// smallest, what a worker holds besides a replication would matter.
const (
	DefaultWallLimit         = time.Minute
	DefaultMemoryLimit Bytes = 1 << 30
	LeastMemoryLimit   Bytes = 64 << 20
	MostMemoryLimit    Bytes = 1 << 50
)

// MostWorkers is the largest number of workers of a pool.
const MostWorkers = 4096

// withDefaults returns the limits with defaults for those that are not set.
func (l Limits) withDefaults() Limits {
	if l.Wall <= 0 {
		l.Wall = DefaultWallLimit
	}
	if l.Memory <= 0 {
		l.Memory = DefaultMemoryLimit
	}
	return l
}

// flags returns the flags that set the limit that a replication reached; none for a default limit.
func (l Limits) flags(status Status, limit string) []string {
	switch {
	case status == TimedOut && l.Wall != DefaultWallLimit:
		return []string{"--wall-limit", l.Wall.String()}
	case limit == string(clock.MemoryLimit) && l.Memory != DefaultMemoryLimit:
		return []string{"--memory-limit", l.Memory.String()}
	}
	return nil
}
