// Package explore asks many replications one question: in which windows of a
// probe does the run fail, with what probability over a design, and are two runs
// of one seed the same.
package explore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/worker"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Runner performs replications; a worker.Pool is one.
type Runner interface {
	// Do performs one replication.
	Do(ctx context.Context, job worker.Job) (worker.Outcome, error)

	// Twice performs one replication twice, in different processes.
	Twice(ctx context.Context, job worker.Job) (first, second worker.Outcome, err error)

	// Size is how many replications are performed at a time.
	Size() int
}

// Search is a question for the failure windows of a probe.
type Search struct {
	Scenario *scenarios.Scenario
	Settings scenarios.Settings // of every other parameter
	Seed     uint64
	Probe    scenarios.ProbeRange
	Fail     scenarios.Predicate
}

// Cell is a maximal interval [From, To) of probe values of one shape. Times are in
// nanoseconds.
type Cell struct {
	From    int64    `json:"from_ns"`
	To      int64    `json:"to_ns"`
	Outcome []string `json:"outcome"`
	Failed  bool     `json:"failed"`
	Shape   string   `json:"shape"`
}

// Interval is a half-open interval [From, To) in nanoseconds.
type Interval struct {
	From int64 `json:"from_ns"`
	To   int64 `json:"to_ns"`
}

// Witness is one of the two replications beside an edge.
type Witness struct {
	Repeat string `json:"repeat"`
	Digest string `json:"digest"`
}

// Edge is a bound of a failure window inside the range: of the two replications
// at At-1 and at At, one fails and the other does not.
type Edge struct {
	At    int64   `json:"at_ns"`
	Below Witness `json:"below"` // at At-1
	Above Witness `json:"above"` // at At
}

// Method states how windows were found, and what that proves.
type Method struct {
	Name string `json:"name"`

	// Verifications counts the runs that were made only to hold a prediction against
	// the run: at the far end of every segment of one slope, just beyond it, and at
	// seeded random points inside.
	Verifications int `json:"verifications"`

	// PredictionFailures counts those that did not come out as predicted, because an
	// event that the trace does not show (a timer of an endpoint) came in between.
	// There the bound was found by bisection.
	PredictionFailures int `json:"prediction_failures"`

	// LargestUnverifiedGap is the largest interval, in nanoseconds, between
	// neighbouring runs of a cell in which a prediction failed: a window that
	// opens and closes within it could have been missed. It is 0 if none failed.
	LargestUnverifiedGap int64 `json:"largest_unverified_gap_ns"`

	// LargestUnverifiedGapFrom is where that interval begins; 0 if there is none.
	LargestUnverifiedGapFrom int64 `json:"largest_unverified_gap_from_ns"`
}

// Windows is the answer to a Search.
type Windows struct {
	Scenario       string            `json:"scenario"`
	Seed           uint64            `json:"seed"`
	Params         map[string]string `json:"params"`
	Probe          string            `json:"probe"`
	From           int64             `json:"from_ns"`
	To             int64             `json:"to_ns"`
	Cells          []Cell            `json:"cells"`
	FailureWindows []Interval        `json:"failure_windows"`
	Edges          []Edge            `json:"edges"`
	Runs           int               `json:"runs"`
	Method         Method            `json:"method"`
}

// methodName is the name of the method below.
const methodName = "slopes and jumps, verified"

// maxRuns bounds a search; a range with more cells than that allows is refused.
const maxRuns = 200_000

// FindWindows finds the cells of the probe and the windows in which the run
// fails.
//
// The run is a function of the probe x, a whole number of nanoseconds. While the
// order of events on every host stays the same, the time of every event is affine
// in x. So two runs at x and x+1 of one shape give the slope of each event, and
// the least x' at which two neighbouring events of a host meet bounds the segment
// in which that holds. The search jumps there, holds the predicted times and the
// shape against the run just before, and goes on behind it.
//
// Invariant: every point below x has been assigned to a segment whose first two
// points and whose last point were run, and gave the predicted shape, outcome and
// times.
func FindWindows(ctx context.Context, runner Runner, s Search) (*Windows, error) {
	f, err := newFinder(ctx, runner, s)
	if err != nil {
		return nil, err
	}
	from, to := int64(s.Probe.From), int64(s.Probe.To)
	for x := from; x < to; {
		end, err := f.segment(x, to)
		if err != nil {
			return nil, err
		}
		x = end
	}
	return f.answer()
}

