package scenarios

import (
	"net/netip"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/law"
)

// latencyParameters are those of the latency of datagrams. Those of a
// scenario's own stand behind them, for they may follow one of these.
var latencyParameters = inGroup(NetworkGroup, []Parameter{
	{Name: "latency", Type: LawType, Default: "10ms", Meaning: "one-way latency law of every datagram, in both directions"},
	{Name: "uplink", Type: LawType, Follows: "latency", Meaning: "latency law from the clients to the server"},
	{Name: "downlink", Type: LawType, Follows: "latency", Meaning: "latency law from the server to the clients"},
})

// faultParameters are those of what else the network does to datagrams.
var faultParameters = inGroup(NetworkGroup, []Parameter{
	{Name: "loss", Type: LossType, Default: "0", Meaning: "how datagrams are lost: a probability for each independently, or gilbert-elliott(to-bad,to-good,bad=1,good=0) for bursts"},
	{Name: "duplicate", Type: ProbabilityType, Default: "0", Meaning: "probability that a datagram is delivered twice"},
	{Name: "duplicate-delay", Type: LawType, Default: "1ms", Meaning: "how long after the datagram its copy arrives"},
	{Name: "down", Type: IntervalType, Default: never, Meaning: "when the link is down, FROM..TO in virtual time: what is sent then is lost"},
})

// networkLink returns the link that the network's parameters describe, between
// clients and a server at that address.
func networkLink(v Values, server netip.Addr) sim.Link {
	uplink, downlink := v.Law("uplink"), v.Law("downlink")
	return sim.Link{
		Latency: func(p *sim.Packet) law.Law {
			if p.From.Addr() == server {
				return downlink
			}
			return uplink
		},
		Loss:           v.Loss("loss"),
		Duplicate:      v.Probability("duplicate"),
		DuplicateDelay: v.Law("duplicate-delay"),
		Down:           v.Interval("down"),
	}
}
