// Package pion holds what the pion stacks have in common: the log lines that show the states
// of a handshake and the received alerts, and the type of errors that alerts from the peer
// cause. It imports none of the stacks.
package pion

import (
	"errors"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pion/logging"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// The stacks show the states of a handshake and the received alerts only in their logs. These
// are the formats of two log lines in github.com/pion/dtls/v2 v2.2.12 and
// github.com/pion/dtls/v3 v3.1.15.
const (
	// stateFormat: a handshake enters a state. The arguments are the side, the flight and
	// the state (handshaker.go, handshakeFSM.Run).
	stateFormat = "[handshake:%s] %s: %s"

	// alertFormat: an alert was received, or, in v2, a ChangeCipherSpec. The arguments are the
	// side and the text of the alert (conn.go, Conn.handleIncomingPacket).
	alertFormat = "%s: <- %s"
)

// aboutRecords are the formats of the lines about records (conn.go, Conn.handleIncomingPacket). All
// are the same in both versions, but only v3 has the one about alerts of epoch 0.
var aboutRecords = map[string]line{
	"discarded broken packet: %v":                      brokenLine,
	"discarded future packet (epoch: %d, seq: %d)":     futureLine,
	"discarded duplicated packet (epoch: %d, seq: %d)": duplicateLine,
	"received packet of next epoch, queuing packet":    nextEpochLine,
	"handshake not finished, queuing packet":           noKeysLine,
	"CipherSuite not initialized, queuing packet":      noCipherLine,
	"%s: decrypt failed: %s":                           undecryptableLine,
	"defragment failed: %s":                            malformedLine,
	"%s: handshake parse failed: %s":                   malformedLine,
	"discarded alert from the old plaintext epoch":     plainAlertLine,
	"%s: <- ChangeCipherSpec (epoch: %d)":              changeLine,
}

// lineTexts says what the lines say, in the words of the log.
var lineTexts = func() [changeLine + 1]string {
	texts := [changeLine + 1]string{alertLine: "an alert"}
	for _, format := range slices.Sorted(maps.Keys(aboutRecords)) {
		texts[aboutRecords[format]], _, _ = strings.Cut(format, " (")
	}
	return texts
}()

// disabled is a logger that discards everything.
var disabled = logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)

// Log is a logger that reads what an endpoint logs. It is its own factory.
type Log struct {
	logging.LeveledLogger
	observe func(stack.Event)
	alerts  map[string]stack.Alert
	entered func(stack.Flight, stack.State)

	receiver *Receiver // nil: what becomes of records is not explained
}

var _ logging.LoggerFactory = (*Log)(nil)

// NewLog returns the log of an endpoint. It calls entered when a handshake enters a state. It
// reports received alerts to observe; alerts maps their texts to alerts. If observe is nil, it
// ignores the log. It shows receiver, which may be nil, what the log says of records and states.
func NewLog(
	observe func(stack.Event), alerts map[string]stack.Alert, entered func(stack.Flight, stack.State),
	receiver *Receiver,
) *Log {
	return &Log{disabled, observe, alerts, entered, receiver}
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
			l.receiver.enter(flight, state)
			l.entered(flight, state)
		}
	case format == alertFormat && len(args) == 2:
		text, _ := args[1].(string)
		if a, ok := l.alerts[text]; ok {
			l.receiver.said(alertLine, false, 0, 0, wire.AlertName(a.Description))
			l.observe(stack.Event{Kind: stack.AlertReceived, Alert: a})
		}
	default:
		l.aboutRecord(format, args)
	}
}

// Debugf implements logging.LeveledLogger.
func (l *Log) Debugf(format string, args ...any) { l.aboutRecord(format, args) }

// Debug implements logging.LeveledLogger.
func (l *Log) Debug(text string) { l.aboutRecord(text, nil) }

// aboutRecord shows the receiver a line about a record.
func (l *Log) aboutRecord(format string, args []any) {
	if l.receiver == nil {
		return
	}
	about, ok := aboutRecords[format]
	if !ok {
		return
	}
	if len(args) == 2 {
		epoch, isEpoch := args[0].(uint16)
		number, isNumber := args[1].(uint64)
		if isEpoch && isNumber {
			l.receiver.said(about, true, epoch, number, "")
			return
		}
	}
	l.receiver.said(about, false, 0, 0, "")
}

// ReportClock reports that an endpoint reads the clock, if it does so when it enters the given
// state. An endpoint reads the clock to make the random value of its hello, whose first four
// bytes are the time in seconds (RFC 5246 section 7.4.1.2).
func ReportClock(observe func(stack.Event), flight stack.Flight, state stack.State) {
	if state == stack.Preparing && (flight == stack.Flight0 || flight == stack.Flight1) {
		observe(stack.Event{Kind: stack.ClockRead, Resolution: time.Second})
	}
}

// AlertTexts returns all alerts, indexed by the texts of a stack for them.
func AlertTexts(text func(stack.Alert) string) map[string]stack.Alert {
	m := make(map[string]stack.Alert)
	// downwards, so that 1 represents all descriptions without a name
	for description := 255; description >= 0; description-- {
		for level := uint8(1); level <= 2; level++ {
			a := stack.Alert{Level: level, Description: uint8(description)}
			m[text(a)] = a
		}
	}
	return m
}

// PeerAlert returns the peer's alert that caused an error of a stack, or nil. The type of such
// an error is not exported, but it has an exported method and field.
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
