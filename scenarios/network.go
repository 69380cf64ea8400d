package scenarios

import (
	"net/netip"
	"slices"

	"github.com/dtlssim/dtlssim/sim"
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
	{Name: "bandwidth", Type: BitRateType, Default: "unlimited", Meaning: "rate of the line at the sender's end that all datagrams of one direction share: 28 bytes of IP and UDP headers count, and the latency begins behind it"},
	{Name: "queue", Type: CountType, Default: "100", Min: 1, Max: 10000, Meaning: "how many datagrams of one direction wait for that line or are on it; one that finds so many is lost"},
	{Name: "correlation", Type: CorrelationType, Default: "0", Meaning: "of the latencies of successive datagrams from one actor to another, each of which keeps its law: that of their normal scores"},
	{Name: "reorder", Type: ProbabilityType, Default: "0", Meaning: "probability that a datagram is held back, so that those behind it overtake it"},
	{Name: "reorder-delay", Type: LawType, Default: "10ms", Meaning: "how much longer than its latency a datagram is on its way that is held back"},
	{Name: "loss", Type: LossType, Default: "0", Meaning: "how datagrams are lost: a probability for each independently, or gilbert-elliott(to-bad,to-good,bad=1,good=0) for bursts"},
	{Name: "uplink-loss", Type: LossType, Follows: "loss", Meaning: "how datagrams from the clients to the server are lost"},
	{Name: "downlink-loss", Type: LossType, Follows: "loss", Meaning: "how datagrams from the server to the clients are lost"},
	{Name: "mtu", Type: CountType, Default: "0", Max: maxPacket, Meaning: "MTU of the path in bytes: a datagram is lost if its payload and 28 bytes of IP and UDP headers are more; 0: none is"},
	{Name: "endpoint-mtu", Type: CountType, Default: "1200", Min: 64, Max: 16384, Meaning: "MTU that both endpoints are told, in bytes: pion puts so much of a handshake message into one record, without its 25 bytes of headers"},
	{Name: "duplicate", Type: ProbabilityType, Default: "0", Meaning: "probability that a datagram is delivered twice"},
	{Name: "duplicate-delay", Type: LawType, Default: "1ms", Meaning: "how long after the datagram its copy arrives"},
	{Name: "down", Type: IntervalType, Default: never, Meaning: "when the link is down, FROM..TO in virtual time: what is sent then is lost"},
}

// maxPacket is the size of the largest IP packet, in bytes (RFC 791 section 3.1).
const maxPacket = 1<<16 - 1

// copyParameters single out one datagram of the first client that the network
// delivers a second time.
var copyParameters = []Parameter{
	{Name: "copied", Type: ChoiceType, Default: "none", Choices: []string{"none", "hello", "second-hello", "flight-5", "data", "close-notify"},
		Meaning: "which of the first client's datagrams the network delivers a second time: its first ClientHello, the second with the cookie, its last flight, its data, or its close_notify"},
	{Name: "copied-delay", Type: LawType, Default: "1ms", Meaning: "how long after that datagram its copy arrives"},
}

// copyRule is about the first datagram of the first client that is the one that is
// copied.
func copyRule(v Values) []sim.Rule {
	nth := 1
	is, ok := map[string]func(datagram []byte) bool{
		"hello":        trace.IsClientHello,
		"second-hello": trace.IsClientHello,
		"flight-5":     func(d []byte) bool { return trace.StartsHandshake(d) && !trace.IsClientHello(d) },
		"data":         trace.IsApplicationData,
		"close-notify": trace.IsEncryptedAlert,
	}[v.Choice("copied")]
	if !ok {
		return nil
	}
	if v.Choice("copied") == "second-hello" {
		nth = 2
	}
	return []sim.Rule{{
		Name: "copied", Action: sim.Duplicate, Delay: v.Law("copied-delay"),
		Match: sim.Match{Nth: nth, Is: func(p *sim.Packet) bool { return p.Sender == clientName(1) && is(p.Payload) }},
	}}
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
	return sim.Link{
		Bottleneck:     bottlenecks(v, server),
		Latency:        byDirection(server, v.Law("uplink"), v.Law("downlink")),
		Loss:           byDirection(server, v.Loss("uplink-loss"), v.Loss("downlink-loss")),
		Correlation:    v.Correlation("correlation"),
		Reorder:        v.Probability("reorder"),
		ReorderDelay:   v.Law("reorder-delay"),
		MTU:            v.Count("mtu"),
		Duplicate:      v.Probability("duplicate"),
		DuplicateDelay: v.Law("duplicate-delay"),
		Down:           v.Interval("down"),
	}
}

// bottlenecks returns which of two bottlenecks a datagram passes, or nil if there are
// none.
func bottlenecks(v Values, server netip.Addr) func(*sim.Packet) *sim.Bottleneck {
	rate, queue := v.BitRate("bandwidth"), v.Count("queue")
	if rate == 0 {
		return nil
	}
	return byDirection(server,
		&sim.Bottleneck{Name: "uplink", Rate: rate, Queue: queue}, &sim.Bottleneck{Name: "downlink", Rate: rate, Queue: queue})
}

// byDirection returns what tells a datagram to the server from one that the server
// sends.
func byDirection[T any](server netip.Addr, uplink, downlink T) func(*sim.Packet) T {
	return func(p *sim.Packet) T {
		if p.From.Addr() == server {
			return downlink
		}
		return uplink
	}
}
