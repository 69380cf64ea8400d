package sim

import (
	"slices"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// handover is the state of a socket with respect to a second association with its peer. A
// client that has lost its state begins one from the same address while the server still has
// the first (RFC 6347 section 4.2.8). Guarded by Host.mu.
type handover struct {
	listener    *Listener // nil unless it lets its peers begin a second connection
	generation  int       // orders the sockets of concurrent associations with the peer
	accepted    bool      // it waits or has waited for Accept
	answered    bool      // a ServerHello was sent: the peer has shown that it is reachable
	established bool      // its handshake is complete
	abandoned   bool      // another association with the peer has replaced it
}

// sent registers a datagram that the endpoint sends. A server sends a ServerHello after the
// client has returned the cookie (RFC 6347 section 4.2.1).
func (o *handover) sent(datagram *wire.Datagram) {
	if o.listener == nil || o.answered {
		return
	}
	o.answered = datagram.Contains(func(r *wire.Record) bool { return r.IsHandshake(wire.ServerHello) })
}

// connect returns a socket for the sender of a datagram. It makes a new one unless, with
// Rehandshake, another datagram of the same instant has already made one.
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
	s.port.connected = append(s.port.connected, s) // after the first
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

// route returns the socket that takes a datagram from the peer of s, and the place of that
// socket. s is the first socket that is connected to the peer. Once the first association is
// established, a ClientHello of epoch 0 begins a second one. From then on, ClientHellos belong
// to the second. Once its peer has shown that it is reachable, all datagrams of epoch 0 do;
// until then, the last flight of the first may still be repeated. All other datagrams belong
// to the first. The caller holds Host.mu.
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

// Establish informs the listener that the connection's handshake is complete. With
// ListenerConfig.Rehandshake, all datagrams from the peer belong to this connection from now
// on. An older association with the peer is abandoned: its reader and writers find the socket
// closed.
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

// Abandoned reports whether another association with the peer has replaced this one.
func (s *Socket) Abandoned() bool {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.handover.abandoned
}
