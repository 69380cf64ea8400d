package sim

import (
	"net/netip"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Packet is one datagram on its way.
type Packet struct {
	ID       trace.Datagram
	From, To netip.AddrPort

	// Sender and Receiver are the actors at the two ends: the one that sends, and
	// the one that last opened a socket at the destination.
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

	// Loss is the probability that a datagram is lost, each independently.
	Loss float64
}

type link struct {
	Link
	w  *World
	mu sync.Mutex // held for a few instructions only

	flows map[[2]string]*flow // by sender and receiver
}

// flow holds the draws of the datagrams from one actor to another.
type flow struct {
	latency, loss draws
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

// fate draws a datagram's fate. Every datagram takes one draw of each stream of
// its flow, whether the draw matters or not, so that those behind it keep theirs.
func (l *link) fate(p *Packet) (latency time.Duration, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{p.Sender, p.Receiver}
	f, ok := l.flows[key]
	if !ok {
		f = &flow{}
		l.flows[key] = f
	}
	if l.Latency != nil {
		latency = f.latency.draw(l.Latency(p), func() *stream.Stream {
			return l.w.Stream("latency/" + p.Sender + ">" + p.Receiver)
		})
	}
	if l.Override != nil {
		if d, ok := l.Override(p); ok {
			latency = d
		}
	}
	if l.Loss > 0 {
		lost = l.Loss > f.loss.uniform(func() *stream.Stream {
			return l.w.Stream("loss/" + p.Sender + ">" + p.Receiver)
		})
	}
	return latency, lost
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
func (w *World) send(from *port, source, destination netip.AddrPort, payload []byte) {
	if w.Stopped() {
		return
	}
	actor := w.Current()
	w.mu.Lock()
	from.host.sent[actor.Name]++
	p := &Packet{
		ID:   trace.Datagram{Actor: actor.Name, Number: from.host.sent[actor.Name]},
		From: source, To: destination,
		Sender: actor.Name, Receiver: w.owners[destination],
		Payload: append([]byte(nil), payload...),
		label:   trace.Label(payload),
	}
	w.mu.Unlock()
	latency, lost := w.link.fate(p)
	r := p.record(from.host.name, trace.Send)
	r.Latency, r.Payload = latency, p.Payload
	if lost {
		r.Kind, r.Latency, r.Detail = trace.Lose, 0, "loss"
		w.recordBy(actor, &r)
		return
	}
	w.recordBy(actor, &r)
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
