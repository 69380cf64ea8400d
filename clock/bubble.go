package clock

import (
	"testing"
	"testing/synctest"
)

// Only this file uses testing/synctest. Go offers the fake clock of a bubble only through
// that package, and its entry point requires a *testing.T. A zero testing.T is enough, in an
// ordinary binary as well as in a test, because the bubble uses it only for cleanups and the
// failure flag. TestBubbleInAnOrdinaryBinary checks this: if a later Go release uses more of
// it, that test fails before users are affected.

// bubble runs f in a new bubble. Its time starts at midnight UTC on 2000-01-01 and advances
// only when every goroutine in it is durably blocked. bubble returns when every goroutine of
// the bubble has ended.
func bubble(f func()) {
	synctest.Test(new(testing.T), func(*testing.T) { f() })
}

// quiesce returns when every other goroutine of the bubble is durably blocked.
func quiesce() { synctest.Wait() }
