package sim

import (
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/tilt"
)

// draws is a stream that is made when its first variate is needed. The variates that were
// not needed before are then skipped.
type draws struct {
	stream     *tilt.Stream
	passed     int
	correlated *scores // nil: independent
}

// draw draws from a distribution for a datagram that is sent now. Constants and latency
// traces consume a draw too, but do not use it.
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
	if u > 0.5 && d.stream.Tilted() { // the complement v is more precise here
		return distribution.UpperLatency(l, v)
	}
	return distribution.Latency(l, u)
}

// pass consumes a draw that is not used.
func (d *draws) pass() {
	if d.stream == nil {
		d.passed++
		return
	}
	d.skip()
}

// begin makes the stream if it does not exist yet.
func (d *draws) begin(make func() *tilt.Stream) {
	if d.stream == nil {
		d.stream = make()
		for range d.passed {
			d.skip()
		}
	}
}

// chance reports whether a draw is below p, which is the harmful outcome.
func (d *draws) chance(p float64, make func() *tilt.Stream) bool {
	d.begin(make)
	return d.stream.Chance(p, true)
}

// next returns the next variate and its complement.
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

// skip consumes a draw that is not used. If draws are correlated, it still computes the draw,
// because later ones depend on it.
func (d *draws) skip() {
	if d.correlated != nil {
		d.next()
		return
	}
	d.stream.Pass()
}

// scores correlates uniform variates and keeps each of them uniform. It transforms them to
// standard normal scores e, applies a stationary autoregressive process of order 1,
// z' = r z + sqrt(1 - r^2) e, and transforms z' back to uniform variates. So scores at lag k
// have the correlation r^k, and a value that is drawn by inversion keeps its distribution.
// This is a Gaussian copula (Cario and Nelson, Autoregressive to anything, Operations
// Research Letters 19, 1996, 51-58).
type scores struct {
	correlation float64 // r; at least 0 and less than 1
	last        float64
	started     bool
}

// highest is the largest number below 1.
var highest = math.Nextafter(1, 0)

// next transforms an independent variate in (0, 1) to a correlated one.
func (s *scores) next(u float64) float64 {
	z := s.step(distuv.UnitNormal.Quantile(u))
	return min(max(distuv.UnitNormal.CDF(z), math.SmallestNonzeroFloat64), highest)
}

// nextTilted is like next, for an independent variate that is tilted. It takes and returns
// the complement too, because the complement is more precise in the upper tail.
func (s *scores) nextTilted(u, v float64) (float64, float64) {
	z := distuv.UnitNormal.Quantile(u)
	if u > 0.5 {
		z = -distuv.UnitNormal.Quantile(v)
	}
	z = s.step(z)
	u = min(max(distuv.UnitNormal.CDF(z), math.SmallestNonzeroFloat64), highest)
	return u, max(distuv.UnitNormal.CDF(-z), math.SmallestNonzeroFloat64)
}

// step transforms an independent score to a correlated one.
func (s *scores) step(z float64) float64 {
	if s.started {
		z = s.correlation*s.last + math.Sqrt(1-s.correlation*s.correlation)*z
	}
	s.last, s.started = z, true
	return z
}
