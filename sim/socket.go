package sim

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"

	"github.com/pion/transport/v2"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// receiveBuffer is the maximum number of payload bytes in the queue of a socket. It is the
// default of Linux (net.core.rmem_default), which also counts overhead.
const receiveBuffer = 212992

// arrival is a datagram that waits at a socket.
type arrival struct {
	from   netip.AddrPort
	packet *Packet
}

func (d arrival) length() int { return len(d.packet.Datagram.Payload) }

// Socket is a UDP socket of a host. It blocks under virtual time, and a Write
// never blocks.
type Socket struct {
	port  *port
	local netip.AddrPort
	actor string // the actor that opened it

	// Guarded by Host.mu.
	peer      netip.AddrPort // valid if connected
	queue     []arrival
	queued    int // bytes in queue
	closed    bool
	draining  bool // its endpoint has closed: datagrams that arrive are dropped
	suspended bool // nobody reads; see Suspend
	withdrawn bool // it is off its port; see Withdraw
	ready     *sync.Cond
	turn      bool         // the reader may take datagrams from the queue
	timedOut  bool         // a read deadline has taken effect
	alerted   bool         // the socket has sent an encrypted alert
	handover  handover     // to another association with the same peer
	deadline  *clock.Event // a future read deadline

	writeDeadline *clock.Event // a future one
	writesLate    bool         // it has passed

	flow *flow // flow of its last datagram; guarded by link.mu
}

var _ transport.UDPConn = (*Socket)(nil)

func newSocket(p *port, local netip.AddrPort) *Socket {
	s := &Socket{port: p, local: local, actor: p.host.w.Current().Name}
	s.ready = sync.NewCond(&p.host.mu)
	return s
}

// compare orders sockets. The order is the same in every run.
func (s *Socket) compare(t *Socket) int {
	return cmp.Or(cmp.Compare(s.actor, t.actor), s.local.Compare(t.local), s.peer.Compare(t.peer),
		cmp.Compare(s.handover.generation, t.handover.generation))
}

// enqueue adds a datagram. The caller holds Host.mu.
func (s *Socket) enqueue(d arrival) {
	s.queue = append(s.queue, d)
	s.queued += d.length()
	s.ready.Broadcast()
}

// await waits until there is a datagram to read. A datagram that is already in the queue
// becomes readable only once all other activity has settled. Otherwise an endpoint that
// reads one datagram after another would handle the second while it still answers the first,
// and its progress at that point depends on scheduling. The caller holds Host.mu.
func (s *Socket) await() error {
	w := s.port.host.w
	s.turn = len(s.queue) == 0 || w.Stopped()
	if !s.turn {
		w.wait(s)
	}
	for {
		switch {
		case s.closed || s.draining:
			return s.failure("read", net.ErrClosed)
		// a kernel checks the deadline first
		case s.timedOut && (len(s.queue) == 0 || s.suspended || w.turnstile != nil):
			return s.failure("read", os.ErrDeadlineExceeded)
		case len(s.queue) > 0 && s.turn && !s.suspended:
			return nil
		}
		s.ready.Wait()
	}
}

func (s *Socket) failure(operation string, err error) error {
	return &net.OpError{Op: operation, Net: "udp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: err}
}

// Peek waits for a datagram and returns the first one, without removing it from the queue.
func (s *Socket) Peek() (first *wire.Datagram, from netip.AddrPort, err error) {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := s.await(); err != nil {
		return nil, netip.AddrPort{}, err
	}
	return s.queue[0].packet.Datagram, s.queue[0].from, nil
}

// Peer returns the address that the socket is connected to. It is not valid if the socket is
// not connected.
func (s *Socket) Peer() netip.AddrPort { return s.peer }

// Alerted reports whether the socket has sent an encrypted alert since it was connected.
// This is the close_notify of an association, unless something failed before.
func (s *Socket) Alerted() bool {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.alerted
}

// Closed reports whether the socket has been closed, by its endpoint or by the
// application.
func (s *Socket) Closed() bool {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.closed
}

// Discard drops the first datagram in the queue, if there is one.
func (s *Socket) Discard() {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(s.queue) > 0 {
		s.take()
	}
}

// take removes the first datagram and returns it. The caller holds Host.mu.
func (s *Socket) take() arrival {
	d := s.queue[0]
	s.queue = s.queue[1:]
	s.queued -= d.length()
	return d
}

// Connect connects an open socket to a peer, as connect(2) does. From now on the socket takes
// only that peer's datagrams. Datagrams in its queue stay there, even if another peer sent
// them. The port may then get a new open socket.
func (s *Socket) Connect(peer netip.AddrPort) error {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case s.closed:
		return s.failure("connect", net.ErrClosed)
	case s.peer.IsValid() || s.port.to(peer) != nil:
		return s.failure("connect", fmt.Errorf("the socket, or another for %s, is connected already", peer))
	}
	s.port.open = nil
	s.port.connected = append(s.port.connected, s)
	s.peer = peer
	return nil
}

// Close releases the socket. Waiting readers return net.ErrClosed.
func (s *Socket) Close() error {
	s.yield(callClose)
	h := s.port.host
	h.w.acted("closes a socket")
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.closed {
		return s.failure("close", net.ErrClosed)
	}
	s.release()
	return nil
}

