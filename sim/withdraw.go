package sim

import (
	"fmt"
	"net"
	"slices"

	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Suspend has those who read from the socket wait even for what arrives, until it
// takes the place of another: an application that is busy with something else.
func (s *Socket) Suspend() {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.suspended = true
}

// Withdraw takes a connected socket off its port, as Close does, but those who read
// from it go on waiting, for a socket whose place it takes. It returns the datagrams
// that waited in its queue; they are lost.
func (s *Socket) Withdraw() (lost []*wire.Datagram, err error) {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.closed || s.withdrawn || !s.peer.IsValid() {
		return nil, s.failure("withdraw", net.ErrClosed)
	}
	for _, d := range s.queue {
		lost = append(lost, d.packet.Datagram)
		r := d.packet.record(h.name, trace.Drop)
		r.From, r.To, r.Event = d.from, s.local, SocketReleased
		h.w.record(&r)
	}
	s.queue, s.queued, s.withdrawn = nil, 0, true
	s.leave()
	return lost, nil
}

// TakePlace puts a withdrawn socket in the place of t, another one of the port that is
// connected to the same peer, with what waits in its queue; t is closed. From now on
// the socket is read again.
func (s *Socket) TakePlace(t *Socket) error {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	i := slices.Index(s.port.connected, t)
	if !s.withdrawn || i < 0 || t.peer != s.peer {
		return s.failure("take the place of another socket",
			fmt.Errorf("want a withdrawn socket, and one of port %d that is connected to %s", s.port.number, s.peer))
	}
	s.port.connected[i] = s
	s.queue, s.queued, t.queue, t.queued = t.queue, t.queued, nil, 0
	s.withdrawn, s.suspended, t.closed = false, false, true
	t.ready.Broadcast()
	s.turn = false // as in await: the reader takes its turn when all is settled
	h.w.wait(s)
	return nil
}

// leave takes a socket off its port. The caller holds Host.mu.
func (s *Socket) leave() {
	if s.port.open == s {
		s.port.open = nil
	} else {
		s.port.connected = slices.DeleteFunc(s.port.connected, func(t *Socket) bool { return t == s })
	}
	s.port.release()
}