// finder is a search under way.
type finder struct {
	ctx    context.Context
	runner Runner
	search Search
	random *stream.Stream

	runs   map[int64]*probed
	cells  []Cell
	method Method
	params map[string]string
}

// probed is one run at one value of the probe.
type probed struct {
	outcome []string
	failed  bool
	shape   string
	times   []trace.Timeline
	witness Witness
}

func newFinder(ctx context.Context, runner Runner, s Search) (*finder, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	v, err := s.Scenario.Resolve(s.Settings.With(scenarios.Settings{s.Probe.Name: s.Probe.From.String()}))
	if err != nil {
		return nil, err
	}
	params := maps.Clone(v.Text())
	delete(params, s.Probe.Name)
	return &finder{
		ctx: ctx, runner: runner, search: s, params: params,
		random: stream.New(s.Seed, s.Scenario.Name, "window/verification"),
		runs:   make(map[int64]*probed), method: Method{Name: methodName},
	}, nil
}

// at returns the runs at the given points, which are performed side by side.
func (f *finder) at(points ...int64) ([]*probed, error) {
	type result struct {
		x   int64
		run *probed
		err error
	}
	results := make(chan result, len(points))
	pending := 0
	for i, x := range points {
		if f.runs[x] != nil || slices.Contains(points[:i], x) {
			continue
		}
		pending++
		go func() {
			run, err := f.run(x)
			results <- result{x, run, err}
		}()
	}
	var faults []error
	for range pending {
		r := <-results
		if r.err != nil {
			faults = append(faults, r.err)
			continue
		}
		f.runs[r.x] = r.run
	}
	if len(faults) > 0 {
		return nil, faults[0]
	}
	if len(f.runs) > maxRuns {
		return nil, fmt.Errorf("the range has too many cells: %d runs were not enough", maxRuns)
	}
	out := make([]*probed, len(points))
	for i, x := range points {
		out[i] = f.runs[x]
	}
	return out, nil
}

func (f *finder) run(x int64) (*probed, error) {
	s := f.search
	job := worker.JobOf(s.Scenario)
	job.Seed, job.Fail, job.Trace = s.Seed, s.Fail.Text(), true
	job.Settings = s.Settings.With(scenarios.Settings{s.Probe.Name: time.Duration(x).String()})
	o, err := f.runner.Do(f.ctx, job)
	if err != nil {
		return nil, err
	}
	if o.Status != worker.Completed {
		return nil, &TroubleError{NewTrouble(&o, f.repeat(x))}
	}
	return &probed{
		outcome: o.Outcome, failed: o.Failed, shape: o.Shape, times: trace.Timelines(o.Records),
		witness: Witness{Repeat: o.Repeat, Digest: o.Digest},
	}, nil
}

// repeat returns the command that repeats the run at x.
func (f *finder) repeat(x int64) string {
	v, err := f.search.Scenario.Resolve(f.search.Settings.With(scenarios.Settings{
		f.search.Probe.Name: time.Duration(x).String(),
	}))
	if err != nil { // newFinder has resolved the same settings
		return err.Error()
	}
	return v.Repeat(f.search.Seed, f.search.Fail)
}

// segment finds the segment of one shape and one slope that begins at x, adds it
// to the cells, and returns its end.
func (f *finder) segment(x, to int64) (int64, error) {
	points := []int64{x}
	if x+1 < to {
		points = append(points, x+1)
	}
	runs, err := f.at(points...)
	if err != nil {
		return 0, err
	}
	base := runs[0]
	if len(runs) == 1 || !base.alike(runs[1]) {
		f.add(x, x+1, base)
		return x + 1, nil
	}
	line := newLine(x, base, runs[1])
	end, err := f.bound(line, to)
	if err != nil {
		return 0, err
	}
	if end, err = f.verifyInside(line, end); err != nil {
		return 0, err
	}
	f.add(x, end, base)
	return end, nil
}

