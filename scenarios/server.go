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

// sequentialServer is server model S, one socket at a time, as Mbed TLS's
// programs/ssl/dtls_server.c does it (library/net_sockets.c): wait for any
// datagram without taking it, connect the listening socket to its source, at once
// bind a new listening socket, handshake, read, answer, close, release the
// connected socket, and again. Datagrams of the connected peer go to the connected
// socket; everybody else's wait in the queue of the new listening socket, so that
// a stale datagram that arrives during another session is deferred, not dropped.
type sequentialServer struct {
	w       *sim.World
	host    *sim.Host
	v       Values
	config  endpoint.Config
	awaited func(peer netip.AddrPort) bool // whether a client there waits for its handshake

	listening *sim.Socket
	port      uint16

	sessions   int
	errors     []string
	unexpected int          // first datagrams rejected
	ghosts     int          // sessions spent on a datagram that began none
	failures   int          // errors of sessions that a client had begun
	delivered  map[int]bool // clients whose data reached the application
}

func newSequentialServer(w *sim.World, h *sim.Host, v Values, c endpoint.Config, awaited func(netip.AddrPort) bool) *sequentialServer {
	return &sequentialServer{
		w: w, host: h, v: v, config: c, awaited: awaited, port: serverPort, delivered: make(map[int]bool),
	}
}

// start starts the server.
func (s *sequentialServer) start() {
	s.w.Go("server", func() {
		err := s.listen()
		if err == nil {
			err = s.serve()
		}
		s.w.Note(s.host, "server ends", err.Error())
	})
}

// address returns where the server listens at present.
func (s *sequentialServer) address() netip.AddrPort {
	return netip.AddrPortFrom(s.host.Address(), s.port)
}

func (s *sequentialServer) listen() (err error) {
	s.listening, err = s.host.Listen(s.port)
	return err
}

// serve accepts sessions until the listening socket is closed.
func (s *sequentialServer) serve() error {
	for {
		first, peer, err := s.listening.Peek()
		if err != nil {
			return err
		}
		if !trace.StartsHandshake(first) && s.v.Choice("first-record") != "stack" {
			s.listening.Discard()
			if s.v.Choice("first-record") == "reject" {
				s.unexpected++
				s.report("unexpected message: the first datagram from %s is %s", peer, trace.Label(first))
			} else {
				s.w.Note(s.host, "discard", fmt.Sprintf("the first datagram from %s is %s", peer, trace.Label(first)))
			}
			continue
		}
		s.w.Busy()
		err = s.session(first, peer)
		s.w.Idle()
		if err != nil {
			return err
		}
		if err := s.w.Sleep(s.v.Duration("pause-after-release")); err != nil {
			return err
		}
	}
}

// session serves one session; its error is one that ends the server.
func (s *sequentialServer) session(first []byte, peer netip.AddrPort) error {
	s.sessions++
	s.w.Note(s.host, "accept", s.current()+", from "+peer.String()+": "+trace.Label(first))
	begun := trace.IsClientHello(first) && s.awaited(peer)
	socket := s.listening
	if err := socket.Connect(peer); err != nil {
		return err
	}
	defer socket.Close()
	if s.v.Choice("server-port") == "rotate" {
		s.port++
	}
	if err := s.listen(); err != nil {
		return err
	}
	completed, err := s.talk(socket.Endpoint())
	switch {
	case err == nil:
	case !completed && !begun:
		s.ghosts++
		s.report("%s, which no client had begun: %v", s.current(), err)
	default:
		s.failures++
		s.report("%s: %v", s.current(), err)
	}
	if err := s.w.Sleep(s.v.Duration("linger")); err != nil {
		return err
	}
	s.w.Note(s.host, "release", s.current())
	return nil
}

// current names the session that is served.
func (s *sequentialServer) current() string { return "session " + strconv.Itoa(s.sessions) }

// talk is the session itself, until the endpoint is closed. It tells whether the
// handshake was completed.
func (s *sequentialServer) talk(conn net.Conn) (completed bool, err error) {
	defer conn.Close() // the endpoint has closed it already, unless the handshake failed
	ctx, cancel := s.w.WithTimeout(s.v.Duration("handshake-timeout"))
	defer cancel()
	session, err := endpoint.Server(ctx, conn, s.config)
	if err != nil {
		return false, err
	}
	defer session.Close()
	s.w.Note(s.host, "handshake completed", "")

	buffer := make([]byte, 256)
	n, err := readWithin(s.w, session, buffer, s.v.Duration("read-timeout"))
	switch {
	case endpoint.PeerClosed(err):
		s.w.Note(s.host, "closed by the peer", "before any data")
		return true, nil
	case err != nil:
		return true, fmt.Errorf("waiting for data: %w", err)
	}
	line := string(buffer[:n])
	s.delivered[greetedBy(line)] = true
	s.w.Note(s.host, "data read", strconv.Quote(line))
	if err := s.w.Sleep(s.v.Duration("service")); err != nil {
		return true, err
	}
	if _, err := session.Write(buffer[:n]); err != nil {
		if !endpoint.PeerClosed(err) {
			return true, fmt.Errorf("answering: %w", err)
		}
		s.w.Note(s.host, "no answer", "the peer has closed")
	}
	s.w.Note(s.host, "close", "")
	return true, nil
}

// report records an error that the server reports.
func (s *sequentialServer) report(format string, args ...any) {
	if s.w.Stopped() {
		return
	}
	text := fmt.Sprintf(format, args...)
	s.errors = append(s.errors, text)
	s.w.Note(s.host, "error", text)
}
