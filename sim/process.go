package sim

import "sync"

// Environment returns the environment variables with which the results of a process are
// reproducible byte for byte. They set one thread of Go code, no preemption by signals, and
// crypto that uses a replaced rand.Reader even if the go.mod of the main module does not ask
// for it.
func Environment() []string {
	return []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1,cryptocustomrand=1", "GOTRACEBACK=all"}
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
