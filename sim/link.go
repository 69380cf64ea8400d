package sim

import (
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Packet is one datagram on its way.
type Packet struct {
	ID trace.DatagramID

	// From is the address of the socket that sends, and To what it sends to, each as
	// the sender knows it. Behind a NAT, From is therefore the inside address, which is
	// the same for the whole life of a socket; what goes to a host behind a NAT goes to
	// an external address, and Simulation.Inside tells whose that is.
	From, To netip.AddrPort

	// Sender and Receiver are the actors at the two ends: the one that opened the
	// socket that sends, and the one that last opened a socket at the destination.
	Sender, Receiver string

	Datagram *wire.Datagram // with its DTLS records, which were parsed when it was sent

	forged     bool // by an on-path attacker
	generation int  // of the socket that sends, among those of one peer
	flow       *flow

	nat     *NAT           // on whose inside it is; nil on the public network
	outside netip.AddrPort // its source on the public network, if a NAT has changed that
}

// headers is the size of the headers of IPv4 without options (RFC 791 section 3.1)
// and of UDP (RFC 768), in bytes.
const headers = 20 + 8

// size returns the size of the IP packet that carries the datagram, in bytes.
func (p *Packet) size() int { return len(p.Datagram.Payload) + headers }

// Link says what becomes of datagrams. All of it is drawn from named streams, one
// for each flow (the datagrams of one association in one direction) and purpose, so that
// the n-th datagram of a flow meets the same uniform variate at every design
// point.
type Link struct {
	// Bottleneck returns the bottleneck that a datagram passes before its latency
	// begins; nil, or one that returns nil, means none. Datagrams share the one that
	// they are given the same pointer to.
	Bottleneck func(p *Packet) *Bottleneck

	// Latency returns the one-way latency distribution of a datagram; nil means no latency.
	Latency func(p *Packet) distribution.Distribution

	// Correlation is that of successive latencies of a flow, from 0 to below 1: the
	// correlation of their normal scores, see [scores]. Each latency by itself keeps
	// its distribution.
	Correlation float64

	// Reorder is the probability that a datagram is held back, so that those behind it
	// overtake it: ReorderDelay is added to its latency; nil means no delay.
	Reorder      float64
	ReorderDelay distribution.Distribution

	// Rules single out datagrams.
	Rules []Rule

	// Loss returns the model by which datagrams of a flow are lost; it is asked when a
	// flow sends its first. nil means that none are.
	Loss func(first *Packet) loss.Model

	// MTU is the largest IP packet, in bytes, that the path carries, the headers of IP
	// and UDP included; a larger datagram is lost. 0 means any.
	MTU int

	// Duplicate is the probability that a datagram that is not lost is delivered
	// twice. The copy arrives DuplicateDelay after the datagram itself; nil means at
	// the same instant.
	Duplicate      float64
	DuplicateDelay distribution.Distribution

	// Down is the interval [From, To) of virtual time in which the link is down: what
	// is sent in it is lost.
	Down Span
}

// Span is a half-open interval of virtual time; the zero value is empty.
type Span struct{ From, To time.Duration }

// Contains tells whether t lies in the interval.
func (i Span) Contains(t time.Duration) bool { return i.From <= t && t < i.To }

type link struct {
	Link
	w  *Simulation
	mu sync.Mutex // held for a few instructions only

	flows       map[[2]string][]*flow // from one actor to another, in their order
	bottlenecks map[*Bottleneck]*bottleneck
	rules       []*ruleState
	held        []*held
	tilted      []*tilt.Stream // in any order
}

// flowKey tells flows apart. Two associations of the same two actors, of a client that
// reconnects, for example, are two flows: timers of their endpoints may fire at one
// instant, in an order that the runtime draws. A flow begins when something arrives or a
// pause ends, which is one event at a time, and so the first, the second and so on are the
// same in every run.
type flowKey struct {
	sender, receiver string
	from, to         netip.AddrPort
	generation       int // of associations beside one another: see handover
}

// flow holds the draws of the datagrams of one association in one direction.
type flow struct {
	key              flowKey
	name             string // ends the names of its streams
	ordinal          int    // among the flows of its two actors, from 1
	latency          draws
	reorder, held    draws // whether a datagram is held back, and for how long
	duplicate, delay draws
	loss             loss.Process
}

func newLink(w *Simulation, config Link) *link {
	l := &link{Link: config, w: w, flows: make(map[[2]string][]*flow), bottlenecks: make(map[*Bottleneck]*bottleneck)}
	for _, r := range config.Rules {
		l.rules = append(l.rules, &ruleState{Rule: r})
	}
	return l
}

// fate is what becomes of one datagram.
type fate struct {
	latency time.Duration
	rules   []string    // that determined it
	until   Match       // if it waits for another datagram to arrive; its latency counts from there
	lost    trace.Event // why; nil if it is not
	extra   []extra
}

// fate draws a datagram's fate. Every datagram takes the same draws of each stream
// of its flow, whether they matter or not, so that those behind it keep theirs.
func (l *link) fate(sender *Socket, p *Packet) (f fate) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p.flow = l.flow(sender, p)
	flow, now := p.flow, l.w.Now()
	if l.w.Watching() {
		l.w.watch.sent(p, l, now)
	}
	if l.Latency != nil {
		f.latency = flow.latency.draw(l.Latency(p), now, l.stream("latency", flow.name))
	}
	if l.Reorder > 0 {
		back := flow.reorder.chance(l.Reorder, l.stream("reorder", flow.name))
		var delay time.Duration
		if l.ReorderDelay != nil {
			delay = flow.held.draw(l.ReorderDelay, now, l.stream("reorder-delay", flow.name))
		}
		if back {
			f.latency += delay
		}
	}
	var copied bool
	var behind time.Duration
	if l.Duplicate > 0 {
		copied = flow.duplicate.chance(l.Duplicate, l.stream("duplicate", flow.name))
		if l.DuplicateDelay != nil {
			behind = flow.delay.draw(l.DuplicateDelay, now, l.stream("duplicate-delay", flow.name))
		}
	}
	if flow.loss != nil && flow.loss.Lost() {
		f.lost = Loss
	}
	if l.Down.Contains(now) {
		f.lost = LinkDown
	}
	if l.MTU > 0 && p.size() > l.MTU {
		f.lost = TooLarge{MTU: l.MTU}
	}
	l.apply(p, now, &f)
	if copied { // behind the datagram, wherever the rules have put that
		f.extra = append(f.extra, extra{latency: f.latency + behind, until: f.until})
	}
	return f
}

