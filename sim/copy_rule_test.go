package sim

import (
	"net/netip"
	"testing"
	"time"
)

// A random copy arrives behind its datagram, wherever a rule has put that; the copy of a
// datagram that is held waits with it.
func TestRandomCopyStaysBehindItsDatagram(t *testing.T) {
	every := Match{Is: func(*Packet) bool { return true }}
	for _, c := range []struct {
		name string
		rule Rule
		want []time.Duration // arrivals at b
	}{
		{"latency", Rule{Name: "late", Match: every, Action: SetLatency, Delay: constant(9 * time.Millisecond)(nil)},
			[]time.Duration{9 * time.Millisecond, 12 * time.Millisecond}},
		{"held for ever", Rule{Name: "held", Match: every, Action: Hold,
			Until: Match{Is: func(*Packet) bool { return false }}}, nil},
	} {
		link := Link{
			Latency:        constant(time.Millisecond),
			Duplicate:      1,
			DuplicateDelay: constant(3 * time.Millisecond)(nil),
			Rules:          []Rule{c.rule},
		}
		r := play(link, func(w *Simulation, a, b *Host) {
			must(b.Listen(1000))
			w.Go("a", func() { must(must(a.Connect(2000, netip.AddrPortFrom(b.Address(), 1000))).Write([]byte("x"))) })
		})
		var got []time.Duration
		for _, e := range r.Records {
			if e.Kind.String() == "arrive" {
				got = append(got, e.At)
			}
		}
		if len(got) != len(c.want) || (len(got) > 0 && (got[0] != c.want[0] || got[1] != c.want[1])) {
			t.Errorf("%s: arrivals %v, want %v", c.name, got, c.want)
		}
	}
}
