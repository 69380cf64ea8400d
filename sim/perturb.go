package sim

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// socketCall is a kind of socket call that yields.
type socketCall uint8

// The calls. Simultaneous calls of one socket draw in this order.
const (
	callRead socketCall = iota
	callWrite
	callSetReadDeadline
	callClose
)

// turnstile makes the scheduling of an endpoint's goroutines random. Before a socket call
// takes effect, it waits at the turnstile for 0 to most turns, as if its goroutine had yielded
// the processor that many times. In each turn, all other goroutines run until none can. So
// only the seed decides which of two goroutines comes first at a socket.
//
// The calls do not use runtime.Gosched to yield, because its effect varies between runs. The
// runtime checks the queue of goroutines that yielded before its other queue whenever the
// number of switches since the start of the process is divisible by 61. It also adds
// goroutines that have run for 10 ms to that queue, at points that depend on the wall clock.
// Neither affects the turnstile: it lets one call pass, waits until nothing runs any more, and
// only then draws, in a fixed order.
//
// A waiting call is durably blocked, but while calls wait the turnstile is not. So no virtual
// time passes, no event is dispatched, and no deferred reader proceeds before all calls have
// passed. The turnstile does not use synctest.Wait, because goroutines that wait for a mutex
// meanwhile (pion holds two of them while it writes) would make it wait forever.
type turnstile struct {
	w       *Simulation
	most    int                       // maximum number of turns that a call waits
	streams map[string]*stream.Stream // by actor; only run uses it
	arrived chan struct{}             // of capacity 1; signals that a call waits

	mu      sync.Mutex // held for a few instructions only
	waiting []*passage
}

// passage is a call that waits at the turnstile.
type passage struct {
	actor  string
	socket *Socket
	call   socketCall
	pass   chan struct{}
	drawn  bool

	// turn says when the call passes. The integer part counts turns since the turnstile was
	// empty, and the fraction orders the calls of one turn.
	turn float64
}

// startTurnstile starts the turnstile if Config.Perturb is above 0.
func (w *Simulation) startTurnstile() {
	if w.config.Perturb <= 0 {
		return
	}
	t := &turnstile{
		w: w, most: w.config.Perturb, streams: make(map[string]*stream.Stream), arrived: make(chan struct{}, 1),
	}
	w.turnstile = t
	end := make(chan struct{})
	w.OnEnd(func() { close(end) }) // no call waits then: a replication ends only when settled
	go t.run(end)
}

// yield makes a call wait at the turnstile, if there is one. A call of a closed socket changes
// nothing and does not wait: the number of such calls that pion makes depends on a select
// between two channels that are both ready (connctx.ReadContext). The caller must not hold
// Host.mu.
func (s *Socket) yield(call socketCall) {
	h := s.port.host
	t := h.w.turnstile
	if t == nil || h.w.Stopped() {
		return
	}
	h.mu.Lock()
	closed := s.closed || s.draining
	h.mu.Unlock()
	if closed {
		return
	}
	p := &passage{actor: h.w.Current().Name, socket: s, call: call, pass: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, p)
	t.mu.Unlock()
	select {
	case t.arrived <- struct{}{}:
	default: // it is already signalled
	}
	<-p.pass
}

// run lets calls pass, one at a time, until end is closed.
func (t *turnstile) run(end <-chan struct{}) {
	idle := clock.NewIdleness()
	for {
		select {
		case <-t.arrived:
		case <-end:
			return
		}
		for turn := 0.0; ; {
			idle.Await()
			p := t.next(turn)
			if p == nil {
				break
			}
			turn = math.Floor(p.turn)
			close(p.pass)
		}
	}
}

// next draws the turns of new calls, removes the first call to pass from the list and returns
// it. It returns nil if no call waits. It draws in an order that is the same in every run, not
// in the order of arrival.
func (t *turnstile) next(turn float64) *passage {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return nil
	}
	slices.SortStableFunc(t.waiting, (*passage).compare)
	first := t.waiting[0]
	for _, p := range t.waiting {
		if !p.drawn {
			p.drawn, p.turn = true, turn+t.stream(p.actor).Uniform()*float64(t.most+1)
		}
		if p.turn < first.turn {
			first = p
		}
	}
	t.waiting = slices.DeleteFunc(t.waiting, func(p *passage) bool { return p == first })
	return first
}

// stream returns the stream of an actor. Each actor has its own, so the number of calls of one
// actor does not affect the draws of another.
func (t *turnstile) stream(actor string) *stream.Stream {
	s, ok := t.streams[actor]
	if !ok {
		s = t.w.Stream("perturb/" + actor)
		t.streams[actor] = s
	}
	return s
}

// compare orders passages. The order is the same in every run, because an endpoint has at most
// one call of each kind in progress at its socket.
func (p *passage) compare(q *passage) int {
	return cmp.Or(cmp.Compare(p.actor, q.actor), p.socket.compare(q.socket), cmp.Compare(p.call, q.call))
}
