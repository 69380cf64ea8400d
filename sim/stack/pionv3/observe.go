package pionv3

import (
	"errors"
	"io"
	"reflect"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/alert"
	"github.com/pion/logging"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// The stack shows the states of a handshake, and the alerts that it receives, in its log
// alone. These are the formats of two of its lines.
const (
	// stateFormat: a handshake enters a state. Its arguments are the side, the flight and
	// the state (v3.1.15, handshaker.go, handshakeFSM.Run).
	stateFormat = "[handshake:%s] %s: %s"

	// alertFormat: an alert came. Its arguments are the side, and the text of the alert
	// (v3.1.15, conn.go, Conn.handleIncomingPacket).
	alertFormat = "%s: <- %s"
)

// An interval of retransmission below longestBackoff doubles, but to no more than that
// (v3.1.15, handshaker.go, backoffRetransmit).
const longestBackoff = time.Minute

// disabled is a logger that says nothing.
var disabled = logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)

// observer makes events of what an endpoint logs. It is the factory of itself.
type observer struct {
	logging.LeveledLogger
	observe func(stack.Event)
	conn    *dtls.Conn // set before the handshake begins
}

var _ logging.LoggerFactory = (*observer)(nil)

func newObserver(c stack.Config) *observer {
	return &observer{LeveledLogger: disabled, observe: c.Observe}
}

// NewLogger implements logging.LoggerFactory.
func (o *observer) NewLogger(string) logging.LeveledLogger { return o }

// Tracef implements logging.LeveledLogger.
func (o *observer) Tracef(format string, args ...any) {
	if o.observe == nil {
		return
	}
	switch {
	case format == stateFormat && len(args) == 3:
		name, _ := args[1].(string)
		flight, isFlight := stack.FlightNamed(name)
		name, _ = args[2].(string)
		state, isState := stack.StateNamed(name)
		if isFlight && isState {
			o.entered(flight, state)
		}
	case format == alertFormat && len(args) == 2:
		text, _ := args[1].(string)
		if a, ok := alerts[text]; ok {
			o.observe(stack.Event{Kind: stack.AlertReceived, Alert: a})
		}
	}
}

// entered reports a state of the handshake. It runs on the goroutine of the state machine,
// which alone uses the fields that it reads.
func (o *observer) entered(flight stack.Flight, state stack.State) {
	e := stack.Event{Kind: stack.Entered, Flight: flight, State: state}
	// A server waits in flights 0 and 2 for a timer that only starts anew: there is
	// nothing to send in flight 0, and a HelloVerifyRequest is not sent again by itself.
	// The interval that has grown in flight 0 is the first again in flight 2.
	e.Moot = flight == stack.Flight0 && state != stack.Preparing || flight == stack.Flight2 && state == stack.Waiting
	waits := state == stack.Waiting && !e.Moot
	switch {
	case waits:
		e.Timer = machineField(o.conn, "retransmitInterval")
	case state == stack.Sending && (flight == stack.Flight4 || flight == stack.Flight4b):
		// Until then, a repeated ClientHello is not answered. It is 0 of the first answer.
		e.Timer = machineField(o.conn, "peerRetransmitInterval")
	}
	o.observe(e)
	if waits { // by these the next interval is found
		for _, limit := range []time.Duration{longestBackoff / 2, longestBackoff} {
			o.observe(
				stack.Event{Kind: stack.Compared, What: "retransmission", Durations: [2]time.Duration{e.Timer, limit}},
			)
		}
	}
	if state == stack.Preparing && (flight == stack.Flight0 || flight == stack.Flight1) {
		// The endpoint makes the random value of its hello, whose first four bytes are the
		// time in seconds (RFC 5246 section 7.4.1.2).
		o.observe(stack.Event{Kind: stack.ClockRead, Resolution: time.Second})
	}
}

// machineField returns a duration that the state machine of an endpoint's handshake keeps
// to itself. What the state machine will do depends on it, and the log does not tell.
func machineField(conn *dtls.Conn, name string) time.Duration {
	return time.Duration(reflect.ValueOf(conn).Elem().FieldByName("fsm").Elem().FieldByName(name).Int())
}

// pending returns how many pieces of data, or errors, wait for Read.
func pending(conn *dtls.Conn) int { return reflect.ValueOf(conn).Elem().FieldByName("decrypted").Len() }

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
