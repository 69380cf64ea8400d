package sim

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// draws is a stream that is made when its first variate is wanted; those that
// nobody wanted are passed over then.
type draws struct {
	stream     *tilt.Stream
	passed     int
	correlated *scores // nil: independent
}

// draw draws from a distribution for a datagram that is sent now. A constant and a
// recording take their draws too, and do not use them.
func (d *draws) draw(l distribution.Distribution, now time.Duration, make func() *tilt.Stream) time.Duration {
	switch l := l.(type) {
	case distribution.Constant:
		d.pass()
		return l.Value
	case *distribution.LatencyTrace:
		d.pass()
		return l.At(now)
	}
	d.begin(make)
	u, v := d.next()
	if u > 0.5 && d.stream.Tilted() { // the complement has the digits
		return distribution.UpperLatency(l, v)
	}
	return distribution.Latency(l, u)
}

// pass takes a draw at which nobody looks.
func (d *draws) pass() {
	if d.stream == nil {
		d.passed++
		return
	}
	d.skip()
}

// begin makes the stream, if it is not made yet.
func (d *draws) begin(make func() *tilt.Stream) {
	if d.stream == nil {
		d.stream = make()
		for range d.passed {
			d.skip()
		}
	}
}

// chance tells whether a draw is below p, which does harm.
func (d *draws) chance(p float64, make func() *tilt.Stream) bool {
	d.begin(make)
	return d.stream.Chance(p, true)
}

// next returns the next variate, and its complement.
func (d *draws) next() (u, v float64) {
	u, v = d.stream.Variate()
	switch {
	case d.correlated == nil:
	case d.stream.Tilted():
		u, v = d.correlated.nextTilted(u, v)
	default:
		u = d.correlated.next(u)
		v = 1 - u
	}
	return u, v
}

// skip takes a draw at which nobody looks, unless those behind it depend on it.
func (d *draws) skip() {
	if d.correlated != nil {
		d.next()
		return
	}
	d.stream.Pass()
}

// scores correlates uniform variates and leaves each of them uniform: they become
// standard normal scores e, a stationary autoregressive process of order 1 goes
// over these, z' = r z + sqrt(1 - r^2) e, and its scores become uniform again. So
// the scores at a distance of k have the correlation r^k, and what is drawn by
// inversion keeps its distribution (a Gaussian copula; Cario and Nelson, Autoregressive to
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
	z := s.step(distuv.UnitNormal.Quantile(u))
	return min(max(distuv.UnitNormal.CDF(z), math.SmallestNonzeroFloat64), highest)
}

// nextTilted is next for a variate that is tilted, which is the independent one: both
// go with their complements, for the digits that these have in the upper tail.
func (s *scores) nextTilted(u, v float64) (float64, float64) {
	z := distuv.UnitNormal.Quantile(u)
	if u > 0.5 {
		z = -distuv.UnitNormal.Quantile(v)
	}
	z = s.step(z)
	u = min(max(distuv.UnitNormal.CDF(z), math.SmallestNonzeroFloat64), highest)
	return u, max(distuv.UnitNormal.CDF(-z), math.SmallestNonzeroFloat64)
}

// step takes an independent score and returns a correlated one.
func (s *scores) step(z float64) float64 {
	if s.started {
		z = s.correlation*s.last + math.Sqrt(1-s.correlation*s.correlation)*z
	}
	s.last, s.started = z, true
	return z
}
