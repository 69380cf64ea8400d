// Package network provides what lies between the clients and the server of a scenario: hosts with
// addresses, the link with its latencies, losses and rules, and a NAT.
//
// In: the values of parameters, and the rules of a scenario. Out: a [sim.Link], and the clients'
// hosts in a simulation.
package network

import (
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
)

// latencyParameters are the parameters of the latency of datagrams.
var latencyParameters = scenarios.InGroup(scenarios.NetworkGroup, []scenarios.Parameter{
	{Name: "latency", Type: scenarios.DistributionType, Default: "10ms",
		Meaning: "one-way latency distribution of every datagram, in both directions"},
	{Name: "uplink", Type: scenarios.DistributionType, Follows: "latency",
		Meaning: "latency distribution from the clients to the server"},
	{Name: "downlink", Type: scenarios.DistributionType, Follows: "latency",
		Meaning: "latency distribution from the server to the clients"},
})

// faultParameters are the parameters of everything else that the network does to datagrams.
var faultParameters = scenarios.InGroup(scenarios.NetworkGroup, []scenarios.Parameter{
	{Name: "bandwidth", Type: scenarios.BitRateType, Default: "unlimited",
		Meaning: "rate of the line at the sender's end that all datagrams of one direction share: 28 bytes of IP " +
			"and UDP headers count, and the latency begins behind it"},
	{Name: "queue", Type: scenarios.CountType, Default: "100", Min: 1, Max: 10000,
		Meaning: "how many datagrams of one direction wait for that line or are on it; one that finds so many is lost"},
	{Name: "correlation", Type: scenarios.CorrelationType, Default: "0",
		Meaning: "of the latencies of successive datagrams from one actor to another, each of which keeps its " +
			"distribution: that of their normal scores"},
	{Name: "reorder", Type: scenarios.ProbabilityType, Default: "0",
		Meaning: "probability that a datagram is held back, so that those behind it overtake it"},
	{Name: "reorder-delay", Type: scenarios.DistributionType, Default: "10ms",
		Meaning: "how much longer than its latency a datagram is on its way that is held back"},
	{Name: "loss", Type: scenarios.LossType, Default: "0",
		Meaning: "how datagrams are lost: a probability for each independently, or gilbert-elliott(to-bad,to-good," +
			"bad=1,good=0) for bursts"},
	{Name: "uplink-loss", Type: scenarios.LossType, Follows: "loss",
		Meaning: "how datagrams from the clients to the server are lost"},
	{Name: "downlink-loss", Type: scenarios.LossType, Follows: "loss",
		Meaning: "how datagrams from the server to the clients are lost"},
	{Name: "mtu", Type: scenarios.CountType, Default: "0", Max: maxPacket,
		Meaning: "MTU of the path in bytes: a datagram is lost if its payload and 28 bytes of IP and UDP headers " +
			"are more; 0: none is"},
	{Name: "endpoint-mtu", Type: scenarios.CountType, Default: "1200", Min: 64, Max: 16384,
		Meaning: "MTU that both endpoints are told, in bytes: pion puts so much of a handshake message into one " +
			"record, without its 25 bytes of headers"},
	{Name: "duplicate", Type: scenarios.ProbabilityType, Default: "0",
		Meaning: "probability that a datagram is delivered twice"},
	{Name: "duplicate-delay", Type: scenarios.DistributionType, Default: "1ms",
		Meaning: "how long after the datagram its copy arrives"},
	{Name: "down", Type: scenarios.IntervalType, Default: scenarios.Never,
		Meaning: "when the link is down, FROM..TO in virtual time: what is sent then is lost"},
})

// maxPacket is the size of the largest IP packet, in bytes (RFC 791 section 3.1).
const maxPacket = 1<<16 - 1

// Parameters returns the parameters of the network and the scenario's own. The latencies come
// first, because a parameter can follow only an earlier one, and one of the scenario's own may
// follow a latency.
func Parameters(own []scenarios.Parameter) []scenarios.Parameter {
	return slices.Concat(latencyParameters, own, faultParameters, natParameters)
}

// Link returns the link between the clients and the server, with its rules.
func Link(v scenarios.Values, clients Clients, rules []scenarios.Rule) sim.Link {
	return sim.Link{
		Bottleneck:     clients.bottlenecks(v),
		Latency:        byDirection(clients, v.Distribution("uplink"), v.Distribution("downlink")),
		Loss:           byDirection(clients, v.Loss("uplink-loss"), v.Loss("downlink-loss")),
		Correlation:    v.Correlation("correlation"),
		Reorder:        v.Probability("reorder"),
		ReorderDelay:   v.Distribution("reorder-delay"),
		MTU:            v.Count("mtu"),
		Duplicate:      v.Probability("duplicate"),
		DuplicateDelay: v.Distribution("duplicate-delay"),
		Down:           v.Interval("down"),
		Rules:          clients.compileRules(v, rules),
	}
}

// bottlenecks returns the function that selects a datagram's bottleneck, one for each direction;
// nil without a limit.
func (numbers Clients) bottlenecks(v scenarios.Values) func(*sim.Packet) *sim.Bottleneck {
	rate, queue := v.BitRate("bandwidth"), v.Count("queue")
	if rate == 0 {
		return nil
	}
	bottleneck := func(name string) *sim.Bottleneck { return &sim.Bottleneck{Name: name, Rate: rate, Queue: queue} }
	return byDirection(numbers, bottleneck("uplink"), bottleneck("downlink"))
}

// byDirection returns a function that selects the value for a datagram that a client sends, or a server.
func byDirection[T any](clients Clients, uplink, downlink T) func(*sim.Packet) T {
	return func(p *sim.Packet) T {
		if clients[p.Sender] == 0 {
			return downlink
		}
		return uplink
	}
}
