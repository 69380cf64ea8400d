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

// Packet is a datagram in transit.
type Packet struct {
	ID trace.DatagramID

	// From is the address of the sending socket, and To is the destination, both as the
	// sender knows them. Behind a NAT, From is therefore the inside address, which stays the
	// same as long as the socket lives. A datagram to a host behind a NAT goes to an external
	// address; Simulation.Inside returns its inside address.
	From, To netip.AddrPort

	// Sender is the actor that opened the sending socket. Receiver is the actor that last
	// opened a socket at the destination.
	Sender, Receiver string

	Datagram *wire.Datagram // parsed when it was sent

	sent       time.Duration // when
	home       *NAT          // the NAT that its sender is behind; nil on the public network
	forged     bool          // sent by an on-path attacker
	generation int           // generation of the sending socket; see handover
	flow       *flow

	nat     *NAT           // the NAT that it is behind now; nil on the public network
	outside netip.AddrPort // its source on the public network, if a NAT has changed it
}

// headers is the size in bytes of an IPv4 header without options (RFC 791 section 3.1) and
// a UDP header (RFC 768).
const headers = 20 + 8

// size returns the size in bytes of the IP packet that carries the datagram.
func (p *Packet) size() int { return len(p.Datagram.Payload) + headers }

// Link determines the fate of datagrams. It draws from named streams, one for each flow (the
// datagrams of one association in one direction) and each purpose. So the n-th datagram of a
// flow gets the same uniform variates at every design point.
type Link struct {
	// Bottleneck returns the bottleneck that a datagram passes before its latency begins, or
	// nil for none. A nil function means that no datagram passes a bottleneck. Datagrams with
	// the same pointer share a bottleneck.
	Bottleneck func(p *Packet) *Bottleneck

	// Latency returns the one-way latency distribution of a datagram; nil means no latency.
	Latency func(p *Packet) distribution.Distribution

	// Correlation is the correlation of successive latencies of a flow, at least 0 and less
	// than 1. It applies to their normal scores; see [scores]. The marginal distribution of
	// each latency does not change.
	Correlation float64

	// Reorder is the probability that a datagram is held back, so that later datagrams
	// overtake it. ReorderDelay is then added to its latency; nil means no delay.
	Reorder      float64
	ReorderDelay distribution.Distribution

	// Rules override the fate of selected datagrams.
	Rules []Rule

	// Loss returns the loss model of a flow. It is called with the flow's first datagram. nil
	// means that no datagram is lost.
	Loss func(first *Packet) loss.Model

	// MTU is the maximum size in bytes of an IP packet on the path, including the headers of
	// IP and UDP. Larger packets are lost. 0 means no limit.
	MTU int

	// Duplicate is the probability that a datagram that is not lost is delivered
	// twice. The copy arrives DuplicateDelay after the datagram itself; nil means at
	// the same instant.
	Duplicate      float64
	DuplicateDelay distribution.Distribution

	// Down is the interval [From, To) of virtual time in which the link is down. Datagrams
	// sent in it are lost.
	Down Span
}

// Span is a half-open interval [From, To) of virtual time. The zero value is empty.
type Span struct{ From, To time.Duration }

// Contains reports whether t lies in the interval.
func (i Span) Contains(t time.Duration) bool { return i.From <= t && t < i.To }

type link struct {
	Link
	w  *Simulation
	mu sync.Mutex // held for a few instructions only

	flows       map[[2]string][]*flow // by sender and receiver; in the order in which they begin
	bottlenecks map[*Bottleneck]*bottleneck
	rules       []*ruleState
	first       map[string][]*Packet // the first datagrams of each actor, if there are rules
	held        []*held
	tilted      []*tilt.Stream // in any order
}

