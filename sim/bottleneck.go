package sim

import (
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Bottleneck is a line of finite rate for which the datagrams of several senders queue. It is
// at the senders' end of the path, before the latency begins. It serves datagrams in order of
// arrival. Service takes the time to send the IP packet (the payload and 28 bytes of headers)
// at the rate, rounded up to whole nanoseconds. A datagram that arrives when the queue is full
// is lost (tail drop). Datagrams that the network loses for other reasons never reach the
// bottleneck. Copies, held datagrams and forged datagrams take no additional time on the line,
// because they arise after it.
type Bottleneck struct {
	Name  string // name of the place; it has its own column in the trace
	Rate  BitRate
	Queue int // capacity in datagrams, including the one in service; at least 1
}

// bottleneck is a Bottleneck in a replication.
type bottleneck struct {
	Bottleneck
	leaving []time.Duration // when each datagram in it will leave, in order
}

// enter admits a datagram that arrives now and returns how long it stays, including the wait
// for those before it. ok is false if the queue is full. A datagram that leaves at the instant
// at which another arrives makes room for it.
//
// Calls must be in order of time.
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

// bottleneck returns the bottleneck that a datagram must pass, or nil.
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

// enter makes a datagram enter the bottleneck. Two actors may send at one instant, in an order
// that the runtime chooses at random, and the order in which their datagrams enter affects
// both. So the sender's goroutine does not touch the queue. Instead, the datagram enters with
// an event of this instant, which is ordered by its sender and sequence number.
//
// What happens then is recorded at the bottleneck, which is a place in the trace as a host is.
// When a datagram leaves depends on whether another was still there when it arrived. Because
// both events have the same place, their order is part of the signature. As long as the order
// stays the same, times are affine in a probe.
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

// leave makes a datagram leave the bottleneck.
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
