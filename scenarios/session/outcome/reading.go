package outcome

import (
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Reading is what a trace shows besides what the applications report.
type Reading struct {
	stall           time.Duration // the longest for which data that had arrived was kept from the server
	retransmissions int64         // handshake flights sent again
	// of them, in completed handshakes, that arrived where the flight had arrived already and no
	// answer had been lost
	duplicates  int
	overflows   int      // datagrams dropped because of a full backlog
	sent, bytes [2]int64 // datagrams and their bytes, by clients and by the server
}

// flight is what a sender's flights are told apart by.
type flight struct {
	sender string
	to     netip.AddrPort
	try    int // which of its sessions
	key    uint64
}

// Read reads the trace of a run with these clients.
func Read(records []trace.Record, numbers network.Clients) (r Reading) {
	first := make(map[flight]trace.DatagramID, 16)  // where a flight was sent first
	var again map[trace.DatagramID]trace.DatagramID // a retransmission: of which datagram
	peers := map[netip.AddrPort]int{}               // clients by their addresses as the server sees them
	dataAt := map[int]time.Duration{}               // when the first data of a client arrived
	tries := map[string]int{}                       // sessions of an actor so far
	for i := range records {
		e := &records[i]
		switch e.Kind {
		case trace.Send, trace.Lose, trace.Hold, trace.Queue:
			if e.Actor == "" { // a line loses or passes on what was sent before
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
					delete(dataAt, peers[event.Peer]) // that of an attempt before
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

// duplicates counts, in completed handshakes, the retransmissions that arrived
// where the flight had arrived already, while nothing of the answer was lost. again
// says which datagram a retransmission repeats.
func duplicates(
	records []trace.Record, numbers network.Clients, again map[trace.DatagramID]trace.DatagramID,
) (total int) {
	type end struct{ client, side int } // side: 0 the client, 1 the server
	lost := map[end]int{}               // flights that it sent and that were lost
	// datagrams that have arrived, or a repetition: how many of the receiver's flights were lost then
	arrived := map[trace.DatagramID]int{}
	peers := map[netip.AddrPort]int{}    // clients by their addresses as the server sees them
	owners := map[netip.AddrPort]int{}   // clients by their own addresses
	byClient := map[int]int{}            // duplicates
	complete := map[int]bool{}           // clients whose handshakes completed
	unread := map[trace.DatagramID]int{} // that arrive and are dropped with their socket: how often
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
			// In the order of the receiver's events alone, which the signature of a run holds.
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
	for client, n := range byClient { // in any order: it is a sum
		if client > 0 && complete[client] {
			total += n
		}
	}
	return total
}

// Observe fills an observation with what a trace shows.
func (r *Reading) Observe(o *scenarios.Observation, wrong map[string]bool) {
	wrong[Stalled] = r.stall > 0
	wrong[DuplicateFlight] = r.duplicates > 0
	wrong[BacklogOverflow] = r.overflows > 0
	for name, value := range map[string]int64{
		"read_stalled_ns": int64(r.stall), "retransmissions": r.retransmissions,
		"duplicate_flights": int64(r.duplicates),
		"client_datagrams":  r.sent[0], "server_datagrams": r.sent[1], "client_bytes": r.bytes[0],
		"server_bytes": r.bytes[1],
	} {
		o.Measures[name] = value
	}
}
