package sim

import (
	"runtime"
	"runtime/metrics"
	"sync"
)

// Environment returns the environment variables with which the results of a process are
// reproducible byte for byte. They set one thread of Go code, no preemption by signals, and
// crypto that uses a replaced rand.Reader even if the go.mod of the main module does not ask
// for it.
func Environment() []string {
	return []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1,cryptocustomrand=1", "GOTRACEBACK=all"}
}

// collectAt is the heap size in bytes above which Collect collects garbage. It is small enough
// for the heap to stay in the processor's caches, which makes replications 5 % faster than
// with 24 MiB.
const collectAt = 4 << 20

// MemoryMet reports whether the heap of the process, including garbage, is larger than the
// limit given to OwnProcess. Automatic collection is off, so the heap only grows between two
// collections. A caller that checks before each collection and at the end therefore detects
// every excess. The result is the same in every run of a replication, except for garbage of
// other replications: up to collectAt until the first collection, and kilobytes after it.
func MemoryMet() bool { return memoryLimit > 0 && heap() > memoryLimit }

// heap returns the size in bytes of all objects on the heap, including garbage. It takes 0.3
// microseconds, because it does not stop the world.
func heap() int64 {
	objects := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(objects)
	return int64(objects[0].Value.Uint64())
}

// Collect collects garbage if the heap is large enough. A process that has called OwnProcess
// calls it between two replications. The contents of the pools of the stack under test do not
// affect results: a replication never reads pooled data other than its own.
func Collect() {
	if heap() > collectAt {
		runtime.GC()
	}
}

// largeStacks starts holdStack once.
var largeStacks sync.Once

// holdStack occupies 128 KiB of stack as long as the process lives. The runtime starts a
// goroutine with a stack of the average size in use at the last collection
// (runtime.gcComputeStartingStackSize). Collections between replications find almost no stack
// in use, so the dozens of goroutines of a session would each start with 2 KiB and grow step
// by step. That took 4 % of a PSK session's time. With this goroutine among the ten that live
// between replications, they start with 16 KiB.
func holdStack() {
	var frame [128 << 10]byte
	occupy(&frame)
	select {}
}

//go:noinline
func occupy(frame *[128 << 10]byte) { frame[0] = 1 }
