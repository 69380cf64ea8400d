package scenarios

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/endpoint"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// What can go wrong in late-close-notify.
const (
	UnexpectedMessage   = "unexpected-message"
	GhostSession        = "ghost-session"
	NextHandshakeFailed = "next-handshake-failed"
	DataLost            = "data-lost"
	ServerError         = "server-error"
)

var (
	serverAddress = netip.MustParseAddr("192.0.2.1")
	clientAddress = netip.MustParseAddr("192.0.2.2")
)

const (
	serverPort = 4433  // of openssl s_server and of Mbed TLS's dtls_server
	clientPort = 50001 // of the first client
)

// lateCloseNotify is the founding case (Mbed-TLS/mbedtls issue 9652): a server
// serves one client after another, and the first client's close_notify is late.
var lateCloseNotify = &Scenario{
	Name: "late-close-notify",
	Summary: "A sequential server on one UDP port; the first client's close_notify arrives " +
		"when the server already waits for the next session.",
	Parameters: parameters(latencyParameters, []Parameter{
		{Name: "alert-latency", Type: LawType, Follows: "uplink", Meaning: "latency of the first client's first close_notify"},
	}, faultParameters, []Parameter{
		{Name: "client", Type: ChoiceType, Default: "closes-first", Choices: []string{"closes-first", "waits"},
			Meaning: "closes-first: data, then at once close (echo x | openssl s_client); waits: waits for the echo, then client-pause, then closes"},
		{Name: "client-pause", Type: DurationType, Default: "0s", Meaning: "pause of a client that waits, between the echo and its close"},
		{Name: "service", Type: DurationType, Default: "1ms", Meaning: "server's time from reading the data to answering and closing"},
		{Name: "linger", Type: DurationType, Default: "0s", Meaning: "after closing, before the socket is released: what arrives is read and dropped"},
		{Name: "pause-after-release", Type: DurationType, Default: "0s", Meaning: "the remedy in the wrong place: released, then waiting before the next accept"},
		{Name: "first-record", Type: ChoiceType, Default: "stack", Choices: []string{"stack", "reject", "discard"},
			Meaning: "what the server does with a first datagram that is no epoch-0 handshake record: stack hands it to DTLS, reject reports unexpected-message and listens again, discard drops it and goes on waiting"},
		{Name: "server-port", Type: ChoiceType, Default: "same", Choices: []string{"same", "rotate"}, Meaning: "rotate: a new port each session, known to the client"},
		{Name: "client-port", Type: ChoiceType, Default: "new", Choices: []string{"new", "same"}, Meaning: "same: the next client reuses the 5-tuple"},
		{Name: "clients", Type: CountType, Default: "2", Min: 1, Max: 1000, Meaning: "sessions, one after another"},
		{Name: "gap", Type: DurationType, Default: "100ms", Meaning: "from the end of one client to the start of the next"},
		{Name: "handshake-timeout", Type: DurationType, Default: "30s", Min: 1, Meaning: "limit of the server's handshake"},
		{Name: "client-timeout", Type: DurationType, Default: "10s", Min: 1, Meaning: "limit of the client's handshake, and of its wait for the echo"},
		{Name: "read-timeout", Type: DurationType, Default: "10s", Min: 1, Meaning: "limit of the server's wait for data"},
		{Name: "flight-interval", Type: DurationType, Default: "1s", Min: int64(time.Microsecond), Meaning: "interval of retransmission of both endpoints"},
		{Name: "credentials", Type: ChoiceType, Default: "ecdsa", Choices: endpoint.Credentials, Meaning: "pre-shared key, or type of the server's certificate"},
		{Name: "remedy", Type: ChoiceType, Default: "none",
			Choices: []string{"none", "linger", "recognise", "client-waits", "server-port", "linger+recognise"},
			Meaning: "shorthand that sets linger=50ms unless given, first-record=discard, client=waits, server-port=rotate, or the first two together (the report's recommendation)"},
	}),
	Outcomes: []Outcome{
		{UnexpectedMessage, "the server reported an unexpected message"},
		{GhostSession, "the server spent a session on a datagram that began none"},
		{NextHandshakeFailed, "the handshake of a client after the first failed"},
		{DataLost, "a session's data never reached the server's application"},
		{ServerError, "the server reported any other error"},
	},
	Probe:  ProbeRange{Name: "alert-latency", From: 0, To: 300 * time.Millisecond},
	Expand: expandRemedy,
	Run:    runLateCloseNotify,
}

