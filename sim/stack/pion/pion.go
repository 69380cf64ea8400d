// Package pion holds what the stacks of pion have in common: the lines of their log that
// tell the states of a handshake and the alerts that come, and the type of the errors that
// alerts of the peer cause. It imports none of the stacks.
package pion

import (
	"errors"
	"io"
	"reflect"
	"time"

	"github.com/pion/logging"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// The stacks show the states of a handshake, and the alerts that they receive, in their logs
// alone. These are the formats of two lines, in v2.2.12 and in v3.1.15 of pion/dtls.
const (
	// stateFormat: a handshake enters a state. Its arguments are the side, the flight and
	// the state (handshaker.go, handshakeFSM.Run).
	stateFormat = "[handshake:%s] %s: %s"

	// alertFormat: an alert came, or, in v2, a ChangeCipherSpec. Its arguments are the side,
	// and the text of the alert (conn.go, Conn.handleIncomingPacket).
	alertFormat = "%s: <- %s"
)

// disabled is a logger that says nothing.
var disabled = logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)

// Log reads what an endpoint logs. It is the factory of itself.
type Log struct {
	logging.LeveledLogger
	observe func(stack.Event)
	alerts  map[string]stack.Alert
	entered func(stack.Flight, stack.State)
}

var _ logging.LoggerFactory = (*Log)(nil)

// NewLog returns the log of an endpoint. It calls entered when a handshake enters a state,
// and reports an alert that comes, which has one of some texts, to observe. It reads nothing
// if observe is nil.
func NewLog(
	observe func(stack.Event), alerts map[string]stack.Alert, entered func(stack.Flight, stack.State),
) *Log {
	return &Log{disabled, observe, alerts, entered}
}

// NewLogger implements logging.LoggerFactory.
func (l *Log) NewLogger(string) logging.LeveledLogger { return l }

// Tracef implements logging.LeveledLogger.
func (l *Log) Tracef(format string, args ...any) {
	if l.observe == nil {
		return
	}
	switch {
	case format == stateFormat && len(args) == 3:
		name, _ := args[1].(string)
		flight, isFlight := stack.FlightNamed(name)
		name, _ = args[2].(string)
		state, isState := stack.StateNamed(name)
		if isFlight && isState {
			l.entered(flight, state)
		}
	case format == alertFormat && len(args) == 2:
		text, _ := args[1].(string)
		if a, ok := l.alerts[text]; ok {
			l.observe(stack.Event{Kind: stack.AlertReceived, Alert: a})
		}
	}
}

// ReportClock reports that an endpoint reads the clock, if it does so in a state: it makes
// the random value of its hello, whose first four bytes are the time in seconds (RFC 5246
// section 7.4.1.2).
func ReportClock(observe func(stack.Event), flight stack.Flight, state stack.State) {
	if state == stack.Preparing && (flight == stack.Flight0 || flight == stack.Flight1) {
		observe(stack.Event{Kind: stack.ClockRead, Resolution: time.Second})
	}
}

// AlertTexts returns all alerts by the texts that a stack has for them.
func AlertTexts(text func(stack.Alert) string) map[string]stack.Alert {
	m := make(map[string]stack.Alert)
	for description := 255; description >= 0; description-- { // of those without a name, 1 stands for all
		for level := uint8(1); level <= 2; level++ {
			a := stack.Alert{Level: level, Description: uint8(description)}
			m[text(a)] = a
		}
	}
	return m
}

// PeerAlert returns the alert of the peer that an error of a stack is about, or nil. The
// type of such an error is not exported, but it has an exported method and field.
func PeerAlert(err error) *stack.Alert {
	var e interface {
		error
		IsFatalOrCloseNotify() bool
	}
	if !errors.As(err, &e) {
		return nil
	}
	a := reflect.ValueOf(e).Elem().FieldByName("Alert").Elem()
	return &stack.Alert{
		Level: uint8(a.FieldByName("Level").Uint()), Description: uint8(a.FieldByName("Description").Uint()),
	}
}
