package outcome

import (
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Reading is what a trace shows beyond the reports of the applications.
type Reading struct {
	stalls          []time.Duration // delays until the server read arrived data
	retransmissions int64           // handshake flights sent again
	duplicates      int             // of them, those for nothing, in completed handshakes
	overflows       int             // datagrams dropped because of a full backlog
	traffic         network.Traffic
}

// Reader reads the trace of a run, one record after the other.
type Reader struct {
	Reading
	numbers network.Clients
	flights repetitions
	dataAt  map[int]time.Duration // when a client's first data arrived
}

// NewReader returns a reader of a run with the given clients.
func NewReader(numbers network.Clients) *Reader {
	return &Reader{numbers: numbers, flights: newRepetitions(numbers), dataAt: map[int]time.Duration{}}
}

// Add reads the next record.
func (r *Reader) Add(e *trace.Record) {
	r.flights.add(e)
	r.traffic.Add(r.numbers, e)
	switch e.Kind {
	case trace.Arrive:
		if client := r.numbers[e.ID.Actor]; client > 0 && e.Datagram.IsData() {
			if _, ok := r.dataAt[client]; !ok {
				r.dataAt[client] = e.At
			}
		}
	case trace.Note:
		switch event := e.Event.(type) {
		case Accepted:
			if !event.Again { // the time belongs to an earlier attempt
				delete(r.dataAt, r.flights.peer(event.Peer))
			}
		case sim.ListenerDropped:
			if event.Reason == sim.BacklogFull {
				r.overflows++
			}
		case DataRead:
			if at, ok := r.dataAt[event.Client]; ok {
				r.stalls = append(r.stalls, e.At-at)
			}
		}
	}
}

// End returns what the records have shown.
func (r *Reader) End() Reading {
	r.retransmissions, r.duplicates = r.flights.counts()
	return r.Reading
}

// Observe adds the contents of the reading to an observation.
func (r *Reading) Observe(o *scenarios.Observation, wrong map[string]bool) {
	o.Measures[ReadStalled] = 0
	for _, stall := range r.stalls {
		o.Largest(ReadStalled, int64(stall))
	}
	wrong[Stalled] = o.Measures[ReadStalled] > 0
	wrong[DuplicateFlight] = r.duplicates > 0
	wrong[BacklogOverflow] = r.overflows > 0
	for name, value := range map[string]int64{
		"retransmissions":   r.retransmissions,
		"duplicate-flights": int64(r.duplicates),
	} {
		o.Measures[name] = value
	}
	r.traffic.Measure(o.Measures)
}
