package stack

import (
	"fmt"
	"time"
)

// ReportKind is the kind of an Event.
type ReportKind uint8

// The kinds of events.
const (
	Begun         ReportKind = iota + 1 // a handshake begins
	Entered                             // the handshake enters a state: Flight, State, Moot, Timer
	Compared                            // the endpoint compares durations: What, Durations
	DeadlineSet                         // the application sets a runtime deadline: What, Timer
	ClockRead                           // the time of day goes into a message: Resolution
	Completed                           // the handshake is complete
	Failed                              // the handshake failed: Cause
	DataWritten                         // the application wrote data: Length
	ReadBegun                           // the application begins to read
	DataRead                            // the application read data: Length
	AlertSent                           // an alert is sent: Alert, zero if it is encrypted
	AlertReceived                       // an alert was received: Alert
	Closed                              // the application closed the session
	Explained                           // what becomes of a record: Explanation; only with Config.Explain
)

var kindNames = [...]string{
	Begun: "begun", Entered: "entered", Compared: "compared", DeadlineSet: "deadline set", ClockRead: "clock read",
	Completed: "completed", Failed: "failed", DataWritten: "data written", ReadBegun: "read begun",
	DataRead: "data read", AlertSent: "alert sent", AlertReceived: "alert received", Closed: "closed",
	Explained: "explained",
}

// String returns the name of the kind.
func (k ReportKind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is an event of an endpoint. ReportKind says which fields each kind uses.
type Event struct {
	Kind ReportKind

	// Flight and State are the flight and the state that the handshake enters.
	Flight Flight
	State  State

	// Moot reports that nothing depends on when the endpoint enters the state: it only waits
	// for a timer that restarts again and again.
	Moot bool

	// Timer, if not 0, is the time from now until the endpoint acts or changes a decision,
	// if nothing else happens before.
	Timer time.Duration

	What      string           // name of the comparison or of the deadline
	Durations [2]time.Duration // the compared durations; the larger one decides something

	Resolution time.Duration // resolution of the time of day in the message

	Cause  Cause
	Alert  Alert
	Length int // length of the data, in bytes

	// Explanation says what the endpoint does with a record, and why. Read is when it read the
	// record, on the clock of the endpoint.
	Explanation *Explanation
	Read        time.Time
}

// Flight is a flight of messages of a handshake (RFC 6347 section 4.2.4). Flight 0 is the
// flight of a server that has not received anything. Flights 4b and 5b belong to a resumed
// session.
type Flight uint8

// The flights. The zero value is none.
const (
	Flight0 Flight = iota + 1
	Flight1
	Flight2
	Flight3
	Flight4
	Flight4b
	Flight5
	Flight5b
	Flight6
)

var flightNames = [...]string{
	Flight0: "Flight 0", Flight1: "Flight 1", Flight2: "Flight 2", Flight3: "Flight 3", Flight4: "Flight 4",
	Flight4b: "Flight 4b", Flight5: "Flight 5", Flight5b: "Flight 5b", Flight6: "Flight 6",
}

// String returns the name of the flight, "Flight 4".
func (f Flight) String() string { return nameOf(flightNames[:], uint8(f)) }

// FlightNamed returns the flight with the given name.
func FlightNamed(name string) (Flight, bool) {
	i, ok := named(flightNames[:], name)
	return Flight(i), ok
}

// State is a state of the handshake's state machine (RFC 6347 section 4.2.4, figure 3).
type State uint8

// The states. The zero value is none.
const (
	Preparing State = iota + 1
	Sending
	Waiting
	Finished
)

var stateNames = [...]string{Preparing: "Preparing", Sending: "Sending", Waiting: "Waiting", Finished: "Finished"}

// String returns the name of the state, "Waiting".
func (s State) String() string { return nameOf(stateNames[:], uint8(s)) }

// StateNamed returns the state with the given name.
func StateNamed(name string) (State, bool) {
	i, ok := named(stateNames[:], name)
	return State(i), ok
}

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return ""
}

func named(names []string, name string) (uint8, bool) {
	for i, n := range names {
		if n == name && n != "" {
			return uint8(i), true
		}
	}
	return 0, false
}

// Alert is an alert (RFC 5246 section 7.2).
type Alert struct {
	Level       uint8 // 1 is a warning, 2 is fatal
	Description uint8 // 0 is close_notify
}

// CloseNotify reports whether the alert is a close_notify.
func (a Alert) CloseNotify() bool { return a.Level != 0 && a.Description == 0 }
