package endpoint

import "github.com/pion/logging"

// State is a state that the handshake of an endpoint enters.
type State struct {
	Flight string // as pion names it: "Flight 0" to "Flight 6"
	Name   string // "Preparing", "Sending", "Waiting" or "Finished"
}

// Moot tells whether nothing rests on when an endpoint enters the state: a server waits in
// flights 0 and 2, which are not sent again, for a timer that only starts anew, over and
// over.
func (s State) Moot() bool {
	return s.Flight == "Flight 0" && s.Name != "Preparing" || s.Flight == "Flight 2" && s.Name == "Waiting"
}

// Timed tells whether the endpoint starts a timer of a flight interval as it enters the
// state, which may end and decide something: in Waiting, when to send the flight again; in
// Finished, before when the last flight is not sent again (RFC 6347 section 4.2.4).
func (s State) Timed() bool { return !s.Moot() && (s.Name == "Waiting" || s.Name == "Finished") }

// Begins tells whether the endpoint makes its hello's random value in the state, whose
// first four bytes are the time in seconds (RFC 5246 section 7.4.1.2).
func (s State) Begins() bool {
	return s.Name == "Preparing" && (s.Flight == "Flight 0" || s.Flight == "Flight 1")
}

// stateFormat is how pion logs that a handshake enters a state (v2.2.12, handshaker.go):
// the side, the flight and the state.
const stateFormat = "[handshake:%s] %s: %s"

// observer reads the states of a handshake from what pion logs, for it shows them nowhere
// else. TestObserve guards it.
type observer struct {
	logging.LeveledLogger
	observe func(State)
}

var _ logging.LoggerFactory = observer{}

// NewLogger implements logging.LoggerFactory.
func (o observer) NewLogger(scope string) logging.LeveledLogger {
	return observer{silent.NewLogger(scope), o.observe}
}

// Tracef implements logging.LeveledLogger.
func (o observer) Tracef(format string, args ...any) {
	if format != stateFormat || len(args) != 3 {
		return
	}
	flight, isFlight := args[1].(string)
	name, isName := args[2].(string)
	if isFlight && isName {
		o.observe(State{flight, name})
	}
}
