package plane

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Line is an edge as a function of y, with all numbers whole: at row y the first x on
// its right is floor((Rise*y + Offset) / Run), in nanoseconds. Rise/Run is in lowest
// terms, and Run is at least 1.
//
// An edge has that form wherever it is exact: event times are whole multiples of x and y
// plus a constant while the order of events stays the same, and the first x of an
// inequality q*x > p*y + c is such a floor.
type Line struct {
	Rise   int64 `json:"rise"`
	Run    int64 `json:"run"`
	Offset int64 `json:"offset_ns"`
}

// At returns the edge at row y.
func (l Line) At(y int64) int64 { return floorDiv(l.Rise*y+l.Offset, l.Run) }

// Equation writes the line as the first value of x on its right, for a reader:
// "x = 2*y + 11.000001ms", or with a fraction "x = (3*y + 5ms)/2".
func (l Line) Equation(x, y string) string {
	var right string
	offset := time.Duration(l.Offset)
	switch {
	case l.Rise == 0:
		return fmt.Sprintf("%s = %s", x, time.Duration(l.At(0)))
	case l.Rise == 1:
		right = y
	case l.Rise == -1:
		right = "-" + y
	default:
		right = fmt.Sprintf("%d*%s", l.Rise, y)
	}
	switch {
	case offset > 0 && l.Rise < 0: // the positive term first
		right = offset.String() + " - " + right[1:]
	case offset > 0:
		right += " + " + offset.String()
	case offset < 0:
		right += " - " + (-offset).String()
	}
	if l.Run != 1 {
		right = fmt.Sprintf("(%s)/%d", right, l.Run)
	}
	return x + " = " + right
}

// floorDiv divides and rounds down; b is positive.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// sum returns the sum of the line over the rows [from, to). The rows of one remainder
// by Run are an arithmetic series.
func (l Line) sum(from, to int64) *big.Int {
	total := new(big.Int)
	for r := range min(l.Run, to-from) {
		first := from + r
		n := (to - 1 - first) / l.Run // terms after the first, each Rise above the one before
		term := big.NewInt(n)
		term.Mul(term, big.NewInt(n+1))
		term.Rsh(term, 1)
		term.Mul(term, big.NewInt(l.Rise))
		total.Add(total, term)
		term.SetInt64(n + 1)
		total.Add(total, term.Mul(term, big.NewInt(l.At(first))))
	}
	return total
}

// Bounds of the slopes that are looked for. They keep Rise*y within 64 bits for every
// duration (1000 h are 3.6e15 ns); a steeper or finer slope is taken for a curve.
const (
	maxRise = 1000
	maxRun  = 24
)

// candidate is the lines of one slope that are in accord with the rows seen so far:
// those with an Offset in [low, high].
type candidate struct {
	rise, run int64
	low, high int64
}

// newCandidate returns the lines of the simplest slope through the edge at two rows.
// Rounding leaves the slope anywhere between (d-1)/n and (d+1)/n, exclusive.
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

// admit narrows the candidate to the lines through one more point, and tells whether
// there are any.
func (c *candidate) admit(y, e int64) bool {
	low := c.run*e - c.rise*y
	if low > c.high || low+c.run-1 < c.low {
		return false
	}
	c.low, c.high = max(c.low, low), min(c.high, low+c.run-1)
	return true
}

// telling returns a row of (from, to) at which not all lines of the candidate have the
// same edge; there is none if they are one on all of these rows.
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

// line returns the candidate's line, the lowest if several are the same on all rows.
func (c *candidate) line() Line { return Line{c.rise, c.run, c.low} }

// family is the edges of a row as functions of y, between cells of these labels.
type family struct {
	plain  bool // the labels are outcomes alone
	labels []string
	lines  []Line // one fewer than labels
}

// local returns the family through two neighbouring rows, if they have the same labels.
func local(a, b *row, plain bool) *family {
	v, w := a.of(plain), b.of(plain)
	if !slices.Equal(v.labels, w.labels) {
		return nil
	}
	f := &family{plain: plain, labels: v.labels}
	for i, e := range v.edges {
		rise := (w.edges[i] - e) / (b.y - a.y)
		if abs(rise) > maxRise {
			return nil
		}
		f.lines = append(f.lines, Line{rise, 1, e - rise*a.y})
	}
	return f
}

// predicts tells whether the row is as the family has it.
func (f *family) predicts(r *row) bool {
	if f == nil {
		return false
	}
	v := r.of(f.plain)
	if !slices.Equal(f.labels, v.labels) {
		return false
	}
	for i, l := range f.lines {
		if l.At(r.y) != v.edges[i] {
			return false
		}
	}
	return true
}

// last returns the last row from y towards limit at which every cell between the
// bounds of x has a width; y itself is one.
func (f *family) last(y, limit, from, to int64) int64 {
	step := int64(1)
	if limit < y {
		step = -1
	}
	reach := abs(limit - y)
	for i := range f.labels {
		left, right := Line{0, 1, from}, Line{0, 1, to}
		if i > 0 {
			left = f.lines[i-1]
		}
		if i < len(f.lines) {
			right = f.lines[i]
		}
		// The width is affine but for rounding: a bisection finds where it ends.
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

func abs(a int64) int64 { return max(a, -a) }

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// nearest returns a/b rounded to the nearest whole number; b is positive.
func nearest(a, b int64) int64 { return floorDiv(2*a+b, 2*b) }
