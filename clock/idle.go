package clock

import (
	"runtime"
	"runtime/metrics"
)

// Idleness waits for the moment in which nothing else runs. Unlike quiesce, it does
// not mind goroutines that wait for a mutex: they are not durably blocked, and yet
// cannot run.
type Idleness struct{ counts []metrics.Sample }

// NewIdleness returns an Idleness. It is for one goroutine.
func NewIdleness() *Idleness {
	return &Idleness{counts: []metrics.Sample{
		{Name: "/sched/goroutines/runnable:goroutines"},
		{Name: "/sched/goroutines/running:goroutines"},
	}}
}

// Await returns when no goroutine of the process but the caller runs or could run.
// The runtime calls the counts approximate because other threads may change them
// meanwhile; in a process with one thread of Go code there are none that could, and
// the counts are exact. In another process the caller waits for goroutines that have
// nothing to do with the replication as well.
func (i *Idleness) Await() {
	for {
		metrics.Read(i.counts)
		if i.counts[0].Value.Uint64() == 0 && i.counts[1].Value.Uint64() <= 1 {
			return
		}
		runtime.Gosched()
	}
}
