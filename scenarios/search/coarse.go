package search

import (
	"fmt"
	"slices"
	"time"
)

// Programs read clocks in microseconds or milliseconds. The times of their runs are then no affine functions
// of the probe, and each microsecond would be a segment of its own. For a scenario that says so
// (scenarios.Scenario.Coarse), the search runs values at equal distances, and halves the distance
// between two neighbours with different outcomes until they are one nanosecond apart. So edges are
// exact, and nothing is proved: runs at random values look for windows between the values. Cells are
// told apart by their outcomes only.
const (
	coarseValues     = 64
	coarseRandomRuns = 60
)

// coarse reports whether the search is one by bisection.
func (f *finder) coarse() bool { return f.step == 0 && f.search.Values.Scenario().Coarse }

// cutCoarsely finds the cells of the range, with the random values that an earlier cut did not know.
func (f *finder) cutCoarsely() error {
	from, to := int64(f.search.Probe.From), int64(f.search.Probe.To)
	if f.search.Probe.Open() {
		return fmt.Errorf("%s has programs: give the range of %s an end", f.search.Values.Scenario().Name,
			f.search.Probe.Name)
	}
	f.to, f.cells = to, nil
	step := max(1, (to-from)/coarseValues)
	f.method = Method{
		Name: fmt.Sprintf("bisection between values at most %s apart", time.Duration(step)), Bisected: true,
	}
	values := append([]int64{to - 1}, f.hidden...)
	for x := from; x < to; x += step {
		values = append(values, x)
	}
	slices.Sort(values)
	values = slices.Compact(values)
	for points := range slices.Chunk(values, randomBatch) {
		if _, err := f.at(points...); err != nil {
			return err
		}
	}
	for i, x := range values {
		if i > 0 {
			if err := f.between(values[i-1], x); err != nil {
				return err
			}
		}
		f.add(x, x+1, f.runs[x])
	}
	return nil
}

// between finds the cells between two values that have run, the second excluded, and notes the distances that
// no run looks into.
func (f *finder) between(low, high int64) error {
	if slices.Equal(f.runs[low].outcome, f.runs[high].outcome) {
		f.add(low, high, f.runs[low])
		if gap := high - low - 1; gap > f.method.LargestUnverifiedGap {
			f.method.LargestUnverifiedGap, f.method.LargestUnverifiedGapFrom = gap, low+1
		}
		return nil
	}
	if high-low <= 1 {
		return nil
	}
	middle := low + (high-low)/2
	if _, err := f.at(middle); err != nil {
		return err
	}
	if err := f.between(low, middle); err != nil {
		return err
	}
	f.add(middle, middle+1, f.runs[middle])
	return f.between(middle, high)
}
