package outcome

import (
	"net/netip"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// flights follows the flights of handshakes. It counts flights, and not the datagrams that carry
// them: a flight is sent again when its first part is, however it is cut into datagrams.
//
// A repetition was for nothing if the peer had all of it before. It was needed if it brought a part
// that the peer did not have, or if a part of the peer's answer was lost and did not arrive by
// another sending: the repetition then asks for that answer again. All of this depends on the order
// of each host's own events, which the signature of a run contains.
type flights struct {
	numbers network.Clients
	known   map[flightKey]*flight
	clients map[int]*handshakes      // by number; 0 is a peer that is no client
	peers   map[netip.AddrPort]int   // clients by address as seen by the server
	owners  map[netip.AddrPort]int   // clients by their own address
	tries   map[string]int           // sessions of each actor so far
	parts   map[*wire.Datagram]piece // datagrams on their way, or arrived lately
	order   []*wire.Datagram         // of parts, oldest first
	now     int                      // records so far

	arriving, sending place // the latest entries of peers and owners

	retransmissions int64
	duplicates      int // repetitions for nothing, in handshakes that were completed
}

// place is a client at an address.
type place struct {
	client int
	at     netip.AddrPort
}

// mostPieces limits how many datagrams are remembered: far more than are on their way at a time.
const mostPieces = 8192

// handshakes are a client's attempts to connect, seen from both sides.
type handshakes struct {
	list       []*flight
	duplicates int // in the current attempt
	completed  bool
}

// flightKey identifies a flight of one side in one attempt.
type flightKey struct {
	actor  string
	to     netip.AddrPort
	try    int
	number int
}

// flight is a flight, and what became of it.
type flight struct {
	flightKey
	client  int // of the handshake
	of      *handshakes
	initial sending
	last    *sending
	arrived []arrivedPart
	whole   int        // the record at which all of it had arrived; 0 if it has not
	lost    []lostPart // what was lost of it
	counted []*sending // repetitions that were for nothing, as far as known
}

// sending is one sending of a flight: the first, or a repetition.
type sending struct {
	flight    *flight
	at        time.Duration
	first     wire.Part
	parts     []wire.Part
	encrypted uint32 // encrypted records so far
	sent      int    // the record of its first datagram
	received  int    // the record of its latest arrival
	repeats   bool
	brought   bool // it brought a part that the peer did not have
	counted   bool // it counts among the repetitions for nothing
}

// piece is a datagram of a sending. Its parts are from:to of those of the sending.
type piece struct {
	sending  *sending
	from, to int
	sent     int // the record that sends it
}

type arrivedPart struct {
	part     wire.Part
	at       int // the record of its first arrival
	arrivals int // those not taken back
}

type lostPart struct {
	part wire.Part
	sent int // the record that sent it, when it was last lost
}

func newFlights(numbers network.Clients) flights {
	return flights{
		numbers: numbers, known: make(map[flightKey]*flight, 16), clients: make(map[int]*handshakes, len(numbers)),
		peers: make(map[netip.AddrPort]int), owners: make(map[netip.AddrPort]int), tries: make(map[string]int),
		parts: make(map[*wire.Datagram]piece, 32), order: make([]*wire.Datagram, 0, 32),
	}
}

// add follows a record of the trace.
func (f *flights) add(e *trace.Record) {
	f.now++
	switch e.Kind {
	case trace.Send, trace.Lose, trace.Hold, trace.Queue:
		if e.Actor != "" {
			f.sent(e)
		} else if e.Kind == trace.Lose {
			f.lost(e.Datagram)
		}
	case trace.Arrive:
		if client := f.numbers[e.ID.Actor]; client > 0 && (client != f.arriving.client || e.From != f.arriving.at) {
			f.peers[e.From] = client
			f.arriving = place{client, e.From}
		}
		f.arrived(e)
	case trace.Drop:
		if _, expired := e.Event.(sim.MappingExpired); expired {
			f.lost(e.Datagram)
		}
		switch e.Event { // a datagram that finds its receiver gone is late, not lost
		case sim.SocketReleased:
			f.unread(e.Datagram)
		case sim.BufferFull, sim.NoExternalPort, sim.NeverMapped, sim.Filtered:
			f.lost(e.Datagram)
		}
	case trace.Note:
		f.noted(e)
	}
}

func (f *flights) noted(e *trace.Record) {
	switch event := e.Event.(type) {
	case Accepted:
		if !event.Again {
			f.tries[e.Actor]++
		}
	case ClientFailed:
		f.tries[e.Actor]++
		if c := f.clients[f.numbers[e.Actor]]; c != nil {
			f.duplicates += c.unnecessary()
			c.duplicates, c.completed = 0, false
		}
	case Completed:
		if c := f.clients[f.numbers[e.Actor]]; c != nil {
			c.completed = true
		}
	case sim.ListenerDropped:
		f.unread(event.Datagram)
	case Discarded:
		f.unread(event.First)
	}
}

// unnecessary returns the number of repetitions for nothing in the current attempt, if its
// handshake was completed.
func (h *handshakes) unnecessary() int {
	if !h.completed {
		return 0
	}
	return h.duplicates
}

// total returns the number of repetitions for nothing in all handshakes that were completed.
func (f *flights) total() int {
	total := f.duplicates
	for _, c := range f.clients { // the order does not affect a sum
		total += c.unnecessary()
	}
	return total
}

// sent follows a datagram that an endpoint sends.
func (f *flights) sent(e *trace.Record) {
	client := f.numbers[e.Actor]
	number := e.Datagram.Flight(client > 0)
	if client > 0 && (client != f.sending.client || e.From != f.sending.at) {
		f.owners[e.From] = client
		f.sending = place{client, e.From}
	}
	if number == 0 {
		return
	}
	g := f.flight(flightKey{e.Actor, e.To, f.tries[e.Actor], number}, client)
	var room [8]wire.Part
	parts, encrypted := e.Datagram.AppendParts(room[:0], 0)
	s := g.last
	if s == nil || s.at != e.At || parts[0] == s.first {
		if s = &g.initial; g.last != nil {
			s = &sending{repeats: true}
			f.retransmissions++
		}
		s.flight, s.at, s.first, s.sent = g, e.At, parts[0], f.now
		g.last = s
	} else if s.encrypted > 0 && encrypted > 0 {
		parts, encrypted = e.Datagram.AppendParts(room[:0], s.encrypted)
	}
	s.encrypted = max(s.encrypted, encrypted)
	p := piece{sending: s, from: len(s.parts), to: len(s.parts) + len(parts), sent: f.now}
	if s.parts == nil {
		s.parts = make([]wire.Part, 0, max(len(parts), 4))
	}
	s.parts = append(s.parts, parts...)
	f.remember(e.Datagram, p)
	if e.Kind == trace.Lose {
		f.lost(e.Datagram)
	}
}

// flight returns a flight, and adds it if it is new. client is its sender, or 0 if the server is.
func (f *flights) flight(key flightKey, client int) *flight {
	if g := f.known[key]; g != nil {
		return g
	}
	if client == 0 {
		client = f.peers[key.to]
	}
	of := f.clients[client]
	if of == nil {
		of = &handshakes{}
		f.clients[client] = of
	}
	g := &flight{flightKey: key, client: client, of: of}
	f.known[key] = g
	of.list = append(of.list, g)
	return g
}

func (f *flights) remember(d *wire.Datagram, p piece) {
	if len(f.order) >= mostPieces {
		delete(f.parts, f.order[0])
		f.order = f.order[1:]
	}
	f.parts[d] = p
	f.order = append(f.order, d)
}

// arrived follows a datagram that arrives at a socket.
func (f *flights) arrived(e *trace.Record) {
	p, known := f.parts[e.Datagram]
	if !known {
		return
	}
	s := p.sending
	g := s.flight
	if client := f.owners[e.To]; client > 0 && client != g.client { // another client has the address now
		return
	}
	if g.arrived == nil {
		g.arrived = make([]arrivedPart, 0, cap(s.parts))
	}
	for _, part := range s.parts[p.from:p.to] {
		s.brought = s.brought || !g.has(part, f.now)
		g.add(part, f.now)
	}
	s.received = f.now
	if g.whole == 0 && g.hasAll(s.parts, f.now+1) {
		g.whole = f.now
	}
	if s.repeats {
		f.judge(s)
	}
}

// judge counts a sending among the repetitions for nothing, or no longer.
func (f *flights) judge(s *sending) {
	g := s.flight
	nothing := s.repeats && s.received > 0 && !s.brought && g.hasAll(s.parts, s.received+1) && !g.awaits(s)
	switch {
	case nothing && !s.counted:
		g.of.duplicates++
		if len(g.counted) == mostCounted {
			g.counted = append(g.counted[:0], g.counted[1:]...)
		}
		g.counted = append(g.counted, s)
	case !nothing && s.counted:
		g.of.duplicates--
	}
	s.counted = nothing
}

// mostCounted limits how many repetitions of a flight are judged again when an answer is lost on its
// way. More answers are not on their way at a time.
const mostCounted = 64

// awaits reports whether a part of an answer was lost that the sender did not have when it repeated
// its flight. An answer is a later flight of the other side, sent between the arrivals of the flight
// and of the repetition.
func (g *flight) awaits(s *sending) bool {
	for _, answer := range g.of.list {
		if answer.number <= g.number || answer.number%2 == g.number%2 {
			continue
		}
		for _, l := range answer.lost {
			if l.sent > g.whole && l.sent < s.received && !answer.has(l.part, s.sent) {
				return true
			}
		}
	}
	return false
}

// lost follows a datagram that is lost on its way.
func (f *flights) lost(d *wire.Datagram) {
	p, known := f.parts[d]
	if !known {
		return
	}
	g := p.sending.flight
	for _, part := range p.sending.parts[p.from:p.to] {
		i := slices.IndexFunc(g.lost, func(l lostPart) bool { return l.part == part })
		if i < 0 {
			i = len(g.lost)
			g.lost = append(g.lost, lostPart{part: part})
		}
		g.lost[i].sent = max(g.lost[i].sent, p.sent)
	}
	for _, other := range g.of.list { // it may be an answer that a repetition asked for
		if other.number < g.number {
			for _, s := range other.counted {
				f.judge(s)
			}
		}
	}
}

// unread takes back the arrival of a datagram that no endpoint has read.
func (f *flights) unread(d *wire.Datagram) {
	p, known := f.parts[d]
	if !known {
		return
	}
	s := p.sending
	g := s.flight
	for _, part := range s.parts[p.from:p.to] {
		for i := range g.arrived {
			if a := &g.arrived[i]; a.part == part && a.arrivals > 0 {
				a.arrivals--
			}
		}
	}
	if s.received = 0; !g.hasAll(s.parts, f.now) {
		g.whole = 0
	}
	f.judge(s)
}

func (g *flight) add(part wire.Part, now int) {
	for i := range g.arrived {
		if a := &g.arrived[i]; a.part == part {
			if a.arrivals++; a.arrivals == 1 {
				a.at = now
			}
			return
		}
	}
	g.arrived = append(g.arrived, arrivedPart{part, now, 1})
}

// has reports whether all of a part had arrived before a record.
func (g *flight) has(part wire.Part, before int) bool {
	for from, more := part.From, true; more; {
		more = false
		for _, a := range g.arrived {
			if a.arrivals > 0 && a.at < before && a.part.Message == part.Message &&
				a.part.From <= from && from < a.part.To {
				from, more = a.part.To, true
			}
		}
		if from >= part.To {
			return true
		}
	}
	return false
}

func (g *flight) hasAll(parts []wire.Part, before int) bool {
	for _, part := range parts {
		if !g.has(part, before) {
			return false
		}
	}
	return true
}
