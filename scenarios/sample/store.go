package sample

import (
	"sort"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Store keeps the replications of one sweep beyond the end of the process. See package store.
type Store interface {
	// Recall calls f for each stored replication, ordered by design point and then by replication.
	// If f returns an error, Recall stops and returns it. d is the difference that a verification
	// found, or nil.
	Recall(f func(point, replication int, o run.Result, d *Difference) error) error

	// Keep stores a replication that has just been performed. It may return before the replication
	// is stored; a later call then returns the error, if any.
	Keep(point, replication int, o run.Result, d *Difference) error
}

// recall counts the replications in the sweep's store, if there is one, and returns the missing
// ones. A store may hold more replications of a point than the sweep asks for; these are ignored.
func (r *Results) recall(runner run.Runner, progress func()) (missing, error) {
	var m missing
	next := 0 // all below are counted or recorded as missing
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
			run.Recalled(runner, &job, &o)
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

// missing is the set of replications that are still to be performed. It needs memory for each gap
// between the stored replications, not for each replication: one gap per point to which
// replications are added, and a few for each interruption of the sweep.
type missing struct {
	gaps  []gap
	total int
}

// gap is a run of consecutive replications.
type gap struct {
	first  int // index, over all points
	before int // how many are missing before it
}

// add adds the replications from first to end-1. They must come after all that were added before.
func (m *missing) add(first, end int) {
	if first < end {
		m.gaps = append(m.gaps, gap{first, m.total})
		m.total += end - first
	}
}

// at returns the index of the k-th missing replication, counted from 0.
func (m *missing) at(k int) int {
	g := m.gaps[sort.Search(len(m.gaps), func(i int) bool { return m.gaps[i].before > k })-1]
	return g.first + k - g.before
}

// end returns the index just past the k-th gap.
func (m *missing) end(k int) int {
	next := m.total
	if k+1 < len(m.gaps) {
		next = m.gaps[k+1].before
	}
	return m.gaps[k].first + next - m.gaps[k].before
}

// has reports whether a replication is missing.
func (m *missing) has(i int) bool {
	k := sort.Search(len(m.gaps), func(k int) bool { return m.gaps[k].first > i }) - 1
	return k >= 0 && i < m.end(k)
}

// points returns the points that miss replications. Each point has size replications.
func (m *missing) points(size int) (list []int) {
	next := 0
	for k, g := range m.gaps {
		for next = max(next, g.first/size); next*size < m.end(k); next++ {
			list = append(list, next)
		}
	}
	return list
}

// without returns what is still missing after some replications of each point are removed. For each
// point, from returns the number of its first replications that are no longer missing, and whether
// the rest is still wanted; if not, the rest is removed too. dropped counts the removed rest.
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

// KeepFirst inserts an element into a list ordered by at, and keeps the first maxAborted elements.
// The result does not depend on the order in which replications finish.
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

// Collector summarizes measures of replications in the same way as a Point does.
type Collector struct{ point Point }

// Add adds the measures of one replication. A negative value is an error.
func (c *Collector) Add(measures map[string]int64) error { return c.point.collect(measures) }

// Measures returns the summaries of the added measures, by name, and resets the collector.
func (c *Collector) Measures() map[string]Measure {
	c.point.sumUp()
	m := c.point.Measures
	c.point = Point{}
	return m
}