// bound returns the end of the segment that line describes: the prediction holds
// at end-1, and does not hold at end unless end is to.
func (f *finder) bound(l *line, to int64) (int64, error) {
	last := min(l.meeting(), to-1) // two events of a host meet there, or the range ends
	points := []int64{last}
	if last+1 < to {
		points = append(points, last+1)
	}
	if last-1 > l.x {
		points = append(points, last-1)
	}
	runs, err := f.at(points...)
	if err != nil {
		return 0, err
	}
	f.method.Verifications += len(points)
	if l.predicts(last, runs[0]) {
		return last + 1, nil
	}
	// Where two events meet, the order of ties may have changed the shape already.
	if last-1 <= l.x || l.predicts(last-1, runs[len(runs)-1]) {
		return last, nil
	}
	return f.bisect(l, last-1)
}

// bisect returns a point at which the prediction of l ceases to hold. It holds at
// l.x+1 and does not hold at high.
func (f *finder) bisect(l *line, high int64) (int64, error) {
	f.method.PredictionFailures++
	low := l.x + 1
	probes := []int64{low}
	for high-low > 1 {
		middle := low + (high-low)/2
		runs, err := f.at(middle)
		if err != nil {
			return 0, err
		}
		if l.predicts(middle, runs[0]) {
			low = middle
			probes = append(probes, low)
		} else {
			high = middle
		}
	}
	for i := 1; i < len(probes); i++ {
		if gap := probes[i] - probes[i-1] - 1; gap > f.method.LargestUnverifiedGap {
			f.method.LargestUnverifiedGap, f.method.LargestUnverifiedGapFrom = gap, probes[i-1]+1
		}
	}
	return high, nil
}

// insidePoints is how many random points of each segment are verified.
const insidePoints = 2

// verifyInside holds the prediction against runs at random points of the segment
// [l.x, end) and returns the end of the part in which it holds.
func (f *finder) verifyInside(l *line, end int64) (int64, error) {
	for range insidePoints {
		if end-l.x <= 4 {
			return end, nil
		}
		y := l.x + 2 + int64(f.random.Uint64()%uint64(end-l.x-3))
		runs, err := f.at(y)
		if err != nil {
			return 0, err
		}
		f.method.Verifications++
		if !l.predicts(y, runs[0]) {
			if end, err = f.bisect(l, y); err != nil {
				return 0, err
			}
		}
	}
	return end, nil
}

// add adds a segment; neighbouring segments of one shape are one cell.
func (f *finder) add(from, to int64, run *probed) {
	if n := len(f.cells); n > 0 && f.cells[n-1].Shape == run.shape && slices.Equal(f.cells[n-1].Outcome, run.outcome) {
		f.cells[n-1].To = to
		return
	}
	f.cells = append(f.cells, Cell{From: from, To: to, Outcome: run.outcome, Failed: run.failed, Shape: run.shape})
}

func (f *finder) answer() (*Windows, error) {
	s := f.search
	w := &Windows{
		Scenario: s.Scenario.Name, Seed: s.Seed, Params: f.params, Probe: s.Probe.Name,
		From: int64(s.Probe.From), To: int64(s.Probe.To), Cells: f.cells, Runs: len(f.runs), Method: f.method,
		FailureWindows: []Interval{}, Edges: []Edge{},
	}
	for i, c := range f.cells {
		if i > 0 && c.Failed != f.cells[i-1].Failed {
			runs, err := f.at(c.From-1, c.From)
			if err != nil {
				return nil, err
			}
			w.Edges = append(w.Edges, Edge{At: c.From, Below: runs[0].witness, Above: runs[1].witness})
		}
		switch n := len(w.FailureWindows); {
		case !c.Failed:
		case n > 0 && w.FailureWindows[n-1].To == c.From:
			w.FailureWindows[n-1].To = c.To
		default:
			w.FailureWindows = append(w.FailureWindows, Interval{c.From, c.To})
		}
	}
	w.Runs = len(f.runs)
	return w, nil
}
