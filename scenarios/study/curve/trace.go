package curve

import (
	"math"
	"strconv"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

const (
	pixel     = 1. / 1000 // of the whole width: what changes little within it is drawn as a line
	mostExtra = 100       // searches between the points of the design, of a figure
)

// lines are the failure windows as functions of x.
type lines struct {
	from, to int64         // the searched range
	family   *edges.Family // nil: the windows do not move
	cells    []search.Cell // between the lines; without a family, fixed is used
	fixed    []search.Interval
	unit     float64 // rows of the family in one of x
}

// row returns the row of the family at x: the whole number of nanoseconds of a duration that is x
// milliseconds, say. A study writes x with ten digits, and reading a duration drops what is less than
// a nanosecond.
func (l *lines) row(x float64) int64 {
	written, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 10, 64), 64)
	if err != nil { // it is not finite
		written = x
	}
	return int64(math.Floor(written*l.unit + 1e-5))
}

// at returns the windows at x. Their number is always the same; some may be empty.
func (l *lines) at(x float64) (list []search.Interval) {
	if l.family == nil {
		return l.fixed
	}
	from, y := l.from, l.row(x)
	for i, c := range l.cells {
		to := l.to
		if i < len(l.family.Lines) {
			to = l.family.Lines[i].At(y)
		}
		if c.Failed {
			list = append(list, search.Interval{From: from, To: to})
		}
		from = to
	}
	return list
}

// follower follows one row.
type follower struct {
	*searcher
	row    int
	height func(float64) float64
	width  float64
	trace  Trace
}

