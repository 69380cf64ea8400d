package tilt

import (
	"cmp"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// Stream is a stream of draws that may be tilted. Without tilts it returns exactly the draws of
// its stream.Stream.
type Stream struct {
	source *stream.Stream
	tilted *tilted // nil: nothing is tilted or observed
}

// tilted is how the draws of one stream are tilted.
type tilted struct {
	name      string
	config    *Config
	about     []int // indices of the config's tilts that may apply
	number    int   // number of the last draw
	logWeight float64
	counts    []int
	observed  []Draw
}

// New returns the stream with the given name, tilted according to the configuration.
func New(source *stream.Stream, name string, c *Config) *Stream {
	s := &Stream{source: source}
	if c.Off() {
		return s
	}
	if about := c.about(name); len(about) > 0 || c.Observe {
		s.tilted = &tilted{name: name, config: c, about: about, counts: make([]int, len(c.Tilts))}
	}
	return s
}

// Pass skips a draw whose value is not used; it is never tilted.
func (s *Stream) Pass() {
	s.source.Uniform()
	if s.tilted != nil {
		s.tilted.number++
	}
}

// Tilted reports whether the complement that Variate returns may be more accurate than 1 minus
// the variate.
func (s *Stream) Tilted() bool { return s.tilted != nil && !s.tilted.config.Untilted }

// Variate returns the next variate u from (0, 1) and its complement 1 - u. If they are tilted,
// the smaller one has full precision.
func (s *Stream) Variate() (u, v float64) {
	u = s.source.Uniform()
	if s.tilted == nil {
		return u, 1 - u
	}
	return s.tilted.variate(u)
}

// Chance reports whether the next draw is below p. harm is the harmful answer.
func (s *Stream) Chance(p float64, harm bool) bool {
	u := s.source.Uniform()
	if s.tilted == nil || p <= 0 || p >= 1 {
		if s.tilted != nil {
			s.tilted.number++
		}
		return u < p
	}
	return s.tilted.chance(u, p, harm)
}

// next counts a draw and returns its theta.
func (t *tilted) next() float64 {
	t.number++
	for _, i := range t.about {
		if tilt := &t.config.Tilts[i]; tilt.Draw == 0 || tilt.Draw == t.number {
			t.counts[i]++
			return tilt.Theta
		}
	}
	return 1
}

// leastVariate keeps variates away from 0, where quantiles may be infinite. The probability of
// the tail below it vanishes in any sum.
const leastVariate = 1e-300

func (t *tilted) variate(u float64) (lower, upper float64) {
	theta := t.next()
	lower, upper = u, 1-u // exact: see stream.Uniform
	switch {
	case theta < 1:
		if !t.config.Untilted {
			upper = max(leastVariate, math.Pow(upper, 1/theta))
			lower = 1 - upper
		}
		t.logWeight += (1-theta)*math.Log(upper) - math.Log(theta)
	case theta > 1:
		if !t.config.Untilted {
			lower = max(leastVariate, math.Pow(lower, theta))
			upper = 1 - lower
		}
		t.logWeight += (1-1/theta)*math.Log(lower) + math.Log(theta)
	}
	if t.config.Observe {
		d := Draw{Stream: t.name, Number: t.number, LogLower: math.Log(lower), LogUpper: math.Log(upper)}
		if lower > 0.5 {
			d.LogLower = math.Log1p(-upper)
		} else {
			d.LogUpper = math.Log1p(-lower)
		}
		t.observed = append(t.observed, d)
	}
	return lower, upper
}

func (t *tilted) chance(u, p float64, harm bool) bool {
	theta := t.next()
	harmful := p
	if !harm {
		harmful = 1 - p
	}
	// Logarithms of the probabilities of the two answers, before and after tilting.
	logHarmful, logHarmless := math.Log(harmful), math.Log1p(-harmful)
	newHarmful, newHarmless := logHarmful, logHarmless
	switch {
	case theta < 1:
		newHarmful = theta * logHarmful
		newHarmless = math.Log(-math.Expm1(newHarmful))
	case theta > 1:
		newHarmless = logHarmless / theta
		newHarmful = math.Log(-math.Expm1(newHarmless))
	}
	below := p
	if theta != 1 && !t.config.Untilted {
		below = math.Exp(newHarmful)
		if !harm {
			below = math.Exp(newHarmless)
		}
	}
	answer := u < below
	if answer == harm {
		t.logWeight += logHarmful - newHarmful
	} else {
		t.logWeight += logHarmless - newHarmless
	}
	if t.config.Observe {
		t.observed = append(t.observed, Draw{Stream: t.name, Number: t.number, Harmful: harmful, Harm: answer == harm})
	}
	return answer
}

// Sum combines the results of a replication's streams in the order of their names. A sum of
// floating-point numbers depends on its order, and the runtime decides the order in which actors
// draw at one instant. Sum returns nil if nothing was tilted or observed.
func Sum(streams []*Stream, c *Config) *Likelihood {
	if c.Off() {
		return nil
	}
	var all []*tilted
	for _, s := range streams {
		if s.tilted != nil {
			all = append(all, s.tilted)
		}
	}
	slices.SortFunc(all, func(a, b *tilted) int { return cmp.Compare(a.name, b.name) })
	o := &Likelihood{Draws: make([]int, len(c.Tilts))}
	for _, t := range all {
		o.LogWeight += t.logWeight
		for i, n := range t.counts {
			o.Draws[i] += n
		}
		o.Observed = append(o.Observed, t.observed...)
	}
	return o
}
