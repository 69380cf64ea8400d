package plane

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// inequality is run*x > rise*y + offset.
type inequality struct{ run, rise, offset int64 }

func (h inequality) holds(x, y int64) bool { return h.run*x > h.rise*y+h.offset }

// plant is a plane in which every outcome is known: the signature is which inequalities hold,
// and the outcome a function of that.
type plant struct {
	inequalities []inequality
	outcome      func(holds []bool) string
}

func (p *plant) at(x, y int64) (signature, outcome string) {
	holds := make([]bool, len(p.inequalities))
	for i, h := range p.inequalities {
		holds[i] = h.holds(x, y)
	}
	return fmt.Sprint(holds), p.outcome(holds)
}

// row is the exact row at y, as FindWindows would find it.
func (p *plant) row(m *Map, y int64) *search.Windows {
	cuts := []int64{int64(m.X.From), int64(m.X.To)}
	for _, h := range p.inequalities {
		if h.run == 0 {
			continue
		}
		at := (h.rise*y + h.offset) / h.run // where it turns, within 1
		for x := at - 1; x <= at+2; x++ {
			if x > int64(m.X.From) && x < int64(m.X.To) && h.holds(x-1, y) != h.holds(x, y) {
				cuts = append(cuts, x)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	w := &search.Windows{Runs: 10 * len(cuts)}
	for i := 1; i < len(cuts); i++ {
		signature, outcome := p.at(cuts[i-1], y)
		w.Cells = append(w.Cells, newCell(cuts[i-1], cuts[i], signature, outcome))
	}
	return w
}

func newCell(from, to int64, signature, outcome string) search.Cell {
	c := search.Cell{From: from, To: to, Signature: signature, Outcome: []string{}}
	if outcome != "" {
		c.Outcome, c.Failed = []string{outcome}, !strings.HasPrefix(outcome, "tolerated")
	}
	return c
}

// cutRows cuts a plane whose rows a function gives.
func cutRows(t *testing.T, m Map, workers int, row func(y int64) *search.Windows) *Regions {
	t.Helper()
	var err error
	if m.Values, err = (&scenarios.Scenario{Name: "planted"}).Resolve(nil); err != nil {
		t.Fatal(err)
	}
	c := newCutter(m, func(_ context.Context, y int64) (*search.Windows, error) { return row(y), nil })
	c.workers = workers
	if err := c.cut(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := c.regions()
	r.Runs, r.Stopped = c.runs, c.stopped
	return r
}

func (p *plant) regions(t *testing.T, m Map) *Regions {
	t.Helper()
	return cutRows(t, m, 1, func(y int64) *search.Windows { return p.row(&m, y) })
}

func plane(x, y time.Duration) Map {
	return Map{X: scenarios.ProbeRange{Name: "x", To: x}, Y: scenarios.ProbeRange{Name: "y", To: y}}
}

// randomPlant draws some lines, of all slopes, through a plane.
func randomPlant(random *rand.Rand, size int) *plant {
	p := &plant{outcome: func(holds []bool) string {
		n := 0
		for j, h := range holds {
			if h {
				n += 1 << j
			}
		}
		return []string{"", "one", "", "two", "tolerated", "one"}[(n*n+n/3)%6]
	}}
	for range 1 + random.IntN(5) {
		p.inequalities = append(p.inequalities, inequality{
			run: []int64{1, 1, 1, 2, -1, 3, 0}[random.IntN(7)], rise: int64(random.IntN(7) - 3),
			offset: int64(random.IntN(4*size) - 2*size),
		})
	}
	return p
}

// A plane that lines of any slope cut is known at every point, and so is the size of its
// regions: each row of the map is the row as it is.
func TestMapOfPlantedLines(t *testing.T) {
	seed := testkit.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	cases := testkit.Budget(30, 100, 1000)
	searched, all := 0, 0
	for i := range cases {
		size := []int{40, 300, 2000}[i%3]
		p := randomPlant(random, size)
		m := plane(time.Duration(size), time.Duration(size))
		m.Resolution, m.Seed = 1, seed+uint64(i)
		r := p.regions(t, m)
		counted := map[string]int64{}
		for y := range int64(size) {
			s := stripAt(r, y)
			if s == nil {
				t.Fatalf("case %d: no strip has row %d", i, y)
			}
			var want []search.Cell
			for _, c := range p.row(&m, y).Cells {
				if n := len(want); n > 0 && slices.Equal(want[n-1].Outcome, c.Outcome) {
					want[n-1].To = c.To
					continue
				}
				want = append(want, c)
			}
			var got []search.Cell
			at := int64(0)
			for j, name := range s.Regions {
				to := int64(size)
				if j < len(s.Lines) {
					to = s.Lines[j].At(y)
				}
				g := r.region(name)
				got = append(got, search.Cell{From: at, To: to, Outcome: g.Outcome, Failed: g.Failed})
				counted[name] += to - at
				at = to
			}
			for j := range want {
				want[j].Signature = ""
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf(
					"case %d, seed %d, inequalities %v, of %d: row %d of the map is\n%v, and it is\n%v", i, m.Seed,
					p.inequalities, size, y, got, want,
				)
			}
		}
		share := 0.0
		for _, g := range r.Regions {
			share += g.Share
			if g.Points.Int64() != counted[g.Name] {
				t.Fatalf("case %d: region %s has %d points, and %s are stated", i, g.Name, counted[g.Name], g.Points)
			}
		}
		if math.Abs(share-1) > 1e-9 || r.UndecidedShare != 0 {
			t.Fatalf("case %d: the shares sum up to %g, and %g is undecided", i, share, r.UndecidedShare)
		}
		if size == 2000 {
			searched, all = searched+r.Method.Rows, all+size
		}
	}
	t.Logf("of the rows of large planes, %d of %d were searched", searched, all)
	if searched > all/4 {
		t.Errorf("%d of %d rows of large planes were searched: are the lines of any use?", searched, all)
	}
}

func stripAt(r *Regions, y int64) *Strip {
	i := slices.IndexFunc(r.Strips, func(s Strip) bool { return s.From <= y && y < s.To })
	if i < 0 {
		return nil
	}
	return &r.Strips[i]
}

// The sum of the areas of polygons is that of the plane, but for rounding: they neither
// overlap nor leave a gap.
func TestPolygonsCoverThePlane(t *testing.T) {
	seed := testkit.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	const size = 1_000_000
	for i := range 200 {
		p := randomPlant(random, size)
		m := plane(size, size)
		m.Seed = seed + uint64(i)
		r := p.regions(t, m)
		for _, g := range r.Regions {
			total := 0.0
			for _, ring := range g.Polygon {
				total += area(ring)
			}
			points, _ := new(big.Float).SetInt(g.Points).Float64()
			if math.Abs(total-points) > 100*size { // a line's length times the slack, several times
				t.Errorf(
					"case %d, inequalities %v: polygon %v of region %s has an area of %g, and it has %g points", i,
					p.inequalities, g.Polygon, g.Name, total, points,
				)
			}
		}
	}
}

// A triangle in a plane of 100 ms: its sides are found as the lines that they are, its
// corners within a nanosecond, and its size exactly.
func TestMapOfPlantedTriangle(t *testing.T) {
	const ms = int64(time.Millisecond)
	p := plant{ // x > 20 ms, x < 80 ms - y, y > 10 ms
		inequalities: []inequality{{1, 0, 20 * ms}, {-1, 1, -80 * ms}, {0, -1, 10 * ms}},
		outcome:      func(h []bool) string { return map[bool]string{true: "failed"}[h[0] && h[1] && h[2]] },
	}
	r := p.regions(t, plane(100*time.Millisecond, 100*time.Millisecond))
	var equations []string
	for _, b := range r.Boundaries {
		equations = append(equations, fmt.Sprintf("%s|%s %s for %d..%d", b.Left, b.Right, b.Equation, b.From, b.To))
	}
	// Rows from 10.000001 ms on, of 50 ms - 2 ns points at most: x from 20.000001 ms to below 80 ms - y.
	want := []string{"B|A x = 20.000001ms for 10000001..59999999", "A|B x = 80ms - y for 10000001..59999999"}
	if !slices.Equal(equations, want) {
		t.Errorf("boundaries %q, want %q", equations, want)
	}
	level := Level{Below: "B", Above: "A", Y: 10*ms + 1, From: 20*ms + 1, To: 70*ms - 1, Fails: true}
	if len(r.Levels) != 1 || r.Levels[0] != level {
		t.Errorf("levels %+v, want %+v", r.Levels, level)
	}
	if n := 50*ms - 2; len(r.Regions) != 2 || r.Regions[0].Points.Cmp(big.NewInt(n*(n+1)/2)) != 0 {
		t.Errorf("regions %+v, want a triangle of %d points, and the rest", r.Regions, n*(n+1)/2)
	}
	corners := slices.Clone(r.Regions[0].Polygon[0])
	slices.SortFunc(corners, func(a, b point) int { return slices.Compare(a[:], b[:]) })
	if !slices.Equal(corners, []point{{20*ms + 1, 10*ms + 1}, {20*ms + 1, 60*ms - 1}, {70*ms - 1, 10*ms + 1}}) {
		t.Errorf("corners %v", corners)
	}
	if len(r.Regions[1].Polygon) != 2 || area(r.Regions[1].Polygon[1]) >= 0 {
		t.Errorf("the rest has the rings %v, want one around it and one around the hole", r.Regions[1].Polygon)
	}
	if r.Method.Rows > 150 {
		t.Errorf("%d rows", r.Method.Rows)
	}
}

// Where an edge is a curve, strips below the resolution are undecided, and all else is right.
func TestMapOfPlantedCurve(t *testing.T) {
	const size = 1 << 20
	m := plane(size, size)
	m.Resolution = size / 256
	edge := func(y int64) int64 { return y * y / size }
	r := cutRows(t, m, 2, func(y int64) *search.Windows {
		w := &search.Windows{Runs: 20, Cells: []search.Cell{newCell(0, max(1, edge(y)), "a", "")}}
		if at := max(1, edge(y)); at < size {
			w.Cells = append(w.Cells, newCell(at, size, "b", "failed"))
		}
		return w
	})
	if r.UndecidedShare == 0 {
		t.Error("a curve is decided")
	}
	for _, i := range r.Undecided {
		if i.To-i.From > int64(m.Resolution) {
			t.Errorf("rows [%d, %d) are undecided, with a resolution of %d", i.From, i.To, m.Resolution)
		}
	}
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	for range 10_000 {
		x, y := random.Int64N(size), random.Int64N(size)
		// A strip of lines holds a curve only where rounding hides the difference, at the rows
		// that were searched; it is flat over so few rows.
		if g, ok := r.At(x, y); ok && g.Failed != (x >= max(1, edge(y))) && max(x-edge(y), edge(y)-x) > 2 {
			t.Fatalf("at (%d, %d), %d from the edge, the map says %s", x, y, x-edge(y), g.Title())
		}
	}
}

// Where signatures change at a thousand levels of y and outcomes at none, the map goes by the
// outcomes, and takes no more rows than are good for it.
func TestMapOfManySignatures(t *testing.T) {
	const size = 1 << 30
	edge := func(y int64) int64 { return size/4 + y/2 }
	r := cutRows(t, plane(size, size), 2, func(y int64) *search.Windows {
		signature := fmt.Sprint("retransmissions: ", 1000*y/size)
		return &search.Windows{
			Runs: 20,
			Cells: []search.Cell{
				newCell(0, edge(y), signature, ""),
				newCell(edge(y), size, signature+" and a failure", "failed"),
			},
		}
	})
	if len(r.Regions) != 2 || len(r.Boundaries) != 1 ||
		r.Boundaries[0].Line != (edges.Line{Rise: 1, Run: 2, Offset: size / 2}) ||
		r.UndecidedShare != 0 {
		t.Errorf("regions %+v\nboundaries %+v\n%g undecided", r.Regions, r.Boundaries, r.UndecidedShare)
	}
	if r.Method.PlainShare < 0.5 || r.Method.Rows > 1000 {
		t.Errorf("method %+v", r.Method)
	}
}

// A map whose runs are used up says so, and is right where it says anything.
func TestMapOutOfRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	const size = 1_000_000
	stopped := 0
	for range 100 {
		p := randomPlant(random, size)
		m := plane(size, size)
		m.MaxRuns = 600
		r := p.regions(t, m)
		if r.Stopped == "" {
			continue
		}
		stopped++
		if r.Stopped != OutOfRuns || r.UndecidedShare == 0 || r.Runs < m.MaxRuns || r.Runs > 10*m.MaxRuns {
			t.Errorf("stopped %q after %d runs, with %g undecided", r.Stopped, r.Runs, r.UndecidedShare)
		}
		for range 1000 {
			x, y := random.Int64N(size), random.Int64N(size)
			if g, ok := r.At(x, y); ok {
				if _, outcome := p.at(x, y); strings.Join(g.Outcome, "") != outcome {
					t.Fatalf(
						"inequalities %v: at (%d, %d) the map says %s, and it is %q", p.inequalities, x, y, g.Title(),
						outcome,
					)
				}
			}
		}
	}
	if stopped == 0 {
		t.Error("no map was stopped")
	}
}

func TestRegionNames(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := regionName(i); got != want {
			t.Errorf("region %d is %s, want %s", i, got, want)
		}
	}
}
