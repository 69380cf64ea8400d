package figure

import (
	"image/color"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Place is a point of a map, given by the values of its two probes.
type Place [2]time.Duration

// Area is a region of a map.
type Area struct {
	Name    string
	Outcome string // text of its fill in the legend
	Failed  bool
	Fill    paint.Fill

	// Rings are drawn together: a ring in the opposite direction is a hole.
	Rings [][]Place
}

// Divide is a straight boundary between regions.
type Divide struct {
	From, To Place
	Strong   bool   // exactly one of the two sides fails
	Label    string // written along the boundary if there is room
}

// PlaneAxis is one of the two axes of a map.
type PlaneAxis struct {
	Name     string
	From, To time.Duration
}

// Map is a map of regions.
type Map struct {
	Title    string
	X, Y     PlaneAxis
	Areas    []Area
	Divides  []Divide
	Unknown  [][2]time.Duration // unknown intervals of y
	Sentence string
}

// patch is the colour behind a region's name.
var patch = color.RGBA{0xe9, 0xe9, 0xe9, 0xff}

// Draw draws the map: the regions in the colours of their outcomes, with their names inside if they
// fit, and the lines of the boundaries.
func (m Map) Draw() Figure {
	p := plot.New()
	p.Title.Text = m.Title
	chart := &mapChart{Map: m, x: unitOf(m.X.To), y: unitOf(m.Y.To)}
	p.X.Label.Text, p.Y.Label.Text = m.X.Name+" ("+chart.x.name+")", m.Y.Name+" ("+chart.y.name+")"
	p.X.Min, p.X.Max = chart.x.of(m.X.From), chart.x.of(m.X.To)
	p.Y.Min, p.Y.Max = chart.y.of(m.Y.From), chart.y.of(m.Y.To)
	p.X.Tick.Marker, p.Y.Tick.Marker = decimalTicks{}, decimalTicks{}
	p.X.Padding, p.Y.Padding = 2, 2
	fills, areas, names := regions{}, map[region][]string{}, map[region]string{}
	for _, a := range m.Areas {
		key := region{a.Outcome, a.Failed}
		fills[key], areas[key] = a.Fill, append(areas[key], a.Name)
		names[key] = shorten(areas[key]) + ": "
	}
	entries := fills.legend(&p.Legend, names)
	if len(m.Unknown) > 0 {
		p.Legend.Add("not known", swatch{paint.Fill{Base: paint.Unknown}})
		entries++
	}
	p.Add(data{chart})
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, 480, m.Sentence).withLegend(legend, entries)
}

// mostNames is the largest number of regions with one outcome that the legend names.
const mostNames = 6

func shorten(names []string) string {
	if len(names) > mostNames {
		return strings.Join(names[:mostNames], ", ") + ", ..."
	}
	return strings.Join(names, ", ")
}

// unitOf returns the unit in which an axis up to a given time is shown.
func unitOf(to time.Duration) timeUnit {
	switch {
	case to >= longRange:
		return timeUnit{"s", time.Second}
	case to < 10*time.Microsecond:
		return timeUnit{"ns", time.Nanosecond}
	case to < time.Millisecond:
		return timeUnit{"µs", time.Microsecond}
	}
	return timeUnit{"ms", time.Millisecond}
}

type mapChart struct {
	Map
	x, y timeUnit
}

var _ plot.Plotter = (*mapChart)(nil)

// Plot implements plot.Plotter.
func (m *mapChart) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	at := func(q Place) vg.Point { return vg.Point{X: tx(m.x.of(q[0])), Y: ty(m.y.of(q[1]))} }
	for _, span := range m.Unknown {
		unknown := paint.Fill{Base: paint.Unknown}
		unknown.Paint(c, corners(vg.Rectangle{Min: at(Place{m.X.From, span[0]}), Max: at(Place{m.X.To, span[1]})}))
	}
	outlines := make([][][]vg.Point, len(m.Areas))
	for i, a := range m.Areas {
		for _, ring := range a.Rings {
			var points []vg.Point
			for _, q := range ring {
				points = append(points, at(q))
			}
			outlines[i] = append(outlines[i], points)
		}
		a.Fill.Paint(c, outlines[i]...)
	}
	for _, strong := range []bool{false, true} {
		for _, d := range m.Divides {
			if d.Strong != strong {
				continue
			}
			style := draw.LineStyle{Color: paint.Ink, Width: 0.4}
			if strong {
				style.Width = 1.25
			}
			a, b := at(d.From), at(d.To)
			c.StrokeLine2(style, a.X, a.Y, b.X, b.Y)
		}
	}
	written := m.labelDivides(c, outlines, at)
	m.nameAreas(c, outlines, written)
}