// flowKey identifies a flow. Two associations of the same two actors are two flows, for
// example when a client reconnects, because timers of their endpoints may fire at one
// instant, in an order that the runtime chooses at random. A flow begins when something
// arrives or a pause ends. These are events, dispatched one at a time, so the flows of two
// actors begin in the same order in every run.
type flowKey struct {
	sender, receiver string
	from, to         netip.AddrPort
	generation       int // distinguishes concurrent associations; see handover
}

// flow holds the draws of the datagrams of one association in one direction.
type flow struct {
	key              flowKey
	name             string // suffix of the names of its streams
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

// fate is the fate of one datagram.
type fate struct {
	latency time.Duration
	rules   []string    // the rules that determined it
	until   Match       // if set: latency begins when a matching datagram arrives
	lost    trace.Event // the reason for its loss; nil if it is not lost
	extra   []extra
}

// fate draws a datagram's fate. Every datagram takes the same number of draws from each
// stream of its flow, needed or not, so that later datagrams keep their draws.
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
	if copied { // relative to the datagram, after the rules
		f.extra = append(f.extra, extra{latency: f.latency + behind, until: f.until})
	}
	return f
}

// stream returns a function that makes a stream, to call when its first variate is needed.
func (l *link) stream(purpose, of string) func() *tilt.Stream {
	return func() *tilt.Stream {
		s := tilt.New(l.w.Stream(purpose+of), purpose+of, &l.w.config.Tilt)
		if !l.w.config.Tilt.Off() {
			l.tilted = append(l.tilted, s)
		}
		return s
	}
}

// flow returns the flow of a datagram. This is usually the flow of the previous datagram of
// the socket. The caller holds mu.
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
	w.sendBy(w.Current(), socket, destination, datagram)
}

// sendBy is send for an actor that the caller knows.
func (w *Simulation) sendBy(actor *clock.Actor, socket *Socket, destination netip.AddrPort, datagram *wire.Datagram) {
	from := socket.port
	w.mu.Lock()
	from.host.sent[actor.Name]++
	p := &Packet{
		ID:   trace.DatagramID{Actor: actor.Name, Number: from.host.sent[actor.Name]},
		From: socket.local, To: destination,
		Sender: socket.actor, Receiver: w.owner(destination), generation: socket.handover.generation,
		Datagram: datagram, sent: w.Now(), home: from.host.nat,
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
		case passes: // a lost datagram is not copied, and one in a bottleneck only later
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

// copy makes the network deliver a second copy of a departing datagram. The record of the
// copy names the place where it is made and the actor that it is attributed to.
func (w *Simulation) copy(by *clock.Actor, place string, d departure, e *extra) {
	r := d.packet.record(place, trace.Copy)
	r.Latency, r.Event = e.latency, byRules(e.rule)
	if e.until.Is != nil {
		r.Kind = trace.HoldCopy
	}
	w.recordBy(by, &r)
	w.scheduleAfter(e.until, d.actor, d.packet, e.latency)
}

// scheduleAfter schedules the delivery of a datagram after a latency. If until is set, the
// latency begins when a datagram that matches it arrives.
func (w *Simulation) scheduleAfter(until Match, actor *clock.Actor, p *Packet, latency time.Duration) {
	if until.Is == nil {
		w.schedule(actor, p, latency)
		return
	}
	w.link.hold(until, func() { w.schedule(actor, p, latency) })
}

// schedule schedules the delivery of a datagram after a latency. It hands the datagram to
// the host directly: a vnet router has nothing to decide, and took a sixth of a session's
// time.
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

// unreachable returns the reason why no socket can take a datagram that reaches its
// destination now, and the name of the destination. reason is 0 if a socket may take the
// datagram, which its host decides.
func (w *Simulation) unreachable(p *Packet) (reason Reason, host string) {
	h := w.host(p.nat, p.To.Addr())
	if h == nil {
		return NoSuchHost, p.To.Addr().String()
	}
	if h.kernel == nil && !h.bound(p.To.Port()) {
		return Unbound, h.name
	}
	return 0, h.name
}
