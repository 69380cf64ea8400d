package plane

import (
	"math/big"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// piece is a trapezoid: the part of a strip between two neighbouring lines.
type piece struct {
	outcome []string
	failed  bool
	strip   *Strip
	at      int // its index in the strip

	parent *piece // in the union of the pieces of a region
	region int
}

// band is a range of rows [from, to) of one family.
type band struct {
	from, to int64
	family   *edges.Family
	cells    []search.Cell // one for each label
}

// strips turns leaves into strips. Leaves share their bounding rows, but each row goes to one
// strip. A row between leaves without a family is its own strip. Undecided rows are added to r.
func (c *cutter) strips(r *Regions) (strips []*Strip) {
	slices.SortFunc(c.leaves, func(a, b leaf) int { return int(min(1, max(-1, a.low-b.low))) })
	var bands []band
	next := r.Y.From // the first row not yet assigned
	single := func(y int64) {
		if row := c.rows[y]; row != nil && y == next {
			bands = append(bands, band{y, y + 1, edges.Upright(row), row.Plain.Cells})
			next = y + 1
		}
	}
	for _, l := range c.leaves {
		switch {
		case l.family != nil:
			bands = append(bands, band{next, l.high + 1, l.family, c.rows[l.low].View(l.family.Plain).Cells})
			next = l.high + 1
		case l.undecided:
			single(l.low)
			if until := l.high; c.rows[l.high] == nil {
				r.Undecided, next = append(r.Undecided, search.Interval{From: next, To: until + 1}), until+1
			} else if next < until {
				r.Undecided, next = append(r.Undecided, search.Interval{From: next, To: until}), until
			}
		default:
			single(l.low)
		}
	}
	single(r.Y.To - 1)
	for _, b := range c.merge(bands) {
		strips = append(strips, b.strip())
	}
	return strips
}

// merge joins neighbouring bands if the lines of one also fit the other.
func (c *cutter) merge(bands []band) (merged []band) {
	holds := func(f *edges.Family, b band) bool {
		for _, y := range append(c.between(b.from, b.to-1), b.from, b.to-1) {
			if row := c.rows[y]; row != nil && !f.Predicts(row) {
				return false
			}
		}
		return true
	}
	for _, b := range bands {
		if n := len(merged); n > 0 && merged[n-1].to == b.from {
			last := &merged[n-1]
			if last.family.Plain == b.family.Plain && slices.Equal(last.family.Labels, b.family.Labels) &&
				(holds(last.family, b) || holds(b.family, *last)) {
				if !holds(last.family, b) {
					last.family = b.family
				}
				last.to = b.to
				continue
			}
		}
		merged = append(merged, b)
	}
	return merged
}

// strip turns a band into a strip and joins its neighbouring cells with the same outcome.
func (b *band) strip() *Strip {
	s := &Strip{From: b.from, To: b.to, Lines: []edges.Line{}}
	for i, cell := range b.cells {
		if n := len(s.pieces); n > 0 && slices.Equal(s.pieces[n-1].outcome, cell.Outcome) {
			continue
		}
		if i > 0 {
			s.Lines = append(s.Lines, b.family.Lines[i-1])
		}
		s.pieces = append(s.pieces, &piece{outcome: cell.Outcome, failed: cell.Failed, strip: s, at: len(s.pieces)})
	}
	return s
}

// cuts returns where the pieces of a strip begin at a row, and where the last one ends. The row may
// be just outside the strip, where lines have met; a piece there has no width.
func (s *Strip) cuts(y int64, x ProbeAxis) []int64 {
	cuts := []int64{x.From}
	for i, l := range s.Lines {
		cuts = append(cuts, min(max(l.At(y), cuts[i]), x.To))
	}
	return append(cuts, x.To)
}

// bounds returns where a piece begins and ends at a row.
func (p *piece) bounds(y int64, x ProbeAxis) (left, right int64) {
	cuts := p.strip.cuts(y, x)
	return cuts[p.at], cuts[p.at+1]
}

// points counts the points of a piece.
func (p *piece) points(x ProbeAxis) *big.Int {
	s := p.strip
	side := func(i int, bound int64) *big.Int {
		if i < 0 || i >= len(s.Lines) {
			return edges.Constant(bound).Sum(s.From, s.To)
		}
		return s.Lines[i].Sum(s.From, s.To)
	}
	return new(big.Int).Sub(side(p.at, x.To), side(p.at-1, x.From))
}