// trace follows a row from the first point of the design to the last.
func (s *searcher) trace(row int, height func(float64) float64) (Trace, error) {
	f := follower{searcher: s, row: row, height: height, width: s.X[len(s.X)-1] - s.X[0]}
	var nodes []node
	for _, x := range s.X {
		n, err := s.node(row, x)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	for i := range nodes[1:] {
		var known *lines
		if i > 0 {
			known = joined(nodes[i-1], nodes[i], nodes[i+1])
		}
		if known == nil && i+2 < len(nodes) {
			known = joined(nodes[i], nodes[i+1], nodes[i+2])
		}
		if err := f.between(nodes[i], nodes[i+1], known); err != nil {
			return nil, err
		}
	}
	return f.trace, nil
}

// add adds a piece at the end.
func (f *follower) add(points []Point, known bool) {
	if n := len(f.trace); n > 0 && f.trace[n-1].Known && known {
		f.trace[n-1].Points = append(f.trace[n-1].Points, points[1:]...)
		return
	}
	f.trace = append(f.trace, Piece{points, known})
}

// follow adds the curve between two points, with known windows, if it can be followed.
func (f *follower) follow(left, right node, known *lines) bool {
	if known == nil {
		return false
	}
	points, ok := follow(f.function(known), left.x, right.x, f.width)
	if ok {
		f.add(points, true)
	}
	return ok
}

// between follows the curve from one point whose windows are known to another. known, if not nil, has
// the windows between them.
func (f *follower) between(left, right node, known *lines) error {
	if f.follow(left, right, known) {
		return nil
	}
	ends := []Point{{left.x, left.probability()}, {right.x, right.probability()}}
	inclined := math.Abs(f.height(ends[1].Y)-f.height(ends[0].Y)) > 5*fine
	if w := right.x - left.x; w <= pixel*f.width && !inclined || w <= pixel*f.width/64 {
		f.add(ends, true)
		return nil
	}
	x := left.x + (right.x-left.x)/2
	_, key, err := f.integral(f.row, x)
	switch {
	case err != nil: // nothing between the points can be run, or not exactly
		f.add(ends, false)
		return nil
	case key == left.key && key == right.key:
		w := left.windows
		if !f.follow(left, right, &lines{from: w.From, to: w.To, fixed: w.FailureWindows}) {
			f.add(ends, false)
		}
		return nil
	case f.extra >= mostExtra:
		f.add(ends, false)
		return nil
	}
	middle, err := f.search(f.row, x)
	if err != nil {
		return err
	}
	if f.follow(left, right, joined(left, middle, right)) {
		return nil
	}
	return f.split(left, middle, right)
}

// split follows the curve in parts. If lines join the second half, the first half, or the points
// around the middle, they may hold beyond, up to where two of them meet.
func (f *follower) split(left, middle, right node) error {
	low, high := middle, middle // between which lines are known
	var known *lines
	second, err := f.halfway(middle, right)
	if err != nil {
		return err
	}
	if second != nil {
		low, high, known = middle, right, joined(middle, *second, right)
	}
	if known == nil {
		first, err := f.halfway(left, middle)
		if err != nil {
			return err
		}
		if first != nil {
			low, high, known = left, middle, joined(left, *first, middle)
		}
		if known == nil && first != nil && second != nil {
			low, high, known = *first, *second, joined(*first, middle, *second)
		}
	}
	if known == nil {
		low, high = middle, middle
	}
	if low, err = f.reach(known, low, left); err != nil {
		return err
	}
	if high, err = f.reach(known, high, right); err != nil {
		return err
	}
	for _, part := range []struct {
		from, to node
		known    *lines
	}{{left, low, nil}, {low, high, known}, {high, right, nil}} {
		if part.from.x < part.to.x {
			if err := f.between(part.from, part.to, part.known); err != nil {
				return err
			}
		}
	}
	return nil
}

// halfway returns the point halfway between two; nil if it cannot be known.
func (f *follower) halfway(left, right node) (*node, error) {
	x := left.x + (right.x-left.x)/2
	if _, _, err := f.integral(f.row, x); err != nil || f.extra >= mostExtra {
		return nil, nil
	}
	n, err := f.search(f.row, x)
	return &n, err
}

// reach returns the last point from a point towards a limit at which lines predict the windows: where
// two of them meet, or just before the limit. It returns the point itself if they do not hold there.
func (f *follower) reach(l *lines, from, limit node) (node, error) {
	if l == nil || from.x == limit.x {
		return from, nil
	}
	y := l.family.Last(l.row(from.x), l.row(limit.x), l.from, l.to)
	switch {
	case y < l.row(from.x):
		y = max(y, l.row(limit.x)+1)
	case y > l.row(from.x):
		y = min(y, l.row(limit.x)-1)
	}
	x := float64(y) / l.unit
	if y == l.row(from.x) || f.extra >= mostExtra {
		return from, nil
	}
	if _, _, err := f.integral(f.row, x); err != nil {
		return from, nil
	}
	last, err := f.search(f.row, x)
	if err != nil || !l.family.Predicts(edges.NewRow(y, last.windows)) {
		return from, err
	}
	return last, nil
}

// search searches the windows at a point between those of the design.
func (s *searcher) search(row int, x float64) (node, error) {
	_, key, err := s.integral(row, x)
	if err != nil {
		return node{}, err
	}
	if s.groups[key] == nil {
		s.extra++
		s.coverAll(x)
	}
	return s.node(row, x)
}

// probability returns the exact probability at a point.
func (n *node) probability() float64 {
	p, _ := n.windows.Exact(n.distribution)
	return p
}

// function returns the probability as a function of x, with known windows.
func (f *follower) function(l *lines) func(float64) (value, bool) {
	return func(x float64) (v value, ok bool) {
		values, err := f.Values(f.row, x)
		if err != nil {
			return v, false
		}
		d := values.Distribution(f.Probe)
		if d.Below(float64(l.from))+d.AtLeast(float64(l.to)) > negligible {
			return v, false
		}
		for _, i := range l.at(x) {
			v.y += distribution.Probability(d, time.Duration(i.From), time.Duration(i.To))
			v.parts = append(v.parts, d.Below(float64(i.From)), d.Below(float64(i.To)))
		}
		v.height = f.height(v.y)
		return v, true
	}
}

// negligible is the probability of a latency outside the searched range that no drawing shows.
const negligible = 1e-9

// joined returns the windows between two points, if their edges lie on straight lines with those at a
// point between them, to the nanosecond; otherwise nil.
func joined(left, middle, right node) *lines {
	if left.key == right.key {
		return nil // the windows do not move
	}
	for _, unit := range []float64{1e9, 1e6, 1e3, 1} { // nanoseconds in one of x, if x is a time
		l := lines{
			from: min(left.windows.From, right.windows.From), to: max(left.windows.To, right.windows.To), unit: unit,
		}
		if math.Abs(right.x*unit) > 1e15 || l.row(right.x)-l.row(left.x) < 2 {
			continue
		}
		low := edges.NewRow(l.row(left.x), left.windows)
		fit, ok := edges.NewFit(low, edges.NewRow(l.row(right.x), right.windows), false)
		if ok && fit.Admit(edges.NewRow(l.row(middle.x), middle.windows)) {
			l.family, l.cells = fit.Family(), low.Signatures.Cells
			return &l
		}
	}
	return nil
}
