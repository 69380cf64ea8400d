package sample

import (
	"slices"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
)

// Recorder observes a sweep and records one measure of each replication, for analyses that need
// more than a Measure. It takes 16 bytes per replication.
type Recorder struct {
	name   string
	cut    string
	size   int // replications of each point
	values []recorded
}

// recorded is the value of a measure in one replication.
type recorded struct {
	value           int64
	taken, censored bool
}

// Record adds a Recorder of a measure to a sweep.
func Record(s *Sweep, name string) *Recorder {
	r := &Recorder{
		name: name, cut: measure.Censored(name), size: s.Replications,
		values: make([]recorded, len(s.Design)*s.Replications),
	}
	s.Observers = append(slices.Clip(s.Observers), r.add)
	s.bytes = s.bytes || isBytes(s, name)
	return r
}

// add records the measure of one replication. If the replication reached the horizon or the limit
// of events, its measure is censored.
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
		if o.Limit == string(clock.MemoryLimit) { // its measures are lost
			taken = false
		}
	default:
		taken = false
	}
	r.values[point*r.size+replication] = recorded{value, taken, censored}
}

// Distribution estimates the distribution of the measure at a design point. A replication that was
// cut short is censored: its measure is at least the recorded value. Where nothing is random, the
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

// Each calls f for each replication of a design point that has the measure, in order. A censored
// value is a lower bound.
func (r *Recorder) Each(point int, f func(value int64, censored bool)) {
	for _, v := range r.values[point*r.size : (point+1)*r.size] {
		if v.taken {
			f(v.value, v.censored)
		}
	}
}

// isBytes reports whether a measure of a sweep's scenario counts bytes.
func isBytes(s *Sweep, name string) bool {
	if len(s.Design) == 0 {
		return false
	}
	m, _ := s.Scenario().Measure(name)
	return m.Unit == measure.Bytes
}
