package search_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/transport/v2"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
	"github.com/dtlssim/dtlssim/sim/stack/pionv3"
)

// The scenarios own-server and own-server-unstated are an application's server in Go, which serves
// one client by one of many programs: the first states that its timers are known, the second does
// not. Whether that is true depends on the parameter timers:
//
//   - declared: the simulation knows all of them.
//   - hidden: the server waits with timers of the runtime.
//   - by-hand: no simulation configures the server's endpoint.
//   - flag: a timer of the runtime only sets a variable, which the server reads later. No run shows it.
func registerOwnServers() {
	for name, stated := range map[string]bool{"own-server": true, "own-server-unstated": false} {
		if err := catalogue.Register(&scenarios.Scenario{
			Name:    name,
			Summary: "A server by a program of its own.",
			Parameters: []scenarios.Parameter{
				{Name: "latency", Type: scenarios.DistributionType, Default: "10ms"},
				{Name: "pause", Type: scenarios.DurationType, Default: "5ms"},
				{Name: "program", Type: scenarios.CountType, Default: "0", Max: 1 << 40},
				{Name: "stack", Type: scenarios.ChoiceType, Default: "pion-v2", Choices: []string{"pion-v2", "pion-v3"}},
				{Name: "timers", Type: scenarios.ChoiceType, Default: "declared",
					Choices: []string{"declared", "hidden", "by-hand", "flag"}},
			},
			Outcomes:    []scenarios.Outcome{{Name: "no-echo", Meaning: "no message came back"}},
			Probe:       scenarios.ProbeRange{Name: "latency", To: 450 * time.Millisecond},
			TimersKnown: stated,
			Run:         ownServer,
		}); err != nil {
			panic(err)
		}
	}
}

func ownServer(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
	server, client := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	latency := v.Distribution("latency")
	c.Link = sim.Link{Latency: func(*sim.Packet) distribution.Distribution { return latency }}
	of := pionv2.New()
	if v.Choice("stack") == "pion-v3" {
		of = pionv3.New()
	}
	echoed := false
	result := sim.Run(c, func(w *sim.Simulation) {
		home, away := w.Host("server", server), w.Host("client", client)
		config := stack.Config{Credentials: "psk", FlightInterval: time.Second}
		own := &own{w: w, host: home, timers: v.Choice("timers")}
		w.Busy()
		w.Go("server", func() {
			defer w.Idle()
			endpoint := w.Endpoint(config)
			if own.timers == "by-hand" {
				endpoint = config
			}
			if err := own.serve(of, endpoint, v.Count("program")); err != nil {
				w.Note(home, "server failed", err.Error())
			}
		})
		w.Busy()
		w.Go("client", func() {
			defer w.Idle()
			err := callOwn(w, away, netip.AddrPortFrom(server, 4433), of, w.Endpoint(config), v)
			if echoed = err == nil; !echoed {
				w.Note(away, "client failed", err.Error())
			}
		})
	})
	o := scenarios.Observation{}
	if !echoed {
		o.Outcome = []string{"no-echo"}
	}
	return result, o
}

// callOwn is the client: it sends a message after a pause, and waits for an answer.
func callOwn(
	w *sim.Simulation, host *sim.Host, server netip.AddrPort, of stack.Stack, c stack.Config, v scenarios.Values,
) error {
	socket, err := host.Connect(0, server)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	session, err := of.Client(ctx, socket, c)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := w.Sleep(v.Duration("pause")); err != nil {
		return err
	}
	if _, err := session.Write([]byte("hello")); err != nil {
		return err
	}
	if err := session.SetDeadline(time.Now().Add(3 * time.Second)); err != nil {
		return err
	}
	_, err = session.Read(make([]byte, 100))
	return err
}

// own is a server.
type own struct {
	w       *sim.Simulation
	host    *sim.Host
	timers  string
	session net.Conn
	got     bool // the message
	late    bool // set by a timer
}

