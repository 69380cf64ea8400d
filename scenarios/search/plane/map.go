package plane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
	"github.com/dtlssim/dtlssim/scenarios/seed"
)

// Map asks for the regions of equal outcome in the plane of two probes.
type Map struct {
	Values scenarios.Values // of all other parameters
	Seed   uint64
	X, Y   scenarios.ProbeRange
	Fail   scenarios.Predicate

	// Resolution is the height in y at or below which a strip is left undecided if its rows follow
	// no straight lines; 0 means 1/1024 of the range of Y. Straight edges, and levels of y at which
	// the rows change, are found to the nanosecond whatever the resolution.
	Resolution time.Duration

	// MaxRuns bounds the replications: a map that needs more is returned as far as it is known. The
	// bound is checked before every batch of rows. 0 means DefaultMaxRuns.
	MaxRuns int
}

// DefaultMaxRuns is the default bound of a map's replications.
const DefaultMaxRuns = 1_000_000

// search returns the search for the row at y.
func (m *Map) search(y int64) (search.Search, error) {
	v, err := m.Values.With(m.Y.Name, time.Duration(y))
	// A map looks for what is hidden at random points of the plane, and not in each row.
	return search.Search{
		Values: v, Seed: m.Seed, Probe: m.X, Fail: m.Fail, Sampling: search.Sampling{Runs: -1}, Part: true,
	}, err
}

