package session

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// client is one client: it connects, sends one line, perhaps waits for an answer,
// and closes, or vanishes.
type client struct {
	w      *sim.Simulation
	host   *sim.Host
	number int // from 1
	local  netip.AddrPort
	v      scenarios.Values
	stack  stack.Stack
	config stack.Config

	connected   bool         // it has had a socket, and so its address
	shaking     bool         // its handshake is under way
	association *association // that it has, or tries to have; the last one
	silent      bool         // its endpoint was closed without a close_notify
	killed      bool         // an association of it was: see association
	unanswered  bool         // it waited for an answer until its time limit
	timedOut    bool         // its last handshake met its time limit

	// unfinished is how long its last handshake takes at least, if that did not
	// complete: its time limit, for one that ends with an error is not complete at that time
	// either; or until the end of the run, if that came before.
	unfinished time.Duration

	session scenarios.Session
}

// association is what the two sides of one attempt to connect know of each other. An
// association is killed if it ends at one side while the other has neither closed nor
// given up.
type association struct {
	clientLeft bool // the client's application has closed, or given up, or is gone
	serverLeft bool // the server's application has closed
	announced  bool // the client has closed with a close_notify
}

// What the server reads of a client, and the client of the server, but for datagrams.
const (
	theHandshake   = "handshake"
	theAssociation = "association"
)

// touch takes note that the calling actor reads or writes what the two sides share.
func (c *client) touch(what string, write bool) {
	if c.w.Watching() {
		c.w.Touch(what+" of "+network.ClientName(c.number), write)
	}
}

// touchAddress takes note that who is the client at an address is read or changes.
func touchAddress(w *sim.Simulation, address netip.AddrPort, write bool) {
	if w.Watching() {
		w.Touch("client at "+address.String(), write)
	}
}

// run serves the client's session from start to end, and again if it fails and may
// reconnect.
func (c *client) run(server func() netip.AddrPort) {
	c.session = scenarios.Session{Client: c.number, Handshake: "failed"}
	pause := c.v.Duration("back-off")
	for left := c.v.Count("reconnects"); ; left-- {
		c.session.Attempts++
		start := c.w.Now()
		err := c.attempt(server())
		if err == nil {
			c.session.Error = ""
			return
		}
		c.session.Error = err.Error()
		if c.unfinished = c.v.Duration("client-timeout"); c.w.Stopped() {
			c.unfinished = min(c.unfinished, c.w.Now()-start)
		}
		c.w.Event(c.host, outcome.ClientFailed{Err: err})
		if left == 0 || c.w.Sleep(pause) != nil {
			return
		}
		c.w.Compare("back-off", 2*pause, longestBackOff)
		pause = min(2*pause, longestBackOff)
		if c.v.Choice("client-port") == "new" {
			touchAddress(c.w, c.local, true)
			c.local = netip.AddrPortFrom(c.local.Addr(), c.local.Port()+network.MaxClients)
			touchAddress(c.w, c.local, true)
		}
	}
}

// longestBackOff keeps a doubled back-off within reach of the horizon.
const longestBackOff = time.Hour

func (c *client) attempt(server netip.AddrPort) error {
	c.timedOut = false
	socket, err := c.host.Connect(c.local.Port(), server)
	if err != nil {
		return err
	}
	defer socket.Close() // the endpoint has closed it already, unless the handshake failed
	if !c.connected {
		touchAddress(c.w, c.local, true)
	}
	c.connected = true

	ctx, cancel := c.w.WithTimeout(c.v.Duration("client-timeout"))
	defer cancel()
	start := c.w.Now()
	a := &association{}
	c.touch(theHandshake, true)
	c.touch(theAssociation, true)
	c.shaking, c.association = true, a
	guarded, complete := guarded(c.host, socket, c.v.Choice("client-guard"))
	conn, err := c.stack.Client(ctx, guarded, c.config)
	c.timedOut = stack.CauseOf(err) == stack.TimedOut
	c.touch(theHandshake, true)
	c.shaking = false
	if err != nil {
		c.touch(theAssociation, true)
		a.clientLeft = true
		return err
	}
	complete()
	vanishes := c.v.Choice("client") == "vanishes"
	defer func() {
		c.touch(theAssociation, true)
		// An endpoint that is closed before its application closes it has ended by itself.
		if !a.clientLeft && !a.serverLeft && socket.Closed() {
			c.kill(c.host)
		}
		a.clientLeft = true
		_ = conn.Close() // the peer may have closed it
		c.touch(theAssociation, true)
		a.announced = !vanishes && socket.Alerted()
		c.silent = c.silent || (!vanishes && !a.announced && !c.w.Stopped())
	}()
	c.session.Handshake, c.session.HandshakeTime = "completed", int64(c.w.Now()-start)
	c.w.Event(c.host, outcome.Completed{})

	if _, err := io.WriteString(conn, greeting(c.number)); err != nil {
		return fmt.Errorf("sending the data: %w", err)
	}
	behaviour := c.v.Choice("client")
	switch behaviour {
	case "waits":
		if err := c.await(conn, greeting(c.number), "echo received"); err != nil {
			return fmt.Errorf("waiting for the echo: %w", err)
		}
	case "acknowledged":
		if err := c.await(conn, acknowledgement, "acknowledgement received"); err != nil {
			return fmt.Errorf("waiting for the acknowledgement: %w", err)
		}
	}
	switch {
	case behaviour == "waits":
		err = c.pause(conn)
	case vanishes:
		err = c.w.Sleep(c.pauseTime())
	}
	if err != nil {
		return err
	}
	if err := c.w.Sleep(c.v.Duration("close-delay")); err != nil {
		return err
	}
	if vanishes {
		c.w.Note(c.host, "vanish", "")
		c.touch(theAssociation, true)
		a.clientLeft = true
		return socket.Close() // the endpoint's close_notify finds no socket any more
	}
	c.w.Note(c.host, noteClose, "")
	return nil
}

