package edges

import "slices"

// Fit is the set of families that agree with all rows seen so far.
type Fit struct {
	plain      bool
	labels     []string
	candidates []candidate // one for each edge
}

// NewFit returns the families through two rows, with the simplest slope for each edge. It is false
// if the labels of the rows differ, or if no line goes through both ends of an edge.
func NewFit(a, b *Row, plain bool) (*Fit, bool) {
	v, w := a.View(plain), b.View(plain)
	if !slices.Equal(v.Labels, w.Labels) {
		return nil, false
	}
	f := &Fit{plain: plain, labels: v.Labels}
	for i, e := range v.Edges {
		c, ok := newCandidate(a.Y, e, b.Y, w.Edges[i])
		if !ok {
			return nil, false
		}
		f.candidates = append(f.candidates, c)
	}
	return f, true
}

// Admit excludes the families that do not go through another row. It is false if none is left; the
// fit must then not be used any more.
func (f *Fit) Admit(r *Row) bool {
	v := r.View(f.plain)
	if !slices.Equal(v.Labels, f.labels) {
		return false
	}
	for i := range f.candidates {
		if !f.candidates[i].admit(r.Y, v.Edges[i]) {
			return false
		}
	}
	return true
}

// Fractional reports whether some line has a fractional slope, so that rows repeat edges or skip
// values.
func (f *Fit) Fractional() bool {
	return slices.ContainsFunc(f.candidates, func(c candidate) bool { return c.run > 1 })
}

// Telling returns, for each edge whose remaining lines disagree somewhere between low and high, a
// row strictly between them where they disagree.
func (f *Fit) Telling(low, high int64) (ys []int64) {
	for i := range f.candidates {
		if y, ok := f.candidates[i].telling(low, high); ok {
			ys = append(ys, y)
		}
	}
	return ys
}

// Family returns the family with the lowest remaining line of each edge.
func (f *Fit) Family() *Family {
	g := &Family{Plain: f.plain, Labels: f.labels}
	for i := range f.candidates {
		g.Lines = append(g.Lines, f.candidates[i].line())
	}
	return g
}

// Bounds of the slopes that are tried. They keep Rise*y within 64 bits for every duration (1000 h
// are 3.6e15 ns). An edge with a steeper slope or a larger denominator counts as a curve.
const (
	maxRise = 1000
	maxRun  = 24
)

// candidate is the set of lines with one slope that agree with all rows seen so far: those with an
// Offset in [low, high].
type candidate struct {
	rise, run int64
	low, high int64
}

// newCandidate returns the lines with the simplest slope through the edge at two rows. Rounding
// leaves the slope anywhere between (d-1)/n and (d+1)/n, exclusive.
func newCandidate(y0, e0, y1, e1 int64) (candidate, bool) {
	n, d := y1-y0, e1-e0
	for q := int64(1); q <= maxRun; q++ {
		if abs(d) > maxRise*n {
			break
		}
		p := nearest(d*q, n) // |d*q| <= maxRise*maxRun*n
		if abs(p) > maxRise || p*n <= (d-1)*q || p*n >= (d+1)*q || q > 1 && gcd(abs(p), q) > 1 {
			continue
		}
		c := candidate{p, q, q*e0 - p*y0, q*e0 - p*y0 + q - 1}
		return c, c.admit(y1, e1)
	}
	return candidate{}, false
}

// admit excludes the lines that do not go through another point. It is false if none is left.
func (c *candidate) admit(y, e int64) bool {
	low := c.run*e - c.rise*y
	if low > c.high || low+c.run-1 < c.low {
		return false
	}
	c.low, c.high = max(c.low, low), min(c.high, low+c.run-1)
	return true
}

// telling returns a row in (from, to) at which the remaining lines have different edges. It is
// false if their edges are the same at all of these rows.
func (c *candidate) telling(from, to int64) (int64, bool) {
	if c.low == c.high {
		return 0, false
	}
	for y := from + 1; y < to && y <= from+c.run; y++ {
		if floorDiv(c.rise*y+c.low, c.run) != floorDiv(c.rise*y+c.high, c.run) {
			return y, true
		}
	}
	return 0, false
}

// line returns the lowest of the remaining lines.
func (c *candidate) line() Line { return Line{c.rise, c.run, c.low} }

func abs(a int64) int64 { return max(a, -a) }

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// nearest returns a/b rounded to the nearest integer; b must be positive.
func nearest(a, b int64) int64 { return floorDiv(2*a+b, 2*b) }
