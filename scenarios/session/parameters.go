package session

import (
	"slices"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
	"github.com/dtlssim/dtlssim/sim/stack/pionv3"
)

// The server models.
const (
	// SequentialModel serves one client after another on one socket, as
	// programs/ssl/dtls_server.c of Mbed TLS does.
	SequentialModel = "sequential"

	// ListenerModel is a listener whose Accept performs each handshake inline, as in
	// github.com/pion/dtls/v2. Accept of v3 does not, but this model does so for v3 too: both
	// stacks then meet the same server.
	ListenerModel = "listener"

	// ConcurrentModel is a listener with one goroutine for each association.
	ConcurrentModel = "concurrent"
)

// The stacks.
const (
	PionV2 = "pion-v2" // github.com/pion/dtls/v2
	PionV3 = "pion-v3" // github.com/pion/dtls/v3
)

// stacks are the values of the parameter stack.
var stacks = map[string]stack.Stack{PionV2: pionv2.New(), PionV3: pionv3.New()}

// clientParameters are the parameters of client behaviour.
var clientParameters = scenarios.InGroup(scenarios.ClientsGroup, []scenarios.Parameter{
	{Name: "client", Type: scenarios.ChoiceType, Default: "closes-first",
		Choices: []string{"closes-first", "waits", "acknowledged", "vanishes"},
		Meaning: "closes-first: data, then at once close (echo x | openssl s_client); waits: waits for the echo, " +
			"then client-pause, then closes; acknowledged: closes when the server's application has acknowledged " +
			"the data, before it serves it; vanishes: data, then client-pause, then gone without a close_notify"},
	{Name: "client-pause", Type: scenarios.DurationType, Default: "0s",
		Meaning: "pause of a client that waits, between the echo and its close, or of one that vanishes"},
	{Name: "pause-jitter", Type: scenarios.DistributionType, Default: "0s",
		Meaning: "what comes on top of client-pause, drawn for each client"},
	{Name: "keep-alive", Type: scenarios.DurationType, Default: "0s",
		Meaning: "interval at which a client that waits sends data during its pause, for a server whose sessions " +
			"the peer ends; 0s: it sends none"},
	{Name: "close-delay", Type: scenarios.DurationType, Default: "0s",
		Meaning: "pause of a client between its last datagram and its close"},
	{Name: "clients", Type: scenarios.CountType, Default: "2", Min: 1, Max: network.MaxClients,
		Meaning: "how many there are"},
	{Name: "arrivals", Type: scenarios.ChoiceType, Default: "after-previous",
		Choices: []string{"after-previous", "at-intervals"},
		Meaning: "when the next client starts: gap after the end of the one before, or gap after its start"},
	{Name: "gap", Type: scenarios.DurationType, Default: "100ms",
		Meaning: "from the end of one client, or its start, to the start of the next"},
	{Name: "gap-variation", Type: scenarios.DistributionType, Default: "0s",
		Meaning: "comes on top of gap, drawn for each client"},
	{Name: "client-port", Type: scenarios.ChoiceType, Default: "new", Choices: []string{"new", "same"},
		Meaning: "same: the next client reuses the 5-tuple"},
	{Name: "client-hosts", Type: scenarios.CountType, Default: "1", Min: 1, Max: 100,
		Meaning: "hosts that the clients take turns on"},
	{Name: "client-timeout", Type: scenarios.DurationType, Default: "10s", Min: 1,
		Meaning: "limit of the client's handshake, and of its wait for the echo"},
	{Name: "client-guard", Type: scenarios.ChoiceType, Default: guardNone, Choices: guards,
		Meaning: "as guard, of the clients' endpoints"},
	{Name: "client-certificate", Type: scenarios.ChoiceType, Default: stack.NoCertificate,
		Choices: stack.ClientCertificates,
		Meaning: "type of the clients' certificates, which the server requests and verifies; it has no effect with " +
			"credentials=psk, for a server then requests none"},
	{Name: "reconnects", Type: scenarios.CountType, Default: "0", Min: 0, Max: 100,
		Meaning: "how often a client whose session failed tries again"},
	{Name: "back-off", Type: scenarios.DurationType, Default: "1s",
		Meaning: "pause before the first reconnect; it doubles with each"},
})

