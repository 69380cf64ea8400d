package network

import (
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/nat"
)

// noNAT is the value of nat-mapping for no NAT.
const noNAT = "none"

// natParameters are the parameters of a NAT in front of the clients.
var natParameters = scenarios.InGroup(scenarios.NATGroup, []scenarios.Parameter{
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
