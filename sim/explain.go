package sim

import (
	"cmp"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// explains holds what the endpoints explain, for Config.Explain, until all has settled. Then no
// goroutine of the replication runs that a receiver could hold up. Guarded by Simulation.mu.
type explains struct {
	reasons []trace.Reason
	taken   map[string]taken // what each actor last read from a socket
}

// taken is a datagram that was read from a socket of a host.
type taken struct {
	host string
	id   trace.DatagramID
}

// Explaining reports whether Config.Explain is set. It is for the Explain field of a stack.Config.
func (w *Simulation) Explaining() bool { return w.config.Explain != nil }

// takes registers that the calling actor reads a datagram from a socket of a host.
func (w *Simulation) takes(h *Host, p *Packet) {
	if !w.Explaining() {
		return
	}
	actor := w.Current().Name
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.explains.taken == nil {
		w.explains.taken = make(map[string]taken)
	}
	w.explains.taken[actor] = taken{h.name, p.ID}
}

// explained registers an explanation of an endpoint of the calling actor.
func (w *Simulation) explained(e stack.Event) {
	if w.Stopped() {
		return
	}
	r := trace.Reason{At: w.Now() - time.Since(e.Read), Actor: w.Current().Name, Explanation: *e.Explanation}
	w.mu.Lock()
	defer w.mu.Unlock()
	if last, ok := w.explains.taken[r.Actor]; ok {
		r.Host, r.Datagram = last.host, last.id
	}
	w.explains.reasons = append(w.explains.reasons, r)
	w.heap.garbage.Add(garbageOfReason)
}

// garbageOfReason is about how many bytes become garbage for each reason: they do not count as the
// replication's.
const garbageOfReason = 1 << 10

// settle passes the reasons on, in an order that is the same in every run: endpoints whose timers
// end at the same instant explain in any order.
func (x *explains) settle(each func(*trace.Reason)) {
	if len(x.reasons) == 0 {
		return
	}
	slices.SortStableFunc(x.reasons, func(a, b trace.Reason) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Actor, b.Actor))
	})
	for i := range x.reasons {
		each(&x.reasons[i])
	}
	x.reasons = x.reasons[:0]
}
