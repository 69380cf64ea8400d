package session

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// server is the common part of the server models: their setup, their actions in a session, and
// their reports.
type server struct {
	w      *sim.Simulation
	host   *sim.Host
	v      scenarios.Values
	stack  stack.Stack
	config stack.Config
	client func(peer netip.AddrPort) *client // the client that last started at an address, or nil

	attemptOf func(hello *wire.Datagram, peer netip.AddrPort) (*client, *association)
	firsts    map[*wire.Datagram]int // how many sessions a datagram has begun
	port      uint16

	sessions   int
	errors     []string
	unexpected int             // first datagrams rejected
	ghosts     int             // failed sessions that no client had begun
	silent     bool            // an endpoint was closed without a close_notify
	closing    []time.Duration // how long Close of an endpoint took, if it did not return at once
	halfOpen   bool            // an idle timeout ended a session that its client had already closed
	failures   int             // errors of sessions that a client had begun
	delivered  map[int]bool    // clients whose data reached the application
	messages   *outcome.Messages
}

func newServer(
	w *sim.Simulation, h *sim.Host, v scenarios.Values, st stack.Stack, c stack.Config,
	r *sessionsRun,
) server {
	return server{
		w: w, host: h, v: v, stack: st, config: c, client: r.clientAt, attemptOf: r.attemptOf, port: network.ServerPort,
		delivered: make(map[int]bool), messages: r.messages, firsts: make(map[*wire.Datagram]int),
	}
}

// address returns the address where the server currently listens.
func (s *server) address() netip.AddrPort {
	s.w.Touch("port of the server", false)
	return netip.AddrPortFrom(s.host.Address(), s.port)
}

// begin makes the server listen, and returns when it begins to read. Until then, the port is not
// bound, or what arrives waits in the receive buffer of the socket, as server-start-queue says.
func (s *server) begin() (*sim.Socket, error) {
	late := s.v.Duration("server-start")
	var socket *sim.Socket
	var err error
	if late == 0 || s.v.Choice("server-start-queue") == queueKernel {
		if socket, err = s.host.Listen(s.port); err != nil {
			return nil, err
		}
	}
	if late == 0 {
		return socket, nil
	}
	if err := s.w.Sleep(late); err != nil {
		return nil, err
	}
	s.w.Note(s.host, "server starts", "")
	if socket == nil {
		socket, err = s.host.Listen(s.port)
	}
	return socket, err
}

// accepted records a new session and returns its name.
func (s *server) accepted(first *wire.Datagram, peer netip.AddrPort) string {
	s.sessions++
	s.firsts[first]++
	name := "session " + strconv.Itoa(s.sessions)
	s.w.Event(s.host, outcome.Accepted{Session: name, Peer: peer, First: first})
	return name
}

// beEndpoint makes the server's goroutine the endpoint of a session until the returned function
// is called. The goroutines that the endpoint starts become separate actors, because their timers
// may fire at the same instant.
func (s *server) beEndpoint(session string) (back func()) {
	return s.w.Become("endpoint of " + session)
}

// noteClose is an application's note that it closes its session.
const noteClose = "close"

// converse performs a session after its handshake until the endpoint is closed: read, answer,
// close.
func (s *server) converse(session net.Conn, socket *sim.Socket) error {
	v := conversation{Conn: session, socket: socket, client: s.client(socket.Peer()), association: &association{}}
	v.touch(true)
	if v.client != nil && v.client.association != nil {
		v.association = v.client.association
	}
	v.association.served++
	v.association.dropped = false
	defer func() {
		v.touch(true)
		v.association.serverLeft = true
		v.association.served--
		v.association.dropped = v.association.served == 0
		start := s.w.Now()
		_ = session.Close() // the peer may have closed it
		if late := s.w.Now() - start; late > 0 {
			s.closing = append(s.closing, late)
			s.w.Note(s.host, "close returns", "late")
		}
		s.silent = s.silent || (!socket.Alerted() && !socket.Abandoned() && !s.w.Stopped())
	}()
	err := s.exchange(v)
	if socket.Abandoned() {
		s.w.Note(s.host, "abandoned", "another association with the peer has taken its place")
		return nil
	}
	if hold := s.v.Duration("hold"); hold > 0 && s.w.Sleep(hold) != nil {
		return err
	}
	if err == nil {
		s.w.Note(s.host, noteClose, "")
	}
	return err
}

// conversation is a session and what is known about its client, possibly nothing.
type conversation struct {
	net.Conn
	socket      *sim.Socket
	client      *client
	association *association
}

// touch records that the server reads or writes state shared with the client.
func (v *conversation) touch(write bool) {
	if v.client != nil {
		v.client.touch(theAssociation, write)
	}
}

