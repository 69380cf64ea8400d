package sim

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// playPerturbed is play with another seed, and with scheduling as a draw.
func playPerturbed(seed uint64, most int, link Link, build func(w *Simulation, a, b *Host)) Result {
	return Run(Config{Scenario: "test", Seed: seed, Link: link, Perturb: most}, func(w *Simulation) {
		build(w, w.Host("a", addressA), w.Host("b", addressB))
	})
}

// interruptThenWrite is what pion's Close does: an endpoint has its own reader
// interrupted by one goroutine, and writes in another.
func interruptThenWrite(w *Simulation, a, _ *Host) {
	s := must(a.Connect(0, netip.AddrPortFrom(addressB, 1)))
	w.Go("endpoint", func() {
		go func() {
			_, err := s.Read(make([]byte, 9))
			w.Note(a, "interrupted", fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded)))
		}()
		if w.Sleep(time.Second) != nil {
			return
		}
		go func() { _ = s.SetReadDeadline(time.Unix(0, 1)) }()
		must(s.Write([]byte("goodbye")))
	})
}

// Which of two goroutines comes first at a socket is a draw of the seed: both orders
// occur, and a seed has one of them, however often it runs. A deadline in the past
// takes effect at its turn, and not only when all has settled.
func TestPerturbedOrderIsADraw(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	orders := map[string]int{}
	for seed := range uint64(50) {
		first := story(playPerturbed(seed, 2, Link{}, interruptThenWrite))
		for range 5 {
			if again := story(playPerturbed(seed, 2, Link{}, interruptThenWrite)); !slices.Equal(again, first) {
				t.Fatalf("seed %d: %q, and then %q", seed, first, again)
			}
		}
		orders[first[0]]++
	}
	if len(orders) != 2 || orders["1s a: interrupted true"] == 0 || orders["1s a sends goodbye"] == 0 {
		t.Errorf("first was: %v", orders)
	}
}

// Without perturbation the order is the same in every seed.
func TestUnperturbedOrderIsFixed(t *testing.T) {
	for seed := range uint64(50) {
		if first := story(playPerturbed(seed, 0, Link{}, interruptThenWrite))[0]; first != "1s a sends goodbye" {
			t.Fatalf("seed %d: first %q", seed, first)
		}
	}
}

// A call that waits for its turn may hold a mutex that others want, as pion's writers
// do; that stops neither it nor the time.
func TestPerturbedCallMayHoldAMutex(t *testing.T) {
	r := playPerturbed(1, 5, Link{}, func(w *Simulation, a, _ *Host) {
		s := must(a.Connect(0, netip.AddrPortFrom(addressB, 1)))
		w.Go("endpoint", func() {
			var held sync.Mutex
			var group sync.WaitGroup
			for range 3 {
				group.Go(func() {
					held.Lock()
					defer held.Unlock()
					must(s.Write([]byte("x")))
				})
			}
			group.Wait()
			if w.Sleep(time.Second) == nil {
				w.Note(a, "later", "")
			}
		})
	})
	sent := 0
	for i := range r.Records {
		if r.Records[i].Kind == trace.Send {
			sent++
		}
	}
	if last := r.Records[len(r.Records)-1]; sent != 3 || last.Name() != "later" || last.At != time.Second {
		t.Errorf("%d datagrams were sent, and at last %s %s", sent, last.At, last.Name())
	}
}

// A kernel looks at a deadline before it looks at the queue, and so does a perturbed
// socket.
func TestPerturbedDeadlineComesBeforeTheQueue(t *testing.T) {
	r := playPerturbed(1, 1, Link{}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("sender", func() {
			fmt.Fprint(must(b.Connect(0, netip.AddrPortFrom(addressA, 1000))), "hello")
		})
		w.Go("endpoint", func() {
			if w.Sleep(time.Second) != nil {
				return
			}
			_ = s.SetReadDeadline(time.Unix(0, 1))
			_, _, err := s.ReadFrom(make([]byte, 9))
			w.Note(a, "interrupted", fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded)))
			_ = s.SetReadDeadline(time.Time{})
			n, _, err := s.ReadFrom(make([]byte, 9))
			w.Note(a, "read", fmt.Sprint(n, err))
		})
	})
	expect(t, r, "0s b sends hello", "0s a arrive #1: the open socket", "1s a: interrupted true", "1s a: read 5 <nil>")
}

// Perturbation has streams of its own: no other draw changes.
func TestPerturbationDisturbsNoOtherStream(t *testing.T) {
	latencies := func(most int) (list []time.Duration) {
		link := Link{
			Latency: func(*Packet) distribution.Distribution {
				return must(distribution.Parse("exponential(mean=20ms)"))
			},
		}
		r := playPerturbed(7, most, link, func(w *Simulation, _, b *Host) {
			s := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			w.Go("sender", func() {
				for range 20 {
					must(s.Write([]byte("x")))
				}
			})
		})
		for i := range r.Records {
			if r.Records[i].Kind == trace.Send {
				list = append(list, r.Records[i].Latency)
			}
		}
		return list
	}
	if with, without := latencies(5), latencies(0); len(with) != 20 || !slices.Equal(with, without) {
		t.Errorf("latencies with perturbation: %v\nwithout: %v", with, without)
	}
}
