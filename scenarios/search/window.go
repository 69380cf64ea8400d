// Package search finds the exact windows of a probe in which a run fails, along a line.
//
//	scenarios.Values, probe, predicate -> FindWindows -> runs -> Windows
//	Windows, latency distribution      -> the exact probability of a failure
//
// Each run reports its instants. Two neighbouring runs predict where the order of instants changes
// next; the search jumps there and checks the prediction. Scan answers the same question by brute
// force. Package plane searches two probes at once.
package search

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Search asks for the failure windows of a probe.
type Search struct {
	Values scenarios.Values // of all other parameters
	Seed   uint64
	Probe  scenarios.ProbeRange
	Fail   scenarios.Predicate

	// Sampling is for a scenario whose timers are not all known.
	Sampling Sampling

	// Part says that the search is one of several that answer a question together. Whether the probe
	// is the duration of a rule that met no datagram, the answer then says of all of them: a rule that
	// meets none here may meet some there.
	Part bool
}

// methodName is the name of the method of FindWindows.
const methodName = "slopes and jumps, verified"

// maxRuns bounds a search: a range with too many cells is an error. A range without an end has the
// smaller bound maxOpenRuns.
const (
	maxRuns     = 200_000
	maxOpenRuns = 20_000
)

// FindWindows finds the cells of the probe and the windows in which the run fails.
//
// The run is a function of the probe x, a whole number of nanoseconds. While the order of instants
// at every place stays the same, so does the run's signature, and the time of every instant is
// affine in x. The instants are those in the trace and those that affect a run but do not appear in
// the trace: pauses and deadlines that end or are cancelled earlier, timers of the endpoints, times
// that are compared, and reads and writes of state shared by two hosts (sim.Watched). So two runs
// at x and x+1 with the same order give the slope of each instant. The smallest x' at which two
// neighbouring instants of a place meet bounds the segment in which this holds. The search jumps
// there and compares the predicted times, order, signature and outcome with those of the run just
// before x'. Then it continues after the segment.
//
// Invariant: every point below x has been assigned to a segment. The first two points and the last
// point of each segment were run, and gave the predicted signature, outcome and times.
//
// A range without an end is searched until no two neighbours will ever meet; the last cell then
// extends forever. Verification of this last cell reaches up to the largest value of a parameter
// (distribution.MaxDuration), or up to the value at which an instant reaches the horizon of a
// replication. If instants could still meet beyond, the answer ends there, and its To says so.
func FindWindows(ctx context.Context, runner run.Runner, s Search) (*Windows, error) {
	f, err := newFinder(ctx, runner, s)
	if err != nil {
		return nil, err
	}
	if err := f.cut(); err != nil {
		return nil, err
	}
	if !f.known() {
		if err := f.attack(); err != nil {
			return nil, err
		}
	}
	return f.answer()
}

// cut finds all segments of the range, and forgets those of an earlier cut.
func (f *finder) cut() error {
	if f.coarse() {
		return f.cutCoarsely()
	}
	x, to := int64(f.search.Probe.From), int64(f.search.Probe.To)
	if f.search.Probe.Open() {
		to = int64(distribution.MaxDuration) + 1
	}
	f.to, f.cells, f.method = to, nil, Method{Name: methodName}
	for x < to {
		f.last = x
		end, forever, err := f.segment(x, to)
		if err != nil {
			return err
		}
		if x = end; forever {
			f.to = int64(scenarios.Forever)
			f.cells[len(f.cells)-1].To = f.to
			break
		}
	}
	return nil
}

// finder is the state of a search.
type finder struct {
	ctx    context.Context
	runner run.Runner
	search Search
	random *stream.Stream

	runs   map[int64]*probed
	timed  []int64 // runs whose times are needed until the search has passed them
	to     int64   // where the answer ends
	step   int64   // of a brute-force scan; 0 for a search
	cells  []Cell
	method Method
	params map[string]string
	rules  run.Rules

	hidden  []int64 // random values that every cut runs, in order
	basis   Basis   // what the random values are
	before  int     // runs of earlier cuts
	unknown *UnknownTimer
	last    int64 // where the last segment begins
	length  int64 // of a run at the last segment, in nanoseconds
}

// probed is one run at one value of the probe.
type probed struct {
	outcome   []string
	failed    bool
	signature string
	structure string
	times     []trace.Timeline
	witness   Witness

	unexplained *sim.Effect

	rules *run.Replication // what its rules met, until the search has counted it
}

func newFinder(ctx context.Context, runner run.Runner, s Search) (*finder, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	params := maps.Clone(s.Values.Text())
	delete(params, s.Probe.Name)
	return &finder{
		ctx: ctx, runner: runner, search: s, params: params,
		random: seed.Verification(s.Seed, s.Values.Scenario().Name),
		runs:   make(map[int64]*probed), method: Method{Name: methodName},
	}, nil
}

