// Command example is a separate program with a scenario in Go: an application's server, which
// takes a transport.Net, serves a distant client. It supports every verb of dtlssim:
//
//	go run ./scenarios/example window impatient-server
//	go run ./scenarios/example study scenarios/example/study.yaml
//
// The test of this package asks the same question in Go.
package main

import (
	"net/netip"
	"time"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
)

const noEcho = "no-echo"

var impatient = &scenarios.Scenario{
	Name:    "impatient-server",
	Summary: "A server that gives up when the client's message takes too long after the handshake.",
	Parameters: []scenarios.Parameter{
		{Name: "latency", Type: scenarios.DistributionType, Default: "10ms",
			Meaning: "one-way latency distribution of every datagram"},
		{Name: "patience", Type: scenarios.DurationType, Default: "500ms",
			Meaning: "how long the server waits for the message"},
	},
	Outcomes: []scenarios.Outcome{{Name: noEcho, Meaning: "the client did not get its message back"}},
	Probe:    scenarios.ProbeRange{Name: "latency", From: 0, To: time.Second},
	Asks: []scenarios.Asked{
		{Name: "latency", Type: scenarios.DistributionType, By: "the network"},
		{Name: "patience", Type: scenarios.DurationType, By: "the server"},
	},
	Run: replicate,

	// Both endpoints are configured by Simulation.Endpoint, the server's context and deadlines go
	// through its endpoint, and nothing else in the run waits or compares times.
	TimersKnown: true,
}

// replicate performs one replication with two hosts: one runs the application's server, the other
// a client.
func replicate(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
	server, client := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	latency := v.Distribution("latency")
	c.Link = sim.Link{Latency: func(*sim.Packet) distribution.Distribution { return latency }}
	echoed := false
	result := sim.Run(c, func(w *sim.Simulation) {
		home, away := w.Host("server", server), w.Host("client", client)
		w.Busy() // until the server has ended
		w.Go("server", func() {
			defer w.Idle()
			if err := serveOne(home, 4433, configuration(w), v.Duration("patience")); err != nil {
				w.Note(home, "server failed", err.Error())
			}
		})
		w.Busy() // and the client
		w.Go("client", func() {
			defer w.Idle()
			err := echo(w, away, netip.AddrPortFrom(server, 4433))
			if echoed = err == nil; !echoed {
				w.Note(away, "client failed", err.Error())
			}
		})
	})
	o := scenarios.Observation{}
	if !echoed {
		o.Outcome = []string{noEcho}
	}
	return result, o
}

// configuration is used by both endpoints. Their timers are observed, and their deadlines are events
// of the simulation, so the window search knows both.
func configuration(w *sim.Simulation) stack.Config {
	return w.Endpoint(stack.Config{Credentials: "psk", FlightInterval: time.Second})
}

// echo is the client: it sends a message and waits for the echo.
func echo(w *sim.Simulation, host *sim.Host, server netip.AddrPort) error {
	socket, err := host.Connect(0, server)
	if err != nil {
		return err
	}
	ctx, cancel := w.WithTimeout(30 * time.Second)
	defer cancel()
	session, err := pionv2.New().Client(ctx, socket, configuration(w))
	if err != nil {
		return err
	}
	defer session.Close()
	if _, err := session.Write([]byte("hello")); err != nil {
		return err
	}
	_, err = session.Read(make([]byte, 1024))
	return err
}

func main() { cli.Main(impatient) }
