package pionv2

import (
	"errors"
	"io"
	"reflect"
	"time"

	"github.com/pion/dtls/v2/pkg/protocol/alert"
	"github.com/pion/logging"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// The stack shows the states of a handshake, and the alerts that it receives, in its log
// alone. These are the formats of two of its lines.
const (
	// stateFormat: a handshake enters a state. Its arguments are the side, the flight and
	// the state (v2.2.12, handshaker.go, handshakeFSM.Run).
	stateFormat = "[handshake:%s] %s: %s"

	// alertFormat: an alert came, or a ChangeCipherSpec. Its arguments are the side, and
	// the text of the alert (v2.2.12, conn.go, Conn.handleIncomingPacket).
	alertFormat = "%s: <- %s"
)

// disabled is a logger that says nothing.
var disabled = logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)

// logger makes events of what the stack logs. It is also the factory of itself.
type logger struct {
	logging.LeveledLogger
	config  stack.Config
	flights time.Duration // the interval at which a flight is sent again
}

var _ logging.LoggerFactory = logger{}

// newLogger returns the logger of an endpoint.
func newLogger(c stack.Config) logger {
	interval := c.FlightInterval
	if interval == 0 {
		interval = time.Second // v2.2.12, conn.go, initialTickerInterval
	}
	return logger{disabled, c, interval}
}

// NewLogger implements logging.LoggerFactory.
func (l logger) NewLogger(string) logging.LeveledLogger { return l }

// Tracef implements logging.LeveledLogger.
func (l logger) Tracef(format string, args ...any) {
	if l.config.Observe == nil {
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
		if a, ok := alerts[text]; ok {
			l.config.Observe(stack.Event{Kind: stack.AlertReceived, Alert: a})
		}
	}
}

// entered reports a state of the handshake.
func (l logger) entered(flight stack.Flight, state stack.State) {
	e := stack.Event{Kind: stack.Entered, Flight: flight, State: state}
	// A server waits in flights 0 and 2 for a timer that only starts anew: there is
	// nothing to send in flight 0, and a HelloVerifyRequest is not sent again.
	e.Moot = flight == stack.Flight0 && state != stack.Preparing || flight == stack.Flight2 && state == stack.Waiting
	// When the timer ends in Waiting, the flight is sent again. In Finished, the last
	// flight is not sent again before it ends.
	if !e.Moot && (state == stack.Waiting || state == stack.Finished) {
		e.Timer = l.flights
	}
	l.config.Observe(e)
	if state == stack.Preparing && (flight == stack.Flight0 || flight == stack.Flight1) {
		// The endpoint makes the random value of its hello, whose first four bytes are the
		// time in seconds (RFC 5246 section 7.4.1.2).
		l.config.Observe(stack.Event{Kind: stack.ClockRead, Resolution: time.Second})
	}
}

// alerts are all alerts, by the texts that the stack has for them.
var alerts = func() map[string]stack.Alert {
	m := make(map[string]stack.Alert)
	for description := 255; description >= 0; description-- { // of those without a name, 1 stands for all
		for _, level := range []alert.Level{alert.Warning, alert.Fatal} {
			a := alert.Alert{Level: level, Description: alert.Description(description)}
			m[a.String()] = stack.Alert{Level: uint8(level), Description: uint8(description)}
		}
	}
	return m
}()

// peerAlert returns the alert of the peer that an error of the stack is about, or nil. The
// type of such an error is not exported, but it has an exported method and field.
func peerAlert(err error) *stack.Alert {
	var e interface {
		error
		IsFatalOrCloseNotify() bool
	}
	if !errors.As(err, &e) {
		return nil
	}
	a := reflect.ValueOf(e).Elem().FieldByName("Alert").Interface().(*alert.Alert)
	return &stack.Alert{Level: uint8(a.Level), Description: uint8(a.Description)}
}