// release closes the socket. The caller holds Host.mu.
func (s *Socket) release() {
	s.closed = true
	for _, deadline := range []*clock.Event{s.deadline, s.writeDeadline} {
		if deadline != nil {
			s.port.host.w.Cancel(deadline)
		}
	}
	if !s.withdrawn {
		s.leave()
	}
	s.ready.Broadcast()
}

// ReadFrom implements net.PacketConn.
func (s *Socket) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromUDP(p)
	if from == nil {
		return n, nil, err
	}
	return n, from, err
}

// ReadFromUDP implements transport.UDPConn.
func (s *Socket) ReadFromUDP(p []byte) (int, *net.UDPAddr, error) {
	d, err := s.receive()
	if err != nil {
		return 0, nil, err
	}
	n, err := read(p, d.packet.Datagram)
	return n, net.UDPAddrFromAddrPort(d.from), err
}

// receive waits for a datagram and takes it.
func (s *Socket) receive() (arrival, error) {
	s.yield(callRead)
	h := s.port.host
	h.w.acted("reads a socket")
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := s.await(); err != nil {
		return arrival{}, err
	}
	d := s.take()
	h.w.takes(h, d.packet)
	return d, nil
}

// read copies as much of a datagram to p as fits.
func read(p []byte, d *wire.Datagram) (int, error) {
	n := copy(p, d.Payload)
	if n < len(d.Payload) {
		return n, io.ErrShortBuffer
	}
	return n, nil
}

// Read implements net.Conn.
func (s *Socket) Read(p []byte) (int, error) {
	d, err := s.receive()
	if err != nil {
		return 0, err
	}
	return read(p, d.packet.Datagram)
}

// Receive implements Conn.
func (s *Socket) Receive() (*wire.Datagram, error) {
	d, err := s.receive()
	if err != nil {
		return nil, err
	}
	return d.packet.Datagram, nil
}

// Write implements net.Conn, for a connected socket.
func (s *Socket) Write(p []byte) (int, error) { return s.Send(parse(p)) }

// parse returns a datagram with a copy of the payload, so the caller may reuse the payload.
func parse(payload []byte) *wire.Datagram { return wire.Parse(append([]byte(nil), payload...)) }

// Send implements Conn.
func (s *Socket) Send(d *wire.Datagram) (int, error) {
	s.yield(callWrite)
	return s.send(d)
}

func (s *Socket) send(d *wire.Datagram) (int, error) {
	h := s.port.host
	h.mu.Lock()
	peer, closed, late := s.peer, s.closed || s.withdrawn, s.writesLate
	if !late {
		s.alerted = s.alerted || (peer.IsValid() && !closed && d.IsEncryptedAlert())
		s.handover.sent(d)
	}
	h.mu.Unlock()
	switch {
	case closed:
		return 0, s.failure("write", net.ErrClosed)
	case late:
		return 0, s.failure("write", os.ErrDeadlineExceeded)
	case !peer.IsValid():
		return 0, s.failure("write", fmt.Errorf("the socket is not connected"))
	}
	h.w.send(s, peer, d)
	return len(d.Payload), nil
}

// WriteTo implements net.PacketConn.
func (s *Socket) WriteTo(p []byte, to net.Addr) (int, error) {
	address, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, s.failure("write", fmt.Errorf("%v is no UDP address", to))
	}
	return s.WriteToUDP(p, address)
}

// WriteToUDP implements transport.UDPConn.
func (s *Socket) WriteToUDP(p []byte, to *net.UDPAddr) (int, error) {
	s.yield(callWrite)
	h := s.port.host
	h.mu.Lock()
	closed, late := s.closed, s.writesLate
	h.mu.Unlock()
	switch {
	case closed:
		return 0, s.failure("write", net.ErrClosed)
	case late:
		return 0, s.failure("write", os.ErrDeadlineExceeded)
	}
	a := to.AddrPort()
	h.w.send(s, netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), parse(p))
	return len(p), nil
}

// LocalAddr implements net.Conn.
func (s *Socket) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(s.local) }

// RemoteAddr implements net.Conn. It returns nil if the socket is not connected.
func (s *Socket) RemoteAddr() net.Addr {
	if !s.peer.IsValid() {
		return nil
	}
	return net.UDPAddrFromAddrPort(s.peer)
}

// SetReadBuffer implements transport.UDPConn; the size is fixed.
func (s *Socket) SetReadBuffer(int) error { return transport.ErrNotSupported }

// SetWriteBuffer implements transport.UDPConn; nothing waits to be sent.
func (s *Socket) SetWriteBuffer(int) error { return transport.ErrNotSupported }

// ReadMsgUDP implements transport.UDPConn; there is no out-of-band data.
func (s *Socket) ReadMsgUDP(_, _ []byte) (n, oobn, flags int, addr *net.UDPAddr, err error) {
	return 0, 0, 0, nil, transport.ErrNotSupported
}

// WriteMsgUDP implements transport.UDPConn; there is no out-of-band data.
func (s *Socket) WriteMsgUDP(_, _ []byte, _ *net.UDPAddr) (n, oobn int, err error) {
	return 0, 0, transport.ErrNotSupported
}
