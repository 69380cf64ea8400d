package session

import (
	"net/netip"
	"strconv"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// What applications note, and a reader of the trace asks for.

// accepted is the event that the server begins a session, or goes on with one whose first
// hello it has answered.
type accepted struct {
	session string
	peer    netip.AddrPort
	first   *wire.Datagram
	again   bool // it goes on with one
}

// Name implements trace.Event.
func (e accepted) Name() string {
	if e.again {
		return "accept again"
	}
	return "accept"
}

// AppendDetail implements trace.Event.
func (e accepted) AppendDetail(b []byte) []byte {
	b = append(append(b, e.session...), ", from "...)
	return e.first.AppendLabel(append(e.peer.AppendTo(b), ": "...))
}

// clientFailed is the event that an attempt of a client to connect, or to serve its session,
// has failed.
type clientFailed struct{ err error }

// Name implements trace.Event.
func (clientFailed) Name() string { return "client failed" }

// AppendDetail implements trace.Event.
func (e clientFailed) AppendDetail(b []byte) []byte { return append(b, e.err.Error()...) }

// completed is the event that a handshake is complete; session is empty where there can only
// be one.
type completed struct{ session string }

// Name implements trace.Event.
func (completed) Name() string { return "handshake completed" }

// AppendDetail implements trace.Event.
func (e completed) AppendDetail(b []byte) []byte { return append(b, e.session...) }

// dataRead is the event that the server's application has read a line.
type dataRead struct{ line string }

// Name implements trace.Event.
func (dataRead) Name() string { return "data read" }

// AppendDetail implements trace.Event.
func (e dataRead) AppendDetail(b []byte) []byte { return strconv.AppendQuote(b, e.line) }

// discarded is the event that a sequential server passes over a datagram that can begin no
// session.
type discarded struct {
	from  netip.AddrPort
	first *wire.Datagram
}

// Name implements trace.Event.
func (discarded) Name() string { return "discard" }

// AppendDetail implements trace.Event.
func (e discarded) AppendDetail(b []byte) []byte {
	b = e.from.AppendTo(append(b, "the first datagram from "...))
	return e.first.AppendLabel(append(b, " is "...))
}

// helloSwallowed is the event that a client's second hello is dropped with the socket that it
// had reached.
type helloSwallowed struct{ hello *wire.Datagram }

// Name implements trace.Event.
func (helloSwallowed) Name() string { return "hello swallowed" }

// AppendDetail implements trace.Event.
func (e helloSwallowed) AppendDetail(b []byte) []byte { return e.hello.AppendLabel(b) }
