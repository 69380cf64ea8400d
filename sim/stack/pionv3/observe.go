package pionv3

import (
	"reflect"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// longestBackoff limits the doubling of the retransmission interval: an interval below it
// doubles, but at most to this value, and a larger one does not change (github.com/pion/dtls/v3
// v3.1.15, handshaker.go, backoffRetransmit).
const longestBackoff = time.Minute

// observer converts what an endpoint logs to events.
type observer struct {
	observe func(stack.Event)
	conn    *dtls.Conn // set before the handshake begins

	receiver *pion.Receiver // nil: what becomes of records is not explained
}

// newObserver returns the observer of an endpoint.
func newObserver(c stack.Config, client bool) *observer {
	rules := pion.Rules{Copies: true, OneEpoch: true}
	return &observer{observe: c.Observe, receiver: pion.NewReceiver(c, client, rules)}
}

// log returns the log for the endpoint.
func (o *observer) log() *pion.Log { return pion.NewLog(o.observe, alerts, o.entered, o.receiver) }

// entered reports that the handshake enters a state. It runs on the goroutine of the state
// machine, which is the only one that uses the fields that entered reads.
func (o *observer) entered(flight stack.Flight, state stack.State) {
	e := stack.Event{Kind: stack.Entered, Flight: flight, State: state}
	// In flights 0 and 2, a server waits for a timer that only restarts: there is nothing to
	// send in flight 0, and a HelloVerifyRequest is not retransmitted on a timer. The interval
	// grows in flight 0 and is reset in flight 2.
	e.Moot = flight == stack.Flight0 && state != stack.Preparing || flight == stack.Flight2 && state == stack.Waiting
	waits := state == stack.Waiting && !e.Moot
	switch {
	case waits:
		e.Timer = machineField(o.conn, "retransmitInterval")
	case state == stack.Sending && (flight == stack.Flight4 || flight == stack.Flight4b):
		// Until the timer ends, a repeated ClientHello is not answered. For the first answer,
		// the field is 0.
		e.Timer = machineField(o.conn, "peerRetransmitInterval")
	}
	o.observe(e)
	if waits { // these comparisons determine the next interval
		for _, limit := range []time.Duration{longestBackoff / 2, longestBackoff} {
			o.observe(
				stack.Event{Kind: stack.Compared, What: "retransmission", Durations: [2]time.Duration{e.Timer, limit}},
			)
		}
	}
	pion.ReportClock(o.observe, flight, state)
}

// machineField returns a duration from a private field of the handshake's state machine. The
// behaviour of the state machine depends on it, and the log does not show it.
func machineField(conn *dtls.Conn, name string) time.Duration {
	return time.Duration(reflect.ValueOf(conn).Elem().FieldByName("fsm").Elem().FieldByName(name).Int())
}

// pending returns the number of pieces of data, or errors, that wait for Read.
func pending(conn *dtls.Conn) int { return reflect.ValueOf(conn).Elem().FieldByName("decrypted").Len() }

var alerts = pion.AlertTexts(func(a stack.Alert) string {
	return (&alert.Alert{Level: alert.Level(a.Level), Description: alert.Description(a.Description)}).String()
})
