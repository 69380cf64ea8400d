// Package session runs sessions: clients that start one after another, and a server with one of
// three models. Scenarios from files use it.
//
// In: the values of parameters, the configuration of a replication, and the scenario's rules.
// Out: the result of the simulation, and an observation: what each client and the server
// experienced, the outcomes and the measures.
//
// [Run] takes a link and hosts from package network, starts the server ([SequentialModel],
// [ListenerModel] or [ConcurrentModel]) and the clients, and runs the simulation to its end.
// Package outcome reads from the trace, while it is recorded, what the applications did not observe
// themselves.
package session

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// serverModel is a server of one of the server models.
type serverModel interface {
	start()
	address() netip.AddrPort
	observe(o *scenarios.Observation, wrong map[string]bool)
}

// sessionsRun is one replication with a server and its clients.
type sessionsRun struct {
	v           scenarios.Values
	w           *sim.Simulation
	server      serverModel
	clientHosts []*sim.Host
	stack       stack.Stack
	config      stack.Config
	numbers     network.Clients
	peers       []*client // by number of the session, from 0
	messages    *outcome.Messages
}

// Run performs a replication of a scenario.
func Run(v scenarios.Values, c sim.Config, rules []scenarios.Rule) (sim.Result, scenarios.Observation) {
	r := &sessionsRun{
		v: v, stack: stacks[v.Choice("stack")], numbers: network.NumberClients(v.Count("clients")),
		messages: outcome.NewMessages(),
	}
	c.Link = network.Link(v, r.numbers, rules)
	c.Perturb = v.Count("perturb")
	r.config = stack.Config{
		Credentials: v.Choice("credentials"), FlightInterval: v.Duration("flight-interval"),
		MTU: v.Count("endpoint-mtu"), ReplayWindow: v.Count("replay-window"),
		ClientCertificate: v.Choice("client-certificate"),
	}
	reader := outcome.NewReader(r.numbers)
	c.Read = reader.Add
	result := sim.Run(c, func(w *sim.Simulation) {
		r.w = w
		r.config.Observe, r.config.Explain = r.observer(), w.Explaining()
		r.clientHosts = network.ClientHosts(v, w)
		s := newServer(w, w.Host("server", network.ServerAddress), v, r.stack, r.config, r)
		if v.Choice("model") == SequentialModel {
			r.server = &sequentialServer{server: s}
		} else {
			r.server = &listeningServer{server: s}
		}
		r.server.start()
		r.startClient(0)
		w.Conclude(r.messages.Lost)
	})
	return result, r.observe(&result, reader.End())
}

// startClient starts client number i, from 0, and makes it start the next one.
func (r *sessionsRun) startClient(i int) {
	host := r.clientHosts[i%len(r.clientHosts)]
	port := uint16(network.ClientPort)
	if r.v.Choice("client-port") == "new" {
		port += uint16(i)
	}
	c := &client{
		w: r.w, host: host, number: i + 1, local: netip.AddrPortFrom(host.Address(), port), v: r.v,
		stack: r.stack, config: r.config, messages: r.messages,
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
	r.w.Go(network.ClientName(i+1), func() {
		defer r.w.Idle()
		c.run(r.server.address)
		if !overlapping {
			next()
		}
	})
}

// observer returns the function that records the events of an endpoint; nil if nobody observes.
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

// secondsMatter reports whether times depend on the seconds of the clock. A hello contains them,
// and an ECDSA signature of the server or of a client covers the hello. The length of the signature
// depends on its bits. The length of a datagram determines its time on the line, whether it is sent,
// and in how many parts.
func (r *sessionsRun) secondsMatter() bool {
	return (r.v.Choice("credentials") == "ecdsa" || r.v.Choice("client-certificate") == "ecdsa") &&
		(r.v.BitRate("bandwidth") > 0 || r.v.Count("mtu") > 0 || r.v.Count("endpoint-mtu") < 1200)
}

// gap returns the time between the starts of client number i, from 0, and the next one.
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

// clientAt returns the client that most recently started at an address, or nil.
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

func (r *sessionsRun) observe(result *sim.Result, shown outcome.Reading) scenarios.Observation {
	o := scenarios.Observation{Measures: map[string]int64{}}
	wrong := map[string]bool{}
	r.server.observe(&o, wrong)
	shown.Observe(&o, wrong)
	r.messages.Observe(&o, result.Virtual, result.Watched != nil)
	var unfinished time.Duration // the longest incomplete handshake
	for i := range r.v.Count("clients") {
		s := scenarios.Session{Client: i + 1, Handshake: "never started"}
		if i < len(r.peers) {
			delivered := o.Delivered[i+1]
			s = r.peers[i].session
			s.DataDelivered = delivered
			wrong[outcome.AssociationKilled] = wrong[outcome.AssociationKilled] || r.peers[i].killed
			wrong[outcome.StaleAssociation] = wrong[outcome.StaleAssociation] || r.peers[i].stale
			wrong[outcome.NoCloseNotify] = wrong[outcome.NoCloseNotify] || r.peers[i].silent
			if s.Handshake == "completed" {
				o.Largest(outcome.Handshake, s.HandshakeTime)
			} else {
				unfinished = max(unfinished, r.peers[i].unfinished)
			}
		}
		completed := s.Handshake == "completed"
		switch {
		case !completed && i > 0:
			wrong[outcome.NextHandshakeFailed] = true
		case !s.DataDelivered && !r.messages.SentBy(i+1): // the first client, whose handshake failed
			o.Measures[outcome.DataLost]++
		}
		if i == 0 && !completed {
			if i < len(r.peers) && r.peers[i].timedOut {
				wrong[outcome.HandshakeTimeout] = true
			} else {
				wrong[outcome.HandshakeAborted] = true
			}
		}
		o.Sessions = append(o.Sessions, s)
	}
	if unfinished > 0 {
		o.Measures[measure.Censored(outcome.Handshake)] = max(int64(unfinished), o.Measures[outcome.Handshake])
	}
	wrong[outcome.DataLost] = o.Measures[outcome.DataLost] > 0
	wrong[outcome.AnswerLost] = o.Measures[outcome.AnswerLost] > 0
	for _, known := range r.v.Scenario().Outcomes {
		if wrong[known.Name] {
			o.Outcome = append(o.Outcome, known.Name)
		}
	}
	return o
}