// stream returns what makes a stream when its first variate is wanted.
func (l *link) stream(purpose, of string) func() *tilt.Stream {
	return func() *tilt.Stream {
		s := tilt.New(l.w.Stream(purpose+of), purpose+of, &l.w.config.Tilt)
		if !l.w.config.Tilt.Off() {
			l.tilted = append(l.tilted, s)
		}
		return s
	}
}

// flow returns the draws of the flow that a datagram belongs to: mostly the one of the
// datagram that the socket sent before. The caller holds mu.
func (l *link) flow(sender *Socket, p *Packet) *flow {
	key := flowKey{p.Sender, p.Receiver, p.From, p.To, p.generation}
	if f := sender.flow; f != nil && f.key == key {
		return f
	}
	pair := [2]string{p.Sender, p.Receiver}
	between := l.flows[pair]
	i := slices.IndexFunc(between, func(f *flow) bool { return f.key == key })
	if i < 0 {
		i = len(between)
		f := &flow{key: key, name: "/" + p.Sender + ">" + p.Receiver, ordinal: i + 1}
		if f.ordinal > 1 {
			f.name += "#" + strconv.Itoa(f.ordinal)
		}
		if l.Correlation > 0 {
			f.latency.correlated = &scores{correlation: l.Correlation}
		}
		if l.Loss != nil {
			if m := l.Loss(p); m.Rate() > 0 {
				f.loss = m.Start(l.stream("loss", f.name)().Chance)
			}
		}
		between = append(between, f)
		l.flows[pair] = between
	}
	sender.flow = between[i]
	return between[i]
}

