package sim

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// draws is a stream that is made when its first variate is wanted; those that
// nobody wanted are passed over then.
type draws struct {
	stream     *stream.Stream
	passed     int
	correlated *scores // nil: independent
}

// draw draws from a law for a datagram that is sent now. A constant and a recording
// take their draws too, but nobody looks at them.
func (d *draws) draw(l law.Law, now time.Duration, make func() *stream.Stream) time.Duration {
	switch l := l.(type) {
	case law.Constant:
		d.pass()
		return l.Value
	case *law.Replay:
		d.pass()
		return l.At(now)
	}
	return law.Latency(l, d.uniform(make))
}

// pass takes a draw at which nobody looks.
func (d *draws) pass() {
	if d.stream == nil {
		d.passed++
		return
	}
	d.next()
}

func (d *draws) uniform(make func() *stream.Stream) float64 {
	if d.stream == nil {
		d.stream = make()
		for range d.passed {
			d.next()
		}
	}
	return d.next()
}

func (d *draws) next() float64 {
	u := d.stream.Uniform()
	if d.correlated != nil {
		u = d.correlated.next(u)
	}
	return u
}

// scores correlates uniform variates and leaves each of them uniform: they become
// standard normal scores e, a stationary autoregressive process of order 1 goes
// over these, z' = r z + sqrt(1 - r^2) e, and its scores become uniform again. So
// the scores at a distance of k have the correlation r^k, and what is drawn by
// inversion keeps its law (a Gaussian copula; Cario and Nelson, Autoregressive to
// anything, Operations Research Letters 19, 1996, 51-58).
type scores struct {
	correlation float64 // from 0 to below 1
	last        float64
	started     bool
}

// highest is the largest number below 1.
var highest = math.Nextafter(1, 0)

// next takes a variate from (0, 1) and returns one.
func (s *scores) next(u float64) float64 {
	z := distuv.UnitNormal.Quantile(u)
	if s.started {
		z = s.correlation*s.last + math.Sqrt(1-s.correlation*s.correlation)*z
	}
	s.last, s.started = z, true
	return min(max(distuv.UnitNormal.CDF(z), math.SmallestNonzeroFloat64), highest)
}
