package outcome

import (
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Reading is what a trace shows beyond the reports of the applications.
type Reading struct {
	stall           time.Duration // longest delay until the server read arrived data
	retransmissions int64         // handshake flights sent again
	// retransmissions in completed handshakes that arrived after the flight had already arrived
	// and although no answer had been lost
	duplicates  int
	overflows   int      // datagrams dropped because of a full backlog
	sent, bytes [2]int64 // datagrams and their bytes, by clients and by the server
}

// flight identifies a flight of a sender.
type flight struct {
	sender string
	to     netip.AddrPort
	try    int // number of the sender's session
	key    uint64
}

// Read reads the trace of a run with the given clients.
func Read(records []trace.Record, numbers network.Clients) (r Reading) {
	first := make(map[flight]trace.DatagramID, 16)  // the first datagram of each flight
	var again map[trace.DatagramID]trace.DatagramID // retransmission to original
	peers := map[netip.AddrPort]int{}               // clients by address as seen by the server
	dataAt := map[int]time.Duration{}               // when a client's first data arrived
	tries := map[string]int{}                       // number of sessions of each actor so far
	for i := range records {
		e := &records[i]
		switch e.Kind {
		case trace.Send, trace.Lose, trace.Hold, trace.Queue:
			if e.Actor == "" { // the network loses or forwards an earlier datagram
				continue
			}
			side := 1
			if numbers[e.Actor] > 0 {
				side = 0
			}
			r.sent[side]++
			r.bytes[side] += int64(e.Length())
			key, ok := e.Datagram.Flight()
			if !ok {
				continue
			}
			f := flight{e.Actor, e.To, tries[e.Actor], key}
			if before, sent := first[f]; sent {
				r.retransmissions++
				if again == nil {
					again = make(map[trace.DatagramID]trace.DatagramID)
				}
				again[e.ID] = before
			} else {
				first[f] = e.ID
			}
		case trace.Arrive:
			client := numbers[e.ID.Actor]
			if client > 0 {
				peers[e.From] = client
			}
			if client > 0 && e.Datagram.IsData() {
				if _, ok := dataAt[client]; !ok {
					dataAt[client] = e.At
				}
			}
		case trace.Note:
			switch event := e.Event.(type) {
			case Accepted:
				if !event.Again {
					tries[e.Actor]++
					delete(dataAt, peers[event.Peer]) // the time belongs to an earlier attempt
				}
			case ClientFailed:
				tries[e.Actor]++
			case sim.ListenerDropped:
				if event.Reason == sim.BacklogFull {
					r.overflows++
				}
			case DataRead:
				if at, ok := dataAt[event.Client]; ok {
					r.stall = max(r.stall, e.At-at)
				}
			}
		}
	}
	if len(again) > 0 {
		r.duplicates = duplicates(records, numbers, again)
	}
	return r
}

// duplicates counts, in completed handshakes, the retransmissions that arrived after the flight
// had already arrived, while no part of the answer was lost. again maps a retransmission to the
// datagram that it repeats.
func duplicates(
	records []trace.Record, numbers network.Clients, again map[trace.DatagramID]trace.DatagramID,
) (total int) {
	type end struct{ client, side int } // side: 0 the client, 1 the server
	lost := map[end]int{}               // number of flights that each end sent and the network lost
	// for each datagram that has arrived, itself or a repetition: how many flights of its
	// receiver had been lost by then
	arrived := map[trace.DatagramID]int{}
	peers := map[netip.AddrPort]int{}    // clients by address as seen by the server
	owners := map[netip.AddrPort]int{}   // clients by their own address
	byClient := map[int]int{}            // duplicates per client
	complete := map[int]bool{}           // clients whose handshakes completed
	unread := map[trace.DatagramID]int{} // arrivals that are dropped with their socket
	for i := range records {
		if e := &records[i]; e.Kind == trace.Drop && e.Event == sim.SocketReleased {
			unread[e.ID]++
		}
	}
	for i := range records {
		e := &records[i]
		if n := numbers[e.Actor]; n > 0 && len(e.Payload()) > 0 {
			owners[e.From] = n
		}
		switch e.Kind {
		case trace.Lose:
			if _, ok := e.Datagram.Flight(); ok {
				sender := end{peers[e.To], 1}
				if client := numbers[e.ID.Actor]; client > 0 {
					sender = end{client, 0}
				}
				lost[sender]++
			}
		case trace.Arrive:
			client := numbers[e.ID.Actor]
			receiver := end{client, 1}
			if client > 0 {
				peers[e.From] = client
			} else {
				receiver = end{owners[e.To], 0}
			}
			if unread[e.ID] > 0 {
				unread[e.ID]--
				continue
			}
			original, repeats := again[e.ID]
			if !repeats {
				original = e.ID
			}
			// This depends only on the order of the receiver's events, which the signature of a
			// run contains.
			before, known := arrived[original]
			switch {
			case !known:
				arrived[original] = lost[receiver]
			case repeats && before == lost[receiver]:
				byClient[receiver.client]++
			}
		case trace.Note:
			if _, ok := e.Event.(Completed); ok {
				complete[numbers[e.Actor]] = true
			}
		}
	}
	for client, n := range byClient { // the order does not affect a sum
		if client > 0 && complete[client] {
			total += n
		}
	}
	return total
}

// Observe adds the contents of the reading to an observation.
func (r *Reading) Observe(o *scenarios.Observation, wrong map[string]bool) {
	wrong[Stalled] = r.stall > 0
	wrong[DuplicateFlight] = r.duplicates > 0
	wrong[BacklogOverflow] = r.overflows > 0
	for name, value := range map[string]int64{
		ReadStalled: int64(r.stall), "retransmissions": r.retransmissions,
		"duplicate-flights": int64(r.duplicates),
		"client-datagrams":  r.sent[0], "server-datagrams": r.sent[1], "client-bytes": r.bytes[0],
		"server-bytes": r.bytes[1],
	} {
		o.Measures[name] = value
	}
}