// serverParameters are the parameters of server behaviour.
var serverParameters = scenarios.InGroup(scenarios.ServerGroup, []scenarios.Parameter{
	{Name: "model", Type: scenarios.ChoiceType, Default: SequentialModel,
		Choices: []string{SequentialModel, ListenerModel, ConcurrentModel},
		Meaning: "sequential: one session after another, each on the socket that took its first datagram (Mbed " +
			"TLS's dtls_server.c); listener: pion's, whose Accept performs handshakes inline; concurrent: a " +
			"goroutine for each association"},
	{Name: "service", Type: scenarios.DurationType, Default: "1ms",
		Meaning: "server's time from reading the data to answering and closing"},
	{Name: "ends", Type: scenarios.ChoiceType, Default: "server", Choices: []string{"server", "peer"},
		Meaning: "who ends a session: the server closes when it has answered, or keeps it until the peer closes or " +
			"idle-timeout is over"},
	{Name: "idle-timeout", Type: scenarios.DurationType, Default: "30s", Min: 1,
		Meaning: "limit of the server's wait for a peer that is to end the session"},
	{Name: "hold", Type: scenarios.DurationType, Default: "0s",
		Meaning: "before closing: the endpoint stays, and answers retransmissions of the last flight (RFC 6347 " +
			"section 4.2.4)"},
	{Name: "linger", Type: scenarios.DurationType, Default: "0s",
		Meaning: "after closing, before the socket is released: what arrives is read and dropped"},
	{Name: "pause-after-release", Type: scenarios.DurationType, Default: "0s", Models: []string{SequentialModel},
		Meaning: "the remedy in the wrong place: released, then waiting before the next accept"},
	{Name: "first-record", Type: scenarios.ChoiceType, Default: "stack",
		Choices: []string{"stack", "reject", "discard"}, Models: []string{SequentialModel},
		Meaning: "what the server does with a first datagram that it does not recognise: stack hands it to DTLS, " +
			"reject reports unexpected-message and listens again, discard drops it and goes on waiting"},
	{Name: "recognises", Type: scenarios.ChoiceType, Default: "handshake",
		Choices: []string{"handshake", "client-hello"}, Models: []string{SequentialModel},
		Meaning: "which first datagrams it does recognise: a handshake record of epoch 0, or only a ClientHello"},
	{Name: "verify", Type: scenarios.ChoiceType, Default: "one-socket",
		Choices: []string{"one-socket", twoSockets}, Models: []string{SequentialModel},
		Meaning: "one-socket: the socket that took the first hello takes the second as well; two-sockets: the " +
			"server releases it when it has answered the first with a HelloVerifyRequest, and accepts again (Mbed " +
			"TLS's dtls_server.c)"},
	{Name: "verify-hold", Type: scenarios.DurationType, Default: "0s", Models: []string{SequentialModel},
		Meaning: "two-sockets: from sending the HelloVerifyRequest to releasing the socket, which nobody reads " +
			"meanwhile"},
	{Name: "server-port", Type: scenarios.ChoiceType, Default: "same", Choices: []string{"same", "rotate"},
		Models: []string{SequentialModel}, Meaning: "rotate: a new port each session, known to the client"},
	{Name: "filter", Type: scenarios.ChoiceType, Default: "none",
		Choices: []string{"none", "handshake", "client-hello"}, Models: listenerModels,
		Meaning: "which first datagrams the listener lets in: none filters nothing, handshake wants a handshake " +
			"record (as dtls.Listen), client-hello wants a ClientHello of epoch 0"},
	{Name: "tombstone", Type: scenarios.DurationType, Default: "0s", Models: listenerModels,
		Meaning: "how long after the close of a connection its peer is not let in again"},
	{Name: "backlog", Type: scenarios.CountType, Default: strconv.Itoa(sim.DefaultBacklog), Min: 1,
		Max: 100_000, Models: listenerModels,
		Meaning: "how many new peers may wait for Accept; the first datagrams of others are dropped (128 in pion's " +
			"listener)"},
	{Name: "concurrency", Type: scenarios.CountType, Default: "0", Max: 100_000, Models: listenerModels,
		Meaning: "how many sessions are served at a time, from Accept to the release of the connection; 0: as many " +
			"as come"},
	{Name: "rehandshake", Type: scenarios.ChoiceType, Default: "ignore",
		Choices: []string{"ignore", "parallel"}, Models: listenerModels,
		Meaning: "what becomes of a ClientHello of epoch 0 from a peer whose association is established: ignore " +
			"hands it to that association's endpoint; parallel begins a second association beside it, which takes " +
			"its place when its handshake is complete (RFC 6347 section 4.2.8)"},
	{Name: "guard", Type: scenarios.ChoiceType, Default: guardNone, Choices: guards,
		Meaning: "what keeps alerts and application data of epoch 0 from the server's endpoints: established does " +
			"so once the handshake is complete, strict does from the beginning, and drops the alerts of an honest " +
			"handshake that fails too"},
	{Name: "server-start", Type: scenarios.DurationType, Default: "0s",
		Meaning: "when the server begins to read, from the start of the first client"},
	{Name: "server-start-queue", Type: scenarios.ChoiceType, Default: queueNone,
		Choices: []string{queueNone, queueKernel},
		Meaning: "what becomes of datagrams that arrive before server-start: none: the port is not bound, and they " +
			"are dropped; kernel: it is, and they wait in the socket's receive buffer"},
	{Name: "handshake-timeout", Type: scenarios.DurationType, Default: "30s", Min: 1,
		Meaning: "limit of the server's handshake"},
	{Name: "read-timeout", Type: scenarios.DurationType, Default: "10s", Min: 1,
		Meaning: "limit of the server's wait for data"},
	{Name: "flight-interval", Type: scenarios.DurationType, Default: "1s", Min: int64(time.Microsecond),
		Meaning: "interval of retransmission of both endpoints"},
	{Name: "replay-window", Type: scenarios.CountType, Default: "64", Min: 1, Max: 100_000,
		Meaning: "size of the replay window of both endpoints, in records (RFC 6347 section 4.1.2.6): what is older " +
			"than the newest by so many or more is dropped"},
	{Name: "credentials", Type: scenarios.ChoiceType, Default: "ecdsa", Choices: stack.Credentials,
		Meaning: "pre-shared key, or type of the server's certificate"},
	{Name: "stack", Type: scenarios.ChoiceType, Default: PionV2, Choices: []string{PionV2, PionV3},
		Meaning: "DTLS implementation of both endpoints: pion-v2 is pion/dtls " + pionv2.Version + ", pion-v3 is " +
			"pion/dtls " +
			pionv3.Version + ", whose flight-interval doubles with each retransmission"},
	{Name: "perturb", Type: scenarios.CountType, Default: "0", Max: 1000,
		Meaning: "each socket call of an endpoint lets 0 to so many turns go by, drawn: races between its own " +
			"goroutines go either way"},
})

