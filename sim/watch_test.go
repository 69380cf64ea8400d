package sim

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/nat"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// watched runs a replication with two hosts twice, and returns the instants of each place
// of the one that reports them. Watching changes nothing else.
func watched(t *testing.T, link Link, build func(w *Simulation, a, b *Host)) map[string][]time.Duration {
	t.Helper()
	var results [2]Result
	for i := range results {
		results[i] = Run(Config{Scenario: "test", Seed: 1, Link: link, Watch: i == 1}, func(w *Simulation) {
			build(w, w.Host("a", addressA), w.Host("b", addressB))
		})
	}
	plain, r := results[0], results[1]
	if plain.Watched != nil || r.Digest != plain.Digest || r.Signature != plain.Signature || r.Events != plain.Events {
		t.Errorf("watched, the run is another: %+v\n%+v", r, plain)
	}
	places := make(map[string][]time.Duration)
	for i, line := range r.Watched.Timelines {
		if !slices.IsSorted(line.Times) || (i > 0 && r.Watched.Timelines[i-1].Host >= line.Host) {
			t.Errorf("%v is out of order", line)
		}
		places[line.Host] = line.Times
	}
	return places
}

func expectPlaces(t *testing.T, got map[string][]time.Duration, want map[string][]time.Duration) {
	t.Helper()
	if !maps.EqualFunc(got, want, slices.Equal) {
		for _, place := range slices.Sorted(maps.Keys(got)) {
			t.Errorf("%q: %v,", place, got[place])
		}
	}
}

// What a host waits for is one of its instants, and what was cancelled is compared with
// what cancelled it.
func TestWatchedPausesAndDeadlines(t *testing.T) {
	const ms = time.Millisecond
	got := watched(t, Link{Latency: constant(5 * ms)}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("reader", func() {
			_ = s.SetReadDeadline(w.Time(50 * ms))
			_, _, _ = s.Peek()
			_ = s.SetReadDeadline(time.Time{})
			w.Note(a, "read", "")
			w.Expect("timer", 30*ms)
		})
		w.Go("sender", func() {
			c := must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000)))
			_ = w.Sleep(10 * ms)
			fmt.Fprint(c, "x")
		})
	})
	expectPlaces(t, got, map[string][]time.Duration{
		"a":                                  {15 * ms, 15 * ms, 45 * ms}, // it arrives and is read; the timer
		"b":                                  {10 * ms, 10 * ms},          // the pause ends; it sends
		"shared owner of 192.0.2.2:2000":     {0},
		"what reader no longer waits for, 1": {15 * ms, 50 * ms},
	})
}

// Times that the link compares with others, and what two hosts share.
func TestWatchedComparisons(t *testing.T) {
	const ms = time.Millisecond
	held := Rule{
		Name: "hold", Match: Match{Is: func(p *Packet) bool { return string(p.Datagram.Payload) == "held" }},
		Action: Hold,
		Until:  Match{Is: func(p *Packet) bool { return string(p.Datagram.Payload) == "key" }},
	}
	got := watched(
		t,
		Link{Latency: constant(5 * ms), Down: Span{20 * ms, 30 * ms}, Rules: []Rule{held}},
		func(w *Simulation, a, b *Host) {
			must(a.Listen(1000))
			to := netip.AddrPortFrom(addressA, 1000)
			w.Go("sender", func() {
				s := must(b.Connect(2000, to))
				fmt.Fprint(s, "held")
				_ = w.Sleep(10 * ms)
				fmt.Fprint(s, "key")
				w.Compare("limit", 7*ms, 3*ms)
				w.Touch("only read", false)
			})
		},
	)
	down := func(at time.Duration, bound time.Duration) []time.Duration { return []time.Duration{at, bound} }
	expectPlaces(t, got, map[string][]time.Duration{
		"a":                              {15 * ms, 15 * ms},
		"b":                              {0, 10 * ms, 10 * ms},
		"down from, at sender#1, 1":      down(0, 20*ms),
		"down from, at sender#2, 1":      down(10*ms, 20*ms),
		"down to, at sender#1, 1":        down(0, 30*ms),
		"down to, at sender#2, 1":        down(10*ms, 30*ms),
		"limit by sender, 1":             {3 * ms, 7 * ms},
		"shared owner of 192.0.2.2:2000": {0},
		"shared what is held":            {0, 15 * ms},
	})
}

// The lifetime of a mapping is compared whenever the NAT looks for it.
func TestWatchedMapping(t *testing.T) {
	const ms = time.Millisecond
	r := Run(
		Config{Scenario: "test", Seed: 1, Watch: true, Link: Link{Latency: constant(5 * ms)}},
		func(w *Simulation) {
			a := w.Host("a", addressA)
			n := w.NAT(NATConfig{Config: nat.Config{External: netip.MustParseAddr("192.0.2.9"), Lifetime: 20 * ms}})
			b := n.Host("b", netip.MustParseAddr("10.0.0.2"))
			s := must(a.Listen(1000))
			w.Go("echo", func() {
				_, from, err := s.Peek()
				if err == nil && w.Sleep(17*ms) == nil {
					_, _ = s.WriteToUDP([]byte("late"), net.UDPAddrFromAddrPort(from))
				}
			})
			w.Go("sender", func() { fmt.Fprint(must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000))), "x") })
		},
	)
	i := slices.IndexFunc(r.Watched.Timelines,
		func(l trace.Timeline) bool { return l.Host == "lifetime of 192.0.2.9:49152, 1" })
	if i < 0 || !slices.Equal(r.Watched.Timelines[i].Times, []time.Duration{20 * ms, 27 * ms}) {
		t.Errorf("%v", r.Watched.Timelines)
	}
}
