package session

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/nat"
)

// noNAT is the value of nat-mapping without a NAT.
const noNAT = "none"

// natParameters are those of a NAT in front of the clients.
var natParameters = inGroup(scenarios.NATGroup, []scenarios.Parameter{
	{Name: "nat-mapping", Type: scenarios.ChoiceType, Default: noNAT, Choices: append([]string{noNAT}, behaviours()...),
		Meaning: "a NAT in front of the clients, and what it makes their external addresses depend on (RFC 4787 " +
			"section 4.1)"},
	{Name: "nat-filtering", Type: scenarios.ChoiceType, Default: string(nat.EndpointIndependent), Choices: behaviours(),
		Meaning: "whom the NAT lets send to an external address (RFC 4787 section 5)"},
	{Name: "nat-lifetime", Type: scenarios.DurationType, Default: nat.DefaultLifetime.String(),
		Min:     int64(time.Nanosecond),
		Meaning: "how long a mapping of the NAT outlives the last datagram that went out by it"},
})

func behaviours() []string {
	var list []string
	for _, b := range nat.Behaviours {
		list = append(list, string(b))
	}
	return list
}

// The first client's host behind a NAT, and the NAT's own address.
var (
	insideAddress = netip.MustParseAddr("10.0.0.2")
	natAddress    = netip.MustParseAddr("192.0.2.254")
)

// startClientHosts adds the hosts that the clients take turns on, behind a NAT if
// there is one.
func (r *sessionsRun) startClientHosts() {
	address, add := clientAddress, r.w.Host
	if mapping := r.v.Choice("nat-mapping"); mapping != noNAT {
		translator := r.w.NAT(sim.NATConfig{Config: nat.Config{
			External: natAddress, Lifetime: r.v.Duration("nat-lifetime"),
			Mapping: nat.Behaviour(mapping), Filtering: nat.Behaviour(r.v.Choice("nat-filtering")),
		}})
		address, add = insideAddress, translator.Host
	}
	for i := range r.v.Count("client-hosts") {
		name := "client"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		r.clientHosts = append(r.clientHosts, add(name, address))
		address = address.Next()
	}
}
