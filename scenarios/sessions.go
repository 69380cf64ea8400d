package scenarios

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/endpoint"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// What can go wrong when a server serves sessions.
const (
	UnexpectedMessage   = "unexpected-message"
	GhostSession        = "ghost-session"
	AcceptBlocked       = "accept-blocked"
	Stalled             = "stalled"
	NextHandshakeFailed = "next-handshake-failed"
	DataLost            = "data-lost"
	ServerError         = "server-error"
)

// knownOutcomes is what can go wrong, in the order in which a run lists it.
var knownOutcomes = []Outcome{
	{UnexpectedMessage, "the server reported an unexpected message"},
	{GhostSession, "the server spent a session on a datagram that began none"},
	{AcceptBlocked, "Accept was held up by a handshake that no client had begun, while a client waited"},
	{Stalled, "data that had arrived was kept from the server's application"},
	{NextHandshakeFailed, "the handshake of a client after the first failed"},
	{DataLost, "a session's data never reached the server's application"},
	{ServerError, "the server reported any other error"},
}

// outcomes returns the outcomes of those names.
func outcomes(names ...string) []Outcome {
	var list []Outcome
	for _, o := range knownOutcomes {
		if slices.Contains(names, o.Name) {
			list = append(list, o)
		}
	}
	return list
}

// clientParameters are those of what a client does.
var clientParameters = []Parameter{
	{Name: "client", Type: ChoiceType, Default: "closes-first", Choices: []string{"closes-first", "waits"},
		Meaning: "closes-first: data, then at once close (echo x | openssl s_client); waits: waits for the echo, then client-pause, then closes"},
	{Name: "client-pause", Type: DurationType, Default: "0s", Meaning: "pause of a client that waits, between the echo and its close"},
}

// serviceParameters are those of what the server does in a session.
var serviceParameters = []Parameter{
	{Name: "service", Type: DurationType, Default: "1ms", Meaning: "server's time from reading the data to answering and closing"},
	{Name: "linger", Type: DurationType, Default: "0s", Meaning: "after closing, before the socket is released: what arrives is read and dropped"},
}

// sessionParameters are those of the sequence of sessions, and of the limits of both
// sides.
var sessionParameters = []Parameter{
	{Name: "client-port", Type: ChoiceType, Default: "new", Choices: []string{"new", "same"}, Meaning: "same: the next client reuses the 5-tuple"},
	{Name: "clients", Type: CountType, Default: "2", Min: 1, Max: 1000, Meaning: "sessions, one after another"},
	{Name: "gap", Type: DurationType, Default: "100ms", Meaning: "from the end of one client to the start of the next"},
	{Name: "handshake-timeout", Type: DurationType, Default: "30s", Min: 1, Meaning: "limit of the server's handshake"},
	{Name: "client-timeout", Type: DurationType, Default: "10s", Min: 1, Meaning: "limit of the client's handshake, and of its wait for the echo"},
	{Name: "read-timeout", Type: DurationType, Default: "10s", Min: 1, Meaning: "limit of the server's wait for data"},
	{Name: "flight-interval", Type: DurationType, Default: "1s", Min: int64(time.Microsecond), Meaning: "interval of retransmission of both endpoints"},
	{Name: "credentials", Type: ChoiceType, Default: "ecdsa", Choices: endpoint.Credentials, Meaning: "pre-shared key, or type of the server's certificate"},
	{Name: "perturb", Type: CountType, Default: "0", Max: 1000, Meaning: "each socket call of an endpoint lets 0 to so many turns go by, drawn: races between its own goroutines go either way"},
}

var (
	serverAddress = netip.MustParseAddr("192.0.2.1")
	clientAddress = netip.MustParseAddr("192.0.2.2")
)

const (
	serverPort = 4433  // of openssl s_server and of Mbed TLS's dtls_server
	clientPort = 50001 // of the first client
)

// serverModel is one of the server models.
type serverModel interface {
	start()
	address() netip.AddrPort
	observe(o *Observation, wrong map[string]bool)
}

