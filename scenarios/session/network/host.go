package network

import (
	"net/netip"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/nat"
)

// The addresses of the hosts (RFC 5737 section 3), and of those behind a NAT (RFC 1918 section
// 3). Each further host of the clients has the next address.
var (
	ServerAddress = netip.MustParseAddr("192.0.2.1")
	clientAddress = netip.MustParseAddr("192.0.2.2")
	NATAddress    = netip.MustParseAddr("192.0.2.254")
	insideAddress = netip.MustParseAddr("10.0.0.2")
)

// The ports, and the largest number of clients.
const (
	ServerPort = 4433  // the port of openssl s_server and of Mbed TLS's dtls_server
	ClientPort = 50001 // of the first client
	MaxClients = 1000
)

// ClientHosts adds the hosts on which the clients take turns, behind a NAT if the scenario has
// one.
func ClientHosts(v scenarios.Values, w *sim.Simulation) (hosts []*sim.Host) {
	add, address := ClientSide(v, w)
	for i := range v.Count("client-hosts") {
		name := "client"
		if i > 0 {
			name += "-" + strconv.Itoa(i+1)
		}
		hosts = append(hosts, add(name, address))
		address = address.Next()
	}
	return hosts
}

// ClientSide returns the function that adds a host where the clients are, and the first address
// there: behind a NAT, if the scenario has one.
func ClientSide(v scenarios.Values, w *sim.Simulation) (
	add func(name string, address netip.Addr) *sim.Host, first netip.Addr,
) {
	mapping := v.Choice("nat-mapping")
	if mapping == noNAT {
		return w.Host, clientAddress
	}
	translator := w.NAT(sim.NATConfig{Config: nat.Config{
		External: NATAddress, Lifetime: v.Duration("nat-lifetime"),
		Mapping: nat.Behaviour(mapping), Filtering: nat.Behaviour(v.Choice("nat-filtering")),
	}})
	return translator.Host, insideAddress
}

// ClientName returns a client's name as an actor.
func ClientName(number int) string { return "client-" + strconv.Itoa(number) }

// Clients maps the actor names of clients to their numbers, from 1. Other actors map to 0.
type Clients map[string]int

// NumberClients returns the numbers of the first count clients.
func NumberClients(count int) Clients {
	numbers := make(Clients, count)
	for n := 1; n <= count; n++ {
		numbers[ClientName(n)] = n
	}
	return numbers
}
