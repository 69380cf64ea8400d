package clock

import (
	"testing"
	"testing/synctest"
)

// This file is the only one that touches testing/synctest. Go offers the fake
// clock of a bubble only through this package, and its entry point wants a
// *testing.T; a zero one is enough, in an ordinary binary as well as in a test,
// because the bubble uses it for nothing but cleanups and the failure flag.
// TestBubbleInAnOrdinaryBinary guards that: should a later release of Go begin to
// use more of it, that test says so before any user meets it.

// bubble runs f in a bubble of its own, whose time starts at midnight UTC
// 2000-01-01 and moves only when every goroutine in it is durably blocked. It
// returns when every goroutine of the bubble has ended.
func bubble(f func()) {
	synctest.Test(new(testing.T), func(*testing.T) { f() })
}

// quiesce returns when every other goroutine of the bubble is durably blocked.
func quiesce() { synctest.Wait() }
