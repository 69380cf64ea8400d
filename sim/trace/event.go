package trace

import "strings"

// Event describes what a record says besides who acted, when, and on which datagram. Programs
// distinguish events by their types and read their fields; the trace shows their texts. The texts
// must not depend on time: they are part of the signature.
type Event interface {
	// Name names the event of a Note, such as "handshake completed". It is empty for an event
	// about a datagram.
	Name() string

	// AppendDetail appends further text to b, possibly none: details of a Note, the reason of a
	// Drop or a Lose, the place of an Arrive, and for other kinds the rules that decided it.
	AppendDetail(b []byte) []byte
}

// Text is an event that consists only of text: an application's own note, and every event that
// Decode returns.
type Text struct{ Event, Detail string }

// Name implements Event.
func (t Text) Name() string { return t.Event }

// AppendDetail implements Event.
func (t Text) AppendDetail(b []byte) []byte { return append(b, t.Detail...) }

// Rules are the names of the rules that determined a datagram's time or its copy.
type Rules []string

// Name implements Event.
func (Rules) Name() string { return "" }

// AppendDetail implements Event.
func (r Rules) AppendDetail(b []byte) []byte {
	return append(append(b, "rule "...), strings.Join(r, ", ")...)
}
