package plane

import (
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// interval is the range of rows from low to high. Both of these rows have been searched or will be
// next; the rows between them are undecided.
type interval struct {
	low, high int64

	// below and above are families that hold at low and at high as far as is known; nil means the
	// family of the bounding row and its neighbour inside.
	below, above *edges.Family

	stuck int // how many consecutive jumps gained little

	// plain merges cells with the same outcome, whatever their signatures.
	plain bool
}

// leaf is a decided interval: its rows belong to a family, or its two rows are neighbours and
// differ, or it is left undecided.
type leaf struct {
	low, high int64
	family    *edges.Family
	undecided bool
}

const (
	// few is the height up to which an interval is searched row by row, whatever the resolution:
	// where several lines meet, rounding makes a few rows differ.
	few = 16

	// patience is how many consecutive jumps may gain little before an interval is bisected.
	patience = 4

	// plainBelow sets the height (the range of y divided by plainBelow) up to which an interval
	// becomes plain if its bounding rows do not predict the middle. Where the number of an
	// endpoint's retransmissions depends on y, signatures change at hundreds of levels and outcomes
	// at none.
	plainBelow = 32
)

// decide decides an interval, or returns the rows that it needs first, or cuts the interval into
// parts.
//
// Invariant: every part is lower than the interval or knows more about it; the parts share their
// bounding rows and cover the interval.
func (c *cutter) decide(iv interval) (want []int64, parts []interval, done *leaf) {
	if want = c.missing(iv.low, iv.high); want != nil {
		return want, nil, nil
	}
	low, high := c.rows[iv.low], c.rows[iv.high]
	if iv.low == iv.high {
		return nil, nil, &leaf{low: iv.low, high: iv.high}
	}
	if slices.Equal(low.View(iv.plain).Labels, high.View(iv.plain).Labels) {
		family, want, odd := c.fit(iv.low, iv.high, iv.plain)
		switch {
		case want != nil:
			return want, nil, nil
		case family != nil:
			return nil, nil, &leaf{low: iv.low, high: iv.high, family: family}
		case odd != iv.high: // a row inside differs
			return nil, iv.split(odd), nil
		}
	}
	if iv.high == iv.low+1 {
		return nil, nil, &leaf{low: iv.low, high: iv.high}
	}
	if want = c.missing(c.neighbours(iv)...); want != nil {
		return want, nil, nil
	}
	below, above := iv.below, iv.above
	if below == nil {
		below = edges.Local(low, c.rows[iv.low+1], iv.plain)
	}
	if above == nil {
		above = edges.Local(c.rows[iv.high-1], high, iv.plain)
	}
	iv.below, iv.above = below, above
	if cuts := c.meetings(iv, below, above); len(cuts) > 0 && iv.stuck < patience {
		if want = c.missing(cuts...); want != nil {
			return want, nil, nil
		}
		return nil, iv.split(cuts...), nil
	}
	middle := iv.low + (iv.high-iv.low)/2
	if want = c.missing(middle); want != nil {
		return want, nil, nil
	}
	up, down := below.Predicts(c.rows[middle]), above.Predicts(c.rows[middle])
	if height := iv.high - iv.low; !up && !down && height > few {
		switch {
		case !iv.plain && plainBelow*height <= int64(c.ask.Y.To-c.ask.Y.From):
			return nil, []interval{{low: iv.low, high: iv.high, plain: true}}, nil
		case height <= c.ask.resolution():
			return nil, nil, &leaf{low: iv.low, high: iv.high, undecided: true}
		}
	}
	iv.stuck = 0
	parts = iv.split(middle)
	if up {
		parts[1].below = below
	}
	if down {
		parts[0].above = above
	}
	return nil, parts, nil
}

// neighbours returns the rows that determine the families at an interval's bounds.
func (c *cutter) neighbours(iv interval) (ys []int64) {
	if iv.below == nil {
		ys = append(ys, iv.low+1)
	}
	if iv.above == nil {
		ys = append(ys, iv.high-1)
	}
	return ys
}

// missing returns those of the rows that have not been searched.
func (c *cutter) missing(ys ...int64) (missing []int64) {
	for _, y := range ys {
		if c.rows[y] == nil {
			missing = append(missing, y)
		}
	}
	return missing
}

// meetings returns the rows inside an interval at which cells of its bounding rows end, according
// to the lines of their edges: the last row of the old cells and the first row of the new ones.
func (c *cutter) meetings(iv interval, below, above *edges.Family) (cuts []int64) {
	from, to := int64(c.ask.X.From), int64(c.ask.X.To)
	last, first := iv.low, iv.high
	if below != nil {
		last = below.Last(iv.low, iv.high, from, to)
	}
	if above != nil {
		first = above.Last(iv.high, iv.low, from, to)
	}
	if last < iv.high {
		cuts = append(cuts, last, last+1)
	}
	if first > iv.low {
		cuts = append(cuts, first-1, first)
	}
	cuts = slices.DeleteFunc(cuts, func(y int64) bool { return y <= iv.low || y >= iv.high })
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// split cuts an interval at inner rows.
func (iv interval) split(at ...int64) (parts []interval) {
	from := iv.low
	for _, y := range append(at, iv.high) {
		part := interval{low: from, high: y, plain: iv.plain}
		if from == iv.low {
			part.below = iv.below
		}
		if y == iv.high {
			part.above = iv.above
		}
		if 8*(y-from) > 7*(iv.high-iv.low) {
			part.stuck = iv.stuck + 1
		}
		parts = append(parts, part)
		from = y
	}
	return parts
}

// fit returns the family of the rows from low to high, which have the same labels. It may instead
// ask for more rows first, or return a row that contradicts the two; this is high if no lines go
// through both.
func (c *cutter) fit(low, high int64, plain bool) (f *edges.Family, want []int64, odd int64) {
	fit, ok := edges.NewFit(c.rows[low], c.rows[high], plain)
	if !ok {
		return nil, nil, high
	}
	for _, y := range c.between(low, high) {
		if !fit.Admit(c.rows[y]) {
			return nil, nil, y
		}
	}
	switch {
	case high-low <= few || fit.Fractional() && high-low <= 4*few: // lines of many slopes fit a few rows
		for y := low + 1; y < high; y++ {
			want = append(want, c.missing(y)...)
		}
	default:
		want = c.missing(low+(high-low)/2, c.randomRow(low, high))
	}
	if want = append(want, c.missing(fit.Telling(low, high)...)...); want != nil {
		return nil, want, 0
	}
	return fit.Family(), nil, 0
}

// between returns the searched rows strictly between two rows, in order.
func (c *cutter) between(low, high int64) (ys []int64) {
	for y := range c.rows {
		if low < y && y < high {
			ys = append(ys, y)
		}
	}
	slices.Sort(ys)
	return ys
}
