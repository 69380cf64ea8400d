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
	Compared                            // the endpoint compares two durations: What, Durations
	DeadlineSet                         // the application sets a deadline of the runtime's clock: What, Timer
	ClockRead                           // the endpoint puts the time of day into a message: Resolution
	Completed                           // the handshake is complete
	Failed                              // the handshake failed: Cause
	DataWritten                         // the application wrote data: Length
	DataRead                            // the application read data: Length
	AlertSent                           // an alert leaves: Alert, which is zero if it is encrypted
	AlertReceived                       // an alert came: Alert
	Closed                              // the application closed the session
)

var kindNames = [...]string{
	Begun: "begun", Entered: "entered", Compared: "compared", DeadlineSet: "deadline set", ClockRead: "clock read",
	Completed: "completed", Failed: "failed", DataWritten: "data written", DataRead: "data read",
	AlertSent: "alert sent", AlertReceived: "alert received", Closed: "closed",
}

// String returns the name of the kind.
func (k ReportKind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Event is something that happens to an endpoint.
type Event struct {
	Kind ReportKind

	// Flight and State are what the handshake enters.
	Flight Flight
	State  State

	// Moot says that nothing depends on when an endpoint enters the state: it waits for a
	// timer that only starts anew, over and over.
	Moot bool

	// Timer, if it is not 0, is how long from now the endpoint acts or decides otherwise
	// than before, if nothing happens until then.
	Timer time.Duration

	What      string           // names what is compared, or the deadline
	Durations [2]time.Duration // that are compared: which is larger decides something

	Resolution time.Duration // of the time of day that a message carries

	Cause  Cause
	Alert  Alert
	Length int // of data, in bytes
}

// Flight is a flight of messages of a handshake (RFC 6347 section 4.2.4). Flight 0 is what
// a server has sent before it has received anything. Flights 4b and 5b are those of a
// resumed session.
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

// FlightNamed returns the flight of that name.
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

// StateNamed returns the state of that name.
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

// CloseNotify tells whether the alert is a close_notify.
func (a Alert) CloseNotify() bool { return a.Level != 0 && a.Description == 0 }
