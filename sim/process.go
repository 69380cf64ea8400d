package sim

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// Environment returns the settings of the environment under which a process gives
// results that repeat to the byte: one thread of Go code at a time, no preemption
// by signals, and crypto that honours a replaced rand.Reader even where the main
// module does not say so in its go.mod.
func Environment() []string {
	return []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1,cryptocustomrand=1", "GOTRACEBACK=all"}
}

// collectAt is the size of the heap, in bytes, from which Collect collects: small
// enough to stay in the processor's caches, which makes replications 5 % faster
// than at 24 MiB.
const collectAt = 4 << 20

// MemoryMet tells whether the heap of the process, with the garbage that nobody has
// collected, is larger than the limit that OwnProcess was given. Collection is off, so
// the heap grows from one collection to the next: a caller that asks before
// each of them, and at the end, misses no moment at which it was larger. The answer is the same in
// every run of a replication, but for what other replications left behind: up to
// collectAt until its first collection, and kilobytes from then on.
func MemoryMet() bool { return memoryLimit > 0 && heap() > memoryLimit }

// heap returns the size of all objects on the heap, dead ones that have not been
// collected among them, in bytes. It takes 0.3 microseconds: it does not stop the world.
func heap() int64 {
	objects := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(objects)
	return int64(objects[0].Value.Uint64())
}

// Collect collects garbage if there is enough of it. A process that has called
// OwnProcess calls it between two replications. How full the pools of the stack
// under test are has no influence on a result: what a pool holds beyond the
// present replication's own buffers is never read.
func Collect() {
	if heap() > collectAt {
		runtime.GC()
	}
}

// largeStacks starts holdStack once.
var largeStacks sync.Once

// holdStack occupies 128 KiB of stack for as long as the process lives. The runtime
// starts a goroutine with a stack of the average size in use at the last collection
// (runtime.gcComputeStartingStackSize), and collections between replications find next
// to none in use: the dozens of goroutines of a session would start with 2 KiB each and
// grow step by step, which took 4 % of a PSK session's time. With this one among the
// ten that live between replications they start with 16 KiB.
func holdStack() {
	var frame [128 << 10]byte
	occupy(&frame)
	select {}
}

//go:noinline
func occupy(frame *[128 << 10]byte) { frame[0] = 1 }
