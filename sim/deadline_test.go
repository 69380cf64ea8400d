package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"
)

// A write fails once the socket's write deadline has passed, and not at its instant, until it is set
// again or cleared. A deadline in the past has no effect, and one of a closed socket leaves nothing.
func TestWriteDeadlines(t *testing.T) {
	const ms = time.Millisecond
	var got []string
	r := Run(Config{Scenario: "test", Seed: 1, Watch: true, Link: Link{Latency: constant(5 * ms)}}, func(w *Simulation) {
		a := w.Host("a", addressA)
		w.Go("writer", func() {
			s := must(a.Connect(2000, netip.MustParseAddrPort("192.0.2.9:1")))
			open := must(a.Listen(3000))
			write := func() {
				_, err := s.Write([]byte("x"))
				_, again := open.WriteTo([]byte("x"), s.RemoteAddr())
				if errors.Is(err, os.ErrDeadlineExceeded) != errors.Is(again, os.ErrDeadlineExceeded) {
					t.Errorf("%v and %v", err, again)
				}
				got = append(got, fmt.Sprint(w.Now(), " ", err == nil))
			}
			set := func(at time.Duration) {
				_, _ = s.SetWriteDeadline(w.Time(at)), open.SetDeadline(w.Time(at))
			}
			set(10 * ms)
			_ = w.Sleep(10 * ms)
			write() // a pause ends before a deadline
			_ = w.Sleep(1)
			write()
			set(20 * ms)
			write()
			set(20 * ms)
			set(5 * ms)
			_ = w.Sleep(20 * ms)
			write()
			set(40 * ms)
			_ = w.Sleep(20 * ms)
			write()
			_, _ = s.SetWriteDeadline(time.Time{}), open.SetDeadline(time.Time{})
			write()
			set(time.Hour)
			_, _ = s.Close(), open.Close()
		})
	})
	want := []string{"10ms true", "10.000001ms false", "10.000001ms true", "30.000001ms true", "50.000001ms false",
		"50.000001ms true"}
	if !slices.Equal(got, want) || r.Virtual > time.Second || r.Watched.Unexplained != nil {
		t.Errorf("%q, want %q; the run ends at %s; %+v", got, want, r.Virtual, r.Watched.Unexplained)
	}
}
