package stack

import (
	"context"
	"errors"
	"io"
	"net"
)

// Cause is the reason why a call of an endpoint failed.
type Cause uint8

// The causes.
const (
	// Other: any other cause. The endpoint rejected what it received or what the caller
	// asked for.
	Other Cause = iota

	// TimedOut: a handshake reached its time limit, or a Read reached its deadline.
	TimedOut

	// Cancelled: the context of a handshake was cancelled.
	Cancelled

	// PeerAlert: an alert from the peer ended a handshake.
	PeerAlert

	// PeerClosed: a close_notify or a fatal alert from the peer ended the session.
	PeerClosed

	// SocketClosed: the connection below the endpoint is closed.
	SocketClosed
)

// Error is an error of an endpoint, with its cause. Its text is the text of Err.
type Error struct {
	Cause Cause
	Alert Alert // the peer's alert, if Cause is PeerAlert
	Err   error
}

// Error implements error.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns Err, the error of the stack.
func (e *Error) Unwrap() error { return e.Err }

// CauseOf returns the cause of an error of an endpoint. The error may be wrapped.
func CauseOf(err error) Cause {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return Other
}

// errHandshakeTimeout gives handshake timeouts the same text for all stacks.
var errHandshakeTimeout = errors.New("the handshake timed out")

// HandshakeError converts a handshake error of a Go stack to an *Error. peer is the peer's
// alert that ended the handshake, or nil.
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

// SessionError converts an error of Read or Write of a Go stack to an *Error. closed is the
// error that the stack returns for a closed session.
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
