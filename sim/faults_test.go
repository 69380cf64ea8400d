package sim

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// A datagram of 72 bytes is an IP packet of 100, and passes where 100 bytes do.
func TestMTU(t *testing.T) {
	r := play(Link{MTU: 100}, func(w *Simulation, a, b *Host) {
		must(a.Listen(1000))
		s := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
		w.Go("sender", func() {
			must(s.Write(make([]byte, 72)))
			must(s.Write(make([]byte, 73)))
		})
	})
	if len(r.Records) != 3 || r.Records[0].Kind != trace.Send || r.Records[2].Kind != trace.Arrive {
		t.Errorf("got %q", story(r))
	}
	if lost := r.Records[1]; lost.Kind != trace.Lose || lost.Detail() != "larger than the MTU of 100 bytes" {
		t.Errorf("the larger one: %+v", lost)
	}
}

// Each direction loses by a model of its own.
func TestLossByDirection(t *testing.T) {
	r := play(Link{Latency: constant(time.Millisecond), Loss: func(first *Packet) loss.Model {
		return map[string]loss.Model{"up": loss.Independent{Probability: 1}, "down": loss.Independent{}}[first.Sender]
	}}, func(w *Simulation, a, b *Host) {
		w.Go("down", func() {
			fmt.Fprint(must(a.Connect(1, netip.AddrPortFrom(addressB, 1))), "answer")
		})
		w.Go("up", func() {
			fmt.Fprint(must(b.Connect(1, netip.AddrPortFrom(addressA, 1))), "question")
		})
	})
	expect(t, r, "0s a sends answer", "0s b lose #1: loss", "1ms b arrive #1: the connected socket")
}
