package trace

import "strings"

// Event is what a record says besides who did it, when, and to which datagram. Events are
// values of types that a program tells apart and asks for their fields; the trace shows the
// text that they make of them. Neither text may depend on time: both are part of the signature.
type Event interface {
	// Name says what a Note notes: "handshake completed". It is empty of what is said of a
	// datagram.
	Name() string

	// AppendDetail appends what else is to be said to b, which may be nothing: of a Note
	// its particulars, of a Drop or a Lose why, of an Arrive where, of the others which
	// rules decided it.
	AppendDetail(b []byte) []byte
}

// Text is an event of which there is nothing but the text: what an application notes in its
// own words, and what Decode returns in the place of every event.
type Text struct{ Event, Detail string }

// Name implements Event.
func (t Text) Name() string { return t.Event }

// AppendDetail implements Event.
func (t Text) AppendDetail(b []byte) []byte { return append(b, t.Detail...) }

// Rules are the names of the rules that decided a datagram's time or its copy.
type Rules []string

// Name implements Event.
func (Rules) Name() string { return "" }

// AppendDetail implements Event.
func (r Rules) AppendDetail(b []byte) []byte {
	return append(append(b, "rule "...), strings.Join(r, ", ")...)
}
