package explore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
)

// halfPlane is an inequality run*x > rise*y + offset.
type halfPlane struct{ run, rise, offset int64 }

func (h halfPlane) holds(x, y int64) bool { return h.run*x > h.rise*y+h.offset }

// plant is a plane whose outcome is known: its shape is which inequalities hold, and its
// outcome a function of that.
type plant struct {
	planes  []halfPlane
	outcome func(holds []bool) string
}

func (p *plant) at(x, y int64) (shape, outcome string) {
	holds := make([]bool, len(p.planes))
	for i, h := range p.planes {
		holds[i] = h.holds(x, y)
	}
	return fmt.Sprint(holds), p.outcome(holds)
}

// row is the exact row at y: what FindWindows finds.
func (p *plant) row(m *Map, y int64) *Windows {
	cuts := []int64{int64(m.X.From), int64(m.X.To)}
	for _, h := range p.planes {
		if h.run == 0 {
			continue
		}
		at := (h.rise*y + h.offset) / h.run // where it turns, within 1
		for x := at - 1; x <= at+2; x++ {
			if x > cuts[0] && x < int64(m.X.To) && h.holds(x-1, y) != h.holds(x, y) {
				cuts = append(cuts, x)
			}
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	w := &Windows{Runs: 10 * len(cuts)}
	for i := 1; i < len(cuts); i++ {
		shape, outcome := p.at(cuts[i-1], y)
		c := Cell{From: cuts[i-1], To: cuts[i], Shape: shape}
		if outcome != "" {
			c.Outcome, c.Failed = []string{outcome}, !strings.HasPrefix(outcome, "tolerated")
		}
		w.Cells = append(w.Cells, c)
	}
	return w
}

func (p *plant) regions(t *testing.T, m Map) *Regions {
	t.Helper()
	m.Scenario = &scenarios.Scenario{Name: "planted"}
	c := newCutter(m, func(_ context.Context, y int64) (*Windows, error) { return p.row(&m, y), nil })
	if err := c.cut(context.Background()); err != nil {
		t.Fatal(err)
	}
	r := c.regions()
	r.Runs, r.Stopped = c.runs, c.stopped
	return r
}

func plane(x, y time.Duration) Map {
	return Map{X: scenarios.ProbeRange{Name: "x", To: x}, Y: scenarios.ProbeRange{Name: "y", To: y}}
}

func seed(t *testing.T) uint64 {
	s := uint64(time.Now().UnixNano())
	if text := os.Getenv("DTLSSIM_SEED"); text != "" {
		s, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("repeat with DTLSSIM_SEED=%d", s)
	return s
}

// Of planes cut by lines of any slope, the map has every point as it is.
func TestMapOfPlantedLines(t *testing.T) {
	seed := seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range 3000 {
		const size = 60
		p := plant{outcome: func(holds []bool) string {
			n := 0
			for j, h := range holds {
				if h {
					n += 1 << j
				}
			}
			return []string{"", "one", "", "two", "tolerated", "one"}[(n*n+n/3)%6]
		}}
		for range 1 + random.IntN(5) {
			p.planes = append(p.planes, halfPlane{
				run: []int64{1, 1, 1, 2, -1, 3, 0}[random.IntN(7)], rise: int64(random.IntN(7) - 3), offset: int64(random.IntN(4*size) - 2*size),
			})
		}
		m := plane(size, size)
		m.Resolution, m.Seed = 1, seed+uint64(i)
		r := p.regions(t, m)
		counted := map[string]int64{}
		for y := range int64(size) {
			for x := range int64(size) {
				_, outcome := p.at(x, y)
				g, ok := r.At(x, y)
				if !ok || strings.Join(g.Outcome, "") != outcome {
					t.Fatalf("case %d, planes %v: at (%d, %d) the map has %v, and there is %q\nstrips %+v", i, p.planes, x, y, g, outcome, r.Strips)
				}
				counted[g.Name]++
			}
		}
		for _, g := range r.Regions {
			if g.Points.Int64() != counted[g.Name] {
				t.Fatalf("case %d: region %s has %d points, and %s are counted", i, g.Name, counted[g.Name], g.Points)
			}
		}
	}
}

// Large planes: lines are found as they are, with a few rows.
func TestMapOfPlantedTriangle(t *testing.T) {
	const ms = int64(time.Millisecond)
	// x > 20 ms, x < 80 ms - y, y > 10 ms: a triangle with corners (20, 10), (70, 10), (20, 60).
	p := plant{
		planes:  []halfPlane{{1, 0, 20 * ms}, {-1, 1, -80 * ms}, {0, -1, 10 * ms}},
		outcome: func(h []bool) string { return map[bool]string{true: "failed"}[h[0] && h[1] && h[2]] },
	}
	r := p.regions(t, plane(100*time.Millisecond, 100*time.Millisecond))
	for _, g := range r.Regions {
		t.Logf("%s %s %g %v", g.Name, g.Title(), g.Share, g.Polygon)
	}
	for _, b := range r.Boundaries {
		t.Logf("%s|%s %s %d..%d", b.Left, b.Right, b.Equation, b.From, b.To)
	}
	t.Logf("%+v %+v", r.Levels, r.Method)
}