// Check returns an error that lists every fault of the question.
func (m *Map) Check() error {
	x := search.Search{Values: m.Values, Probe: m.X}
	y := search.Search{Values: m.Values, Probe: m.Y}
	faults := []error{x.Check()}
	if err := y.Check(); err != nil && (faults[0] == nil || err.Error() != faults[0].Error()) {
		faults = append(faults, err)
	}
	if m.X.Name == m.Y.Name {
		faults = append(faults, fmt.Errorf("probe: parameter %s is varied twice: a map takes two parameters", m.X.Name))
	}
	if m.Resolution < 0 {
		faults = append(faults, fmt.Errorf("a resolution of %s is out of range: at least 1ns", m.Resolution))
	}
	if m.MaxRuns < 0 {
		faults = append(faults, fmt.Errorf("%d runs at most: want at least 1", m.MaxRuns))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	row, err := m.search(int64(m.Y.From))
	if err != nil {
		return err
	}
	return row.Check()
}

// resolution returns the resolution in nanoseconds.
func (m *Map) resolution() int64 {
	if m.Resolution == 0 {
		return max(1, int64(m.Y.To-m.Y.From)/1024)
	}
	return int64(m.Resolution)
}

// FindRegions finds the regions of the plane with searches along x at rows of y.
//
// If two rows have the same cells, and their edges lie on lines with integer coefficients (see
// edges.Line), the rows in the middle and at a seeded random place are searched and compared with
// the lines, to the nanosecond. If they agree, the strip between the two rows is cut into
// trapezoids. Elsewhere, as along a single probe, the search jumps to where the lines of
// neighbouring edges meet. Where a prediction fails, it bisects. The cells of a row are those by
// signature, not only by outcome, so that rows with the same cells have the same order of all
// events. Only where signatures change with y too often for that are cells taken by outcome.
//
// In the end, replications at seeded random points of the plane are compared with the regions. A
// strip in which one differs is searched again, with a row through the point.
//
// progress, if not nil, is called with the share of the range of Y that is decided. If ctx ends, or
// the runs are used up, the answer holds what was found until then.
func FindRegions(ctx context.Context, runner run.Runner, m Map, progress func(share float64)) (*Regions, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	var rules run.Collector
	runner = rules.Over(runner)
	params := maps.Clone(m.Values.Text())
	delete(params, m.X.Name)
	delete(params, m.Y.Name)
	c := newCutter(m, func(ctx context.Context, y int64) (*search.Windows, error) {
		row, err := m.search(y)
		if err != nil {
			return nil, err
		}
		return search.FindWindows(ctx, runner, row)
	})
	c.workers, c.progress = runner.Size(), progress
	if err := c.cut(ctx); err != nil {
		return nil, err
	}
	r := c.regions()
	for range maxChecks {
		if c.stopped != "" {
			break
		}
		wrong, err := r.check(ctx, runner, &m)
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if err != nil {
			c.stopped = Interrupted
			break
		}
		again, err := c.again(ctx, wrong)
		if err != nil {
			return nil, err
		}
		if !again {
			break
		}
		method := r.Method
		r = c.regions()
		r.Method.PointsDiffered = method.PointsDiffered
		r.Method.PointRuns = method.PointRuns
	}
	for _, p := range []scenarios.ProbeRange{m.X, m.Y} {
		if rule := search.IdleProbe(m.Values.Scenario(), p.Name, rules.Rules()); rule != "" {
			r.Idle = append(r.Idle, Idle{p.Name, rule})
			r.Method.RowBasis = r.Method.RowBasis.And(search.IdleBasis(p.Name, rule))
		}
	}
	r.Params, r.Runs, r.Stopped = params, c.runs+r.Method.PointRuns, c.stopped
	return r, nil
}

// The reasons why a map is incomplete.
const (
	Interrupted = "interrupted"
	OutOfRuns   = "the runs were used up"
)

// cutter is the state of a search.
type cutter struct {
	ask      Map
	search   func(ctx context.Context, y int64) (*search.Windows, error)
	workers  int
	progress func(float64)

	rows    map[int64]*edges.Row
	runs    int // of the rows
	leaves  []leaf
	stopped string
}

func newCutter(m Map, search func(ctx context.Context, y int64) (*search.Windows, error)) *cutter {
	return &cutter{ask: m, search: search, workers: 1, rows: map[int64]*edges.Row{}}
}

// batch is how many rows are searched before the number of runs is checked again.
const batch = 32

// cut cuts the whole range.
func (c *cutter) cut(ctx context.Context) error {
	low, high := int64(c.ask.Y.From), int64(c.ask.Y.To)-1
	return c.refine(ctx, []interval{{low: low, high: high}})
}

// refine decides intervals, one level after another. It searches all rows that a level's intervals
// need in parallel. Its decisions depend only on the rows.
func (c *cutter) refine(ctx context.Context, pending []interval) error {
	for len(pending) > 0 {
		var next []interval
		var wanted []int64
		for _, iv := range pending {
			want, parts, done := c.decide(iv)
			switch {
			case len(want) > 0:
				wanted = append(wanted, want...)
				next = append(next, iv)
			case done != nil:
				c.leaves = append(c.leaves, *done)
			default:
				next = append(next, parts...)
			}
		}
		pending = next
		c.tell(pending)
		slices.Sort(wanted)
		for part := range slices.Chunk(slices.Compact(wanted), batch) {
			if err := c.searchRows(ctx, part); err != nil {
				return err
			}
			if c.stopped != "" {
				for _, iv := range pending {
					c.leaves = append(c.leaves, leaf{low: iv.low, high: iv.high, undecided: true})
				}
				return nil
			}
		}
	}
	return nil
}

// searchRows searches rows in parallel, unless the runs are used up.
func (c *cutter) searchRows(ctx context.Context, ys []int64) error {
	most := c.ask.MaxRuns
	if most == 0 {
		most = DefaultMaxRuns
	}
	if c.runs >= most {
		c.stopped = OutOfRuns
		return nil
	}
	var mu sync.Mutex
	err := run.Spread(ctx, c.workers, len(ys), func(ctx context.Context, i int) error {
		w, err := c.search(ctx, ys[i])
		if err != nil {
			return fmt.Errorf("at %s=%s: %w", c.ask.Y.Name, time.Duration(ys[i]), err)
		}
		mu.Lock()
		defer mu.Unlock()
		c.rows[ys[i]] = edges.NewRow(ys[i], w)
		c.runs += w.Runs
		return nil
	})
	if err != nil && ctx.Err() != nil {
		c.stopped = Interrupted
		return nil
	}
	return err
}

// tell reports the progress.
func (c *cutter) tell(pending []interval) {
	if c.progress == nil {
		return
	}
	left := int64(0)
	for _, iv := range pending {
		left += iv.high - iv.low
	}
	c.progress(1 - float64(left)/float64(max(1, c.ask.Y.To-c.ask.Y.From)))
}

// again searches each strip again in which a point differs from the map, with a row through the
// point. It reports whether any strip was searched again: if the new row is as the strip predicts,
// the row search itself missed the point, and the strip stays.
func (c *cutter) again(ctx context.Context, wrong []Contradiction) (bool, error) {
	var ys []int64
	for _, p := range wrong {
		if c.rows[p.Y] == nil {
			ys = append(ys, p.Y)
		}
	}
	slices.Sort(ys)
	if err := c.searchRows(ctx, slices.Compact(ys)); err != nil || c.stopped != "" {
		return false, err
	}
	var pending []interval
	c.leaves = slices.DeleteFunc(c.leaves, func(l leaf) bool {
		for _, y := range ys {
			if l.family != nil && l.low < y && y < l.high && !l.family.Predicts(c.rows[y]) {
				pending = append(pending, interval{low: l.low, high: l.high})
				return true
			}
		}
		return false
	})
	return len(pending) > 0, c.refine(ctx, pending)
}

// randomRow returns a seeded random row strictly between two rows.
func (c *cutter) randomRow(low, high int64) int64 {
	s := seed.MapRow(c.ask.Seed, c.ask.Values.Scenario().Name, low, high)
	return low + 1 + int64(s.Uint64()%uint64(high-low-1))
}