// sessionsRun is one replication of clients that come one after another.
type sessionsRun struct {
	v          Values
	w          *sim.World
	server     serverModel
	clientHost *sim.Host
	config     endpoint.Config
	peers      []*client // by session, from 0
}

// runSessions performs a replication: a server of a model, and clients one after
// another.
func runSessions(v Values, c sim.Config, model func(s server) serverModel) (sim.Result, Observation) {
	r := &sessionsRun{v: v}
	r.config = endpoint.Config{Credentials: v.Choice("credentials"), FlightInterval: v.Duration("flight-interval")}
	c.Perturb = v.Count("perturb")
	result := sim.Run(c, func(w *sim.World) {
		r.w = w
		r.clientHost = w.Host("client", clientAddress)
		r.server = model(newServer(w, w.Host("server", serverAddress), v, r.config, r.awaited))
		r.server.start()
		r.startClient(0)
	})
	return result, r.observe(result.Records)
}

// alertRule gives the first encrypted alert that the first client sends its latency
// from the parameter alert-latency. Without that parameter it is a datagram like any
// other.
func alertRule(v Values) []sim.Rule {
	if !v.Given("alert-latency") {
		return nil
	}
	return []sim.Rule{{
		Name: "alert", Action: sim.SetLatency, Delay: v.Law("alert-latency"),
		Match: sim.Match{Nth: 1, Is: func(p *sim.Packet) bool {
			return p.Sender == clientName(1) && trace.IsEncryptedAlert(p.Payload)
		}},
	}}
}

// startClient starts client number i, from 0, and has it start the next.
func (r *sessionsRun) startClient(i int) {
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
		if i+1 < r.v.Count("clients") && r.w.Sleep(r.v.Duration("gap")) == nil {
			r.startClient(i + 1)
		}
	})
}

// awaited tells whether a client at that address waits for its handshake to
// complete.
func (r *sessionsRun) awaited(peer netip.AddrPort) bool {
	for _, c := range r.peers {
		if c.local == peer && c.shaking {
			return true
		}
	}
	return false
}

func (r *sessionsRun) observe(records []trace.Record) Observation {
	o := Observation{Measures: map[string]int64{}}
	wrong := map[string]bool{}
	r.server.observe(&o, wrong)
	if stall := longestStall(records); stall > 0 {
		wrong[Stalled] = true
		o.Measures["read_stalled_ns"] = int64(stall)
	}
	for i := range r.v.Count("clients") {
		s := Session{Client: i + 1, Handshake: "never started"}
		if i < len(r.peers) {
			delivered := o.delivered[i+1]
			s = r.peers[i].session
			s.DataDelivered = delivered
		}
		switch {
		case s.Handshake != "completed" && i > 0:
			wrong[NextHandshakeFailed] = true
		case !s.DataDelivered: // the first client's failed handshake is this too
			wrong[DataLost] = true
		}
		o.Sessions = append(o.Sessions, s)
	}
	for _, outcome := range r.v.scenario.Outcomes {
		if wrong[outcome.Name] {
			o.Outcome = append(o.Outcome, outcome.Name)
		}
	}
	return o
}

// longestStall returns the longest time for which data that had arrived was kept
// from the server's application.
func longestStall(records []trace.Record) (longest time.Duration) {
	arrived := map[string]time.Duration{} // first data of each client, by its actor
	for i := range records {
		r := &records[i]
		switch {
		case r.Kind == trace.Arrive && r.To.Addr() == serverAddress && strings.HasPrefix(r.Label, "ApplicationData"):
			if _, ok := arrived[r.Datagram.Actor]; !ok {
				arrived[r.Datagram.Actor] = r.At
			}
		case r.Kind == trace.Note && r.Event == dataRead:
			if line, err := strconv.Unquote(r.Detail); err == nil {
				if at, ok := arrived[clientName(greetedBy(line))]; ok {
					longest = max(longest, r.At-at)
				}
			}
		}
	}
	return longest
}

func clientName(number int) string { return fmt.Sprintf("client-%d", number) }