// send gives a datagram to the network. It never blocks.
func (w *Simulation) send(socket *Socket, destination netip.AddrPort, datagram *wire.Datagram) {
	if w.Stopped() {
		return
	}
	actor, from := w.Current(), socket.port
	w.mu.Lock()
	from.host.sent[actor.Name]++
	p := &Packet{
		ID:   trace.DatagramID{Actor: actor.Name, Number: from.host.sent[actor.Name]},
		From: socket.local, To: destination,
		Sender: socket.actor, Receiver: w.owner(destination), generation: socket.handover.generation,
		Datagram: datagram,
	}
	w.mu.Unlock()
	d := departure{actor: actor, packet: p, fate: w.link.fate(socket, p)}
	f, b := &d.fate, w.link.bottleneck(p)
	r := p.record(from.host.name, trace.Send)
	r.Latency, r.Sent, r.Event = f.latency, true, byRules(f.rules...)
	switch {
	case f.lost != nil:
		r.Kind, r.Latency, r.Event = trace.Lose, 0, f.lost
	case b != nil:
		r.Kind = trace.Queue
	case f.until.Is != nil:
		r.Kind = trace.Hold
	}
	w.recordBy(actor, &r)
	if n := from.host.nat; n != nil {
		n.cross(actor, p)
	}
	passes := f.lost == nil && b == nil
	switch {
	case passes:
		w.depart(d)
	case f.lost == nil:
		w.enter(b, d)
	}
	for i := range f.extra {
		e := &f.extra[i]
		switch {
		case e.forged != nil:
			w.forge(actor, p, e)
		case passes: // or else there is nothing to copy, or not yet
			w.copy(actor, from.host.name, d, e)
		}
	}
}

// departure is a datagram that an actor has sent, with its fate.
type departure struct {
	actor  *clock.Actor
	packet *Packet
	fate   fate
}

// depart begins the latency of a datagram.
func (w *Simulation) depart(d departure) {
	w.scheduleAfter(d.fate.until, d.actor, d.packet, d.fate.latency)
}

// copy has the network deliver a datagram that departs a second time, which is
// recorded as of a place, by an actor or the network.
func (w *Simulation) copy(by *clock.Actor, place string, d departure, e *extra) {
	r := d.packet.record(place, trace.Copy)
	r.Latency, r.Event = e.latency, byRules(e.rule)
	if e.until.Is != nil {
		r.Kind = trace.HoldCopy
	}
	w.recordBy(by, &r)
	w.scheduleAfter(e.until, d.actor, d.packet, e.latency)
}

// scheduleAfter has a datagram delivered after a latency, which counts from the
// arrival of one that matches until, if there is such a condition.
func (w *Simulation) scheduleAfter(until Match, actor *clock.Actor, p *Packet, latency time.Duration) {
	if until.Is == nil {
		w.schedule(actor, p, latency)
		return
	}
	w.link.hold(until, func() { w.schedule(actor, p, latency) })
}

// schedule has a datagram delivered after a latency. The network hands it to the host
// itself: a router of vnet has nothing to decide, and cost a sixth of a session.
func (w *Simulation) schedule(actor *clock.Actor, p *Packet, latency time.Duration) {
	w.AfterBy(actor, clock.Delivery, latency, func() {
		if w.takenByNAT(p) {
			return
		}
		if reason, host := w.unreachable(p); reason != 0 {
			r := p.record(host, trace.Drop)
			r.From, r.Event = p.source(), reason
			w.record(&r)
			return
		}
		w.link.arrived(p)
		w.host(p.nat, p.To.Addr()).receive(p, p.source(), p.To)
	})
}

func (p *Packet) record(host string, kind trace.RecordKind) trace.Record {
	return trace.Record{Host: host, Kind: kind, ID: p.ID, From: p.From, To: p.To, Datagram: p.Datagram}
}

// unreachable says why a datagram that reaches its destination now will meet no
// socket there, and where that is; reason is 0 if one will take it, or its host
// decide.
func (w *Simulation) unreachable(p *Packet) (reason Reason, host string) {
	h := w.host(p.nat, p.To.Addr())
	if h == nil {
		return NoSuchHost, p.To.Addr().String()
	}
	if !h.bound(p.To.Port()) {
		return Unbound, h.name
	}
	return 0, h.name
}
