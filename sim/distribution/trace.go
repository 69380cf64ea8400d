package distribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// LatencyTrace is a recorded latency: a step function of virtual time. The latency of a datagram
// depends on its send time, not on chance, so a probability cannot be integrated over it; see
// [CheckIntegrable].
//
// As a [Distribution], it is the distribution of the latency at an instant that is uniform over
// the recording, from its first line to its last: the weight of a line is the time for which it
// holds. (A recording of one line is the distribution of a single value.)
type LatencyTrace struct {
	path   string
	offset time.Duration
	steps  []step   // sorted by time
	levels []weight // sorted by latency
	mean   float64  // without the offset
}

// step is one line of a recording: the latency from a given time on.
type step struct{ from, latency time.Duration }

// weight is the time during which the latency of a recording is at most the given one.
type weight struct{ latency, time time.Duration }

const latencyTraceForm = "trace(file)"

// parseLatencyTrace reads the recording of trace(FILE): lines TIME,LATENCY with increasing times,
// both in the form of parseEntry.
func parseLatencyTrace(path string) (Distribution, error) {
	r := &LatencyTrace{path: strings.TrimSpace(path)}
	err := readLines(r.path, latencyTraceForm, func(line string) error {
		at, latency, ok := strings.Cut(line, ",")
		if !ok {
			return fmt.Errorf("%q: want TIME,LATENCY", line)
		}
		var s step
		var err error
		if s.from, err = parseEntry("time", strings.TrimSpace(at)); err != nil {
			return err
		}
		if s.latency, err = parseEntry("latency", strings.TrimSpace(latency)); err != nil {
			return err
		}
		if n := len(r.steps); n > 0 && s.from <= r.steps[n-1].from {
			return fmt.Errorf("the time %s does not come after %s, that of the line before", s.from, r.steps[n-1].from)
		}
		r.steps = append(r.steps, s)
		return nil
	})
	if err == nil && len(r.steps) == 0 {
		err = fmt.Errorf("%s holds no line TIME,LATENCY", r.path)
	}
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	r.weigh()
	return r, nil
}

// weigh computes the distribution and its mean.
func (r *LatencyTrace) weigh() {
	if len(r.steps) == 1 {
		r.levels = []weight{{r.steps[0].latency, 1}}
		r.mean = float64(r.steps[0].latency)
		return
	}
	for i, s := range r.steps[:len(r.steps)-1] {
		r.levels = append(r.levels, weight{s.latency, r.steps[i+1].from - s.from})
	}
	slices.SortFunc(r.levels, func(a, b weight) int { return cmp.Compare(a.latency, b.latency) })
	sum := 0.0
	for i := range r.levels {
		sum += float64(r.levels[i].latency) * float64(r.levels[i].time)
		if i > 0 {
			r.levels[i].time += r.levels[i-1].time
		}
	}
	r.mean = sum / float64(r.total())
}

func (r *LatencyTrace) total() time.Duration { return r.levels[len(r.levels)-1].time }

// At returns the latency of a datagram sent at virtual time t: that of the last line at or before
// t, or of the first line if t is earlier.
func (r *LatencyTrace) At(t time.Duration) time.Duration {
	i := sort.Search(len(r.steps), func(i int) bool { return r.steps[i].from > t })
	return r.offset + r.steps[max(0, i-1)].latency
}

// Holds returns the interval [from, to) around t in which the latency is constant. It extends to
// the limits of a Duration where no line bounds it.
func (r *LatencyTrace) Holds(t time.Duration) (from, to time.Duration) {
	from, to = math.MinInt64, math.MaxInt64
	i := sort.Search(len(r.steps), func(i int) bool { return r.steps[i].from > t })
	if i > 1 {
		from = r.steps[i-1].from
	}
	if i = max(i, 1); i < len(r.steps) {
		to = r.steps[i].from
	}
	return from, to
}

// Quantile implements Distribution.
func (r *LatencyTrace) Quantile(u float64) float64 {
	want := u * float64(r.total())
	i := sort.Search(len(r.levels)-1, func(i int) bool { return float64(r.levels[i].time) >= want })
	return float64(r.offset + r.levels[i].latency)
}

// CDF implements Distribution.
func (r *LatencyTrace) CDF(x float64) float64 {
	return r.share(func(latency float64) bool { return latency > x })
}

// Below implements Distribution.
func (r *LatencyTrace) Below(x float64) float64 {
	return r.share(func(latency float64) bool { return latency >= x })
}

// AtLeast implements Distribution.
func (r *LatencyTrace) AtLeast(x float64) float64 { return 1 - r.Below(x) }

// UpperQuantile implements Distribution.
func (r *LatencyTrace) UpperQuantile(v float64) float64 { return r.Quantile(1 - v) }

// share returns the share of time spent at the levels before the first one that is above.
func (r *LatencyTrace) share(above func(latency float64) bool) float64 {
	n := sort.Search(len(r.levels), func(i int) bool { return above(float64(r.offset + r.levels[i].latency)) })
	if n == 0 {
		return 0
	}
	return float64(r.levels[n-1].time) / float64(r.total())
}

// Mean implements Distribution.
func (r *LatencyTrace) Mean() float64 { return float64(r.offset) + r.mean }

// String implements Distribution.
func (r *LatencyTrace) String() string {
	text := "trace(" + r.path + ")"
	if r.offset > 0 {
		text = r.offset.String() + "+" + text
	}
	return text
}

// CheckIntegrable reports a distribution that a probability cannot be integrated over: a
// recording, whose latencies depend on time rather than chance.
func CheckIntegrable(l Distribution) error {
	if r, ok := l.(*LatencyTrace); ok {
		return fmt.Errorf(
			"%s says when latencies are what they are, not how probable: nothing can be integrated over it; %s "+
				"draws from a file at random",
			r,
			empiricalForm,
		)
	}
	return nil
}
