package search

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/sim"
)

// alike reports whether two runs have the same signature, outcome and order of instants.
func (p *probed) alike(q *probed) bool {
	return p.signature == q.signature && p.structure == q.structure && slices.Equal(p.outcome, q.outcome)
}

// end returns the last instant of the run.
func (p *probed) end() (last time.Duration) {
	for _, place := range p.times {
		if n := len(place.Times); n > 0 {
			last = max(last, place.Times[n-1])
		}
	}
	return last
}

// line is the prediction from two neighbouring runs with the same order of instants.
type line struct {
	x      int64
	base   *probed
	slopes [][]int64 // by place and instant
}

func newLine(x int64, base, next *probed) *line {
	l := &line{x: x, base: base, slopes: make([][]int64, len(base.times))}
	for i, place := range base.times {
		l.slopes[i] = make([]int64, len(place.Times))
		for j := range place.Times {
			l.slopes[i][j] = int64(next.times[i].Times[j] - place.Times[j])
		}
	}
	return l
}

// never is the meeting point of instants that never meet.
const never int64 = math.MaxInt64

// meeting returns the last x at which no two neighbouring instants of a place have passed each
// other, or never.
func (l *line) meeting() int64 {
	last := never
	for i, place := range l.base.times {
		for j := 1; j < len(place.Times); j++ {
			closing := l.slopes[i][j-1] - l.slopes[i][j]
			if closing <= 0 {
				continue
			}
			gap := int64(place.Times[j] - place.Times[j-1])
			last = min(last, l.x+gap/closing)
		}
	}
	return last
}

// reach returns the first x at which an instant reaches the horizon of a replication, where the
// replication would be cut short, or never.
func (l *line) reach() int64 {
	first := never
	for i, place := range l.base.times {
		for j, t := range place.Times {
			if slope := l.slopes[i][j]; slope > 0 && t < sim.DefaultLimits.Virtual {
				first = min(first, l.x+(int64(sim.DefaultLimits.Virtual-t)+slope-1)/slope)
			}
		}
	}
	return first
}

// predicts reports whether the run at x is as the line predicts.
func (l *line) predicts(x int64, run *probed) bool { return l.differs(x, run) == "" }

// differs says how the run at x differs from the prediction; empty if it does not.
func (l *line) differs(x int64, run *probed) string {
	switch {
	case !slices.Equal(l.base.outcome, run.outcome):
		return fmt.Sprintf("outcome %q and not %q%s", run.outcome, l.base.outcome, l.otherwise(run))
	case l.base.signature != run.signature:
		return "another signature" + l.otherwise(run)
	case l.base.structure != run.structure:
		return "another order of instants" + l.otherwise(run)
	}
	for i, place := range l.base.times {
		for j, t := range place.Times {
			if want := t + time.Duration(l.slopes[i][j]*(x-l.x)); run.times[i].Times[j] != want {
				return fmt.Sprintf(
					"instant %d of %s is at %s and not at %s",
					j+1,
					place.Host,
					run.times[i].Times[j],
					want,
				)
			}
		}
	}
	return ""
}

// otherwise says at which places a run has a different number of instants.
func (l *line) otherwise(run *probed) string {
	counts := func(p *probed) map[string]int {
		m := make(map[string]int)
		for _, place := range p.times {
			m[place.Host] = len(place.Times)
		}
		return m
	}
	before, now := counts(l.base), counts(run)
	var text string
	for _, place := range l.base.times {
		if n := now[place.Host]; n != before[place.Host] && len(text) < 400 {
			text += fmt.Sprintf("; %d instants of %s and not %d", n, place.Host, before[place.Host])
		}
	}
	for _, place := range run.times {
		if before[place.Host] == 0 && len(text) < 400 {
			text += fmt.Sprintf("; %d instants of %s and none before", now[place.Host], place.Host)
		}
	}
	return text
}
