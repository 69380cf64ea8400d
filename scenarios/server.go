package scenarios

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/endpoint"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// server is what the server models share: what they are set up with, what they do
// in a session, and what they report.
type server struct {
	w       *sim.World
	host    *sim.Host
	v       Values
	config  endpoint.Config
	awaited func(peer netip.AddrPort) bool // whether a client there waits for its handshake
	port    uint16

	sessions   int
	errors     []string
	unexpected int          // first datagrams rejected
	ghosts     int          // sessions spent on a datagram that began none
	failures   int          // errors of sessions that a client had begun
	delivered  map[int]bool // clients whose data reached the application
}

func newServer(w *sim.World, h *sim.Host, v Values, c endpoint.Config, awaited func(netip.AddrPort) bool) server {
	c.MTU = v.Count("endpoint-mtu")
	return server{
		w: w, host: h, v: v, config: c, awaited: awaited, port: serverPort, delivered: make(map[int]bool),
	}
}

// address returns where the server listens at present.
func (s *server) address() netip.AddrPort { return netip.AddrPortFrom(s.host.Address(), s.port) }

// begun tells whether a client had begun a session with that datagram, and still
// waits for its handshake.
func (s *server) begun(first []byte, peer netip.AddrPort) bool {
	return trace.IsClientHello(first) && s.awaited(peer)
}

// accepted notes a new session and returns its name.
func (s *server) accepted(first []byte, peer netip.AddrPort) string {
	s.sessions++
	name := "session " + strconv.Itoa(s.sessions)
	s.w.Note(s.host, "accept", name+", from "+peer.String()+": "+trace.Label(first))
	return name
}

// dataRead is the note of an application that has read a client's line.
const dataRead = "data read"

// converse is a session after its handshake, until the endpoint is closed: read,
// answer, close.
func (s *server) converse(session net.Conn) error {
	defer session.Close()
	buffer := make([]byte, 256)
	n, err := readWithin(s.w, session, buffer, s.v.Duration("read-timeout"))
	switch {
	case endpoint.PeerClosed(err):
		s.w.Note(s.host, "closed by the peer", "before any data")
		return nil
	case err != nil:
		return fmt.Errorf("waiting for data: %w", err)
	}
	line := string(buffer[:n])
	s.delivered[greetedBy(line)] = true
	s.w.Note(s.host, dataRead, strconv.Quote(line))
	if err := s.w.Sleep(s.v.Duration("service")); err != nil {
		return err
	}
	if _, err := session.Write(buffer[:n]); err != nil {
		if !endpoint.PeerClosed(err) {
			return fmt.Errorf("answering: %w", err)
		}
		s.w.Note(s.host, "no answer", "the peer has closed")
	}
	s.w.Note(s.host, "close", "")
	return nil
}

// fail accounts for a session that ended with an error. completed tells whether its
// handshake was, begun whether a client had begun it.
func (s *server) fail(name string, completed, begun bool, err error) {
	if !completed && !begun {
		s.ghosts++
		s.report("%s, which no client had begun: %v", name, err)
		return
	}
	s.failures++
	s.report("%s: %v", name, err)
}

// observe implements serverModel.
func (s *server) observe(o *Observation, wrong map[string]bool) {
	o.Server = Server{Sessions: s.sessions, Errors: s.errors}
	o.delivered = s.delivered
	wrong[UnexpectedMessage] = s.unexpected > 0
	wrong[GhostSession] = s.ghosts > 0
	wrong[ServerError] = s.failures > 0
}

// report records an error that the server reports.
func (s *server) report(format string, args ...any) {
	if s.w.Stopped() {
		return
	}
	text := fmt.Sprintf(format, args...)
	s.errors = append(s.errors, text)
	s.w.Note(s.host, "error", text)
}
