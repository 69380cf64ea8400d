package outcome

import (
	"cmp"
	"slices"
	"time"
)

// Interval is an interval of virtual time, [From, To). It is empty if To is not after From.
type Interval struct{ From, To time.Duration }

// Common returns the length of the time that lies in intervals of both lists.
func Common(a, b []Interval) (total time.Duration) {
	a, b = disjoint(a), disjoint(b)
	for len(a) > 0 && len(b) > 0 {
		total += max(0, min(a[0].To, b[0].To)-max(a[0].From, b[0].From))
		if a[0].To < b[0].To {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return total
}

// disjoint returns the intervals that cover the same time, in order and without overlaps.
func disjoint(list []Interval) []Interval {
	list = slices.DeleteFunc(slices.Clone(list), func(i Interval) bool { return i.To <= i.From })
	slices.SortFunc(list, func(a, b Interval) int { return cmp.Compare(a.From, b.From) })
	var out []Interval
	for _, i := range list {
		if n := len(out); n > 0 && i.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, i.To)
		} else {
			out = append(out, i)
		}
	}
	return out
}
