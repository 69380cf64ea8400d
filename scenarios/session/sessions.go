package session

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/trace"
)

var (
	serverAddress = netip.MustParseAddr("192.0.2.1")
	clientAddress = netip.MustParseAddr("192.0.2.2") // of the first of the clients' hosts
)

const (
	serverPort = 4433  // of openssl s_server and of Mbed TLS's dtls_server
	clientPort = 50001 // of the first client
	MaxClients = 1000
)

// serverModel is one of the server models.
type serverModel interface {
	start()
	address() netip.AddrPort
	observe(o *scenarios.Observation, wrong map[string]bool)
}

// sessionsRun is one replication of a server and its clients.
type sessionsRun struct {
	v           scenarios.Values
	w           *sim.Simulation
	server      serverModel
	clientHosts []*sim.Host
	stack       stack.Stack
	config      stack.Config
	numbers     clientNumbers
	peers       []*client // by session, from 0
}

// runSessions performs a replication of a scenario from a file.
func Run(v scenarios.Values, c sim.Config, rules []scenarios.Rule) (sim.Result, scenarios.Observation) {
	r := &sessionsRun{v: v, stack: stacks[v.Choice("stack")], numbers: number(v.Count("clients"))}
	c.Link = networkLink(v, serverAddress)
	c.Link.Rules = r.numbers.compileRules(v, rules)
	c.Perturb = v.Count("perturb")
	r.config = stack.Config{
		Credentials: v.Choice("credentials"), FlightInterval: v.Duration("flight-interval"),
		MTU: v.Count("endpoint-mtu"),
	}
	result := sim.Run(c, func(w *sim.Simulation) {
		r.w = w
		r.config.Observe = r.observer()
		r.startClientHosts()
		s := newServer(w, w.Host("server", serverAddress), v, r.stack, r.config, r.clientAt)
		if v.Choice("model") == SequentialModel {
			r.server = &sequentialServer{server: s}
		} else {
			r.server = &listeningServer{server: s}
		}
		r.server.start()
		r.startClient(0)
	})
	return result, r.observe(result.Records)
}

// startClient starts client number i, from 0, and has it start the next.
func (r *sessionsRun) startClient(i int) {
	host := r.clientHosts[i%len(r.clientHosts)]
	port := uint16(clientPort)
	if r.v.Choice("client-port") == "new" {
		port += uint16(i)
	}
	c := &client{
		w: r.w, host: host, number: i + 1, local: netip.AddrPortFrom(host.Address(), port), v: r.v,
		stack: r.stack, config: r.config,
	}
	r.peers = append(r.peers, c)
	next := func() {
		if i+1 < r.v.Count("clients") && r.w.Sleep(r.gap(i)) == nil {
			r.startClient(i + 1)
		}
	}
	overlapping := r.v.Choice("arrivals") == "at-intervals"
	if overlapping {
		r.w.Busy()
		r.w.Go("arrivals-"+strconv.Itoa(i+1), func() {
			defer r.w.Idle()
			next()
		})
	}
	r.w.Busy()
	r.w.Go(clientName(i+1), func() {
		defer r.w.Idle()
		c.run(r.server.address)
		if !overlapping {
			next()
		}
	})
}

// observer returns what takes note of what an endpoint goes by; nil if nobody watches.
func (r *sessionsRun) observer() func(stack.Event) {
	observe := r.w.Observer()
	if observe == nil || r.secondsMatter() {
		return observe
	}
	return func(e stack.Event) {
		if e.Kind != stack.ClockRead {
			observe(e)
		}
	}
}

// secondsMatter tells whether times depend on the seconds of the clock: a hello carries
// them, an ECDSA signature is over the hello, its length over its bits, and how long a
// datagram takes of a line over its length, or whether it is sent at all, in how many
// parts.
func (r *sessionsRun) secondsMatter() bool {
	return r.v.Choice("credentials") == "ecdsa" &&
		(r.v.BitRate("bandwidth") > 0 || r.v.Count("mtu") > 0 || r.v.Count("endpoint-mtu") < 1200)
}

// gap returns how long after client number i, from 0, the next one starts.
func (r *sessionsRun) gap(i int) time.Duration {
	variation := r.v.Distribution("gap-variation")
	if c, ok := variation.(distribution.Constant); ok {
		return r.v.Duration("gap") + c.Value
	}
	s := r.w.Stream("gap-variation")
	for range i {
		s.Uint64()
	}
	return r.v.Duration("gap") + distribution.Latency(variation, s.Uniform())
}

// clientAt returns the client that last started at an address, or nil.
func (r *sessionsRun) clientAt(peer netip.AddrPort) *client {
	if inside, ok := r.w.Inside(peer); ok {
		peer = inside
	}
	touchAddress(r.w, peer, false)
	for i := len(r.peers) - 1; i >= 0; i-- {
		if r.peers[i].local == peer && r.peers[i].connected {
			return r.peers[i]
		}
	}
	return nil
}

func (r *sessionsRun) observe(records []trace.Record) scenarios.Observation {
	o := scenarios.Observation{Measures: map[string]int64{}}
	wrong := map[string]bool{}
	r.server.observe(&o, wrong)
	shown := r.numbers.readTrace(records)
	shown.observe(&o, wrong)
	var unfinished time.Duration // the longest handshake that did not come about
	for i := range r.v.Count("clients") {
		s := scenarios.Session{Client: i + 1, Handshake: "never started"}
		if i < len(r.peers) {
			delivered := o.Delivered[i+1]
			s = r.peers[i].session
			s.DataDelivered = delivered
			wrong[AssociationKilled] = wrong[AssociationKilled] || r.peers[i].killed
			wrong[AnswerLost] = wrong[AnswerLost] || r.peers[i].unanswered
			wrong[NoCloseNotify] = wrong[NoCloseNotify] || r.peers[i].silent
			o.Measures[handshakeMeasure] = max(o.Measures[handshakeMeasure], s.HandshakeTime)
			if s.Handshake != "completed" {
				unfinished = max(unfinished, r.peers[i].unfinished)
			}
		}
		completed := s.Handshake == "completed"
		switch {
		case !completed && i > 0:
			wrong[NextHandshakeFailed] = true
		case !s.DataDelivered: // the first client's failed handshake is this too
			wrong[DataLost] = true
		}
		if i == 0 && !completed {
			if i < len(r.peers) && r.peers[i].timedOut {
				wrong[HandshakeTimeout] = true
			} else {
				wrong[HandshakeAborted] = true
			}
		}
		o.Sessions = append(o.Sessions, s)
	}
	if unfinished > 0 {
		o.Measures[scenarios.Censored(handshakeMeasure)] = max(int64(unfinished), o.Measures[handshakeMeasure])
	}
	for _, outcome := range r.v.Scenario().Outcomes {
		if wrong[outcome.Name] {
			o.Outcome = append(o.Outcome, outcome.Name)
		}
	}
	return o
}

// clientName returns the name of a client as an actor.
func clientName(number int) string { return "client-" + strconv.Itoa(number) }

// clientNumbers are the numbers of clients, from 1, by their names as actors; that of an actor
// that is no client is 0.
type clientNumbers map[string]int

// number returns the numbers of so many clients.
func number(clients int) clientNumbers {
	numbers := make(clientNumbers, clients)
	for n := 1; n <= clients; n++ {
		numbers[clientName(n)] = n
	}
	return numbers
}