// pauseTime returns how long the client pauses, the same in each of its attempts.
func (c *client) pauseTime() time.Duration {
	jitter, pause := c.v.Distribution("pause-jitter"), c.v.Duration("client-pause")
	if constant, ok := jitter.(distribution.Constant); ok {
		return pause + constant.Value
	}
	return pause + distribution.Latency(jitter, c.w.Stream("pause-jitter/"+network.ClientName(c.number)).Uniform())
}

// pause is the pause of a client that waits, in which it may keep its association
// alive.
func (c *client) pause(conn net.Conn) error {
	left, interval := c.pauseTime(), c.v.Duration("keep-alive")
	for ; interval > 0 && left > interval; left -= interval {
		c.w.Compare("pause", left, interval)
		if err := c.w.Sleep(interval); err != nil {
			return err
		}
		_, err := io.WriteString(conn, keepAlive)
		switch {
		case stack.CauseOf(err) == stack.PeerClosed:
			return c.w.Sleep(left - interval)
		case err != nil:
			return fmt.Errorf("keeping the association alive: %w", err)
		}
	}
	if interval > 0 {
		c.w.Compare("pause", left, interval)
	}
	return c.w.Sleep(left)
}

// kill takes note that an association of the client was killed, on the host where it
// ended. What the two sides know of each other is no part of what happened there, so the
// note is: two runs of one signature have one outcome.
func (c *client) kill(h *sim.Host) {
	c.touch(theAssociation, true)
	if !c.killed && !c.w.Stopped() {
		c.killed = true
		c.w.Note(h, "association killed", "of client "+strconv.Itoa(c.number))
	}
}

// await waits for a line.
func (c *client) await(conn net.Conn, want, note string) error {
	buffer := make([]byte, 256)
	n, err := readWithin(c.w, conn, buffer, c.v.Duration("client-timeout"))
	if err != nil {
		c.touch(theAssociation, false)
		timedOut := stack.CauseOf(err) == stack.TimedOut
		if !timedOut && !c.association.serverLeft {
			c.kill(c.host)
		}
		c.unanswered = c.unanswered || timedOut
		return err
	}
	if got := string(buffer[:n]); got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	c.w.Note(c.host, note, "")
	return nil
}

// readWithin reads once, for at most d. The deadline is an event of the list; the
// endpoint's own deadlines are timers of the runtime.
func readWithin(w *sim.Simulation, conn net.Conn, buffer []byte, d time.Duration) (int, error) {
	e := w.After(clock.Deadline, d, func() { _ = conn.SetReadDeadline(time.Unix(0, 1)) })
	defer w.Cancel(e)
	return conn.Read(buffer)
}

const (
	greetingHead = "hello from client "
	greetingTail = "\n"
)

// acknowledgement is the line by which the server's application acknowledges data.
const acknowledgement = "received\n"

// keepAlive is the line by which a client keeps its association alive.
const keepAlive = "still here\n"

// greeting is the line that a client sends.
func greeting(number int) string { return greetingHead + strconv.Itoa(number) + greetingTail }

// greetedBy returns the number of the client that sent the line, or 0.
func greetedBy(line string) int {
	text, _ := strings.CutPrefix(line, greetingHead)
	text, _ = strings.CutSuffix(text, greetingTail)
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return number
}
