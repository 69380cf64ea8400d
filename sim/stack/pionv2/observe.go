package pionv2

import (
	"time"

	"github.com/pion/dtls/v2/pkg/protocol/alert"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// newLog returns the log of an endpoint, which converts what the stack logs to events.
func newLog(c stack.Config, receiver *pion.Receiver) *pion.Log {
	interval := c.FlightInterval
	if interval == 0 {
		interval = time.Second // github.com/pion/dtls/v2 v2.2.12, conn.go, initialTickerInterval
	}
	return pion.NewLog(c.Observe, alerts, func(flight stack.Flight, state stack.State) {
		entered(c.Observe, flight, state, interval)
	}, receiver)
}

// entered reports that a handshake enters a state. interval is its retransmission interval.
func entered(observe func(stack.Event), flight stack.Flight, state stack.State, interval time.Duration) {
	e := stack.Event{Kind: stack.Entered, Flight: flight, State: state}
	// In flights 0 and 2, a server waits for a timer that only restarts: there is nothing to
	// send in flight 0, and a HelloVerifyRequest is not retransmitted.
	e.Moot = flight == stack.Flight0 && state != stack.Preparing || flight == stack.Flight2 && state == stack.Waiting
	// In Waiting, the flight is retransmitted when the timer ends. In Finished, the last
	// flight is not retransmitted before the timer ends.
	if !e.Moot && (state == stack.Waiting || state == stack.Finished) {
		e.Timer = interval
	}
	observe(e)
	pion.ReportClock(observe, flight, state)
}

var alerts = pion.AlertTexts(func(a stack.Alert) string {
	return (&alert.Alert{Level: alert.Level(a.Level), Description: alert.Description(a.Description)}).String()
})
