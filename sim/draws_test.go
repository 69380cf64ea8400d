package sim

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/tilt"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// latencies returns those that n datagrams of one flow draw.
func latencies(link Link, n int) (drawn []time.Duration) {
	r := play(link, func(w *Simulation, a, b *Host) {
		s := must(a.Connect(1, netip.AddrPortFrom(addressB, 9)))
		w.Go("sender", func() {
			for range n {
				fmt.Fprint(s, "x")
			}
		})
	})
	for i := range r.Records {
		if r.Records[i].Kind == trace.Send {
			drawn = append(drawn, r.Records[i].Latency)
		}
	}
	return drawn
}

func of(l distribution.Distribution) func(*Packet) distribution.Distribution {
	return func(*Packet) distribution.Distribution { return l }
}

// Normal scores at a distance of k have the correlation r^k.
func TestCorrelationOfScores(t *testing.T) {
	const n = 200_000
	for _, r := range []float64{0.1, 0.5, 0.9} {
		draw, s := stream.New(1, "draws", fmt.Sprint(r)), &scores{correlation: r}
		z := make([]float64, n)
		for i := range z {
			z[i] = distuv.UnitNormal.Quantile(s.next(draw.Uniform()))
		}
		for _, k := range []int{1, 2, 3, 5, 10} {
			sum := 0.0
			for i := k; i < n; i++ {
				sum += z[i] * z[i-k]
			}
			// Bartlett: the variance of an autocorrelation of such a process is at most
			// (1 + r^2) / (1 - r^2) / n. Four standard errors.
			bound := 4 * math.Sqrt((1+r*r)/(1-r*r)/n)
			if got, want := sum/float64(n-k), math.Pow(r, float64(k)); math.Abs(got-want) > bound {
				t.Errorf("correlation %g: scores at a distance of %d have %.4f, want %.4f to within %.4f", r, k, got,
					want, bound)
			}
		}
	}
}

// Whatever the correlation, each latency has its distribution: the sample's quantiles are the
// distribution's.
func TestCorrelatedLatenciesKeepTheirDistribution(t *testing.T) {
	const n = 20_000
	for _, text := range []string{"uniform(5ms,15ms)", "lognormal(20ms,0.6)",
		"mixture(0.7,10ms,0.3,exponential(20ms))"} {
		l := must(distribution.Parse(text))
		for _, r := range []float64{0.3, 0.8} {
			d, drawn := draws{correlated: &scores{correlation: r}}, make([]time.Duration, n)
			for i := range drawn {
				drawn[i] = d.draw(l, 0,
					func() *tilt.Stream { return tilt.New(stream.New(1, "draws", text), "latency", &tilt.Config{}) })
			}
			slices.Sort(drawn)
			for _, u := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99} {
				at := drawn[int(u*n)]
				// n correlated draws are worth at least n (1-r)/(1+r) independent ones: the
				// correlation of an indicator is below that of the scores.
				bound := 4 * math.Sqrt(u*(1-u)*(1+r)/(1-r)/n)
				if below, upTo := l.Below(float64(at)), l.Below(float64(at+1)); u < below-bound || u > upTo+bound {
					t.Errorf("%s, correlation %g: the sample's %g-quantile is %s, which lies between %.4f and %.4f of "+
						"the law", l, r, u, at, below, upTo)
				}
			}
		}
	}
}

// Without correlation the draws are what they are without this fault, and with it
// the first latency of a flow is what it would be, for it has none before it.
func TestCorrelationAndCommonRandomNumbers(t *testing.T) {
	l := of(must(distribution.Parse("uniform(0ms,10ms)")))
	without, with := latencies(Link{Latency: l}, 5), latencies(Link{Latency: l, Correlation: 0.5}, 5)
	if d := with[0] - without[0]; d < -1 || d > 1 || slices.Equal(with[1:], without[1:]) {
		t.Errorf("with correlation %v, without %v", with, without)
	}
	// What constant latencies passed over still belongs to the process.
	n := 0
	late := latencies(Link{Correlation: 0.5, Latency: func(*Packet) distribution.Distribution {
		if n++; n < 5 {
			return distribution.Constant{}
		}
		return l(nil)
	}}, 5)
	if late[4] != with[4] {
		t.Errorf("the fifth latency is %s, and %s behind four constant ones", with[4], late[4])
	}
}

