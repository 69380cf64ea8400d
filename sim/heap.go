package sim

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"unsafe"
)

// collectionOff reports whether the process has switched garbage collection off for
// good; see OwnProcess.
var collectionOff bool

// memoryLimit limits the heap of a replication, in bytes; 0 means no limit. See OwnProcess.
var memoryLimit int64

// resting is the size in bytes of the heap after the last collection outside a replication.
var resting int64

// collectEvery is the number of events between garbage collections within a replication. It is
// far more than a replication of a few sessions has.
//
// The points of collection depend on the number of events alone, so they are the same in every
// run. What a collection costs depends on the objects that are alive. A scenario that does not
// let them grow therefore costs the same for each event, however many come.
const collectEvery = 2000

// OwnProcess prepares a process that only performs replications. It switches garbage
// collection off. From then on, garbage is collected only when Collect is called between
// two replications, and at fixed points within a long one. At these points, and at its end, a
// replication ends with clock.MemoryLimit if its part of the heap is larger than limit bytes; 0
// means no limit. See [MemoryUsed].
func OwnProcess(limit int64) {
	exclusive.Lock()
	defer exclusive.Unlock()
	debug.SetGCPercent(-1)
	runtime.MemProfileRate = 0 // the profile is not used, and each collection scans all of it
	collectionOff, memoryLimit = true, limit
	largeStacks.Do(func() { go holdStack() })
	collect()
}

// collectAt is the heap size in bytes above which Collect collects garbage. It is small enough
// for the heap to stay in the processor's caches, which makes replications 5 % faster than
// with 24 MiB.
const collectAt = 4 << 20

// Collect collects garbage if the heap is large enough. A process that has called OwnProcess
// calls it between two replications. The contents of the pools of the stack under test do not
// affect results: a replication never reads pooled data other than its own.
func Collect() {
	if heap() > collectAt {
		collect()
	}
}

func collect() {
	runtime.GC()
	resting = heap()
}

// heap returns the size in bytes of all objects on the heap, including garbage. It takes 0.3
// microseconds, because it does not stop the world.
func heap() int64 {
	objects := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(objects)
	return int64(objects[0].Value.Uint64())
}

// replicationHeap is the part of the heap that belongs to a replication. Automatic collection is
// off, so the heap only grows between two collections, and a look at it before each collection
// and at the end detects every excess.
//
// What counts is what the replication itself allocates, garbage since the last collection
// included. What was there before it does not count, nor does what is collected for somebody who
// asked for more than its result: instants for Config.Watch. So a limit does not depend on who
// asks, on which worker, or after how many others. Two runs of a replication still differ by some
// kilobytes, because the runtime's hash tables and pools grow in another order. If the heap of a
// replication comes that close to the limit, two runs may end at two different points.
type replicationHeap struct {
	others    int64        // bytes on the heap that belong to others
	collected int          // events dispatched when garbage was last collected
	kept      atomic.Int64 // bytes kept for Config.Watch
	garbage   atomic.Int64 // bytes of its garbage since the last collection
}

// appendUncounted appends to a list that is kept for Config.Watch.
func appendUncounted[T any](h *replicationHeap, list []T, v T) []T {
	before := int64(cap(list))
	list = append(list, v)
	if after := int64(cap(list)); after != before {
		size := int64(unsafe.Sizeof(v))
		h.kept.Add((after - before) * size)
		h.garbage.Add(before * size)
	}
	return list
}

// keep notes that text is kept for Config.Watch.
func (h *replicationHeap) keep(text string) {
	const word = 8 // sizes of objects are multiples of it
	h.kept.Add(int64(len(text)+word-1) &^ (word - 1))
}

// begin starts to count.
func (h *replicationHeap) begin() {
	if memoryLimit > 0 {
		h.others = heap()
	}
}

// met reports whether the replication has reached the memory limit.
func (h *replicationHeap) met() bool {
	return memoryLimit > 0 && heap()-h.others-h.kept.Load()-h.garbage.Load() > memoryLimit
}

// collect collects garbage if it is time to. It reports whether the replication has reached the
// memory limit. It collects twice, because the first collection leaves the contents of the pools
// in place, and their order depends on leftovers of other replications.
func (h *replicationHeap) collect(dispatched int) (met bool) {
	if dispatched-h.collected < collectEvery {
		return false
	}
	h.collected = dispatched
	met = h.met()
	runtime.GC()
	runtime.GC()
	h.others = min(h.others, resting)
	h.garbage.Store(0)
	return met
}
