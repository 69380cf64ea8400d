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

// keepFirst inserts an element into a list that is ordered by at, and keeps the first
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