// labelDivides writes the labels of boundaries along them, on a side that does not fail, and
// returns points of the text.
func (m *mapChart) labelDivides(c draw.Canvas, outlines [][][]vg.Point, at func(Place) vg.Point) (written []vg.Point) {
	style := textStyle(8.5, draw.XCenter, draw.YCenter)
	for _, d := range m.Divides {
		a, b := at(d.From), at(d.To)
		if a.X > b.X || a.X == b.X && a.Y > b.Y {
			a, b = b, a
		}
		dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
		length, half := math.Hypot(dx, dy), float64(style.Width(d.Label))/2
		if d.Label == "" || length < 2*half {
			continue
		}
		dx, dy = dx/length, dy/length
		for _, trial := range []struct{ along, side float64 }{{0.5, 1}, {0.5, -1}, {0.3, 1}, {0.3, -1}, {0.7, 1},
			{0.7, -1}} {
			const beside = 8
			middle := vg.Point{
				X: a.X + vg.Length(dx*length*trial.along-trial.side*dy*beside),
				Y: a.Y + vg.Length(dy*length*trial.along+trial.side*dx*beside),
			}
			var text []vg.Point
			for i := -4; i <= 4; i++ {
				s := float64(i) / 4 * (half + 3)
				text = append(text, vg.Point{X: middle.X + vg.Length(dx*s), Y: middle.Y + vg.Length(dy*s)})
			}
			area := m.room(outlines, text, written)
			if area == nil {
				continue
			}
			if len(area.Fill.Lines) > 0 { // lines under a text make it hard to read
				c.SetColor(area.Fill.Base)
				along := vg.Point{X: vg.Length(dx * (half + 2)), Y: vg.Length(dy * (half + 2))}
				up := vg.Point{X: vg.Length(-dy * 5), Y: vg.Length(dx * 5)}
				c.Fill(paint.Path([]vg.Point{middle.Sub(along).Sub(up), middle.Add(along).Sub(up),
					middle.Add(along).Add(up), middle.Sub(along).Add(up)}))
			}
			style.Rotation = math.Atan2(dy, dx)
			c.FillText(style, middle, d.Label)
			written = append(written, text...)
			break
		}
	}
	return written
}

// room returns the region that does not fail in which a text along the given points lies, clear of
// its outline and of other text; nil if there is none.
func (m *mapChart) room(outlines [][][]vg.Point, text, written []vg.Point) *Area {
	i := slices.IndexFunc(outlines, func(rings [][]vg.Point) bool { return clearance(rings, text[0]) > 0 })
	if i < 0 || m.Areas[i].Failed {
		return nil
	}
	for _, q := range text {
		if clearance(outlines[i], q) < 5.5 {
			return nil
		}
		for _, other := range written {
			if math.Hypot(float64(q.X-other.X), float64(q.Y-other.Y)) < 14 {
				return nil
			}
		}
	}
	return &m.Areas[i]
}

// nameAreas writes the name of each area where it is clear of its outline and of other text,
// preferably near the middle.
func (m *mapChart) nameAreas(c draw.Canvas, outlines [][][]vg.Point, written []vg.Point) {
	const steps, least = 48, 7.5
	for i, rings := range outlines {
		if len(rings) == 0 {
			continue
		}
		low, high := rings[0][0], rings[0][0]
		for _, q := range slices.Concat(rings...) {
			low = vg.Point{X: min(low.X, q.X), Y: min(low.Y, q.Y)}
			high = vg.Point{X: max(high.X, q.X), Y: max(high.Y, q.Y)}
		}
		best, place := math.Inf(-1), vg.Point{}
		for j := 1; j < steps; j++ {
			for k := 1; k < steps; k++ {
				q := vg.Point{
					X: low.X + (high.X-low.X)*vg.Length(j)/steps, Y: low.Y + (high.Y-low.Y)*vg.Length(k)/steps,
				}
				free := clearance(rings, q)
				for _, other := range written {
					free = min(free, math.Hypot(float64(q.X-other.X), float64(q.Y-other.Y))-4)
				}
				aside := math.Hypot(float64(q.X-(low.X+high.X)/2), float64(q.Y-(low.Y+high.Y)/2))
				if score := free - aside/20; free > least && score > best+1e-6 { // first of equals
					best, place = score, q
				}
			}
		}
		if !math.IsInf(best, -1) {
			// The name gets a patch, because not every colour gives a text enough contrast.
			style := textStyle(12, draw.XCenter, draw.YCenter)
			half := vg.Point{X: style.Width(m.Areas[i].Name)/2 + 3, Y: 7.5}
			c.SetColor(patch)
			c.Fill(vg.Rectangle{Min: place.Sub(half), Max: place.Add(half)}.Path())
			c.FillText(style, place, m.Areas[i].Name)
		}
	}
}

// clearance returns the distance of a point inside rings from them; it is negative outside.
func clearance(rings [][]vg.Point, q vg.Point) float64 {
	nearest, inside := math.Inf(1), false
	for _, ring := range rings {
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a.Y > q.Y) != (b.Y > q.Y) && q.X < a.X+(b.X-a.X)*(q.Y-a.Y)/(b.Y-a.Y) {
				inside = !inside
			}
			dx, dy := float64(b.X-a.X), float64(b.Y-a.Y)
			px, py := float64(q.X-a.X), float64(q.Y-a.Y)
			along := 0.0
			if square := dx*dx + dy*dy; square > 0 {
				along = min(1, max(0, (px*dx+py*dy)/square))
			}
			nearest = min(nearest, math.Hypot(px-along*dx, py-along*dy))
		}
	}
	if !inside {
		return -nearest
	}
	return nearest
}

// DataRange implements plot.DataRanger.
func (m *mapChart) DataRange() (xmin, xmax, ymin, ymax float64) {
	return m.x.of(m.X.From), m.x.of(m.X.To), m.y.of(m.Y.From), m.y.of(m.Y.To)
}

var (
	_ plot.DataRanger = (*mapChart)(nil)
)
