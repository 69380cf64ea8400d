package session

import (
	"bytes"
	"net"
	"net/netip"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// twoSockets is the value of the parameter verify by which cookie verification takes two accepts.
const twoSockets = "two-sockets"

// verification is an endpoint that outlives the socket of its client's first hello. Mbed TLS
// (programs/ssl/dtls_server.c) keeps nothing: mbedtls_ssl_handshake returns
// MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED, the server frees the socket and accepts again, and the
// cookie in the second hello contains all the necessary state. The cookie of a pion endpoint is
// valid only for that endpoint, so the endpoint is kept, and receives the next socket accepted
// from its client.
//
// The handshake's time limit counts from the first hello. An endpoint that reaches it without a
// socket is forgotten, because it has held up nobody.
type verification struct {
	name   string
	who    starter
	first  *wire.Datagram
	socket *sim.Socket // the socket that the endpoint reads from, bound to its port or withdrawn

	requested chan struct{} // gets a value when a HelloVerifyRequest is sent
	ended     chan handshake
}

// handshake is the result of a handshake.
type handshake struct {
	session net.Conn
	err     error
}

// verifyingConn is the endpoint's connection. After sending a HelloVerifyRequest it reads
// nothing, because the application has turned to other clients.
type verifyingConn struct {
	sim.Conn
	v *verification
}

// Write implements net.Conn.
func (c *verifyingConn) Write(p []byte) (int, error) { return c.Send(wire.Parse(bytes.Clone(p))) }

// Send implements sim.Conn.
func (c *verifyingConn) Send(d *wire.Datagram) (int, error) {
	request := d.IsHelloVerifyRequest()
	if request {
		c.v.socket.Suspend()
	}
	n, err := c.Conn.Send(d)
	if err == nil && request {
		select {
		case c.v.requested <- struct{}{}:
		default: // two hellos were read before the first was answered
		}
	}
	return n, err
}

// verify serves a first datagram with verify=two-sockets, until a HelloVerifyRequest has been
// sent and verify-hold is over, or until the end of the session. It returns only errors that end
// the server.
func (s *sequentialServer) verify(first *wire.Datagram, peer netip.AddrPort) error {
	v := s.pending(first, peer)
	known := v != nil
	if known {
		s.w.Event(s.host, outcome.Accepted{Session: v.name, Peer: peer, First: first, Again: true})
	} else {
		v = &verification{
			name: s.accepted(first, peer), first: first, requested: make(chan struct{}, 1),
			ended: make(chan handshake, 1),
		}
	}
	v.who = s.starter(first, peer)
	socket, err := s.connect(peer)
	if err != nil {
		return err
	}
	if known { // a verified session has its port to itself
		err = s.listenAgain()
	} else {
		err = s.listen()
	}
	if err != nil {
		return err
	}
	if known {
		err = v.socket.TakePlace(socket)
	} else {
		v.socket = socket
		go s.handshake(v)
	}
	if err != nil {
		return err
	}
	select {
	case <-v.requested:
		return s.withdraw(v)
	case h := <-v.ended:
		return s.finish(v, h)
	}
}

// pending returns the verification that a datagram of a peer continues, and removes it from the
// list; nil if there is none. A hello of another handshake begins a new one.
func (s *sequentialServer) pending(first *wire.Datagram, peer netip.AddrPort) *verification {
	i := slices.IndexFunc(s.verifying, func(v *verification) bool { return v.socket.Peer() == peer })
	if i < 0 {
		return nil
	}
	v := s.verifying[i]
	s.verifying = slices.Delete(s.verifying, i, i+1)
	if len(v.ended) > 0 || first.IsClientHello() && !wire.SameHello(first, v.first) {
		_ = v.socket.Endpoint().Close() // the endpoint may already have closed it
		return nil
	}
	return v
}

// handshake performs a handshake on one or two sockets.
func (s *sequentialServer) handshake(v *verification) {
	ctx, cancel := s.w.WithTimeout(s.v.Duration("handshake-timeout"))
	defer cancel()
	defer s.beEndpoint(v.name)()
	guarded, complete := guarded(s.host, &verifyingConn{Conn: v.socket.Endpoint(), v: v}, s.v.Choice("guard"))
	session, err := s.stack.Server(ctx, guarded, s.config)
	if err == nil {
		complete()
	}
	v.ended <- handshake{session, err}
}

// withdraw releases the socket on which a first hello was answered, with the datagrams that it
// has received meanwhile.
func (s *sequentialServer) withdraw(v *verification) error {
	if err := s.w.Sleep(s.v.Duration("verify-hold")); err != nil {
		return err
	}
	s.w.Note(s.host, "release", v.name+", the socket of its first hello")
	lost, err := v.socket.Withdraw()
	if err != nil {
		return err
	}
	select {
	case <-v.requested: // another answer, sent while the first was on its way
	default:
	}
	for _, d := range lost {
		// a first hello was answered already
		if d.Flight(true) != v.first.Flight(true) && s.starter(d, v.socket.Peer()).waits() {
			s.swallowed++
			s.w.Event(s.host, outcome.SwallowedHello{Hello: d})
		}
	}
	s.verifying = append(s.verifying, v)
	return nil
}

// finish serves the rest of a session whose handshake has ended.
func (s *sequentialServer) finish(v *verification, h handshake) error {
	defer v.socket.Close()
	err := h.err
	if err == nil {
		s.w.Event(s.host, outcome.Completed{})
		err = s.converse(h.session, v.socket)
	} else {
		// the endpoint has closed it already, unless the handshake failed
		_ = v.socket.Endpoint().Close()
	}
	if err != nil {
		s.fail(v.name, h.err == nil, v.who, err)
	}
	return s.release(v.name)
}
