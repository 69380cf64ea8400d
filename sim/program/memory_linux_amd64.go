package program

import (
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dtlssim/dtlssim/sim"
)

// watchEvery is how often the memory of programs is looked at while they run: seldom enough to cost nothing in a
// replication of a few milliseconds.
const watchEvery = 20 * time.Millisecond

// guard ends the processes of a machine if they take more memory than a replication may: nothing else would
// stop one that allocates and never waits.
type guard struct {
	mu       sync.Mutex
	ids      map[int]bool // the processes, as the host's kernel knows them
	timer    *time.Timer  // nil: nothing runs
	exceeded bool
}

func (g *guard) add(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ids == nil {
		g.ids = make(map[int]bool)
	}
	g.ids[id] = true
}

func (g *guard) remove(id int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.ids, id)
}

// start begins to look, until stop. The timer is one of the real time: the thread of the tracer is in no bubble.
func (g *guard) start() {
	limit := sim.MemoryLimit()
	if limit == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer = time.AfterFunc(watchEvery, func() { g.look(limit) })
}

func (g *guard) look(limit int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer == nil {
		return
	}
	total := int64(0)
	for id := range g.ids { // in any order
		total += resident(id)
	}
	if total <= limit {
		g.timer.Reset(watchEvery)
		return
	}
	g.exceeded = true
	for id := range g.ids {
		_ = unix.Kill(id, unix.SIGKILL)
	}
}

// stop ends looking, and reports whether the processes took too much.
func (g *guard) stop() (exceeded bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
	return g.exceeded
}

// resident returns the memory of a process, in bytes; 0 if it has gone.
func resident(id int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", id))
	if err != nil {
		return 0
	}
	var all, pages int64
	if _, err := fmt.Sscan(string(b), &all, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
