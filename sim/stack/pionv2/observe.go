package pionv2

import (
	"time"

	"github.com/pion/dtls/v2/pkg/protocol/alert"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// newLog returns the log of an endpoint, which makes events of what the stack logs.
func newLog(c stack.Config) *pion.Log {
	interval := c.FlightInterval
	if interval == 0 {
		interval = time.Second // v2.2.12, conn.go, initialTickerInterval
	}
	return pion.NewLog(c.Observe, alerts, func(flight stack.Flight, state stack.State) {
		entered(c.Observe, flight, state, interval)
	})
}

// entered reports a state of a handshake whose flights are sent again after an interval.
func entered(observe func(stack.Event), flight stack.Flight, state stack.State, interval time.Duration) {
	e := stack.Event{Kind: stack.Entered, Flight: flight, State: state}
	// A server waits in flights 0 and 2 for a timer that only starts anew: there is
	// nothing to send in flight 0, and a HelloVerifyRequest is not sent again.
	e.Moot = flight == stack.Flight0 && state != stack.Preparing || flight == stack.Flight2 && state == stack.Waiting
	// When the timer ends in Waiting, the flight is sent again. In Finished, the last
	// flight is not sent again before it ends.
	if !e.Moot && (state == stack.Waiting || state == stack.Finished) {
		e.Timer = interval
	}
	observe(e)
	pion.ReportClock(observe, flight, state)
}

var alerts = pion.AlertTexts(func(a stack.Alert) string {
	return (&alert.Alert{Level: alert.Level(a.Level), Description: alert.Description(a.Description)}).String()
})