// The most unlikely variates stay between 0 and 1.
func TestCorrelatedVariatesStayInside(t *testing.T) {
	s := &scores{correlation: 0.7}
	for _, u := range []float64{0x1p-53, 1 - 0x1p-53} {
		for range 20 {
			if v := s.next(u); !(v > 0 && v < 1) {
				t.Fatalf("%v comes out as %v", u, v)
			}
		}
	}
}

// A datagram that is held back arrives behind those that were sent after it.
func TestReordering(t *testing.T) {
	n := 0
	r := play(Link{
		Latency: constant(5 * time.Millisecond),
		Reorder: 0.5, ReorderDelay: distribution.Constant{Value: 10 * time.Millisecond},
	}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("reader", func() { readAll(w, a, s) })
		w.Go("sender", func() {
			to := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			for w.Sleep(time.Millisecond) == nil && n < 4 {
				n++
				fmt.Fprint(to, n)
			}
		})
	})
	var read []string
	for i := range r.Records {
		if rec := &r.Records[i]; rec.Kind == trace.Note {
			read = append(read, fmt.Sprintf("%s %s", rec.At, rec.Detail()))
		}
	}
	// Of the flow's first four variates those below a half are the first's and third's.
	if want := []string{"7ms 2", "9ms 4", "16ms 1", "18ms 3"}; !slices.Equal(read, want) {
		t.Errorf("got %q, want %q", read, want)
	}
}

// The share of datagrams that are held back is that of the parameter, their delay is
// drawn from its distribution, and every other draw stays as it is.
func TestReorderingLeavesOtherDrawsAlone(t *testing.T) {
	const n = 5000
	l := of(must(distribution.Parse("uniform(0ms,10ms)")))
	without := latencies(Link{Latency: l}, n)
	with := latencies(Link{Latency: l, Reorder: 0.2, ReorderDelay: must(distribution.Parse("1s+exponential(20ms)"))}, n)
	back, sum := 0, 0.0
	for i := range with {
		switch d := with[i] - without[i]; {
		case d == 0:
		case d < time.Second:
			t.Fatalf("datagram %d is held back for %s", i, d)
		default:
			back++
			sum += float64(d - time.Second)
		}
	}
	if math.Abs(float64(back)/n-0.2) > 4*math.Sqrt(0.16/n) {
		t.Errorf("%d of %d are held back", back, n)
	}
	if mean := sum / float64(back); math.Abs(mean-20e6) > 4*20e6/math.Sqrt(float64(back)) {
		t.Errorf("for a mean of 1s and %.0f ns", mean)
	}
	// A delay is drawn for each: those of another probability that are held back in
	// both runs are held back equally long.
	for i, more := range latencies(Link{Latency: l, Reorder: 0.6,
		ReorderDelay: must(distribution.Parse("1s+exponential(20ms)"))}, n) {
		if with[i] != without[i] && more != with[i] {
			t.Fatalf("datagram %d: %s and %s", i, with[i], more)
		}
	}
}

// A datagram has the latency of the recording at the time at which it is sent, and
// takes its draw all the same.
func TestReplayedLatencies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording.txt")
	if err := os.WriteFile(path, []byte("0s,5ms\n10ms,1ms\n20ms,7ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	replay, uniform := must(distribution.Parse("1ms+replay("+path+")")), must(distribution.Parse("uniform(0ms,10ms)"))
	drawn := func(recorded distribution.Distribution) (latencies []time.Duration) {
		r := play(Link{Latency: func(p *Packet) distribution.Distribution {
			if p.ID.Number%2 == 0 {
				return uniform
			}
			return recorded
		}}, func(w *Simulation, a, b *Host) {
			s := must(a.Connect(1, netip.AddrPortFrom(addressB, 9)))
			w.Go("sender", func() {
				for range 6 {
					fmt.Fprint(s, "x")
					if w.Sleep(5*time.Millisecond) != nil {
						return
					}
				}
			})
		})
		for i := range r.Records {
			if r.Records[i].Kind == trace.Send {
				latencies = append(latencies, r.Records[i].Latency)
			}
		}
		return latencies
	}
	got, random := drawn(replay), drawn(uniform)
	for i, want := range []time.Duration{6 * time.Millisecond, 0, 2 * time.Millisecond, 0, 8 * time.Millisecond, 0} {
		if i%2 == 1 {
			want = random[i]
		}
		if got[i] != want {
			t.Errorf("datagram %d has %s, want %s", i+1, got[i], want)
		}
	}
}
