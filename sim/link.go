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

	streams map[string]*stream.Stream
}

func newLink(w *World, l Link) *link {
	return &link{Link: l, w: w, streams: make(map[string]*stream.Stream)}
}

// fate draws a datagram's fate. Every datagram takes one draw of each stream of
// its flow, whether the draw matters or not, so that those behind it keep theirs.
func (l *link) fate(p *Packet) (latency time.Duration, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	flow := p.Sender + ">" + p.Receiver
	u := l.stream("latency/" + flow).Uniform()
	if l.Latency != nil {
		latency = law.Latency(l.Latency(p), u)
	}
	if l.Override != nil {
		if d, ok := l.Override(p); ok {
			latency = d
		}
	}
	if l.Loss > 0 {
		lost = l.stream("loss/"+flow).Uniform() < l.Loss
	}
	return latency, lost
}

func (l *link) stream(name string) *stream.Stream {
	s, ok := l.streams[name]
	if !ok {
		s = l.w.Stream(name)
		l.streams[name] = s
	}
	return s
}

// send gives a datagram to the network. It never blocks.
func (w *World) send(from *port, source, destination netip.AddrPort, payload []byte) {
	if w.Stopped() {
		return
	}
	actor := w.Current().Name
	w.mu.Lock()
	from.host.sent[actor]++
	p := &Packet{
		ID:   trace.Datagram{Actor: actor, Number: from.host.sent[actor]},
		From: source, To: destination,
		Sender: actor, Receiver: w.owners[destination],
		Payload: append([]byte(nil), payload...),
		label:   trace.Label(payload),
	}
	w.mu.Unlock()
	latency, lost := w.link.fate(p)
	r := p.record(from.host.name, trace.Send)
	r.Latency = latency
	if lost {
		r.Kind, r.Latency, r.Detail = trace.Lose, 0, "loss"
		w.record(r)
		return
	}
	w.record(r)
	w.After(clock.Delivery, latency, func() {
		w.mu.Lock()
		w.arriving = p
		w.mu.Unlock()
		from.transmit(p)
	})
}

func (p *Packet) record(host string, kind trace.Kind) trace.Record {
	return trace.Record{
		Host: host, Kind: kind, Datagram: p.ID, From: p.From, To: p.To, Label: p.label, Payload: p.Payload,
	}
}

// unreachable records a datagram that reached its host's address and found no
// socket bound to the port.
func (w *World) unreachable(p *Packet) {
	r := p.record("", trace.Drop)
	r.Host, r.Detail = p.To.Addr().String(), "no such host"
	for _, h := range w.hosts {
		if h.address == p.To.Addr() {
			r.Host, r.Detail = h.name, "no socket is bound to the port"
		}
	}
	w.record(r)
}
