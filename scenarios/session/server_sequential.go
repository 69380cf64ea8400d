package session

import (
	"net/netip"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// sequentialServer is the server model "sequential": one socket at a time, as in Mbed TLS
// (programs/ssl/dtls_server.c, library/net_sockets.c). It waits for any datagram without taking
// it, connects the listening socket to its source, immediately binds a new listening socket,
// performs the handshake, reads, answers, closes, releases the connected socket, and starts
// again. Datagrams of the connected peer go to the connected socket. All others wait in the queue
// of the new listening socket, so a stale datagram that arrives during another session is
// deferred, not dropped.
//
// The server answers the client's first hello with a HelloVerifyRequest (RFC 6347 section 4.2.1).
// It receives the second hello on the same socket or, with verify=two-sockets, on another.
type sequentialServer struct {
	server
	listening *sim.Socket
	verifying []*verification // those without a socket
	swallowed int             // hellos dropped together with the socket that they reached
}

// recognised maps each value of the parameter recognises to a test for first datagrams that can
// start a session.
var recognised = map[string]func(first *wire.Datagram) bool{
	"handshake": (*wire.Datagram).StartsHandshake, "client-hello": (*wire.Datagram).IsClientHello,
}

func (s *sequentialServer) start() {
	s.w.Go("server", func() {
		var err error
		if s.listening, err = s.begin(); err == nil {
			err = s.serve()
		}
		s.w.Note(s.host, "server ends", err.Error())
	})
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
		if s.v.Choice("first-record") != "stack" && !recognised[s.v.Choice("recognises")](first) {
			s.listening.Discard()
			if s.v.Choice("first-record") == "reject" {
				s.unexpected++
				s.report("unexpected message: the first datagram from %s is %s", peer, first.Label())
			} else {
				s.w.Event(s.host, outcome.Discarded{From: peer, First: first})
			}
			continue
		}
		s.w.Busy()
		if s.v.Choice("verify") == twoSockets {
			err = s.verify(first, peer)
		} else {
			err = s.session(first, peer)
		}
		s.w.Idle()
		if err != nil {
			return err
		}
		if err := s.w.Sleep(s.v.Duration("pause-after-release")); err != nil {
			return err
		}
	}
}

// connect connects the listening socket to a peer and returns it.
func (s *sequentialServer) connect(peer netip.AddrPort) (*sim.Socket, error) {
	socket := s.listening
	return socket, socket.Connect(peer)
}

// listenAgain opens the listening socket for the session after the current one.
func (s *sequentialServer) listenAgain() error {
	if s.v.Choice("server-port") == "rotate" {
		s.w.Touch("port of the server", true)
		s.port++
	}
	return s.listen()
}

// release lets a session linger before its socket may be closed.
func (s *sequentialServer) release(name string) error {
	if err := s.w.Sleep(s.v.Duration("linger")); err != nil {
		return err
	}
	s.w.Note(s.host, "release", name)
	return nil
}

// observe implements serverModel.
func (s *sequentialServer) observe(o *scenarios.Observation, wrong map[string]bool) {
	s.server.observe(o, wrong)
	wrong[outcome.HelloSwallowed] = s.swallowed > 0
}

// session serves one session. It returns only errors that end the server.
func (s *sequentialServer) session(first *wire.Datagram, peer netip.AddrPort) error {
	name, who := s.accepted(first, peer), s.starter(first, peer)
	socket, err := s.connect(peer)
	if err != nil {
		return err
	}
	defer socket.Close()
	if err := s.listenAgain(); err != nil {
		return err
	}
	if completed, err := s.talk(name, socket); err != nil {
		s.fail(name, completed, who, err)
	}
	return s.release(name)
}

// talk performs the session until the endpoint is closed. It reports whether the handshake was
// completed.
func (s *sequentialServer) talk(name string, socket *sim.Socket) (shaken bool, err error) {
	conn := socket.Endpoint()
	defer conn.Close() // the endpoint has already closed it, unless the handshake failed
	ctx, cancel := s.w.WithTimeout(s.v.Duration("handshake-timeout"))
	defer cancel()
	guarded, complete := guarded(s.host, conn, s.v.Choice("guard"))
	back := s.beEndpoint(name)
	session, err := s.stack.Server(ctx, guarded, s.config)
	back()
	if err != nil {
		return false, err
	}
	complete()
	s.w.Event(s.host, outcome.Completed{})
	return true, s.converse(session, socket)
}
