package plane

import (
	"math/big"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/search"
)

const mapMethodName = "rows searched along x, lines and meetings, verified"

// regions joins the decided parts into regions.
func (c *cutter) regions() *Regions {
	m := &c.ask
	r := &Regions{
		Scenario: m.Values.Scenario().Name, Seed: m.Seed,
		X: ProbeAxis{m.X.Name, int64(m.X.From), int64(m.X.To)}, Y: ProbeAxis{m.Y.Name, int64(m.Y.From), int64(m.Y.To)},
		Boundaries: []Boundary{}, Levels: []Level{}, Strips: []Strip{}, Undecided: []search.Interval{},
		Regions: []Region{},
		Method:  MapMethod{Name: mapMethodName, Rows: len(c.rows), Contradictions: []Contradiction{}},
	}
	strips := c.strips(r)
	join(strips, r.X, m.resolution())
	r.name(strips)
	r.outline(strips)
	r.border(strips)
	for _, s := range strips {
		r.Strips = append(r.Strips, *s)
	}
	c.account(r)
	return r
}

// root returns the piece that represents the whole union.
func (p *piece) root() *piece {
	for p.parent != nil {
		p = p.parent
	}
	return p
}

// join joins touching pieces with the same outcome. Two pieces of neighbouring strips touch if they
// share values of x at the border, at either of the two rows there. Lines are extended to the other
// strip's row, because a slanted piece may be narrower than its shift from row to row.
func join(strips []*Strip, x ProbeAxis, resolution int64) {
	for i := 1; i < len(strips); i++ {
		below, above := strips[i-1], strips[i]
		if above.From-below.To > resolution {
			continue
		}
		for _, y := range []int64{above.From, below.To - 1} {
			a, b := below.cuts(y, x), above.cuts(y, x)
			for j, p := range below.pieces {
				for k, q := range above.pieces {
					if max(a[j], b[k]) < min(a[j+1], b[k+1]) && slices.Equal(p.outcome, q.outcome) {
						if p, q := p.root(), q.root(); p != q {
							q.parent = p
						}
					}
				}
			}
		}
	}
}

// name creates the regions, in their order, and names them.
func (r *Regions) name(strips []*Strip) {
	total := new(big.Int).Mul(big.NewInt(r.X.To-r.X.From), big.NewInt(r.Y.To-r.Y.From))
	var roots []*piece
	points := map[*piece]*big.Int{}
	for _, s := range strips {
		for _, p := range s.pieces {
			root := p.root()
			if points[root] == nil {
				points[root] = new(big.Int)
				roots = append(roots, root)
			}
			points[root].Add(points[root], p.points(r.X))
		}
	}
	slices.SortStableFunc(roots, func(a, b *piece) int {
		if a.failed != b.failed {
			if a.failed {
				return -1
			}
			return 1
		}
		return points[b].Cmp(points[a])
	})
	decided := new(big.Int)
	for i, root := range roots {
		root.region = i
		r.Regions = append(r.Regions, Region{
			Name: regionName(
				i,
			), Outcome: root.outcome, Failed: root.failed, Points: points[root], Share: ratio(points[root], total),
		})
		decided.Add(decided, points[root])
	}
	r.UndecidedShare = ratio(decided.Sub(total, decided), total)
	for _, s := range strips {
		for _, p := range s.pieces {
			s.Regions = append(s.Regions, r.Regions[p.root().region].Name)
		}
	}
}

// ratio returns a/b.
func ratio(a, b *big.Int) float64 {
	f, _ := new(big.Rat).SetFrac(a, b).Float64()
	return f
}

// regionName returns A to Z, AA, AB, ...
func regionName(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}

// account records the largest gaps.
func (c *cutter) account(r *Regions) {
	for _, l := range c.leaves {
		if l.family == nil {
			continue
		}
		if l.family.Plain {
			r.Method.PlainShare += float64(l.high-l.low) / float64(r.Y.To-r.Y.From)
		}
		at := l.low
		for _, y := range append(c.between(l.low, l.high), l.high) {
			if gap := y - at - 1; gap > r.Method.LargestGap {
				r.Method.LargestGap, r.Method.LargestGapFrom = gap, at+1
			}
			at = y
		}
	}
	r.Method.RowBasis = search.Basis{Proved: true}
	for _, y := range c.between(r.Y.From-1, r.Y.To) {
		r.Method.RowBasis = r.Method.RowBasis.And(c.rows[y].Basis)
		if row := c.rows[y]; row.Gap > r.Method.RowGap {
			r.Method.RowGap, r.Method.RowGapFrom, r.Method.RowGapRow = row.Gap, row.GapAt, y
		}
	}
}
