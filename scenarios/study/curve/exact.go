package curve

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Question asks for the exact failure probability along an axis, for several rows.
type Question struct {
	X    []float64 // the points of the design, increasing
	Rows int

	// Values returns the values of a row at a value of the axis, also between the points of the
	// design. The error says that the row has no such values.
	Values func(row int, x float64) (scenarios.Values, error)

	Probe string // the probabilities are integrals over its distribution
	Seed  uint64
	Fail  scenarios.Predicate
	Log   bool // the drawing has a logarithmic axis of probability
}

// Answer is the answer to a Question.
type Answer struct {
	At     [][]float64  // by row and point of the design
	Traces []Trace      // by row
	Basis  search.Basis // of the windows at the points of the design
	Runs   int          // replications performed
}

// Find computes the probabilities. Points of a row that differ only in the distribution of the probe
// share their windows. If the windows move with x, their edges are known between two points where
// they lie on straight lines with those at a third point, to the nanosecond. If they do not at points
// of the design, Find searches the windows halfway, and where the lines say that cells end.
//
// If the probe decides nothing at any point, there is no curve: the error is an [estimate.IdleError].
func (q *Question) Find(ctx context.Context, runner run.Runner) (*Answer, error) {
	var rules run.Collector
	s := &searcher{Question: q, ctx: ctx, runner: rules.Over(runner), groups: map[string]*group{}}
	for row := range q.Rows {
		for _, x := range q.X {
			if err := s.cover(row, x); err != nil {
				return nil, err
			}
		}
	}
	if err := s.ahead(); err != nil {
		return nil, err
	}
	if err := estimate.CheckIdle(ctx, s.scenario, q.Probe, &rules, runner); err != nil {
		return nil, err
	}
	a := &Answer{Basis: s.basis}
	for row := range q.Rows {
		var values []float64
		for _, x := range q.X {
			n, err := s.node(row, x)
			if err != nil {
				return nil, err
			}
			p, _ := n.windows.Exact(n.distribution)
			values = append(values, p)
		}
		a.At = append(a.At, values)
	}
	height := q.heights(a.At)
	for row := range q.Rows {
		t, err := s.trace(row, height)
		if err != nil {
			return nil, err
		}
		a.Traces = append(a.Traces, t)
	}
	a.Runs = s.runs
	return a, nil
}

// decades is the largest number of decades that a logarithmic axis shows.
const decades = 20

// heights returns the height of a probability in a drawing that shows all of these.
func (q *Question) heights(all [][]float64) func(float64) float64 {
	least, highest := math.Inf(1), 0.0
	for _, list := range all {
		for _, p := range list {
			if highest = max(highest, p); p > 0 {
				least = min(least, p)
			}
		}
	}
	if highest == 0 {
		highest = 1
	}
	if !q.Log {
		return func(p float64) float64 { return p / highest }
	}
	floor := max(min(least, highest/10), highest*math.Pow(10, -decades))
	all10 := math.Log10(highest / floor)
	return func(p float64) float64 { return math.Log10(max(p, floor)/floor) / all10 }
}

// searcher searches windows along the axis.
type searcher struct {
	*Question
	ctx    context.Context
	runner run.Runner
	groups map[string]*group

	scenario *scenarios.Scenario

	runs  int
	basis search.Basis
	extra int // searches between the points of the design
}

// group holds what design points that differ only in the distribution of the probe share.
type group struct {
	search  search.Search // its range covers the distributions of all of its points
	windows *search.Windows
}

// ahead searches the windows at the points of the design, in parallel.
func (s *searcher) ahead() error {
	keys := slices.Sorted(maps.Keys(s.groups))
	err := run.Spread(s.ctx, s.runner.Size(), len(keys), func(ctx context.Context, i int) (err error) {
		g := s.groups[keys[i]]
		g.windows, err = search.FindWindows(ctx, s.runner, g.search)
		return err
	})
	if err == nil {
		err = s.ctx.Err()
	}
	if err != nil {
		return err
	}
	s.basis = search.Basis{Proved: true}
	for _, key := range keys {
		w := s.groups[key].windows
		s.runs += w.Runs
		s.basis = s.basis.And(w.Method.Basis)
	}
	return nil
}

// coverAll covers a point between those of the design, for all rows, because rows that differ only in
// the distribution of the probe share the search. It looks for no hidden windows: what a drawing shows
// between two points depends on the windows there.
func (s *searcher) coverAll(x float64) {
	for row := range s.Rows {
		if _, key, err := s.integral(row, x); err == nil {
			_ = s.cover(row, x)
			s.groups[key].search.Sampling = search.Sampling{Runs: -1}
		}
	}
}

// node is a point of a row.
type node struct {
	x            float64
	key          string // of its group
	windows      *search.Windows
	distribution distribution.Distribution
}

// integral returns the question at a point, which must be exact.
func (s *searcher) integral(row int, x float64) (q estimate.Integral, key string, err error) {
	v, err := s.Values(row, x)
	if err != nil {
		return q, "", err
	}
	if q, err = estimate.NewIntegral(v, s.Probe, s.Seed, s.Fail, estimate.Tail); err != nil {
		return q, "", err
	}
	if err = q.CheckExact(); err != nil {
		return q, "", err
	}
	return q, rows.Text(q.Search.Values.Settings()), nil
}

// cover extends the range of a point's group to its distribution.
func (s *searcher) cover(row int, x float64) error {
	q, key, err := s.integral(row, x)
	if err != nil {
		return err
	}
	s.scenario = q.Values.Scenario()
	g := s.groups[key]
	if g == nil {
		g = &group{search: q.Search}
		g.search.Part = true
		g.search.Sampling.Of = nil // those of all of its points follow
		s.groups[key] = g
	}
	if g.windows == nil {
		g.search.Sampling.Of = append(g.search.Sampling.Of, q.Distribution)
		g.search.Probe.From = min(g.search.Probe.From, q.Search.Probe.From)
		g.search.Probe.To = max(g.search.Probe.To, q.Search.Probe.To)
	}
	return nil
}

// node searches the windows at a point that is covered, unless they are known.
func (s *searcher) node(row int, x float64) (node, error) {
	q, key, err := s.integral(row, x)
	if err != nil {
		return node{}, err
	}
	g := s.groups[key]
	if g.windows == nil {
		if g.windows, err = search.FindWindows(s.ctx, s.runner, g.search); err != nil {
			return node{}, err
		}
		s.runs += g.windows.Runs
	}
	return node{x, key, g.windows, q.Distribution}, nil
}
