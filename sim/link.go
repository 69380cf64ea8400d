package sim

import (
	"net/netip"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Packet is one datagram on its way.
type Packet struct {
	ID       trace.Datagram
	From, To netip.AddrPort

	// Sender and Receiver are the actors at the two ends: the one that opened the
	// socket that sends, and the one that last opened a socket at the destination.
	Sender, Receiver string

	Payload []byte
	label   string
}

// Link says what becomes of datagrams. All of it is drawn from named streams, one
// for each flow (the datagrams from one actor to another) and purpose, so that
// the n-th datagram of a flow meets the same uniform variate at every design
// point.
type Link struct {
	// Latency returns the one-way latency law of a datagram; nil means no latency.
	Latency func(p *Packet) law.Law

	// Override, if it is not nil, returns a latency that takes the place of the one
	// that was drawn, for the datagrams that it knows. It is called once for each
	// datagram, in the order in which they are sent.
	Override func(p *Packet) (latency time.Duration, ok bool)

	// Loss says which datagrams of a flow are lost; nil means none.
	Loss loss.Model

	// Duplicate is the probability that a datagram that is not lost is delivered
	// twice. The copy arrives DuplicateDelay after the datagram itself; nil means at
	// the same instant.
	Duplicate      float64
	DuplicateDelay law.Law

	// Copies, if it is not nil, returns the delay, behind the datagram, of a copy that
	// is delivered besides, for the datagrams that it knows. It is called as Override
	// is.
	Copies func(p *Packet) (delay time.Duration, ok bool)

	// Down is the interval [From, To) of virtual time in which the link is down: what
	// is sent in it is lost.
	Down Interval
}

// Interval is a half-open interval of virtual time; the zero value is empty.
type Interval struct{ From, To time.Duration }

// Contains tells whether t lies in the interval.
func (i Interval) Contains(t time.Duration) bool { return i.From <= t && t < i.To }

type link struct {
	Link
	w  *World
	mu sync.Mutex // held for a few instructions only

	flows map[[2]string]*flow // by sender and receiver
}

// flow holds the draws of the datagrams from one actor to another.
type flow struct {
	latency, duplicate, delay draws
	loss                      loss.Process
}

// draws is a stream that is made when its first variate is wanted; those that
// nobody wanted are passed over then.
type draws struct {
	stream *stream.Stream
	passed int
}

func (d *draws) uniform(make func() *stream.Stream) float64 {
	if d.stream == nil {
		d.stream = make()
		for range d.passed {
			d.stream.Uint64()
		}
	}
	return d.stream.Uniform()
}

func newLink(w *World, l Link) *link {
	return &link{Link: l, w: w, flows: make(map[[2]string]*flow)}
}

// fate is what becomes of one datagram.
type fate struct {
	latency time.Duration
	lost    string // why; empty if it is not
	copied  bool
	delay   time.Duration // of the copy, behind the datagram
}

// fate draws a datagram's fate. Every datagram takes the same draws of each stream
// of its flow, whether they matter or not, so that those behind it keep theirs.
func (l *link) fate(p *Packet) (f fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{p.Sender, p.Receiver}
	flow := l.flow(key)
	stream := func(purpose string) func() *stream.Stream {
		return func() *stream.Stream { return l.w.Stream(purpose + "/" + key[0] + ">" + key[1]) }
	}
	if l.Latency != nil {
		f.latency = flow.latency.draw(l.Latency(p), stream("latency"))
	}
	if l.Override != nil {
		if d, ok := l.Override(p); ok {
			f.latency = d
		}
	}
	if l.Duplicate > 0 {
		f.copied = flow.duplicate.uniform(stream("duplicate")) < l.Duplicate
		if l.DuplicateDelay != nil {
			f.delay = flow.delay.draw(l.DuplicateDelay, stream("duplicate-delay"))
		}
	}
	if l.Copies != nil {
		if d, ok := l.Copies(p); ok {
			f.copied, f.delay = true, d
		}
	}
	if flow.loss != nil && flow.loss.Lost() {
		f.lost = "loss"
	}
	if l.Down.Contains(l.w.Now()) {
		f.lost = "the link is down"
	}
	return f
}

// flow returns the draws of a flow. The caller holds mu.
func (l *link) flow(key [2]string) *flow {
	f, ok := l.flows[key]
	if !ok {
		f = &flow{}
		if l.Loss != nil && l.Loss.Rate() > 0 {
			f.loss = l.Loss.Start(l.w.Stream("loss/" + key[0] + ">" + key[1]).Uniform)
		}
		l.flows[key] = f
	}
	return f
}

// draw draws from a law. A constant takes its draw too, but nobody looks at it.
func (d *draws) draw(l law.Law, make func() *stream.Stream) time.Duration {
	if c, ok := l.(law.Constant); ok && d.stream == nil {
		d.passed++
		return c.Value
	}
	return law.Latency(l, d.uniform(make))
}

// send gives a datagram to the network. It never blocks.
func (w *World) send(socket *Socket, destination netip.AddrPort, payload []byte) {
	if w.Stopped() {
		return
	}
	actor, from := w.Current(), socket.port
	w.mu.Lock()
	from.host.sent[actor.Name]++
	p := &Packet{
		ID:   trace.Datagram{Actor: actor.Name, Number: from.host.sent[actor.Name]},
		From: socket.local, To: destination,
		Sender: socket.actor, Receiver: w.owners[destination],
		Payload: append([]byte(nil), payload...),
		label:   trace.Label(payload),
	}
	w.mu.Unlock()
	f := w.link.fate(p)
	r := p.record(from.host.name, trace.Send)
	r.Latency, r.Payload = f.latency, p.Payload
	if f.lost != "" {
		r.Kind, r.Latency, r.Detail = trace.Lose, 0, f.lost
		w.recordBy(actor, &r)
		return
	}
	w.recordBy(actor, &r)
	w.schedule(actor, from, p, f.latency)
	if f.copied {
		r.Kind, r.Latency, r.Payload = trace.Copy, f.latency+f.delay, nil
		w.recordBy(actor, &r)
		w.schedule(actor, from, p, r.Latency)
	}
}

// schedule has a datagram delivered after a latency.
func (w *World) schedule(actor *clock.Actor, from *port, p *Packet, latency time.Duration) {
	w.AfterBy(actor, clock.Delivery, latency, func() {
		if reason, host := w.unreachable(p); reason != "" {
			r := p.record(host, trace.Drop)
			r.Detail = reason
			w.record(&r)
			return
		}
		w.mu.Lock()
		w.arriving = p
		w.mu.Unlock()
		from.transmit(p)
	})
}

func (p *Packet) record(host string, kind trace.Kind) trace.Record {
	return trace.Record{
		Host: host, Kind: kind, Datagram: p.ID, From: p.From, To: p.To, Label: p.label, Length: len(p.Payload),
	}
}

// unreachable says why a datagram that reaches its destination now will meet no
// socket there, and where that is; reason is empty if one will take it, or its host
// decide.
func (w *World) unreachable(p *Packet) (reason, host string) {
	for _, h := range w.hosts {
		if h.address != p.To.Addr() {
			continue
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, bound := h.ports[p.To.Port()]; !bound {
			return "no socket is bound to the port", h.name
		}
		return "", h.name
	}
	return "no such host", p.To.Addr().String()
}
