package explore

import (
	"slices"
	"time"
)

// alike tells whether two runs have the same shape and outcome.
func (p *probed) alike(q *probed) bool {
	return p.shape == q.shape && slices.Equal(p.outcome, q.outcome)
}

// line is the prediction from two neighbouring runs of one shape.
type line struct {
	x      int64
	base   *probed
	slopes [][]int64 // by host and event
}

func newLine(x int64, base, next *probed) *line {
	l := &line{x: x, base: base, slopes: make([][]int64, len(base.times))}
	for i, host := range base.times {
		l.slopes[i] = make([]int64, len(host.Times))
		for j := range host.Times {
			l.slopes[i][j] = int64(next.times[i].Times[j] - host.Times[j])
		}
	}
	return l
}

// meeting returns the last x at which no two neighbouring events of a host have
// passed each other, or the largest number if none ever will.
func (l *line) meeting() int64 {
	last := int64(1<<63 - 1)
	for i, host := range l.base.times {
		for j := 1; j < len(host.Times); j++ {
			closing := l.slopes[i][j-1] - l.slopes[i][j]
			if closing <= 0 {
				continue
			}
			gap := int64(host.Times[j] - host.Times[j-1])
			last = min(last, l.x+gap/closing)
		}
	}
	return last
}

// predicts tells whether the run at x came out as the line says.
func (l *line) predicts(x int64, run *probed) bool {
	if !l.base.alike(run) {
		return false
	}
	for i, host := range l.base.times {
		for j, t := range host.Times {
			if run.times[i].Times[j] != t+time.Duration(l.slopes[i][j]*(x-l.x)) {
				return false
			}
		}
	}
	return true
}
