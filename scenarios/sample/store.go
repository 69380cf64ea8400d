package sample

import (
	"sort"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Store keeps the replications of one sweep where they outlast the process: see
// package store.
type Store interface {
	// Recall calls f for each replication that was kept before, in the order of the
	// design points and, within one, of the replications, until f returns an error,
	// which it then returns. The difference is that which a verification found, or nil.
	Recall(f func(point, replication int, o run.Result, d *Difference) error) error

	// Keep keeps a replication that was performed just now. It may return before that
	// is done; then it is a later call that reports what went wrong.
	Keep(point, replication int, o run.Result, d *Difference) error
}

// recall counts the replications that the store of the sweep holds, if it has one, and
// returns the others. A store may hold more replications of a point than the sweep
// asks for; they are left aside.
func (r *Results) recall(progress func()) (missing, error) {
	var m missing
	next := 0 // all below are counted, or among the missing
	if r.Sweep.Store != nil {
		err := r.Sweep.Store.Recall(func(point, replication int, o run.Result, d *Difference) error {
			if replication >= r.Sweep.Replications {
				return nil
			}
			i := point*r.Sweep.Replications + replication
			m.add(next, i)
			next = i + 1
			if progress != nil {
				progress()
			}
			job, err := r.Sweep.job(i)
			if err != nil {
				return err
			}
			if err := r.count(i, &job, o, d); err != nil {
				return err
			}
			r.Sweep.tell(point, replication, &o)
			return nil
		})
		if err != nil {
			return m, err
		}
	}
	m.add(next, r.Total)
	return m, nil
}

// missing is the replications of a sweep that are still to be performed. It takes
// memory for each gap between those that are there, not for each replication: there
// is one gap for each point to which replications are added, and some for each time
// that the sweep was interrupted.
type missing struct {
	gaps  []gap
	total int
}

// gap is replications that follow one another.
type gap struct {
	first  int // index, over all points
	before int // how many are missing before it
}

// add adds the replications from first to end-1, which are behind all that were added
// before.
func (m *missing) add(first, end int) {
	if first < end {
		m.gaps = append(m.gaps, gap{first, m.total})
		m.total += end - first
	}
}

// at returns the index of the k-th, from 0, that is missing.
func (m *missing) at(k int) int {
	g := m.gaps[sort.Search(len(m.gaps), func(i int) bool { return m.gaps[i].before > k })-1]
	return g.first + k - g.before
}

// end returns the index behind the k-th gap.
func (m *missing) end(k int) int {
	next := m.total
	if k+1 < len(m.gaps) {
		next = m.gaps[k+1].before
	}
	return m.gaps[k].first + next - m.gaps[k].before
}

// has tells whether a replication is missing.
func (m *missing) has(i int) bool {
	k := sort.Search(len(m.gaps), func(k int) bool { return m.gaps[k].first > i }) - 1
	return k >= 0 && i < m.end(k)
}

// points returns the points of so many replications each of which some are missing.
func (m *missing) points(size int) (list []int) {
	next := 0
	for k, g := range m.gaps {
		for next = max(next, g.first/size); next*size < m.end(k); next++ {
			list = append(list, next)
		}
	}
	return list
}

// without returns what is still missing when from says of each point which replications
// are not any more: all those before a number, and, unless the rest is wanted, all others.
// dropped counts those others.
func (m *missing) without(size int, from func(point int) (first int, rest bool)) (left missing, dropped int) {
	for k, g := range m.gaps {
		for begin, end := g.first, m.end(k); begin < end; {
			point := begin / size
			stop := min(end, (point+1)*size)
			first, rest := from(point)
			if begin = min(stop, max(begin, point*size+first)); rest {
				left.add(begin, stop)
			} else {
				dropped += stop - begin
			}
			begin = stop
		}
	}
	return left, dropped
}

// KeepFirst inserts an element into a list that is ordered by at, and keeps the first
// maxAborted of it: which ones these are does not depend on the order in which
// replications came to their end.
func KeepFirst[T any](list []T, element T, at func(*T) int) []T {
	i := sort.Search(len(list), func(i int) bool { return at(&list[i]) > at(&element) })
	if i == maxAborted {
		return list
	}
	list = append(list, element)
	copy(list[i+1:], list[i:])
	list[i] = element
	return list[:min(len(list), maxAborted)]
}

// Collector sums up measures of replications, as those of a Point are.
type Collector struct{ point Point }

// Add adds what one replication reported. It reports a negative value.
func (c *Collector) Add(measures map[string]int64) error { return c.point.collect(measures) }

// Measures returns what was added, by name, and begins anew.
func (c *Collector) Measures() map[string]Measure {
	c.point.sumUp()
	m := c.point.Measures
	c.point = Point{}
	return m
}
