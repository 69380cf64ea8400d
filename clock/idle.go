package clock

import (
	"runtime"
	"runtime/metrics"
)

// Idleness waits until nothing else runs. Unlike quiesce, it does not wait for goroutines
// that are blocked on a mutex: they cannot run, although they are not durably blocked.
type Idleness struct{ counts []metrics.Sample }

// NewIdleness returns an Idleness, which only one goroutine may use.
func NewIdleness() *Idleness {
	return &Idleness{counts: []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
	}}
}

// Await returns when no goroutine of the process except the caller is running or runnable.
// The runtime documents the counts as approximate, because other threads may change them
// meanwhile. In a process with a single thread of Go code no other thread can, and the counts
// are exact. In any other process, Await also waits for goroutines that have nothing to do
// with the replication.
func (i *Idleness) Await() {
	for {
		metrics.Read(i.counts)
		if i.counts[0].Value.Uint64() == 0 && i.counts[1].Value.Uint64() <= 1 {
			return
		}
		runtime.Gosched()
	}
}