// at returns the runs at the given points. It performs them in parallel.
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
	// If several runs fail, return the error at the smallest value, so that the result does not
	// depend on the order in which runs end.
	var fault *result
	for range pending {
		r := <-results
		if r.err != nil {
			if fault == nil || r.x < fault.x {
				fault = &r
			}
			continue
		}
		f.runs[r.x] = r.run
		f.noteUnknown(r.x, r.run)
		f.rules.Add(r.run.rules)
		r.run.rules = nil
		f.timed = append(f.timed, r.x)
	}
	if fault != nil {
		return nil, fault.err
	}
	switch {
	case f.search.Probe.Open() && len(f.runs) > maxOpenRuns:
		return nil, fmt.Errorf(
			"nothing says that the cells have an end: %d runs came as far as %s; give the range one",
			maxOpenRuns,
			time.Duration(points[0]),
		)
	case len(f.runs) > maxRuns:
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
	v, err := s.Values.With(s.Probe.Name, time.Duration(x))
	if err != nil {
		return nil, err
	}
	job := run.Job{Values: v, Seed: s.Seed, Fail: s.Fail, Watch: f.step == 0 && !f.coarse()}
	o, err := f.runner.Do(f.ctx, job)
	if err != nil {
		return nil, err
	}
	if o.Status != run.Completed {
		return nil, &run.AbortedError{Aborted: run.NewAborted(&o, job.Command())}
	}
	run := &probed{
		outcome: o.Outcome, failed: o.Failed, signature: o.Signature,
		witness: Witness{Repeat: o.Repeat, Digest: o.Digest},
		rules:   &run.Replication{Rules: o.Rules, UnmetRules: o.UnmetRules, Repeat: o.Repeat},
	}
	switch {
	case f.coarse():
		run.signature = "" // it may differ with each value: programs print times
	case f.step > 0:
	case o.Watched == nil:
		return nil, fmt.Errorf("the run at %s=%s reports no instants", s.Probe.Name, time.Duration(x))
	default:
		run.structure, run.times = o.Watched.Structure, o.Watched.Timelines
		run.unexplained = o.Watched.Unexplained
	}
	return run, nil
}

// segment finds the segment that begins at x, in which the order of instants and all slopes stay
// the same, and adds it to the cells. It returns the end of the segment, and whether only the end
// of an open range bounds it.
func (f *finder) segment(x, to int64) (end int64, forever bool, err error) {
	defer func() {
		f.method.Segments++
		f.timed = slices.DeleteFunc(f.timed, func(y int64) bool {
			if y < end {
				f.runs[y].times = nil
			}
			return y < end
		})
	}()
	points := []int64{x}
	if x+1 < to {
		points = append(points, x+1)
	}
	runs, err := f.at(points...)
	if err != nil {
		return 0, false, err
	}
	base := runs[0]
	if len(runs) == 1 || !base.alike(runs[1]) {
		f.add(x, x+1, base)
		return x + 1, false, nil
	}
	line := newLine(x, base, runs[1])
	forever = f.search.Probe.Open() && line.meeting() == never
	if forever {
		f.length = int64(line.base.end())
		to = max(x+2, min(to, line.reach()))
	}
	if end, err = f.bound(line, to); err != nil {
		return 0, false, err
	}
	if end, err = f.verifyInside(line, end); err != nil {
		return 0, false, err
	}
	if end, err = f.verifyRandom(line, end); err != nil {
		return 0, false, err
	}
	f.add(x, end, base)
	return end, forever && end == to, nil
}

// bound returns the end of the segment that the line describes. The prediction holds at end-1, and
// fails at end unless end is to.
func (f *finder) bound(l *line, to int64) (int64, error) {
	last := min(l.meeting(), to-1) // two instants of a place meet there, or the range ends
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
	// Where two instants meet, the order of ties may already have changed the signature.
	if last-1 <= l.x || l.predicts(last-1, runs[len(runs)-1]) {
		return last, nil
	}
	return f.bisect(l, last-1)
}

// bisect returns a point at which the prediction of l ceases to hold. It holds at l.x+1 and fails
// at high.
func (f *finder) bisect(l *line, high int64) (int64, error) {
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
	f.method.PredictionFailures++
	if len(f.method.Failures) < mostFailures {
		f.method.Failures = append(
			f.method.Failures,
			PredictionFailure{Segment: l.x, At: high, Why: l.differs(high, f.runs[high])},
		)
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

// verifyInside compares the prediction with runs at random points of the segment [l.x, end) and
// returns the end of the part in which it holds.
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

// add adds a segment. Neighbouring segments with the same signature and outcome form one cell.
func (f *finder) add(from, to int64, run *probed) {
	if n := len(f.cells); n > 0 && f.cells[n-1].Signature == run.signature &&
		slices.Equal(f.cells[n-1].Outcome, run.outcome) {
		f.cells[n-1].To = to
		return
	}
	f.cells = append(
		f.cells,
		Cell{From: from, To: to, Outcome: run.outcome, Failed: run.failed, Signature: run.signature},
	)
}

func (f *finder) answer() (*Windows, error) {
	s := f.search
	w := &Windows{
		Scenario: s.Values.Scenario().Name, Seed: s.Seed, Params: f.params, Probe: s.Probe.Name,
		From: int64(s.Probe.From), To: f.to, Cells: f.cells, Method: f.method,
		FailureWindows: []Interval{}, Edges: []Edge{},
	}
	for i, c := range f.cells {
		if i > 0 && c.Failed != f.cells[i-1].Failed {
			runs, err := f.at(c.From-max(1, f.step), c.From)
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
	w.Runs, w.Method.Basis = f.before+len(f.runs), f.conclude()
	w.Rules, w.UnmetRules = f.rules, f.rules.Unmet()
	return w, nil
}
