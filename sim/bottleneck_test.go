package sim

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// maxPacket is the size of the largest IP packet, in bytes.
const maxPacket = 1<<16 - 1

// At 1 Mbit/s, 125 bytes take a millisecond. There is room for three.
func TestBottleneckByHand(t *testing.T) {
	b := bottleneck{Bottleneck: Bottleneck{Rate: 1e6, Queue: 3}}
	for i, c := range []struct {
		at    time.Duration // in units of a microsecond
		bytes int
		stay  time.Duration
		lost  bool
	}{
		{at: 0, bytes: 125, stay: 1000},
		{at: 0, bytes: 250, stay: 3000},
		{at: 500, bytes: 125, stay: 3500},
		{at: 600, bytes: 125, lost: true},
		{at: 999, bytes: 125, lost: true},
		{at: 1000, bytes: 125, stay: 4000},  // the first leaves at this instant
		{at: 1000, bytes: 125, lost: true},  // and has made room for one
		{at: 5000, bytes: 125, stay: 1000},  // all have left
		{at: 7000, bytes: 1250, stay: 10e3}, // it had been idle
	} {
		stay, ok := b.enter(c.at*time.Microsecond, c.bytes)
		if stay != c.stay*time.Microsecond || ok == c.lost {
			t.Errorf("%d: it stays %s, accepted %v; want %dµs, lost %v", i, stay, ok, int64(c.stay), c.lost)
		}
	}
}

// The bottleneck against a plain one that goes through every nanosecond.
func TestBottleneckAgainstEveryInstant(t *testing.T) {
	testkit.Check(t, func(t *rapid.T) {
		b := bottleneck{
			Bottleneck: Bottleneck{Rate: 8e9, Queue: rapid.IntRange(1, 4).Draw(t, "queue")},
		} // a byte a nanosecond
		var now time.Duration
		var line []int // what is left of each that is there, in bytes
		for range rapid.IntRange(1, 20).Draw(t, "datagrams") {
			gap, bytes := rapid.IntRange(0, 12).Draw(t, "gap_ns"), rapid.IntRange(1, 10).Draw(t, "bytes")
			for range gap {
				if len(line) > 0 {
					if line[0]--; line[0] == 0 {
						line = line[1:]
					}
				}
			}
			now += time.Duration(gap)
			stay, ok := b.enter(now, bytes)
			if ok != (len(line) < b.Queue) {
				t.Fatalf("accepted %v with %d there and room for %d", ok, len(line), b.Queue)
			}
			if !ok {
				continue
			}
			line = append(line, bytes)
			want := 0
			for _, left := range line {
				want += left
			}
			if stay != time.Duration(want) {
				t.Fatalf("it stays %s, want %d ns", stay, want)
			}
		}
	})
}

// Poisson arrivals and one size of datagrams make M/D/1: the mean wait is
// rho s / (2 (1 - rho)), by the formula of Pollaczek and Khinchine, and an arrival
// finds as many there as there are on average, rho + rho^2 / (2 (1 - rho)) (Kleinrock,
// Queueing Systems 1, 1975, sections 5.6 and 5.7).
func TestBottleneckAgainstPollaczekKhinchine(t *testing.T) {
	const n, service = 400_000, float64(time.Millisecond)
	for _, rho := range []float64{0.2, 0.5, 0.8} {
		b := bottleneck{Bottleneck: Bottleneck{Rate: 1e6, Queue: 10_000}}
		arrivals, draw := must(distribution.Parse("exponential(1s)")), stream.New(1, "bottleneck", fmt.Sprint(rho))
		at, wait, found := 0.0, 0.0, 0
		for range n {
			at += arrivals.Quantile(draw.Uniform()) / float64(time.Second) * service / rho
			stay, ok := b.enter(time.Duration(at), 125)
			if !ok {
				t.Fatal("the queue is full")
			}
			wait += float64(stay) - service
			found += len(b.leaving) - 1
		}
		// Waits are correlated over about 1/(1-rho)^2 arrivals; three parts in a hundred
		// are four standard errors at the heaviest load.
		if got, want := wait/n, rho*service/(2*(1-rho)); math.Abs(got/want-1) > 0.03 {
			t.Errorf("load %g: the mean wait is %.0f ns, want %.0f", rho, got, want)
		}
		if got, want := float64(found)/n, rho+rho*rho/(2*(1-rho)); math.Abs(got/want-1) > 0.03 {
			t.Errorf("load %g: an arrival finds %.4f there, want %.4f", rho, got, want)
		}
	}
}

