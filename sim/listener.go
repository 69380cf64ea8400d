package sim

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// DefaultBacklog is the default backlog, which is that of pion's listener
// (github.com/pion/transport/v2/udp, defaultListenBacklog).
const DefaultBacklog = 128

// ListenerConfig configures which peers a Listener admits.
type ListenerConfig struct {
	// Filter reports whether to admit a new peer, given its first datagram. nil admits every
	// peer.
	Filter func(first *wire.Datagram) bool

	// Tombstone is the time after the close of a connection in which its peer is not admitted.
	Tombstone time.Duration

	// Backlog is the maximum number of connections that wait for Accept. When it is reached,
	// datagrams from new peers are dropped. 0 means DefaultBacklog.
	Backlog int

	// Rehandshake lets a peer begin a second connection while an established one exists; see
	// Connection.Establish.
	Rehandshake bool
}

// Listener accepts peers on one UDP port, like pion's listener
// (github.com/pion/transport/v2/udp). A datagram from a new remote address makes a connection
// if the filter admits it. All later datagrams from that address belong to the connection
// until it is closed.
type Listener struct {
	socket *Socket
	config ListenerConfig

	// Guarded by Host.mu.
	waiting    []*Connection
	backlog    Backlog
	ready      *sync.Cond
	closed     bool
	tombstones map[netip.AddrPort]time.Duration // when a closed peer may be admitted again
}

var _ net.Listener = (*Listener)(nil)

// Backlog holds statistics of the backlog of a Listener.
type Backlog struct {
	Longest int // largest number of connections that waited for Accept at one time
	Dropped int // datagrams of new peers that were dropped because the backlog was full
}

// Connection is a connection that a Listener has accepted.
type Connection struct {
	*Socket
	listener *Listener

	// First is the datagram that started the connection, and Since is when it did.
	First *wire.Datagram
	Since time.Duration
}

// ListenPeers opens a listener on a port.
func (h *Host) ListenPeers(number uint16, c ListenerConfig) (*Listener, error) {
	socket, err := h.Listen(number)
	if err != nil {
		return nil, err
	}
	return socket.AcceptPeers(c), nil
}

// AcceptPeers makes a listener of an open socket. It reads the datagrams that wait in the queue of
// the socket as if they arrived now.
func (s *Socket) AcceptPeers(c ListenerConfig) *Listener {
	if c.Backlog == 0 {
		c.Backlog = DefaultBacklog
	}
	l := &Listener{
		socket: s, config: c,
		ready: sync.NewCond(&s.port.host.mu), tombstones: make(map[netip.AddrPort]time.Duration),
	}
	go l.run()
	return l
}

// run handles the datagrams of peers that have no connection.
func (l *Listener) run() {
	h := l.socket.port.host
	for {
		h.mu.Lock()
		err := l.socket.await()
		if err != nil {
			l.closed = true
			l.ready.Broadcast()
			h.mu.Unlock()
			return
		}
		d := l.socket.take()
		if s := l.connected(d); s != nil {
			draining := s.draining
			if !draining {
				s.enqueue(d)
			}
			h.mu.Unlock()
			if draining {
				l.drop(d, EndpointClosed)
			}
			continue
		}
		end, gone := l.tombstones[d.from]
		dead := end > h.w.Now()
		if gone && h.w.Watching() {
			h.w.Compare("tombstone of "+d.from.String(), end, h.w.Now())
		}
		full := len(l.waiting) >= l.config.Backlog
		h.mu.Unlock()
		switch {
		case dead:
			l.drop(d, RecentlyClosed)
		case l.config.Filter != nil && !l.config.Filter(d.packet.Datagram):
			l.drop(d, NotAdmitted)
		case full:
			h.mu.Lock()
			l.backlog.Dropped++
			h.mu.Unlock()
			l.drop(d, BacklogFull)
		default:
			l.admit(d)
		}
	}
}

// connected returns the socket of the connection that a datagram of the queue belongs to; nil if
// it belongs to none. A connection exists if the datagram came after another of the same peer, and
// both waited until the listener began to read. The caller holds Host.mu.
func (l *Listener) connected(d arrival) *Socket {
	s := l.socket.port.to(d.from)
	if s != nil && s.handover.listener != nil {
		s, _ = s.route(d.packet.Datagram)
	}
	if s == l.socket {
		return nil
	}
	return s
}

// drop records that a datagram is dropped.
func (l *Listener) drop(d arrival, why Reason) {
	h := l.socket.port.host
	h.w.Event(h, ListenerDropped{Datagram: d.packet.Datagram, From: d.from, Reason: why})
}

// admit makes a connection for the sender of a datagram.
func (l *Listener) admit(d arrival) {
	h := l.socket.port.host
	socket, err := l.connect(d)
	if err != nil { // the listener was closed meanwhile
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	socket.enqueue(d)
	if socket.handover.accepted { // because of another datagram of the same instant
		return
	}
	socket.handover.accepted = true
	l.waiting = append(l.waiting,
		&Connection{Socket: socket, listener: l, First: d.packet.Datagram, Since: h.w.Now()})
	l.backlog.Longest = max(l.backlog.Longest, len(l.waiting))
	l.ready.Broadcast()
}

// AcceptPeer waits for the next connection.
func (l *Listener) AcceptPeer() (*Connection, error) {
	h := l.socket.port.host
	h.w.acted("accepts a connection")
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(l.waiting) == 0 {
		if l.closed {
			return nil, l.socket.failure("accept", net.ErrClosed)
		}
		l.ready.Wait()
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	return c, nil
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	c, err := l.AcceptPeer()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Waiting returns the connections that wait for Accept, in the order in which it will return them.
func (l *Listener) Waiting() []*Connection {
	h := l.socket.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(l.waiting)
}

// Backlog returns the statistics of the backlog so far.
func (l *Listener) Backlog() Backlog {
	h := l.socket.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return l.backlog
}

// Close implements net.Listener. Accepted connections stay open.
func (l *Listener) Close() error { return l.socket.Close() }

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.socket.LocalAddr() }

// Close implements net.Conn. After it, the peer's datagrams go to the listener again.
func (c *Connection) Close() error {
	err := c.Socket.Close()
	if err != nil && errors.Is(err, net.ErrClosed) {
		return err
	}
	if l := c.listener; l.config.Tombstone > 0 {
		h := c.port.host
		h.mu.Lock()
		if c.port.to(c.peer) == nil { // otherwise another association of the peer lives on
			l.tombstones[c.peer] = h.w.Now() + l.config.Tombstone
		}
		h.mu.Unlock()
	}
	return err
}
