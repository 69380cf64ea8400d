package edges

import "slices"

// Family is the set of edges between the cells of a row, as functions of y.
type Family struct {
	Plain  bool     // the labels are outcomes only
	Labels []string // of the cells
	Lines  []Line   // one fewer than labels
}

// Local returns the family through two neighbouring rows; nil if their labels differ or an edge is
// too steep.
func Local(a, b *Row, plain bool) *Family {
	v, w := a.View(plain), b.View(plain)
	if !slices.Equal(v.Labels, w.Labels) {
		return nil
	}
	f := &Family{Plain: plain, Labels: v.Labels}
	for i, e := range v.Edges {
		rise := (w.Edges[i] - e) / (b.Y - a.Y)
		if abs(rise) > maxRise {
			return nil
		}
		f.Lines = append(f.Lines, Line{rise, 1, e - rise*a.Y})
	}
	return f
}

// Upright returns the family of a single row's outcomes, with every edge vertical.
func Upright(r *Row) *Family {
	f := &Family{Plain: true, Labels: r.Plain.Labels}
	for _, e := range r.Plain.Edges {
		f.Lines = append(f.Lines, Constant(e))
	}
	return f
}

// Predicts reports whether a row has the cells and edges of the family. It is false for a nil
// family.
func (f *Family) Predicts(r *Row) bool {
	if f == nil {
		return false
	}
	v := r.View(f.Plain)
	if !slices.Equal(f.Labels, v.Labels) {
		return false
	}
	for i, l := range f.Lines {
		if l.At(r.Y) != v.Edges[i] {
			return false
		}
	}
	return true
}

// Last returns the last row from y towards limit in which every cell between the bounds of x has a
// width. Row y itself counts as one.
func (f *Family) Last(y, limit, from, to int64) int64 {
	step := int64(1)
	if limit < y {
		step = -1
	}
	reach := abs(limit - y)
	for i := range f.Labels {
		left, right := Constant(from), Constant(to)
		if i > 0 {
			left = f.Lines[i-1]
		}
		if i < len(f.Lines) {
			right = f.Lines[i]
		}
		// Up to rounding, the width is affine: bisection finds where it ends.
		low, high := int64(0), reach+1
		for high-low > 1 {
			middle := low + (high-low)/2
			if right.At(y+step*middle) > left.At(y+step*middle) {
				low = middle
			} else {
				high = middle
			}
		}
		reach = low
	}
	return y + step*reach
}
