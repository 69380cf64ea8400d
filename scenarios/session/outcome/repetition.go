package outcome

import (
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// repetitions follows flights only once an endpoint may have sent one again, because most runs have
// no repetition and flights cost more than all else that reads a trace. Until then it keeps the
// records that flights would have read; the order of records is all that counts for these.
type repetitions struct {
	numbers network.Clients
	flights *flights // nil: no flight was sent again so far
	kept    []trace.Record
	latest  map[sender]latestFlight
	owners  map[netip.AddrPort]int // clients by their own address
	peers   map[netip.AddrPort]int // clients by address as seen by the server
}

// sender is a client, or the server as it sends to an address. Its flights may be those of several
// attempts: one that has a higher number than all before is new in each.
type sender struct {
	client int
	to     netip.AddrPort
}

// latestFlight is the flight of the highest number that a sender has sent.
type latestFlight struct {
	number int
	at     time.Duration
	first  *wire.Datagram
}

// mostKept limits the records that are kept.
const mostKept = 2048

func newRepetitions(numbers network.Clients) repetitions {
	return repetitions{
		numbers: numbers, kept: make([]trace.Record, 0, 48), latest: make(map[sender]latestFlight, 4),
		owners: make(map[netip.AddrPort]int, 4), peers: make(map[netip.AddrPort]int, 4),
	}
}

// add reads a record of the trace.
func (r *repetitions) add(e *trace.Record) {
	if r.flights != nil {
		r.flights.add(e)
		return
	}
	keep, repeated := r.look(e)
	if keep {
		r.kept = append(r.kept, *e)
	}
	if repeated || len(r.kept) == mostKept {
		r.follow()
	}
}

// follow begins to follow flights.
func (r *repetitions) follow() {
	f := newFlights(r.numbers)
	r.flights = &f
	for i := range r.kept {
		f.add(&r.kept[i])
	}
	r.kept, r.latest, r.owners, r.peers = nil, nil, nil, nil
}

// peer returns the client at an address as seen by the server; 0 if there is none.
func (r *repetitions) peer(at netip.AddrPort) int {
	if r.flights != nil {
		return r.flights.peers[at]
	}
	return r.peers[at]
}

// look reports whether flights reads a record, and whether a flight may have been sent again.
func (r *repetitions) look(e *trace.Record) (keep, repeated bool) {
	switch e.Kind {
	case trace.Send, trace.Lose, trace.Hold, trace.Queue:
		if e.Actor == "" {
			return e.Kind == trace.Lose && isHandshake(e.Datagram), false
		}
		client := r.numbers[e.Actor]
		keep = client > 0 && is(r.owners, e.From, client)
		if number := e.Datagram.Flight(client > 0); number > 0 {
			return true, r.repeated(client, number, e)
		}
	case trace.Arrive:
		client := r.numbers[e.ID.Actor]
		keep = client > 0 && is(r.peers, e.From, client)
		return keep || isHandshake(e.Datagram), false
	case trace.Drop:
		return isHandshake(e.Datagram), false
	case trace.Note:
		switch e.Event.(type) {
		case Accepted, ClientFailed, Completed, sim.ListenerDropped, Discarded:
			return true, false
		}
	}
	return keep, false
}

// is sets the client at an address and reports whether it is another one than before.
func is(clients map[netip.AddrPort]int, at netip.AddrPort, client int) (changed bool) {
	if changed = clients[at] != client; changed {
		clients[at] = client
	}
	return changed
}

func isHandshake(d *wire.Datagram) bool { return d.Flight(true) > 0 }

// repeated reports whether a datagram may belong to a flight that was sent before.
func (r *repetitions) repeated(client, number int, e *trace.Record) bool {
	by := sender{client: client}
	if client == 0 {
		by.to = e.To
	}
	latest := r.latest[by]
	switch {
	case number > latest.number:
		r.latest[by] = latestFlight{number, e.At, e.Datagram}
		return false
	case number < latest.number || e.At != latest.at:
		return true
	}
	return firstPart(e.Datagram) == firstPart(latest.first) // otherwise a further datagram of the flight
}

func firstPart(d *wire.Datagram) wire.Part {
	var room [8]wire.Part
	parts, _ := d.AppendParts(room[:0], 0)
	return parts[0]
}

// counts returns the number of flights that were sent again, and how many of them were for nothing.
func (r *repetitions) counts() (retransmissions int64, duplicates int) {
	if r.flights == nil {
		return 0, 0
	}
	return r.flights.retransmissions, r.flights.total()
}
