package pionv3

import (
	"reflect"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/protocol/alert"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// An interval of retransmission below longestBackoff doubles, but to no more than that
// (v3.1.15, handshaker.go, backoffRetransmit).
const longestBackoff = time.Minute

// observer makes events of what an endpoint logs.
type observer struct {
	observe func(stack.Event)
	conn    *dtls.Conn // set before the handshake begins
}

// log returns the log that the endpoint is given.
func (o *observer) log() *pion.Log { return pion.NewLog(o.observe, alerts, o.entered) }

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
	pion.ReportClock(o.observe, flight, state)
}

// machineField returns a duration that the state machine of an endpoint's handshake keeps
// to itself. What the state machine will do depends on it, and the log does not tell.
func machineField(conn *dtls.Conn, name string) time.Duration {
	return time.Duration(reflect.ValueOf(conn).Elem().FieldByName("fsm").Elem().FieldByName(name).Int())
}

// pending returns how many pieces of data, or errors, wait for Read.
func pending(conn *dtls.Conn) int { return reflect.ValueOf(conn).Elem().FieldByName("decrypted").Len() }

var alerts = pion.AlertTexts(func(a stack.Alert) string {
	return (&alert.Alert{Level: alert.Level(a.Level), Description: alert.Description(a.Description)}).String()
})
