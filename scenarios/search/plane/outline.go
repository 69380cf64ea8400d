package plane

import (
	"math"
	"slices"
	"sort"
)

// point is a point of the plane.
type point = [2]int64

// side is a directed part of a region's outline, with the region on its left.
type side struct{ from, to point }

// outline draws the rings around every region.
func (r *Regions) outline(strips []*Strip) {
	sides := make([][]side, len(r.Regions))
	for _, s := range strips {
		for _, p := range s.pieces {
			i := p.root().region
			a, b := p.bounds(s.From, r.X)
			c, d := p.bounds(s.To, r.X)
			sides[i] = append(sides[i], side{point{b, s.From}, point{d, s.To}}, side{point{c, s.To}, point{a, s.From}})
		}
	}
	for i := 0; i <= len(strips); i++ { // the border under strip i
		var below, above *Strip
		if i > 0 {
			below = strips[i-1]
		}
		if i < len(strips) {
			above = strips[i]
		}
		if below != nil && above != nil && below.To != above.From {
			r.levels(sides, below.To, below, nil)
			below = nil
		}
		if above != nil {
			r.levels(sides, above.From, below, above)
		} else if below != nil {
			r.levels(sides, below.To, below, nil)
		}
	}
	for i := range r.Regions {
		r.Regions[i].Polygon = rings(sides[i])
	}
}

// levels adds those parts of the border at y that belong to a region's outline: where the regions
// on the two sides differ.
func (r *Regions) levels(sides [][]side, y int64, below, above *Strip) {
	eachPart(y, r.X, below, above, func(from, to int64, p, q *piece) {
		if p != nil && q != nil && p.root() == q.root() {
			return
		}
		if q != nil {
			sides[q.root().region] = append(sides[q.root().region], side{point{from, y}, point{to, y}})
		}
		if p != nil {
			sides[p.root().region] = append(sides[p.root().region], side{point{to, y}, point{from, y}})
		}
	})
}

// eachPart cuts a border at y wherever a piece of either strip ends, and calls f with the pieces
// below and above each part; nil if there is no strip.
func eachPart(y int64, x ProbeAxis, below, above *Strip, f func(from, to int64, p, q *piece)) {
	cuts := []int64{x.From, x.To}
	none := func(int64) *piece { return nil }
	pieces := [2]func(int64) *piece{none, none}
	for i, s := range []*Strip{below, above} {
		if s != nil {
			own := s.cuts(y, x)
			cuts = append(cuts, own...)
			pieces[i] = func(at int64) *piece {
				return s.pieces[sort.Search(len(s.pieces), func(j int) bool { return own[j+1] > at })]
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := 1; i < len(cuts); i++ {
		f(cuts[i-1], cuts[i], pieces[0](cuts[i-1]), pieces[1](cuts[i-1]))
	}
}

// rings chains sides into rings. Where several sides leave a point, the ring takes the leftmost
// one, so it stays on one side of a point where a region touches itself.
func rings(sides []side) [][]point {
	leaving := map[point][]int{}
	for i, s := range sides {
		if s.from != s.to {
			leaving[s.from] = append(leaving[s.from], i)
		}
	}
	used := make([]bool, len(sides))
	out := [][]point{}
	for i, s := range sides {
		if used[i] || s.from == s.to {
			continue
		}
		var ring []point
		for at := i; at >= 0; {
			used[at] = true
			ring = append(ring, sides[at].from)
			next, best := -1, math.Inf(-1)
			for _, j := range leaving[sides[at].to] {
				if turn := turning(sides[at], sides[j]); !used[j] && turn > best {
					next, best = j, turn
				}
			}
			at = next
		}
		if ring = straighten(ring); len(ring) > 2 {
			out = append(out, ring)
		}
	}
	slices.SortStableFunc(out, func(a, b []point) int { // the outer ring first
		switch x, y := math.Abs(area(a)), math.Abs(area(b)); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return out
}

// turning returns the angle of the left turn from one side to the next.
func turning(a, b side) float64 {
	ax, ay := float64(a.to[0]-a.from[0]), float64(a.to[1]-a.from[1])
	bx, by := float64(b.to[0]-b.from[0]), float64(b.to[1]-b.from[1])
	return math.Atan2(ax*by-ay*bx, ax*bx+ay*by)
}

// slack is how far, in nanoseconds, an omitted corner may be from a straight line.
const slack = 8

// straighten omits corners caused by rounding: those close to the line through the corners before
// and after.
func straighten(ring []point) []point {
	for changed := true; changed && len(ring) > 3; {
		changed = false
		for i := 0; i < len(ring) && len(ring) > 3; i++ {
			a, b, c := ring[(i+len(ring)-1)%len(ring)], ring[i], ring[(i+1)%len(ring)]
			if distance(b, a, c) <= slack && math.Abs(turning(side{a, b}, side{b, c})) < math.Pi/2 ||
				distance(b, a, a) <= slack {
				ring = slices.Delete(ring, i, i+1)
				i--
				changed = true
			}
		}
	}
	return ring
}

// distance returns the distance of p from the line through a and b, or from a if a and b are the
// same point.
func distance(p, a, b point) float64 {
	dx, dy := float64(b[0]-a[0]), float64(b[1]-a[1])
	px, py := float64(p[0]-a[0]), float64(p[1]-a[1])
	if length := math.Hypot(dx, dy); length > 0 {
		return math.Abs(px*dy-py*dx) / length
	}
	return math.Hypot(px, py)
}

// area returns the area of a ring; it is negative if the ring runs clockwise.
func area(ring []point) float64 {
	total := 0.0
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		total += (float64(p[0]) - float64(q[0])) * (float64(p[1]) + float64(q[1])) / 2
	}
	return total
}