// Values of guard and client-guard: which records of epoch 0, other than handshake records, are
// kept from an endpoint.
const (
	guardNone        = "none"
	guardEstablished = "established"
	guardStrict      = "strict"
)

// Values of server-start-queue.
const (
	queueNone   = "none"
	queueKernel = "kernel"
)

var guards = []string{guardNone, guardEstablished, guardStrict}

var listenerModels = []string{ListenerModel, ConcurrentModel}

// Parameters returns the parameters of a scenario that runs sessions, including its own, in
// display order.
func Parameters(own []scenarios.Parameter) []scenarios.Parameter {
	return slices.Concat(network.Parameters(own), clientParameters, serverParameters)
}

// Asks returns the parameters that [Run] reads, each with its reader: the network, the clients,
// the server or the NAT. They are those of [Parameters]; a test checks this.
func Asks() []scenarios.Asked {
	var list []scenarios.Asked
	for _, p := range Parameters(nil) {
		list = append(list, scenarios.Asked{Name: p.Name, Type: p.Type, By: askers[p.Group]})
	}
	return list
}

var askers = map[string]string{
	scenarios.NetworkGroup: "the network", scenarios.ClientsGroup: "a client", scenarios.ServerGroup: "the server",
	scenarios.NATGroup: "the NAT",
}

// GroupParameters returns the parameters whose defaults a section of a scenario file can set.
func GroupParameters(group string) []scenarios.Parameter {
	var list []scenarios.Parameter
	for _, p := range Parameters(nil) {
		if p.Group == group {
			list = append(list, p)
		}
	}
	return list
}
