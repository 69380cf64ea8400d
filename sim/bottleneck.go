package sim

import (
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Bottleneck describes where the datagrams of several senders queue for one line of
// a finite rate: at the senders' end of the path, before their latency begins. It
// serves first the one that came first, and each for as long as its IP packet (the
// payload and 28 bytes of headers) takes at that rate, in whole nanoseconds, rounded
// up. One that comes when the queue is full is lost (tail drop). What the network
// loses otherwise never gets there, and what it copies, holds, or lets an on-path attacker
// forge takes no more time of the line: all that happens behind it.
type Bottleneck struct {
	Name  string // of the place, which has a column of its own in the trace
	Rate  BitRate
	Queue int // how many datagrams there is room for, with the one in service; at least 1
}

// bottleneck is a Bottleneck in a replication.
type bottleneck struct {
	Bottleneck
	leaving []time.Duration // when each of those in it will have left it, in order
}

// enter takes a datagram of that size that comes now, and returns how long it stays:
// it waits for those before it, and is then served. ok is false if there is no room. One
// that leaves at the instant at which another comes has made room for it.
//
// Calls come in the order of time.
func (b *bottleneck) enter(now time.Duration, bytes int) (stay time.Duration, ok bool) {
	left := 0
	for left < len(b.leaving) && b.leaving[left] <= now {
		left++
	}
	b.leaving = b.leaving[left:]
	n := len(b.leaving)
	if n >= b.Queue {
		return 0, false
	}
	begins := now
	if n > 0 {
		begins = b.leaving[n-1]
	}
	leaves := begins + b.Rate.serialisation(bytes)
	b.leaving = append(b.leaving, leaves)
	return leaves - now, true
}

// bottleneck returns the one that a datagram has to pass, or nil.
func (l *link) bottleneck(p *Packet) *bottleneck {
	if l.Bottleneck == nil {
		return nil
	}
	config := l.Bottleneck(p)
	if config == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.bottlenecks[config]
	if !ok {
		b = &bottleneck{Bottleneck: *config}
		l.bottlenecks[config] = b
	}
	return b
}

// enter has a datagram enter the bottleneck on its way. Two actors may send at one
// instant, in an order that the runtime draws at random, and the order in which their
// datagrams enter decides over both. So the sender's goroutine does not touch the
// queue: the datagram enters by an event of this instant, whose place among the others
// is that of its sender and its number.
//
// What then happens is recorded as of the bottleneck, a place of its own as a host is.
// When a datagram leaves depends on whether another was still there when it came, and
// this order has to be one of events of one place: then it is part of the signature, and
// while it stays the same, times are affine in a probe.
func (w *Simulation) enter(b *bottleneck, d departure) {
	w.AfterBy(d.actor, clock.Delivery, 0, func() {
		r := d.packet.record(b.Name, trace.Enter)
		stay, ok := b.enter(w.Now(), d.packet.size())
		if !ok {
			r.Kind, r.Event = trace.Lose, QueueFull
		}
		w.record(&r)
		if ok {
			w.AfterBy(d.actor, clock.Delivery, stay, func() { w.leave(b, d) })
		}
	})
}

// leave has a datagram leave the bottleneck.
func (w *Simulation) leave(b *bottleneck, d departure) {
	r := d.packet.record(b.Name, trace.Leave)
	r.Latency, r.Event = d.fate.latency, byRules(d.fate.rules...)
	if d.fate.until.Is != nil {
		r.Kind = trace.Hold
	}
	w.record(&r)
	w.depart(d)
	for i := range d.fate.extra {
		if e := &d.fate.extra[i]; e.forged == nil {
			w.copy(w.Current(), b.Name, d, e)
		}
	}
}
