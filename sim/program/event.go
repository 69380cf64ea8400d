package program

import (
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/sim/trace"
)

// Event is an event of a program in the trace.
type Event = trace.Event

// Started is the event that a program is started.
type Started struct{ Arguments []string }

// Name implements trace.Event.
func (Started) Name() string { return "started" }

// AppendDetail implements trace.Event.
func (e Started) AppendDetail(b []byte) []byte {
	for i, a := range e.Arguments {
		if i > 0 {
			b = append(b, ' ')
		}
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\") {
			b = strconv.AppendQuote(b, a)
		} else {
			b = append(b, a...)
		}
	}
	return b
}

// Printed is the event that a program has written a line to its standard output or error.
type Printed struct {
	Descriptor int // 1 or 2
	Line       string
}

// Name implements trace.Event.
func (e Printed) Name() string {
	if e.Descriptor == 2 {
		return "stderr"
	}
	return "stdout"
}

// AppendDetail implements trace.Event.
func (e Printed) AppendDetail(b []byte) []byte { return append(b, e.Line...) }

// Ended is the event that a program has ended.
type Ended struct{ Exit Exit }

// Name implements trace.Event.
func (Ended) Name() string { return "exited" }

// AppendDetail implements trace.Event.
func (e Ended) AppendDetail(b []byte) []byte { return append(b, e.Exit.String()...) }

// String returns how a program ended: exit code 1, or signal SIGTERM.
func (e Exit) String() string {
	if e.Signal != 0 {
		return "signal " + e.Signal.String()
	}
	return "exit code " + strconv.Itoa(e.Code)
}

// Discarded is the event that a program has closed a socket with a datagram in its queue.
type Discarded struct{ ID trace.DatagramID }

// Name implements trace.Event.
func (Discarded) Name() string { return "closed a socket that held" }

// AppendDetail implements trace.Event.
func (e Discarded) AppendDetail(b []byte) []byte { return append(b, e.ID.String()...) }
