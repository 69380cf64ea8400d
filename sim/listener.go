package sim

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// DefaultBacklog is how many peers may wait for Accept in pion's own listener
// (transport/v2/udp, defaultListenBacklog).
const DefaultBacklog = 128

// ListenerConfig says whom a Listener lets in.
type ListenerConfig struct {
	// Filter tells whether the first datagram of a new peer lets it in; nil: any does.
	Filter func(first *wire.Datagram) bool

	// Tombstone is how long after the close of a connection its peer is not let in again.
	Tombstone time.Duration

	// Backlog is how many connections may wait for Accept: what a new peer sends is dropped
	// while that many do. 0: DefaultBacklog.
	Backlog int

	// Rehandshake lets a peer begin a second connection beside one that is established:
	// see Connection.Establish.
	Rehandshake bool
}

// Listener accepts peers on one UDP port, as pion's own listener
// (transport/v2/udp) does: a datagram from a new remote address makes a connection
// if the filter lets it, and all that come from that address afterwards belong to
// it, until it is closed.
type Listener struct {
	socket *Socket
	config ListenerConfig

	// Guarded by Host.mu.
	waiting    []*Connection
	backlog    Backlog
	ready      *sync.Cond
	closed     bool
	tombstones map[netip.AddrPort]time.Duration // until when a peer that is gone is not let in again
}

var _ net.Listener = (*Listener)(nil)

// Backlog is what became of the backlog of a Listener so far.
type Backlog struct {
	Longest int // most connections that waited for Accept at a time
	Dropped int // datagrams of new peers that were dropped because it was full
}

// Connection is a connection that a Listener has accepted.
type Connection struct {
	*Socket
	listener *Listener

	// First is the datagram that made the connection.
	First *wire.Datagram
}

// ListenPeers opens a listener on a port.
func (h *Host) ListenPeers(number uint16, c ListenerConfig) (*Listener, error) {
	socket, err := h.Listen(number)
	if err != nil {
		return nil, err
	}
	if c.Backlog == 0 {
		c.Backlog = DefaultBacklog
	}
	l := &Listener{
		socket: socket, config: c,
		ready: sync.NewCond(&h.mu), tombstones: make(map[netip.AddrPort]time.Duration),
	}
	go l.run()
	return l, nil
}

// run takes the datagrams of peers that have no connection.
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

// drop notes that a datagram is not let in.
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
	if socket.handover.accepted { // by a datagram of the same instant
		return
	}
	socket.handover.accepted = true
	l.waiting = append(l.waiting, &Connection{Socket: socket, listener: l, First: d.packet.Datagram})
	l.backlog.Longest = max(l.backlog.Longest, len(l.waiting))
	l.ready.Broadcast()
}

// AcceptPeer waits for the next connection.
func (l *Listener) AcceptPeer() (*Connection, error) {
	h := l.socket.port.host
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

// Waiting returns how many connections wait for Accept whose first datagram is as
// wanted; nil wants any.
func (l *Listener) Waiting(wanted func(first *wire.Datagram) bool) (n int) {
	h := l.socket.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range l.waiting {
		if wanted == nil || wanted(c.First) {
			n++
		}
	}
	return n
}

// Backlog returns what became of the backlog so far.
func (l *Listener) Backlog() Backlog {
	h := l.socket.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return l.backlog
}

// Close implements net.Listener. Connections that were accepted stay open.
func (l *Listener) Close() error { return l.socket.Close() }

// Addr implements net.Listener.
func (l *Listener) Addr() net.Addr { return l.socket.LocalAddr() }

// Close implements net.Conn: the peer's datagrams belong to the listener again.
func (c *Connection) Close() error {
	err := c.Socket.Close()
	if err != nil && errors.Is(err, net.ErrClosed) {
		return err
	}
	if l := c.listener; l.config.Tombstone > 0 {
		h := c.port.host
		h.mu.Lock()
		if c.port.to(c.peer) == nil { // another association of the peer lives on
			l.tombstones[c.peer] = h.w.Now() + l.config.Tombstone
		}
		h.mu.Unlock()
	}
	return err
}
