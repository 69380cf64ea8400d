package plane

import (
	"math/big"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Regions is the answer to a Map. Points are pairs of whole nanoseconds; x and y are the
// values of the two probes.
type Regions struct {
	Scenario       string            `json:"scenario"`
	Seed           uint64            `json:"seed"`
	Params         map[string]string `json:"params"`
	X              ProbeAxis         `json:"x"`
	Y              ProbeAxis         `json:"y"`
	Regions        []Region          `json:"regions"`
	Boundaries     []Boundary        `json:"boundaries"`
	Levels         []Level           `json:"levels"`
	Strips         []Strip           `json:"strips"`
	Undecided      []search.Interval `json:"undecided"`       // rows that no strip has
	UndecidedShare float64           `json:"undecided_share"` // of the plane
	Runs           int               `json:"runs"`
	Stopped        string            `json:"stopped,omitempty"` // why the map is not whole
	Method         MapMethod         `json:"method"`
}

// ProbeAxis is a probe with its range [From, To).
type ProbeAxis struct {
	Name string `json:"probe"`
	From int64  `json:"from_ns"`
	To   int64  `json:"to_ns"`
}

// Region is a maximal connected area of one outcome.
type Region struct {
	Name    string   `json:"name"` // A, B, ...: those that fail first, and the larger first
	Outcome []string `json:"outcome"`
	Failed  bool     `json:"failed"`
	Points  *big.Int `json:"points"` // of the plane: its area in square nanoseconds
	Share   float64  `json:"share"`  // of the points of the plane

	// Polygon is the rings around the region, each a list of [x, y]: with the region on
	// the left, so that a ring around a hole runs clockwise. A corner that is within a few
	// nanoseconds of a straight line is left out; Strips has every point.
	Polygon [][][2]int64 `json:"polygon"`
}

// Boundary is an edge between two regions: the rows [From, To) in which it is a line.
type Boundary struct {
	Left     string `json:"left"` // names of the regions
	Right    string `json:"right"`
	Line     Line   `json:"line"`
	Equation string `json:"equation"` // the first x of the right region
	From     int64  `json:"from_ns"`  // in y
	To       int64  `json:"to_ns"`
	Fails    bool   `json:"fails"` // one of the two fails, and the other does not
}

// Level is a value of y at which one region ends and another begins, for x in [From, To).
type Level struct {
	Below string `json:"below"`
	Above string `json:"above"`
	Y     int64  `json:"at_ns"` // the first row of the region above
	From  int64  `json:"from_ns"`
	To    int64  `json:"to_ns"`
	Fails bool   `json:"fails"`
}

// Strip is the rows [From, To), all of them cut by the same lines into pieces of regions.
type Strip struct {
	From    int64    `json:"from_ns"`
	To      int64    `json:"to_ns"`
	Regions []string `json:"regions"` // from left to right
	Lines   []Line   `json:"lines"`   // between them

	pieces []*piece
}

// piece is a trapezoid: the part of a strip between two neighbouring lines.
type piece struct {
	outcome []string
	failed  bool
	strip   *Strip
	at      int // its place in the strip

	parent *piece // of the union that joins the pieces of a region
	region int
}

// MapMethod states how regions were found, and what that proves.
type MapMethod struct {
	Name string `json:"name"`
	Rows int    `json:"rows"` // searches along x

	// LargestGap is the largest number of rows in turn of a strip that were not searched: a
	// region that opens and closes within it, while the order of events on every row
	// around it stays what it is and every edge stays on its line, would have been missed.
	LargestGap     int64 `json:"largest_unsearched_gap_ns"`
	LargestGapFrom int64 `json:"largest_unsearched_gap_from_ns"`

	// RowGap is the largest of the rows' own intervals in x in which a prediction failed; see
	// Method.LargestUnverifiedGap.
	RowGap     int64 `json:"largest_unverified_gap_ns"`
	RowGapFrom int64 `json:"largest_unverified_gap_from_ns"`
	RowGapRow  int64 `json:"largest_unverified_gap_row_ns"`

	// PlainShare counts the rows, as a share of the range of y, of strips in which the order of
	// events changes too often with y to be followed: rows in between have the same outcomes
	// there, and nothing is known of their signatures.
	PlainShare float64 `json:"plain_share"`

	// Points of the plane, drawn at random, were run in the end and held against the map:
	// so many agreed in a row.
	Points int `json:"points"`

	// PointRuns counts the replications of all such points, PointsDiffered those that
	// were not as the map had it: strips were searched again for them.
	PointRuns      int `json:"point_runs"`
	PointsDiffered int `json:"points_differed"`

	// Contradictions are points at which the final map is wrong: the search along x has missed
	// them too.
	Contradictions []Contradiction `json:"contradictions"`
}

const mapMethodName = "rows searched along x, lines and meetings, verified"

// regions joins what is decided into regions.
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

// band is rows [from, to) of one family.
type band struct {
	from, to int64
	family   *family
	cells    []search.Cell // of the labels
}

// strips turns leaves into strips. Leaves share their bounding rows, and each row goes to
// one strip; a row between leaves that are no family is a strip of its own. Rows of the
// undecided are added to r.
func (c *cutter) strips(r *Regions) (strips []*Strip) {
	slices.SortFunc(c.leaves, func(a, b leaf) int { return int(min(1, max(-1, a.low-b.low))) })
	var bands []band
	next := r.Y.From // the first row that has no place yet
	single := func(y int64) {
		if row := c.rows[y]; row != nil && y == next {
			f := &family{plain: true, labels: row.plain.labels}
			for _, e := range row.plain.edges {
				f.lines = append(f.lines, Line{0, 1, e})
			}
			bands = append(bands, band{y, y + 1, f, row.plain.cells})
			next = y + 1
		}
	}
	for _, l := range c.leaves {
		switch {
		case l.family != nil:
			bands = append(bands, band{next, l.high + 1, l.family, c.rows[l.low].of(l.family.plain).cells})
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

// merge joins neighbouring bands of which one has the lines of the other too.
func (c *cutter) merge(bands []band) (merged []band) {
	holds := func(f *family, b band) bool {
		for _, y := range append(c.between(b.from, b.to-1), b.from, b.to-1) {
			if row := c.rows[y]; row != nil && !f.predicts(row) {
				return false
			}
		}
		return true
	}
	for _, b := range bands {
		if n := len(merged); n > 0 && merged[n-1].to == b.from {
			last := &merged[n-1]
			if last.family.plain == b.family.plain && slices.Equal(last.family.labels, b.family.labels) &&
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

// strip joins a band's cells of one outcome.
func (b *band) strip() *Strip {
	s := &Strip{From: b.from, To: b.to, Lines: []Line{}}
	for i, cell := range b.cells {
		if n := len(s.pieces); n > 0 && slices.Equal(s.pieces[n-1].outcome, cell.Outcome) {
			continue
		}
		if i > 0 {
			s.Lines = append(s.Lines, b.family.lines[i-1])
		}
		s.pieces = append(s.pieces, &piece{outcome: cell.Outcome, failed: cell.Failed, strip: s, at: len(s.pieces)})
	}
	return s
}

// cuts returns where the pieces of a strip begin at a row, and where the last ends. The row
// may be one beside the strip, where lines have met: a piece has no width there.
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
			return Line{0, 1, bound}.sum(s.From, s.To)
		}
		return s.Lines[i].sum(s.From, s.To)
	}
	return new(big.Int).Sub(side(p.at, x.To), side(p.at-1, x.From))
}

// root returns the piece that stands for the whole union.
func (p *piece) root() *piece {
	for p.parent != nil {
		p = p.parent
	}
	return p
}

// join joins pieces of one outcome that touch. Two pieces of neighbouring strips touch if
// they share values of x at the border, each continued by its lines to the other's row:
// a piece may be narrower than it is oblique.
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

// name makes the regions, in their order, and names them.
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

// ratio divides whole numbers.
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

// account states the largest gaps.
func (c *cutter) account(r *Regions) {
	for _, l := range c.leaves {
		if l.family == nil {
			continue
		}
		if l.family.plain {
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
	for _, y := range c.between(r.Y.From-1, r.Y.To) {
		if row := c.rows[y]; row.gap > r.Method.RowGap {
			r.Method.RowGap, r.Method.RowGapFrom, r.Method.RowGapRow = row.gap, row.gapAt, y
		}
	}
}

// At returns the region of a point, and false if it is outside the plane or undecided.
func (r *Regions) At(x, y int64) (*Region, bool) {
	i, ok := slices.BinarySearchFunc(r.Strips, y, func(s Strip, y int64) int {
		switch {
		case s.To <= y:
			return -1
		case s.From > y:
			return 1
		}
		return 0
	})
	if !ok || x < r.X.From || x >= r.X.To {
		return nil, false
	}
	s := &r.Strips[i]
	at := 0
	for at < len(s.Lines) && x >= s.Lines[at].At(y) {
		at++
	}
	return r.region(s.Regions[at]), true
}

func (r *Regions) region(name string) *Region {
	i := slices.IndexFunc(r.Regions, func(g Region) bool { return g.Name == name })
	return &r.Regions[i]
}

// Title is the outcome of the region as a reader sees it.
func (g *Region) Title() string {
	if len(g.Outcome) == 0 {
		return "clean"
	}
	return strings.Join(g.Outcome, ", ")
}
