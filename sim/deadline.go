package sim

import (
	"time"

	"github.com/dtlssim/dtlssim/clock"
)

// SetReadDeadline implements net.Conn. pion sets a deadline in the past to interrupt its own
// reader. Such a deadline takes effect once all other activity has settled, and never before
// the reader has taken the datagrams in the queue. Otherwise scheduling would decide whether
// pion's Close writes its close_notify, because it interrupts the reader first. With
// Config.Perturb, where scheduling is drawn at random, it takes effect at once.
func (s *Socket) SetReadDeadline(t time.Time) error {
	s.yield(callSetReadDeadline)
	h, w := s.port.host, s.port.host.w
	w.acted("sets a read deadline")
	h.mu.Lock()
	old := s.deadline
	s.deadline, s.timedOut = nil, false
	h.mu.Unlock()
	if old != nil {
		w.Cancel(old)
	}
	if t.IsZero() {
		w.mu.Lock()
		for i := range w.expired {
			if w.expired[i] == s {
				w.expired = append(w.expired[:i], w.expired[i+1:]...)
				break
			}
		}
		w.mu.Unlock()
		return nil
	}
	d := time.Until(t)
	if w.Stopped() || (d <= 0 && w.turnstile != nil) {
		s.expire()
		return nil
	}
	if d > 0 {
		e := w.After(clock.Deadline, d, s.expire)
		h.mu.Lock()
		s.deadline = e
		h.mu.Unlock()
		return nil
	}
	w.mu.Lock()
	w.expired = append(w.expired, s)
	w.mu.Unlock()
	w.Rouse()
	return nil
}

// proceed lets the reader take datagrams from the queue.
func (s *Socket) proceed() {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.turn = true
	s.ready.Broadcast()
}

// expire makes the read deadline take effect.
func (s *Socket) expire() {
	h := s.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	s.deadline = nil
	s.timedOut = true
	s.ready.Broadcast()
}

// SetDeadline implements net.Conn.
func (s *Socket) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetWriteDeadline implements net.Conn. Writes never block, but fail once the deadline has passed. A
// deadline that is already in the past when it is set has no effect: pion sets one to interrupt its
// own writer, which here has always finished.
func (s *Socket) SetWriteDeadline(t time.Time) error {
	h, w := s.port.host, s.port.host.w
	h.mu.Lock()
	old := s.writeDeadline
	s.writeDeadline, s.writesLate = nil, false
	h.mu.Unlock()
	if old != nil {
		w.Cancel(old)
	}
	d := time.Until(t)
	if t.IsZero() || d <= 0 || w.Stopped() {
		return nil
	}
	e := w.After(clock.Deadline, d, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		s.writeDeadline, s.writesLate = nil, true
	})
	h.mu.Lock()
	s.writeDeadline = e
	h.mu.Unlock()
	return nil
}
