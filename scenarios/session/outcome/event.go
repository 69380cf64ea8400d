package outcome

import (
	"net/netip"
	"strconv"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// The events that applications record in the trace for [Read].

// Accepted is the event that the server begins a session, or continues one whose first hello it
// has already answered.
type Accepted struct {
	Session string
	Peer    netip.AddrPort
	First   *wire.Datagram
	Again   bool // it continues a session
}

// Name implements trace.Event.
func (e Accepted) Name() string {
	if e.Again {
		return "accept again"
	}
	return "accept"
}

// AppendDetail implements trace.Event.
func (e Accepted) AppendDetail(b []byte) []byte {
	b = append(append(b, e.Session...), ", from "...)
	return e.First.AppendLabel(append(e.Peer.AppendTo(b), ": "...))
}

// ClientFailed is the event that a client's attempt to connect, or to complete its session, has
// failed.
type ClientFailed struct{ Err error }

// Name implements trace.Event.
func (ClientFailed) Name() string { return "client failed" }

// AppendDetail implements trace.Event.
func (e ClientFailed) AppendDetail(b []byte) []byte { return append(b, e.Err.Error()...) }

// Completed is the event that a handshake is complete. Session is empty if it is unambiguous.
type Completed struct{ Session string }

// Name implements trace.Event.
func (Completed) Name() string { return "handshake completed" }

// AppendDetail implements trace.Event.
func (e Completed) AppendDetail(b []byte) []byte { return append(b, e.Session...) }

// DataRead is the event that the server's application has read a line.
type DataRead struct {
	Line   string
	Client int // the client that sent it; 0 if none did
}

// Name implements trace.Event.
func (DataRead) Name() string { return "data read" }

// AppendDetail implements trace.Event.
func (e DataRead) AppendDetail(b []byte) []byte { return strconv.AppendQuote(b, e.Line) }

// MoreRead is the event that the server's application has read a further line of a session.
type MoreRead struct{ Line string }

// Name implements trace.Event.
func (MoreRead) Name() string { return "more data" }

// AppendDetail implements trace.Event.
func (e MoreRead) AppendDetail(b []byte) []byte { return strconv.AppendQuote(b, e.Line) }

// Discarded is the event that a sequential server drops a first datagram that cannot begin a
// session.
type Discarded struct {
	From  netip.AddrPort
	First *wire.Datagram
}

// Name implements trace.Event.
func (Discarded) Name() string { return "discard" }

// AppendDetail implements trace.Event.
func (e Discarded) AppendDetail(b []byte) []byte {
	b = e.From.AppendTo(append(b, "the first datagram from "...))
	return e.First.AppendLabel(append(b, " is "...))
}

// SwallowedHello is the event that a client's second hello is dropped together with the socket
// that it reached.
type SwallowedHello struct{ Hello *wire.Datagram }

// Name implements trace.Event.
func (SwallowedHello) Name() string { return "hello swallowed" }

// AppendDetail implements trace.Event.
func (e SwallowedHello) AppendDetail(b []byte) []byte { return e.Hello.AppendLabel(b) }
