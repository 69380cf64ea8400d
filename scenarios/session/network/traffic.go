package network

import (
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// TrafficMeasures are the measures of a Traffic, in the order in which they are shown.
var TrafficMeasures = []measure.Measured{
	{Name: "client-datagrams", Ordered: true, Meaning: "datagrams that clients sent"},
	{Name: "server-datagrams", Ordered: true, Meaning: "datagrams that servers sent"},
	{Name: "client-bytes", Unit: measure.Bytes,
		Meaning: "bytes of the clients' datagrams, without headers of IP and UDP"},
	{Name: "server-bytes", Unit: measure.Bytes, Meaning: "bytes of the servers', likewise"},
}

// Traffic counts the datagrams that a run sends, and their bytes. The zero value has seen none.
type Traffic struct {
	datagrams, bytes [2]int64 // by clients and by servers
}

// Add reads the next record of the trace.
func (t *Traffic) Add(clients Clients, e *trace.Record) {
	switch e.Kind {
	case trace.Send, trace.Lose, trace.Hold, trace.Queue:
	default:
		return
	}
	if e.Actor == "" { // the network loses or forwards an earlier datagram
		return
	}
	side := 1
	if clients[e.Actor] > 0 {
		side = 0
	}
	t.datagrams[side]++
	t.bytes[side] += int64(e.Length())
}

// Measure adds the values of TrafficMeasures.
func (t *Traffic) Measure(measures map[string]int64) {
	measures["client-datagrams"], measures["server-datagrams"] = t.datagrams[0], t.datagrams[1]
	measures["client-bytes"], measures["server-bytes"] = t.bytes[0], t.bytes[1]
}
