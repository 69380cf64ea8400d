package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

// A withdrawn socket reads nothing, loses what waited, and goes on with what the socket
// whose place it takes has received: its reader waits across all of that.
func TestSocketTakesThePlaceOfAnother(t *testing.T) {
	r := play(Link{Latency: constant(time.Millisecond)}, func(w *Simulation, a, b *Host) {
		kept := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000)))
		_ = must(a.Listen(1000)) // holds the port
		w.Go("reader", func() { readAll(w, a, kept) })
		w.Go("server", func() {
			_ = w.Sleep(2 * time.Millisecond)
			kept.Suspend()
			_ = w.Sleep(3 * time.Millisecond) // "two" has arrived
			lost, err := kept.Withdraw()
			w.Note(a, "withdraw", fmt.Sprintf("%d %q %v", len(lost), lost[0].Payload, err))
			_, err = kept.Write([]byte("into nowhere"))
			w.Note(a, "write", fmt.Sprint(err != nil))
			_, err = kept.Withdraw()
			w.Note(a, "withdraw again", fmt.Sprint(err != nil))
			other := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2001)))
			w.Note(a, "the place of another peer's", fmt.Sprint(kept.TakePlace(other) != nil))
			next := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000)))
			_ = w.Sleep(3 * time.Millisecond) // "three" and "four" have arrived
			w.Note(a, "take place", fmt.Sprint(kept.TakePlace(next)))
			_, err = next.Write([]byte("from a closed socket"))
			w.Note(a, "write", fmt.Sprint(err != nil))
			_ = w.Sleep(4 * time.Millisecond) // "five" has arrived
			w.Note(a, "close", fmt.Sprint(kept.Close()))
		})
		w.Go("sender", func() {
			s := must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000)))
			for i, text := range []string{"one", "two", "three", "four", "five"} {
				if i == 1 || i == 2 || i == 4 {
					_ = w.Sleep(3 * time.Millisecond)
				}
				_, _ = s.Write([]byte(text))
			}
		})
	})
	expect(t, r,
		"0s b sends one", "1ms a arrive #1: the connected socket", "1ms a: read one",
		"3ms b sends two", "4ms a arrive #2: the connected socket",
		`5ms a drop #2: its socket was released`, `5ms a: withdraw 1 "two" <nil>`,
		"5ms a: write true", "5ms a: withdraw again true", "5ms a: the place of another peer's true",
		"6ms b sends three", "6ms b sends four",
		"7ms a arrive #3: the connected socket", "7ms a arrive #4: the connected socket",
		"8ms a: take place <nil>", "8ms a: write true", "8ms a: read three", "8ms a: read four",
		"9ms b sends five", "10ms a arrive #5: the connected socket", "10ms a: read five",
		"12ms a: close <nil>")
}

// A withdrawn socket whose reader is interrupted, or that is closed, ends its reader.
func TestWithdrawnSocketEnds(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		kept := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000)))
		w.Go("reader", func() {
			for range 2 {
				_, err := kept.Read(make([]byte, 10))
				w.Note(a, "read", fmt.Sprint(errors.Unwrap(err)))
				_ = w.Sleep(1500 * time.Microsecond)
			}
		})
		w.Go("server", func() {
			_, _ = kept.Withdraw()
			_ = w.Sleep(time.Millisecond)
			_ = kept.SetReadDeadline(time.Unix(0, 1))
			_ = w.Sleep(time.Millisecond)
			_ = kept.SetReadDeadline(time.Time{})
			_ = w.Sleep(time.Millisecond)
			w.Note(a, "port in use", fmt.Sprint(a.bound(1000)))
			w.Note(a, "close", fmt.Sprint(kept.Close()))
		})
	})
	expect(t, r, "1ms a: read i/o timeout", "3ms a: read use of closed network connection",
		"3ms a: port in use false", "3ms a: close <nil>")
}
