// Package bands finds the windows of a probe at each level of a factor.
//
//	factor -> AtLevels -> levels: design points
//	levels -> Find     -> Answer: the windows at each level, and which neighbours lines join
package bands

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// Question asks for the windows of a probe at each level of a factor.
type Question struct {
	Factor string
	Levels []design.Point // of the factor, in order; see AtLevels
	Seed   uint64
	Probe  scenarios.ProbeRange
	Fail   scenarios.Predicate
}

// AtLevels returns the design points for the levels of a factor, with all other parameters as set.
// It returns an error if the factor is also set, or if the values at a level are invalid.
func AtLevels(s *scenarios.Scenario, set scenarios.Settings, factor design.Factor) ([]design.Point, error) {
	var faults []error
	if text, ok := set[factor.Name]; ok {
		faults = append(faults, fmt.Errorf("parameter %s is varied, and set to %s as well", factor.Name, text))
	}
	points := make([]design.Point, len(factor.Levels))
	for i, level := range factor.Levels {
		levels := scenarios.Settings{factor.Name: level}
		v, err := s.Resolve(set.With(levels))
		if err != nil {
			faults = append(faults, fmt.Errorf("at %s=%s: %w", factor.Name, level, err))
		}
		points[i] = design.Point{Levels: levels, Values: v}
		if len(faults) == design.MaxFaults {
			break
		}
	}
	return points, errors.Join(faults...)
}

// at returns the search with the given values.
func (b *Question) at(v scenarios.Values) search.Search {
	return search.Search{Values: v, Seed: b.Seed, Probe: b.Probe, Fail: b.Fail}
}

// Check returns an error that lists every fault of the question.
func (b *Question) Check() error {
	if b.Factor == b.Probe.Name {
		return fmt.Errorf("parameter %s is the probe, and varied as well", b.Factor)
	}
	if len(b.Levels) == 0 {
		return fmt.Errorf("factor %s has no levels: want at least one", b.Factor)
	}
	var faults []error
	for _, level := range b.Levels {
		question := b.at(level.Values)
		if err := question.Check(); err != nil {
			faults = append(faults, fmt.Errorf("at %s: %w", design.LevelsText(level.Levels), err))
		}
		if len(faults) == design.MaxFaults {
			break
		}
	}
	return errors.Join(faults...)
}

// Answer is the answer to a Question.
type Answer struct {
	Scenario string  `json:"scenario"`
	Seed     uint64  `json:"seed"`
	Factor   string  `json:"factor"`
	Probe    string  `json:"probe"`
	Levels   []Level `json:"levels"`
	Runs     int     `json:"runs"`

	// Interrupted says that the context ended before all levels were searched. Levels then ends
	// before the first missing level.
	Interrupted bool `json:"interrupted"`
}

// Level holds the windows at one level.
type Level struct {
	Level   string          `json:"level"`
	Windows *search.Windows `json:"windows"`

	// Joined says that straight lines join the cells of this level and the next. Both levels have
	// the same signatures in the same order, and at a level halfway between them the edges are
	// exactly where the lines predict, to the nanosecond. Only durations can be joined.
	Joined bool `json:"joined"`

	// Idle is the rule whose duration the probe is, if it met no datagram at this level. The windows
	// then say nothing about it.
	Idle string `json:"idle_rule,omitempty"`
}

// Find finds the windows at each level, and halfway between neighbouring levels that are durations
// and have the same cells. progress, if not nil, is called after each level.
func Find(ctx context.Context, runner run.Runner, b Question, progress func()) (*Answer, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	answer := &Answer{
		Scenario: b.Levels[0].Values.Scenario().Name, Seed: b.Seed, Factor: b.Factor, Probe: b.Probe.Name,
		Levels: []Level{},
	}
	levels := make([]scenarios.Values, len(b.Levels))
	for i := range levels {
		levels[i] = b.Levels[i].Values
	}
	found, err := b.search(ctx, runner, levels, progress)
	if err != nil {
		return nil, err
	}
	for i, w := range found {
		if w == nil {
			answer.Interrupted = true
			return answer, nil
		}
		answer.Levels = append(answer.Levels, Level{
			Level: b.Levels[i].Levels[b.Factor], Windows: w,
			Idle: search.IdleProbe(b.Levels[i].Values.Scenario(), b.Probe.Name, w.Rules),
		})
		answer.Runs += w.Runs
	}
	var joints []joint
	var halfway []scenarios.Values
	for i := range found[1:] {
		from, ok1 := levels[i].Constant(b.Factor)
		to, ok2 := levels[i+1].Constant(b.Factor)
		if !ok1 || !ok2 {
			continue
		}
		if j, ok := newJoint(from, to, found[i], found[i+1]); ok {
			v, err := levels[i].With(b.Factor, time.Duration(j.middle))
			if err != nil {
				return nil, err
			}
			j.at = i
			joints = append(joints, j)
			halfway = append(halfway, v)
		}
	}
	between, err := b.search(ctx, runner, halfway, nil)
	if err != nil {
		return nil, err
	}
	for i, w := range between {
		if w == nil {
			answer.Interrupted = true
			continue
		}
		answer.Runs += w.Runs
		answer.Levels[joints[i].at].Joined = joints[i].holds(w)
	}
	return answer, nil
}

// search searches levels in parallel. A level that was not searched before ctx ended is nil.
func (b *Question) search(
	ctx context.Context, runner run.Runner, levels []scenarios.Values, progress func(),
) ([]*search.Windows, error) {
	found := make([]*search.Windows, len(levels))
	var mu sync.Mutex
	err := run.Spread(ctx, runner.Size(), len(levels), func(ctx context.Context, i int) error {
		w, err := search.FindWindows(ctx, runner, b.at(levels[i]))
		if err != nil {
			return fmt.Errorf("at %s=%s: %w", b.Factor, levels[i].TextOf(b.Factor), err)
		}
		mu.Lock()
		defer mu.Unlock()
		found[i] = w
		if progress != nil {
			progress()
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	return found, nil
}

// joint is a pair of neighbouring levels with lines between their edges.
type joint struct {
	at     int   // index of the first level
	middle int64 // the level halfway, in nanoseconds
	fit    *edges.Fit
}

// newJoint joins two levels. It is false unless they are at least 2 ns apart, have the same cells,
// and a line connects each edge to its counterpart.
func newJoint(from, to time.Duration, below, above *search.Windows) (joint, bool) {
	if to < from {
		from, to, below, above = to, from, above, below
	}
	if to-from < 2 {
		return joint{}, false
	}
	low, high := edges.NewRow(int64(from), below), edges.NewRow(int64(to), above)
	fit, ok := edges.NewFit(low, high, false)
	return joint{middle: low.Y + (high.Y-low.Y)/2, fit: fit}, ok
}

// holds reports whether the row halfway has its edges where the lines predict them.
func (j *joint) holds(halfway *search.Windows) bool {
	return j.fit.Admit(edges.NewRow(j.middle, halfway))
}
