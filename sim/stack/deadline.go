package stack

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// scheduled makes a handshake, and the session that it returns, use Config.After for deadlines.
func scheduled(perform handshake) handshake {
	return func(ctx context.Context, conn net.Conn, c Config) (net.Conn, error) {
		ctx, done := limited(ctx, c.After)
		defer done()
		s, err := perform(ctx, conn, c)
		if err != nil {
			return nil, err
		}
		return &scheduledSession{Conn: s, after: c.After}, nil
	}
}

// limited returns a context that ends when ctx ends, but whose deadline uses after. The caller
// calls done when the context is no longer needed.
func limited(
	ctx context.Context, after func(time.Duration, func()) (cancel func()),
) (limited context.Context, done func()) {
	at, ok := ctx.Deadline()
	left := time.Until(at)
	if !ok || left <= 0 {
		return ctx, func() {}
	}
	l := &limitedContext{Context: ctx, done: make(chan struct{})}
	cancel := after(left, func() { l.end(context.DeadlineExceeded) })
	stop := context.AfterFunc(ctx, func() {
		// At the deadline itself, what after schedules for this instant ends the context.
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) || time.Until(at) > 0 {
			l.end(ctx.Err())
		}
	})
	return l, func() {
		stop()
		cancel()
	}
}

// limitedContext has the values of a context, and an end of its own.
type limitedContext struct {
	context.Context

	mu   sync.Mutex
	done chan struct{}
	err  error
}

// Done implements context.Context.
func (l *limitedContext) Done() <-chan struct{} { return l.done }

// Err implements context.Context.
func (l *limitedContext) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *limitedContext) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		close(l.done)
	}
}

// scheduledSession is a session whose deadlines use after. The session below only sees deadlines
// that have passed, or none.
type scheduledSession struct {
	net.Conn
	after func(time.Duration, func()) (cancel func())

	mu          sync.Mutex // held for a few instructions only
	closed      bool
	read, write func() // cancel a deadline; nil if there is none
}

// longPast is a deadline that has passed.
var longPast = time.Unix(0, 1)

// SetDeadline implements net.Conn.
func (s *scheduledSession) SetDeadline(t time.Time) error {
	if err := s.SetReadDeadline(t); err != nil {
		return err
	}
	return s.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (s *scheduledSession) SetReadDeadline(t time.Time) error {
	return s.schedule(&s.read, t, s.Conn.SetReadDeadline)
}

// SetWriteDeadline implements net.Conn.
func (s *scheduledSession) SetWriteDeadline(t time.Time) error {
	return s.schedule(&s.write, t, s.Conn.SetWriteDeadline)
}

// schedule replaces a deadline. set sets it on the session below.
func (s *scheduledSession) schedule(cancel *func(), t time.Time, set func(time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *cancel != nil {
		(*cancel)()
		*cancel = nil
	}
	left := time.Until(t)
	if t.IsZero() || left <= 0 {
		return set(t)
	}
	if err := set(time.Time{}); err != nil || s.closed {
		return err
	}
	*cancel = s.after(left, func() { _ = set(longPast) })
	return nil
}

// Close implements net.Conn. It cancels the deadlines first: a reader that is still waiting then
// learns of the end of the session.
func (s *scheduledSession) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, cancel := range []*func(){&s.read, &s.write} {
		if *cancel != nil {
			(*cancel)()
			*cancel = nil
		}
	}
	s.mu.Unlock()
	return s.Conn.Close()
}
