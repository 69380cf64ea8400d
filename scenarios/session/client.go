package session

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// client is one client: it connects, sends one line, may wait for an answer, and closes or
// vanishes.
type client struct {
	w      *sim.Simulation
	host   *sim.Host
	number int // from 1
	local  netip.AddrPort
	v      scenarios.Values
	stack  stack.Stack
	config stack.Config

	connected   bool           // it has had a socket, and therefore an address
	association *association   // the current or most recent one
	attempts    []*association // all of them
	silent      bool           // its endpoint was closed without a close_notify
	killed      bool           // one of its associations was killed: see association
	messages    *outcome.Messages
	sent        int  // messages that it has sent, data that it sent again counted once
	stale       bool // it has used an association that the server had dropped
	timedOut    bool // its most recent handshake reached the time limit

	// unfinished is a lower bound of the duration of its last handshake, if that did not
	// complete. It is the time limit, because a handshake that fails earlier is not complete by
	// then either, or the time until the end of the run, if that comes first.
	unfinished time.Duration

	session scenarios.Session
}

// association is what both sides of one attempt to connect know about each other. An association
// is killed if one side ends it while the other side has neither closed nor given up.
type association struct {
	local     netip.AddrPort
	hello     *wire.Datagram // the first datagram that the client sent
	shaking   bool           // the client's handshake is under way
	completed bool           // it was completed
	gaveUp    time.Duration  // when the client gave its handshake up, if it did

	clientLeft bool // the client's application has closed, has given up or is gone
	serverLeft bool // the server's application has closed
	announced  bool // the client has closed with a close_notify
	served     int  // sessions of the server on it that have not ended
	dropped    bool // the server had sessions on it, and all have ended
	stale      bool // the client has used it when it was dropped
}

// State that the server and the client read from each other without datagrams.
const (
	theHandshake   = "handshake"
	theAssociation = "association"
)

// touch records that the calling actor reads or writes state shared by both sides.
func (c *client) touch(what string, write bool) {
	if c.w.Watching() {
		c.w.Touch(what+" of "+network.ClientName(c.number), write)
	}
}

// touchAddress records that the mapping of an address to its client is read or changed.
func touchAddress(w *sim.Simulation, address netip.AddrPort, write bool) {
	if w.Watching() {
		w.Touch("client at "+address.String(), write)
	}
}

// run performs the client's session from start to end. It repeats a failed session if the client
// may reconnect.
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

// longestBackOff limits a doubled back-off, so that it stays within the horizon.
const longestBackOff = time.Hour

func (c *client) attempt(server netip.AddrPort) error {
	c.timedOut = false
	socket, err := c.host.Connect(c.local.Port(), server)
	if err != nil {
		return err
	}
	defer socket.Close() // the endpoint has already closed it, unless the handshake failed
	if !c.connected {
		touchAddress(c.w, c.local, true)
	}
	c.connected = true

	ctx, cancel := c.w.WithTimeout(c.v.Duration("client-timeout"))
	defer cancel()
	start := c.w.Now()
	a := &association{local: c.local, shaking: true}
	c.touch(theHandshake, true)
	c.touch(theAssociation, true)
	c.association, c.attempts = a, append(c.attempts, a)
	guarded, complete := guarded(c.host, &greetingConn{socket, a}, c.v.Choice("client-guard"))
	conn, err := c.stack.Client(ctx, guarded, c.config)
	c.timedOut = stack.CauseOf(err) == stack.TimedOut
	c.touch(theHandshake, true)
	a.shaking, a.completed = false, err == nil
	if err != nil {
		a.gaveUp = c.w.Now()
		c.touch(theAssociation, true)
		a.clientLeft = true
		return err
	}
	complete()
	vanishes := c.v.Choice("client") == "vanishes"
	defer func() {
		c.touch(theAssociation, true)
		// If the endpoint closes before its application does, it ended the association.
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

	line := outcome.Greeting(c.number, c.session.Attempts)
	if err := c.send(conn, line, 1); err != nil {
		return fmt.Errorf("sending the data: %w", err)
	}
	behaviour := c.v.Choice("client")
	switch behaviour {
	case "waits":
		if err := c.await(conn, line, "echo received"); err != nil {
			return fmt.Errorf("waiting for the echo: %w", err)
		}
	case "acknowledged":
		if err := c.await(conn, outcome.Acknowledgement, "acknowledgement received"); err != nil {
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
		return socket.Close() // the endpoint's close_notify then finds no socket
	}
	c.w.Note(c.host, noteClose, "")
	return nil
}

// send sends a message of the client. It records if the server has dropped the association.
func (c *client) send(conn net.Conn, line string, number int) error {
	if _, err := io.WriteString(conn, line); err != nil {
		return err
	}
	c.messages.Sent(c.number, number, c.w.Now())
	c.sent = max(c.sent, number)
	c.touch(theAssociation, false)
	if a := c.association; a.dropped && !a.stale && !c.w.Stopped() {
		a.stale, c.stale = true, true
		c.w.Note(c.host, "stale association", "the server has dropped it")
	}
	return nil
}

// pauseTime returns the length of the client's pause, which is equal in all its attempts.
func (c *client) pauseTime() time.Duration {
	jitter, pause := c.v.Distribution("pause-jitter"), c.v.Duration("client-pause")
	if constant, ok := jitter.(distribution.Constant); ok {
		return pause + constant.Value
	}
	return pause + distribution.Latency(jitter, c.w.Stream("pause-jitter/"+network.ClientName(c.number)).Uniform())
}

// pause is the pause of a waiting client, which may keep its association alive meanwhile.
func (c *client) pause(conn net.Conn) error {
	left, interval := c.pauseTime(), c.v.Duration("keep-alive")
	for ; interval > 0 && left > interval; left -= interval {
		c.w.Compare("pause", left, interval)
		if err := c.w.Sleep(interval); err != nil {
			return err
		}
		err := c.send(conn, outcome.KeepAlive(c.number, c.sent+1), c.sent+1)
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

// kill records that an association of the client was killed, on the host that ended it. What both
// sides know about each other is not part of the events of that host, but this note is. Runs with
// the same signature therefore have the same outcome.
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
		if timedOut {
			c.messages.AnswerMissed(c.number, c.session.Attempts, c.w.Now())
		}
		return err
	}
	if got := string(buffer[:n]); got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	c.messages.AnswerRead(c.number, c.session.Attempts, c.w.Now())
	c.w.Note(c.host, note, "")
	return nil
}

// readWithin reads once, for at most d. The deadline is an event of the simulation's event list;
// the endpoint's own deadlines are timers of the runtime.
func readWithin(w *sim.Simulation, conn net.Conn, buffer []byte, d time.Duration) (int, error) {
	e := w.After(clock.Deadline, d, func() { _ = conn.SetReadDeadline(time.Unix(0, 1)) })
	defer w.Cancel(e)
	return conn.Read(buffer)
}
