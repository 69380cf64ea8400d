package sim

import (
	"slices"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// handover is what a socket knows of a second association with its peer: a client that
// has lost its state begins one from the same address while the server holds the first
// (RFC 6347 section 4.2.8). Guarded by Host.mu.
type handover struct {
	listener    *Listener // that lets its peers begin a second connection, or nil
	generation  int       // of the associations with the peer that were beside one another; it orders their sockets
	accepted    bool      // it waits for Accept, or did
	answered    bool      // a ServerHello was sent: the peer has shown that it is reachable
	established bool      // its handshake is complete
	abandoned   bool      // another association with the peer has taken its place
}

// sent takes note of a datagram that the endpoint sends. A server sends a ServerHello
// when the client has returned the cookie (RFC 6347 section 4.2.1).
func (o *handover) sent(datagram *wire.Datagram) {
	if o.listener == nil || o.answered {
		return
	}
	o.answered = datagram.Contains(func(r *wire.Record) bool { return r.IsHandshake(wire.ServerHello) })
}

// connect returns a socket for the sender of a datagram: a new one, or, with
// Rehandshake, one that a datagram of the same instant has made.
func (l *Listener) connect(d arrival) (*Socket, error) {
	h := l.socket.port.host
	h.mu.Lock()
	first := l.socket.port.to(d.from)
	if first == nil || !l.config.Rehandshake {
		h.mu.Unlock()
		s, err := h.Connect(l.socket.local.Port(), d.from)
		if err == nil && l.config.Rehandshake {
			h.mu.Lock()
			s.handover.listener = l
			h.mu.Unlock()
		}
		return s, err
	}
	defer h.mu.Unlock()
	if s, _ := first.route(d.packet.Datagram); s != l.socket {
		return s, nil
	}
	s := newSocket(first.port, first.local)
	s.peer = d.from
	s.handover = handover{listener: l, generation: first.handover.generation + 1}
	s.port.connected = append(s.port.connected, s) // behind the first
	return s, nil
}

// second returns the socket of the second association with the peer of s, or nil. The
// caller holds Host.mu.
func (s *Socket) second() *Socket {
	i := slices.IndexFunc(s.port.connected, func(t *Socket) bool { return t != s && t.peer == s.peer })
	if i < 0 {
		return nil
	}
	return s.port.connected[i]
}

// route returns which socket takes a datagram from the peer that s was the first to be
// connected to, and which place that is. A ClientHello of epoch 0 begins a second
// association once the first is established. From then on hellos belong to that, and,
// when its peer has shown that it is reachable, all that is of epoch 0. Before, the
// last flight of the first may still be repeated. The rest belongs to the first. The
// caller holds Host.mu.
func (s *Socket) route(datagram *wire.Datagram) (*Socket, Place) {
	hello := datagram.IsClientHello()
	second := s.second()
	switch {
	case second != nil && (hello || (second.handover.answered && datagram.IsPlain())):
		return second, TheSecondConnectedSocket
	case second == nil && hello && s.handover.established && !s.draining && s.port.open != nil:
		return s.port.open, TheOpenSocket
	}
	return s, TheConnectedSocket
}

// Establish tells the listener that the connection's handshake is complete. With
// ListenerConfig.Rehandshake, everything from the peer belongs to it from now on, and an
// older association with the peer is abandoned: its reader and its writers find the
// socket closed.
func (c *Connection) Establish() {
	h := c.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if c.handover.listener == nil || c.closed {
		return
	}
	c.handover.established = true
	if other := c.second(); other != nil {
		other.handover.abandoned = true
		other.release()
	}
}

// Abandoned tells whether another association with the peer has taken the place of the
// socket's.
func (s *Socket) Abandoned() bool {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.handover.abandoned
}
