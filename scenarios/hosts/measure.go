package hosts

import (
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// RunTime returns the name of the measure of how long the program of a host ran.
func RunTime(host string) string { return host + "-time" }

// Measures returns what runs of the network measure.
func (n *Network) Measures() (list []measure.Measured) {
	for i := range n.Hosts {
		list = append(list, measure.Measured{
			Name: RunTime(n.Hosts[i].Name), Unit: measure.Nanoseconds, Ordered: true,
			Meaning: "the longest that a program on " + n.Hosts[i].Name + " took, from its start to its end; " +
				"censored if one did not end",
		})
	}
	return append(list,
		measure.Measured{Name: "client-datagrams", Ordered: true, Meaning: "datagrams that clients sent"},
		measure.Measured{Name: "server-datagrams", Ordered: true, Meaning: "datagrams that servers sent"},
		measure.Measured{Name: "client-bytes", Unit: measure.Bytes,
			Meaning: "bytes of the clients' datagrams, without headers of IP and UDP"},
		measure.Measured{Name: "server-bytes", Unit: measure.Bytes, Meaning: "bytes of the servers', likewise"},
	)
}

// traffic counts what is sent, from the trace.
type traffic struct {
	clients     network.Clients
	sent, bytes [2]int64 // by clients and by servers
}

func newTraffic(clients network.Clients) *traffic { return &traffic{clients: clients} }

// add reads the next record of the trace.
func (t *traffic) add(e *trace.Record) {
	switch e.Kind {
	case trace.Send, trace.Lose, trace.Hold, trace.Queue:
		if e.Actor == "" { // the network loses or forwards an earlier datagram
			return
		}
		side := 1
		if t.clients[e.Actor] > 0 {
			side = 0
		}
		t.sent[side]++
		t.bytes[side] += int64(e.Length())
	}
}

func (t *traffic) measures() map[string]int64 {
	return map[string]int64{
		"client-datagrams": t.sent[0], "server-datagrams": t.sent[1], "client-bytes": t.bytes[0],
		"server-bytes": t.bytes[1],
	}
}