// serve serves one client. Program 0 is that of the case own-server-window-missed; each other number
// is a random program.
func (o *own) serve(of stack.Stack, c stack.Config, program int) error {
	socket, err := o.host.ListenUDP("udp4", &net.UDPAddr{Port: 4433})
	if err != nil {
		return err
	}
	conn := &oneClient{UDPConn: socket}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if o.session, err = of.Server(ctx, conn, c); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	defer o.session.Close()
	if program == 0 {
		// Nothing came: see to something else for a while, and drop what came meanwhile.
		if !o.read(300 * time.Millisecond) {
			o.read(100 * time.Millisecond)
			o.got = false
			o.read(20 * time.Second)
		}
	} else {
		o.random(rand.New(rand.NewPCG(uint64(program), 0)))
	}
	if !o.got {
		return errors.New("no message")
	}
	_, err = o.session.Write([]byte("hello"))
	return err
}

// random performs random steps and notes what each of them saw.
func (o *own) random(r *rand.Rand) {
	some := func() time.Duration { return 1 + time.Duration(r.Int64N(int64(300*time.Millisecond))) }
	for step := range 2 + r.IntN(4) {
		saw := ""
		switch r.IntN(7) {
		case 0, 1:
			saw = fmt.Sprint(o.read(some()))
		case 2:
			o.pause(some())
		case 3: // drop what comes for a while
			saw = fmt.Sprint(o.read(some()))
			o.got = false
		case 4: // deadlines that are set again, cleared, or in the past
			_ = o.session.SetReadDeadline(time.Now().Add(some()))
			o.pause(some())
			_ = o.session.SetDeadline([]time.Time{{}, time.Now().Add(some()), time.Unix(0, 1)}[r.IntN(3)])
			n, err := o.session.Read(make([]byte, 100))
			saw = fmt.Sprint(n, err)
			o.got = o.got || err == nil
			_ = o.session.SetDeadline(time.Time{})
			if n == 0 && !errors.Is(err, os.ErrDeadlineExceeded) && stack.CauseOf(err) != stack.TimedOut {
				o.w.Note(o.host, "ended", fmt.Sprint(err))
				return
			}
		case 5: // what a deadline leaves behind when it is over
			_ = o.session.SetReadDeadline(time.Now().Add(some()))
			o.pause(some())
			_ = o.session.SetReadDeadline(time.Time{})
		case 6:
			if !o.got {
				_ = o.session.SetWriteDeadline(time.Now().Add(some()))
				_, err := o.session.Write([]byte("wait"))
				o.got, saw = false, fmt.Sprint(err)
			}
		}
		o.w.Note(o.host, "step", fmt.Sprint(step, saw))
	}
	o.read(2 * time.Second)
}

// read waits for the message, for at most d.
func (o *own) read(d time.Duration) bool {
	switch o.timers {
	case "hidden":
		timer := time.AfterFunc(d, func() { _ = o.session.SetReadDeadline(time.Unix(0, 1)) })
		defer timer.Stop()
		defer func() { _ = o.session.SetReadDeadline(time.Time{}) }()
	case "flag":
		// The program waits for longer than it should, and looks at a variable then.
		o.late = false
		timer := time.AfterFunc(d, func() { o.late = true })
		defer timer.Stop()
		_ = o.session.SetReadDeadline(time.Now().Add(25 * time.Second))
	default:
		_ = o.session.SetReadDeadline(time.Now().Add(d))
	}
	_, err := o.session.Read(make([]byte, 100))
	ok := err == nil && !o.late
	o.got = o.got || ok
	return ok
}

// pause waits.
func (o *own) pause(d time.Duration) {
	if o.timers == "hidden" {
		time.Sleep(d)
		return
	}
	_ = o.w.Sleep(d)
}

// oneClient makes a connection of a socket, with the sender of the first datagram.
type oneClient struct {
	transport.UDPConn
	peer net.Addr
}

// Read implements net.Conn.
func (c *oneClient) Read(p []byte) (int, error) {
	for {
		n, from, err := c.ReadFrom(p)
		if err != nil {
			return 0, err
		}
		if c.peer == nil {
			c.peer = from
		}
		if c.peer.String() == from.String() {
			return n, nil
		}
	}
}

// Write implements net.Conn.
func (c *oneClient) Write(p []byte) (int, error) { return c.WriteTo(p, c.peer) }

// RemoteAddr implements net.Conn.
func (c *oneClient) RemoteAddr() net.Addr { return c.peer }
