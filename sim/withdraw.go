package sim

import (
	"fmt"
	"net"
	"slices"

	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Suspend makes readers of the socket wait, even if datagrams arrive, until the socket takes
// the place of another. It models an application that is busy with something else.
func (s *Socket) Suspend() {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.suspended = true
}

// Withdraw removes a connected socket from its port, as Close does, but its readers keep
// waiting until it takes the place of another socket. It returns the datagrams of its queue,
// which are lost.
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

// TakePlace replaces t, a socket of the same port that is connected to the same peer, with a
// withdrawn socket. The withdrawn socket takes over t's queue, and its readers can read
// again. t is closed.
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
	s.turn = false // as in await: the reader gets its turn once all is settled
	h.w.wait(s)
	return nil
}

// leave removes a socket from its port. The caller holds Host.mu.
func (s *Socket) leave() {
	if s.port.open == s {
		s.port.open = nil
	} else {
		s.port.connected = slices.DeleteFunc(s.port.connected, func(t *Socket) bool { return t == s })
	}
	s.port.release()
}
