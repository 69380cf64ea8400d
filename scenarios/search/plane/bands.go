package plane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Bands is a question for the windows of a probe at each level of a factor.
type Bands struct {
	Factor string
	Levels []design.Point // of it, in order; see BandLevels
	Seed   uint64
	Probe  scenarios.ProbeRange
	Fail   scenarios.Predicate
}

// BandLevels returns the design points of a factor's levels, with all else as set. It
// reports a factor that is set as well, and what makes no sense at a level.
func BandLevels(s *scenarios.Scenario, set scenarios.Settings, factor design.Factor) ([]design.Point, error) {
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

// at returns the search under values.
func (b *Bands) at(v scenarios.Values) search.Search {
	return search.Search{Values: v, Seed: b.Seed, Probe: b.Probe, Fail: b.Fail}
}

// Check reports every fault of the question.
func (b *Bands) Check() error {
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

// BandWindows is the answer to a Bands.
type BandWindows struct {
	Scenario string      `json:"scenario"`
	Seed     uint64      `json:"seed"`
	Factor   string      `json:"factor"`
	Probe    string      `json:"probe"`
	Levels   []BandLevel `json:"levels"`
	Runs     int         `json:"runs"`

	// Interrupted tells that the context ended before all levels were searched: Levels has
	// those before the first that was not.
	Interrupted bool `json:"interrupted"`
}

// BandLevel is the windows at one level.
type BandLevel struct {
	Level   string          `json:"level"`
	Windows *search.Windows `json:"windows"`

	// Joined tells that the cells of this level and of the next go over into each other
	// along straight lines: both have the same signatures in the same order, and at a level
	// halfway the edges are, to the nanosecond, where the lines have them. Only levels of a
	// duration can be joined.
	Joined bool `json:"joined"`
}

// FindBands finds the windows at each level, and halfway between neighbouring levels that
// are durations and have the same cells. progress, if it is not nil, is told each level
// that is done.
func FindBands(ctx context.Context, runner run.Runner, b Bands, progress func()) (*BandWindows, error) {
	if err := b.Check(); err != nil {
		return nil, err
	}
	answer := &BandWindows{
		Scenario: b.Levels[0].Values.Scenario().Name, Seed: b.Seed, Factor: b.Factor, Probe: b.Probe.Name,
		Levels: []BandLevel{},
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
		answer.Levels = append(answer.Levels, BandLevel{Level: b.Levels[i].Levels[b.Factor], Windows: w})
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

// search searches levels side by side. One that was not searched when ctx ended is nil.
func (b *Bands) search(
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

// joint is two neighbouring levels with lines between their edges.
type joint struct {
	at     int   // index of the first level
	middle int64 // the level halfway, in nanoseconds
	labels []string
	edges  []candidate
}

// newJoint joins two levels, if they are durations at least 2 ns apart with the same
// cells and lines go from edge to edge.
func newJoint(from, to time.Duration, below, above *search.Windows) (joint, bool) {
	if to < from {
		from, to, below, above = to, from, above, below
	}
	low, high := newRow(int64(from), below), newRow(int64(to), above)
	j := joint{middle: low.y + (high.y-low.y)/2, labels: low.signatures.labels}
	if high.y-low.y < 2 || !slices.Equal(low.signatures.labels, high.signatures.labels) {
		return joint{}, false
	}
	for i, e := range low.signatures.edges {
		c, ok := newCandidate(low.y, e, high.y, high.signatures.edges[i])
		if !ok {
			return joint{}, false
		}
		j.edges = append(j.edges, c)
	}
	return j, true
}

// holds tells whether the row halfway is as the lines say.
func (j *joint) holds(halfway *search.Windows) bool {
	r := newRow(j.middle, halfway).signatures
	if !slices.Equal(r.labels, j.labels) {
		return false
	}
	for i := range j.edges {
		if !j.edges[i].admit(j.middle, r.edges[i]) {
			return false
		}
	}
	return true
}
