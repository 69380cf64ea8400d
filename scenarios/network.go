package scenarios

import (
	"net/netip"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// latencyParameters are those of the latency of datagrams. Scenarios that single
// out a datagram put its parameter behind them.
var latencyParameters = []Parameter{
	{Name: "latency", Type: LawType, Default: "10ms", Meaning: "one-way latency law of every datagram, in both directions"},
	{Name: "uplink", Type: LawType, Follows: "latency", Meaning: "latency law from the clients to the server"},
	{Name: "downlink", Type: LawType, Follows: "latency", Meaning: "latency law from the server to the clients"},
}

// alertParameters are those of the late close_notify.
var alertParameters = []Parameter{
	{Name: "alert-latency", Type: LawType, Follows: "uplink", Meaning: "latency of the first client's first close_notify"},
}

// faultParameters are those of what else the network does to datagrams.
var faultParameters = []Parameter{
	{Name: "loss", Type: LossType, Default: "0", Meaning: "how datagrams are lost: a probability for each independently, or gilbert-elliott(to-bad,to-good,bad=1,good=0) for bursts"},
	{Name: "duplicate", Type: ProbabilityType, Default: "0", Meaning: "probability that a datagram is delivered twice"},
	{Name: "duplicate-delay", Type: LawType, Default: "1ms", Meaning: "how long after the datagram its copy arrives"},
	{Name: "down", Type: IntervalType, Default: never, Meaning: "when the link is down, FROM..TO in virtual time: what is sent then is lost"},
}

// copyParameters single out one datagram of the first client that the network
// delivers a second time.
var copyParameters = []Parameter{
	{Name: "copied", Type: ChoiceType, Default: "none", Choices: []string{"none", "hello", "second-hello", "flight-5", "data", "close-notify"},
		Meaning: "which of the first client's datagrams the network delivers a second time: its first ClientHello, the second with the cookie, its last flight, its data, or its close_notify"},
	{Name: "copied-delay", Type: LawType, Default: "1ms", Meaning: "how long after that datagram its copy arrives"},
}

// copyOf returns the link's Copies: the first datagram of the first client that is
// the one that is copied.
func copyOf(v Values, draws *stream.Stream) func(*sim.Packet) (time.Duration, bool) {
	is, ok := map[string]func(datagram []byte, hellos int) bool{
		"hello":        func(d []byte, hellos int) bool { return trace.IsClientHello(d) && hellos == 1 },
		"second-hello": func(d []byte, hellos int) bool { return trace.IsClientHello(d) && hellos == 2 },
		"flight-5":     func(d []byte, _ int) bool { return trace.StartsHandshake(d) && !trace.IsClientHello(d) },
		"data":         func(d []byte, _ int) bool { return trace.IsApplicationData(d) },
		"close-notify": func(d []byte, _ int) bool { return trace.IsEncryptedAlert(d) },
	}[v.Choice("copied")]
	if !ok {
		return nil
	}
	delay, hellos, seen := v.Law("copied-delay"), 0, false
	return func(p *sim.Packet) (time.Duration, bool) {
		if seen || p.Sender != clientName(1) {
			return 0, false
		}
		if trace.IsClientHello(p.Payload) {
			hellos++
		}
		if seen = is(p.Payload, hellos); !seen {
			return 0, false
		}
		return law.Latency(delay, draws.Uniform()), true
	}
}

// parameters joins groups of parameters into one list.
func parameters(groups ...[]Parameter) []Parameter { return slices.Concat(groups...) }

// withDefaults returns parameters with other defaults.
func withDefaults(list []Parameter, defaults Settings) []Parameter {
	list = slices.Clone(list)
	for i := range list {
		if d, ok := defaults[list[i].Name]; ok {
			list[i].Default = d
		}
	}
	return list
}

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
