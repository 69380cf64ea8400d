package sim

import (
	"cmp"
	"math"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// socketCall is a call of a socket that yields.
type socketCall uint8

// The calls, in the order in which those of one socket draw.
const (
	callRead socketCall = iota
	callWrite
	callSetReadDeadline
	callClose
)

// turnstile makes the scheduling of an endpoint's goroutines a draw. Every socket
// call waits at it before it takes effect and lets 0 to most turns go by, as if its
// goroutine had yielded the processor as many times; in between, all others run
// until none can. So which of two goroutines comes first at a socket depends on the
// seed alone.
//
// The calls do not yield by runtime.Gosched itself, for what it does is not the same
// in every run: the runtime looks at the queue of those that yielded before its other
// queue whenever the number of switches since the start of the process is divisible
// by 61, and adds to it, at points that depend on the wall clock, goroutines that have
// run for 10 ms. Neither matters to a turnstile that lets one call pass, waits until
// nothing runs any more, and draws only then, in an order of its own.
//
// A call that waits is durably blocked, but the turnstile is not while one does: no
// virtual time passes, no event is dispatched, and no deferred reader proceeds before
// all have passed. It does not wait by the means of the bubble, because those who have
// to wait for a mutex meanwhile (pion holds two of them while it writes) would keep it
// waiting for ever.
type turnstile struct {
	w       *Simulation
	most    int                       // turns that a call lets go by
	streams map[string]*stream.Stream // by actor; only run touches it
	arrived chan struct{}             // has room for one: somebody waits

	mu      sync.Mutex // held for a few instructions only
	waiting []*passage
}

// passage is one call on its way through the turnstile.
type passage struct {
	actor  string
	socket *Socket
	call   socketCall
	pass   chan struct{}
	drawn  bool

	// turn is when it passes: the whole turns since the turnstile was empty, and a
	// fraction that orders those of one turn.
	turn float64
}

// startTurnstile starts the turnstile if the replication is to have one.
func (w *Simulation) startTurnstile() {
	if w.config.Perturb <= 0 {
		return
	}
	t := &turnstile{
		w: w, most: w.config.Perturb, streams: make(map[string]*stream.Stream), arrived: make(chan struct{}, 1),
	}
	w.turnstile = t
	end := make(chan struct{})
	w.OnEnd(func() { close(end) }) // nobody waits then: the end comes only when all is settled
	go t.run(end)
}

// yield has a call wait at the turnstile, if there is one. A call of a socket that is
// closed already changes nothing and does not wait: how many of those pion makes is
// left to a select between two channels that are both ready (connctx.ReadContext). The
// caller does not hold Host.mu.
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
	default: // it knows
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

// next draws for the calls that have come since, and takes the first to pass off the
// list; it returns nil if none waits. Those that have come are drawn for in an order
// that is the same in every run, and not in the order in which they came.
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

// stream returns the stream of an actor, so that how many calls one makes disturbs
// the draws of no other.
func (t *turnstile) stream(actor string) *stream.Stream {
	s, ok := t.streams[actor]
	if !ok {
		s = t.w.Stream("perturb/" + actor)
		t.streams[actor] = s
	}
	return s
}

// compare orders passages in a way that is the same in every run: an endpoint has at
// most one call of each kind under way at its socket.
func (p *passage) compare(q *passage) int {
	return cmp.Or(cmp.Compare(p.actor, q.actor), p.socket.compare(q.socket), cmp.Compare(p.call, q.call))
}
