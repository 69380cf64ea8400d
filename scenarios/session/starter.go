package session

import (
	"bytes"
	"net/netip"
	"slices"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// greetingConn is the connection of a client's endpoint. It keeps the first hello, by which the
// server's side recognises the attempt.
type greetingConn struct {
	sim.Conn
	association *association
}

// Write implements net.Conn.
func (c *greetingConn) Write(p []byte) (int, error) { return c.Send(wire.Parse(bytes.Clone(p))) }

// Send implements sim.Conn.
func (c *greetingConn) Send(d *wire.Datagram) (int, error) {
	if c.association.hello == nil {
		c.association.hello = d
	}
	return c.Conn.Send(d)
}

// starter says who began a session of the server.
type starter struct {
	client *client // nil if no client did
	gaveUp bool    // the client had given up its handshake when the session began
}

// waits reports whether a client has begun the session and waits for its handshake.
func (s starter) waits() bool { return s.client != nil && !s.gaveUp }

// attemptOf returns the attempt whose hello a datagram of a peer is, and its client. A hello that is
// cut into parts so small that they cannot be told apart is that of the client at the address.
func (r *sessionsRun) attemptOf(hello *wire.Datagram, peer netip.AddrPort) (*client, *association) {
	if !hello.IsClientHello() {
		return nil, nil
	}
	here := r.clientAt(peer)
	if inside, ok := r.w.Inside(peer); ok {
		peer = inside
	}
	for _, c := range slices.Backward(r.peers) {
		for _, a := range slices.Backward(c.attempts) {
			if a.local == peer && a.hello != nil && wire.SameHello(hello, a.hello) {
				return c, a
			}
		}
	}
	if here != nil && !wire.SameHello(hello, hello) {
		return here, here.association
	}
	return nil, nil
}

// starter returns who began a session with a datagram. Nobody did if the client has completed its
// handshake, or if the datagram is a copy of one that has begun a session already.
func (s *server) starter(first *wire.Datagram, peer netip.AddrPort) starter {
	c, a := s.attemptOf(first, peer)
	if c == nil {
		return starter{}
	}
	c.touch(theHandshake, false)
	switch {
	case a.shaking:
		return starter{client: c}
	case a.completed || s.firsts[first] > 1:
		return starter{}
	}
	return starter{client: c, gaveUp: true}
}