// expandRemedy returns the settings that a remedy stands for. What it sets may not
// be given otherwise as well, but for the length of the linger.
func expandRemedy(given Values) (Settings, error) {
	set, ok := given.values["remedy"]
	if !ok {
		return nil, nil
	}
	remedy := set.parsed.(string)
	implied := Settings{}
	switch remedy {
	case "linger":
		implied["linger"] = "50ms"
	case "recognise":
		implied["first-record"] = "discard"
	case "client-waits":
		implied["client"] = "waits"
	case "server-port":
		implied["server-port"] = "rotate"
	case "linger+recognise":
		implied["linger"] = "50ms"
		implied["first-record"] = "discard"
	}
	for name, text := range implied {
		v, ok := given.values[name]
		switch {
		case !ok:
		case name == "linger":
			delete(implied, name)
		case v.text != text:
			return nil, fmt.Errorf("remedy=%s sets %s=%s, and %s=%s is given as well", remedy, name, text, name, v.text)
		}
	}
	return implied, nil
}

// lateRun is one replication of late-close-notify under way.
type lateRun struct {
	v          Values
	w          *sim.World
	server     *sequentialServer
	clientHost *sim.Host
	config     endpoint.Config

	clients int
	peers   []*client // by session, from 0
}

func runLateCloseNotify(v Values, c sim.Config) (sim.Result, Observation) {
	r := &lateRun{v: v, clients: v.Count("clients")}
	r.config = endpoint.Config{Credentials: v.Choice("credentials"), FlightInterval: v.Duration("flight-interval")}
	c.Link = networkLink(v, serverAddress)
	c.Link.Override = r.alertLatency(stream.New(c.Seed, c.Scenario, "latency/alert"))
	result := sim.Run(c, func(w *sim.World) {
		r.w = w
		r.clientHost = w.Host("client", clientAddress)
		r.server = newSequentialServer(w, w.Host("server", serverAddress), v, r.config, r.awaited)
		r.server.start()
		r.startClient(0)
	})
	return result, r.observe()
}

// alertLatency returns the link's override: the first encrypted alert that the
// first client sends takes its latency from the parameter alert-latency, by a
// stream of its own. Without that parameter it is a datagram like any other.
func (r *lateRun) alertLatency(draws *stream.Stream) func(*sim.Packet) (time.Duration, bool) {
	if !r.v.Given("alert-latency") {
		return nil
	}
	alert, seen := r.v.Law("alert-latency"), false
	return func(p *sim.Packet) (time.Duration, bool) {
		if seen || p.Sender != clientName(1) || !trace.IsEncryptedAlert(p.Payload) {
			return 0, false
		}
		seen = true
		return law.Latency(alert, draws.Uniform()), true
	}
}

// startClient starts client number i, from 0, and has it start the next.
func (r *lateRun) startClient(i int) {
	if i == r.clients {
		return
	}
	port := uint16(clientPort)
	if r.v.Choice("client-port") == "new" {
		port += uint16(i)
	}
	c := &client{
		w: r.w, host: r.clientHost, number: i + 1, local: netip.AddrPortFrom(clientAddress, port), v: r.v, config: r.config,
	}
	r.peers = append(r.peers, c)
	r.w.Busy()
	r.w.Go(clientName(i+1), func() {
		defer r.w.Idle()
		c.run(r.server.address())
		if i+1 < r.clients && r.w.Sleep(r.v.Duration("gap")) == nil {
			r.startClient(i + 1)
		}
	})
}

// awaited tells whether a client at that address waits for its handshake to
// complete.
func (r *lateRun) awaited(peer netip.AddrPort) bool {
	for _, c := range r.peers {
		if c.local == peer && c.shaking {
			return true
		}
	}
	return false
}

func (r *lateRun) observe() Observation {
	o := Observation{Server: Server{Sessions: r.server.sessions, Errors: r.server.errors}}
	wrong := map[string]bool{
		UnexpectedMessage: r.server.unexpected > 0,
		GhostSession:      r.server.ghosts > 0,
		ServerError:       r.server.failures > 0,
	}
	for i := range r.clients {
		s := Session{Client: i + 1, Handshake: "never started"}
		if i < len(r.peers) {
			s = r.peers[i].session
		}
		s.DataDelivered = r.server.delivered[i+1]
		switch {
		case s.Handshake != "completed" && i > 0:
			wrong[NextHandshakeFailed] = true
		case !s.DataDelivered: // the first client's failed handshake is this too
			wrong[DataLost] = true
		}
		o.Sessions = append(o.Sessions, s)
	}
	for _, outcome := range lateCloseNotifyOutcomes {
		if wrong[outcome] {
			o.Outcome = append(o.Outcome, outcome)
		}
	}
	return o
}

// lateCloseNotifyOutcomes is the order in which a run lists what went wrong.
var lateCloseNotifyOutcomes = []string{UnexpectedMessage, GhostSession, NextHandshakeFailed, DataLost, ServerError}

func clientName(number int) string { return fmt.Sprintf("client-%d", number) }