// exchange is the application's part of a session.
func (s *server) exchange(session conversation) error {
	buffer := make([]byte, 256)
	n, err := readWithin(s.w, session, buffer, s.v.Duration("read-timeout"))
	s.ended(err, session)
	switch {
	case err != nil && session.socket.Abandoned():
		return nil // converse notes it
	case stack.CauseOf(err) == stack.PeerClosed:
		s.w.Note(s.host, "closed by the peer", "before any data")
		return nil
	case err != nil:
		return fmt.Errorf("waiting for data: %w", err)
	}
	line := string(buffer[:n])
	from, attempt, number := outcome.Sender(line)
	s.delivered[from] = true
	s.messages.Read(from, number, s.w.Now())
	s.w.Event(s.host, outcome.DataRead{Line: line, Client: from})
	answer := func(line []byte, awaitedBy string) error {
		sent, err := s.answer(session, line)
		if sent {
			s.messages.Answered(from, attempt, s.v.Choice("client") == awaitedBy)
		}
		return err
	}
	if s.v.Choice("client") == "acknowledged" {
		if err := answer([]byte(outcome.Acknowledgement), "acknowledged"); err != nil {
			return err
		}
	}
	if err := s.w.Sleep(s.v.Duration("service")); err != nil {
		return err
	}
	if err := answer(buffer[:n], "waits"); err != nil || s.v.Choice("ends") == "server" {
		return err
	}
	return s.untilPeerEnds(session, buffer)
}

// untilPeerEnds is the rest of a session that the peer should end: it reads until the peer closes
// or has been silent for the idle timeout.
func (s *server) untilPeerEnds(session conversation, buffer []byte) error {
	for {
		n, err := readWithin(s.w, session, buffer, s.v.Duration("idle-timeout"))
		s.ended(err, session)
		switch {
		case err == nil:
			line := string(buffer[:n])
			from, _, number := outcome.Sender(line)
			s.messages.Read(from, number, s.w.Now())
			s.w.Event(s.host, outcome.MoreRead{Line: line})
			continue
		case session.socket.Abandoned(): // converse notes it
		case stack.CauseOf(err) == stack.PeerClosed:
			s.w.Note(s.host, "closed by the peer", "")
		case stack.CauseOf(err) == stack.TimedOut:
			session.touch(false)
			if session.association.announced {
				s.halfOpen = s.halfOpen || !s.w.Stopped()
				s.w.Note(s.host, "idle", "the client has closed")
				return nil
			}
			s.w.Note(s.host, "idle", "")
		default:
			return fmt.Errorf("waiting for the peer to close: %w", err)
		}
		return nil
	}
}

// answer writes to a client, which may have closed already. It reports whether the line was sent.
func (s *server) answer(session conversation, line []byte) (sent bool, err error) {
	_, err = session.Write(line)
	s.ended(err, session)
	switch {
	case err != nil && session.socket.Abandoned():
		return false, nil // converse notes it
	case stack.CauseOf(err) == stack.PeerClosed:
		s.w.Note(s.host, "no answer", "the peer has closed")
		return false, nil
	case err != nil:
		return false, fmt.Errorf("answering: %w", err)
	}
	return true, nil
}

// ended records that an association ended with an error other than a time limit before its client
// left it.
func (s *server) ended(err error, session conversation) {
	if err != nil {
		session.touch(false)
	}
	if err != nil && stack.CauseOf(err) != stack.TimedOut && session.client != nil && !session.association.clientLeft &&
		!s.w.Stopped() {
		session.client.kill(s.host)
	}
}

// fail counts a session that ended with an error. completed reports whether its handshake was
// completed, who began it.
func (s *server) fail(name string, completed bool, who starter, err error) {
	switch {
	case completed || who.waits():
	case who.gaveUp:
		name += fmt.Sprintf(", which client %d had begun and given up", who.client.number)
	default:
		s.ghosts++
		s.report("%s, which no client had begun: %v", name, err)
		return
	}
	s.failures++
	s.report("%s: %v", name, err)
}

// observe implements serverModel.
func (s *server) observe(o *scenarios.Observation, wrong map[string]bool) {
	o.Server = scenarios.Server{Sessions: s.sessions, Errors: s.errors}
	o.Delivered = s.delivered
	wrong[outcome.UnexpectedMessage] = s.unexpected > 0
	wrong[outcome.GhostSession] = s.ghosts > 0
	wrong[outcome.ServerError] = s.failures > 0
	wrong[outcome.HalfOpen] = s.halfOpen
	wrong[outcome.NoCloseNotify] = s.silent
	for _, late := range s.closing { // without one, the run does not have this measure
		wrong[outcome.CloseStalled] = true
		o.Largest(outcome.CloseStalledFor, int64(late))
	}
}

// report records an error reported by the server.
func (s *server) report(format string, args ...any) {
	if s.w.Stopped() {
		return
	}
	text := fmt.Sprintf(format, args...)
	s.errors = append(s.errors, text)
	s.w.Note(s.host, "error", text)
}
