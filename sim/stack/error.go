package stack

import (
	"context"
	"errors"
	"io"
	"net"
)

// Cause is why a call of an endpoint failed.
type Cause uint8

// The causes.
const (
	// Other is any other cause: the endpoint found fault with what it received or with
	// what it was asked.
	Other Cause = iota

	// TimedOut: a handshake met its limit of time, or a Read its deadline.
	TimedOut

	// Cancelled: the context of a handshake was cancelled.
	Cancelled

	// PeerAlert: an alert of the peer ended a handshake.
	PeerAlert

	// PeerClosed: the session has ended, by a close_notify or a fatal alert of the peer.
	PeerClosed

	// SocketClosed: the connection below the endpoint is closed.
	SocketClosed
)

// Error is an error of an endpoint, with its cause. Its text is that of Err.
type Error struct {
	Cause Cause
	Alert Alert // of the peer, where Cause is PeerAlert
	Err   error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error of the stack.
func (e *Error) Unwrap() error { return e.Err }

// CauseOf returns the cause of an error of an endpoint, which may be wrapped.
func CauseOf(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return Other
}

// errHandshakeTimeout words a handshake that met its limit of time alike for all stacks.
var errHandshakeTimeout = errors.New("the handshake timed out")

// HandshakeError types the error of a handshake of a stack in Go. peer is the alert of
// the peer that ended it, or nil.
func HandshakeError(err error, peer *Alert) error {
	e := &Error{Err: err}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Cause, e.Err = TimedOut, errHandshakeTimeout
	case errors.Is(err, context.Canceled):
		e.Cause = Cancelled
	case peer != nil:
		e.Cause, e.Alert = PeerAlert, *peer
	case errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		e.Cause = SocketClosed
	}
	return e
}

// SessionError types an error of Read or Write of a stack in Go. closed is the stack's
// own error of a session that is closed.
func SessionError(err, closed error) error {
	if err == nil {
		return nil
	}
	e := &Error{Err: err}
	var timeout net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, closed):
		e.Cause = PeerClosed
	case errors.As(err, &timeout) && timeout.Timeout():
		e.Cause = TimedOut
	case errors.Is(err, net.ErrClosed):
		e.Cause = SocketClosed
	}
	return e
}