// With room for one it is the loss system M/D/1/1, which loses rho / (1 + rho) of the
// datagrams whatever the service (Erlang's formula).
func TestBottleneckAgainstErlang(t *testing.T) {
	const n = 200_000
	for _, rho := range []float64{0.1, 1, 5} {
		b := bottleneck{Bottleneck: Bottleneck{Rate: 1e6, Queue: 1}}
		arrivals, draw := must(distribution.Parse("exponential(1ms)")), stream.New(1, "bottleneck", fmt.Sprint(rho))
		at, lost := 0.0, 0
		for range n {
			at += arrivals.Quantile(draw.Uniform()) / rho
			if _, ok := b.enter(time.Duration(at), 125); !ok {
				lost++
			}
		}
		want := rho / (1 + rho)
		if got := float64(lost) / n; math.Abs(got-want) > 5*math.Sqrt(want*(1-want)/n) {
			t.Errorf("load %g: %g are lost, want %g", rho, got, want)
		}
	}
}

// line is a link with one bottleneck towards host a.
func line(rate BitRate, queue int, latency time.Duration) Link {
	b := &Bottleneck{Name: "line", Rate: rate, Queue: queue}
	return Link{Latency: constant(latency), Bottleneck: func(p *Packet) *Bottleneck {
		if p.To.Addr() == addressA {
			return b
		}
		return nil
	}}
}

// Datagrams of 97 bytes and 28 of headers take a millisecond each on a line of
// 1 Mbit/s, and their latency begins behind it. The third finds no room; an answer does
// not pass the line.
func TestLine(t *testing.T) {
	r := play(line(1e6, 2, 10*time.Millisecond), func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("server", func() {
			_, from, err := s.Peek()
			if err == nil {
				w.Note(a, "answers", "")
				must(s.WriteTo([]byte("answer"), net.UDPAddrFromAddrPort(from)))
			}
		})
		w.Go("client", func() {
			to := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			for range 3 {
				must(to.Write(make([]byte, 97)))
			}
			if w.Sleep(500*time.Microsecond) == nil {
				w.Note(b, "waits", "")
			}
		})
	})
	expect(
		t,
		r,
		"0s b queue #1: ",
		"0s b queue #2: ",
		"0s b queue #3: ",
		"0s line enter #1: ",
		"0s line enter #2: ",
		"0s line lose #3: the queue is full",
		"500µs b: waits ",
		"1ms line leave #1: ",
		"2ms line leave #2: ",
		"11ms a arrive #1: the open socket",
		"11ms a: answers ",
		"11ms a sends answer",
		"12ms a arrive #2: the open socket",
		"21ms b arrive #1: the connected socket",
	)
	for i, want := range map[int]time.Duration{0: 10 * time.Millisecond, 7: 10 * time.Millisecond, 3: 0, 5: 0} {
		if got := r.Records[i].Latency; got != want {
			t.Errorf("record %d has the latency %s, want %s", i, got, want)
		}
	}
	if r.Records[0].Payload() == nil || r.Records[3].Payload() != nil || r.Records[5].Payload() != nil {
		t.Error("the payload of a datagram stands where it is sent, and there alone")
	}
}

