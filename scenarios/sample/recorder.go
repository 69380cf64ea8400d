package sample

import (
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
)

// Recorder observes a sweep and remembers one measure of each replication, for what
// wants more of it than a Measure. It takes 16 bytes for each.
type Recorder struct {
	name   string
	cut    string
	size   int // replications of each point
	values []recorded
}

// recorded is what a replication reported of a measure.
type recorded struct {
	value           int64
	taken, censored bool
}

// Record has a sweep remember a measure.
func Record(s *Sweep, measure string) *Recorder {
	r := &Recorder{
		name: measure, cut: scenarios.Censored(measure), size: s.Replications,
		values: make([]recorded, len(s.Design)*s.Replications),
	}
	s.Observers = append(slices.Clip(s.Observers), r.add)
	s.bytes = s.bytes || strings.HasSuffix(measure, "_bytes")
	return r
}

// add remembers what a replication reported. One that met the horizon, or the limit of
// events, was cut, and so was all that it measured.
func (r *Recorder) add(point, replication int, o *run.Result) {
	value, taken := o.Measures[r.name]
	least, censored := o.Measures[r.cut]
	if censored {
		value, taken = max(value, least), true
	}
	switch o.Status {
	case run.Completed:
	case run.Limited:
		censored = true
		if o.Limit == string(clock.MemoryLimit) { // of which nothing is left
			taken = false
		}
	default:
		taken = false
	}
	r.values[point*r.size+replication] = recorded{value, taken, censored}
}

// Distribution estimates how the measure is distributed at a design point. A replication
// that was cut is censored: its measure is so much or more. Where nothing is random, the
// distribution is exact.
func (r *Recorder) Distribution(
	of *Results, point int, qs []float64, confidence float64, survival bool,
) lifetime.Distribution {
	var samples []lifetime.Lifetime
	r.Each(point, func(value int64, censored bool) {
		samples = append(samples, lifetime.Lifetime{Value: float64(value), Censored: censored})
	})
	if of.Points[point].Certain && len(slices.Compact(slices.Clone(samples))) == 1 {
		return lifetime.NewCertain(samples, qs, survival)
	}
	return lifetime.NewDistribution(samples, qs, confidence, survival)
}

// Each calls f for each replication of a design point that took the measure, in order;
// of a censored one is known that it is so much or more.
func (r *Recorder) Each(point int, f func(value int64, censored bool)) {
	for _, v := range r.values[point*r.size : (point+1)*r.size] {
		if v.taken {
			f(v.value, v.censored)
		}
	}
}