// A copy is made behind the bottleneck, a datagram that is held waits behind it, and
// what is lost before it takes no time of it.
func TestFatesBehindALine(t *testing.T) {
	link := line(1e6, 10, 10*time.Millisecond)
	nth := func(n int) Match { return Match{Nth: n, Is: func(*Packet) bool { return true }} }
	link.Rules = []Rule{
		{Name: "discards", Match: nth(1), Action: Discard},
		{Name: "copies", Match: nth(2), Action: Duplicate, Delay: distribution.Constant{Value: 5 * time.Millisecond}},
		{Name: "holds", Match: nth(3), Action: Hold, Delay: distribution.Constant{Value: time.Millisecond},
			Until: nth(2)},
	}
	r := play(link, func(w *Simulation, a, b *Host) {
		must(a.Listen(1000))
		w.Go("client", func() {
			to := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			for range 3 {
				must(to.Write(make([]byte, 97)))
			}
		})
	})
	expect(t, r,
		"0s b lose #1: rule discards", "0s b queue #2: ", "0s b queue #3: rule holds",
		"0s line enter #2: ", "0s line enter #3: ",
		"1ms line leave #2: ", "1ms line copy #2: rule copies", "2ms line hold #3: rule holds",
		"11ms a arrive #2: the open socket", "16ms a arrive #2: the open socket", "17ms a arrive #3: the open socket")
}

// Actors that send at one instant enter the bottleneck in an order that is the same in
// every run, whichever of them the runtime lets go first: trace, losses and arrivals
// are the same, on one processor and on several.
func TestOneInstantManyActorsOneLine(t *testing.T) {
	run := func() Result {
		link := line(1e6, 5, 0)
		uniform := must(distribution.Parse("uniform(1ms,1s)"))
		link.Latency = func(*Packet) distribution.Distribution { return uniform }
		link.Loss, link.Duplicate = independent(0.1), 0.2
		link.Reorder, link.ReorderDelay, link.Correlation = 0.2, uniform, 0.5
		return play(link, func(w *Simulation, a, b *Host) {
			must(a.Listen(1000))
			sendTogether(w, b, func(actor int) int { return 50 + 10*actor })
		})
	}
	first := run()
	full, entered := 0, 0
	for i := range first.Records {
		switch r := &first.Records[i]; {
		case r.Kind == trace.Enter:
			entered++
		case r.Detail() == "the queue is full":
			full++
		}
	}
	if full < 5 || entered != 25 {
		t.Fatalf("%d datagrams entered, %d found the queue full", entered, full)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, processors := range []int{1, 4} {
		runtime.GOMAXPROCS(processors)
		expectRepeats(t, first, 50, run)
	}
}

// A run over a line that never fills, at a rate at which a datagram takes next to no
// time, has the arrivals that it has without one.
func TestLineLeavesDrawsAlone(t *testing.T) {
	arrivals := func(link Link) (at []time.Duration) {
		uniform := must(distribution.Parse("uniform(1ms,1s)"))
		link.Latency, link.Loss = func(*Packet) distribution.Distribution { return uniform }, independent(0.2)
		r := play(link, func(w *Simulation, a, b *Host) {
			must(a.Listen(1000))
			w.Go("client", func() {
				to := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
				for range 50 {
					fmt.Fprint(to, "x")
					if w.Sleep(time.Second) != nil {
						return
					}
				}
			})
		})
		for i := range r.Records {
			if r.Records[i].Kind == trace.Arrive {
				at = append(at, r.Records[i].At)
			}
		}
		return at
	}
	without, with := arrivals(Link{}), arrivals(line(1e12, 1, 0))
	if len(without) != len(with) || len(with) < 30 {
		t.Fatalf("%d arrivals, and %d over the line", len(without), len(with))
	}
	for i := range with {
		if with[i] != without[i]+1 { // 29 bytes at 1 Tbit/s: a nanosecond, rounded up
			t.Errorf("arrival %d is at %s, and at %s over the line", i, without[i], with[i])
		}
	}
}
