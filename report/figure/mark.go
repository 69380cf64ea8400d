package figure

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// mark is a value with its interval at a height.
type mark struct {
	y, value, low, high float64
	colour              color.RGBA
	shape               draw.GlyphDrawer
	bound               bool // only an upper bound, high, is known
}

// marks draws values with their intervals, with a line at zero if zero is set. An interval that goes
// on beyond the axis ends in an arrow there.
type marks struct {
	list      []mark
	zero      bool
	low, high float64 // of the axis
}

// add adds a mark, unless its value is NaN.
func (m *marks) add(k mark) {
	if !math.IsNaN(k.value) {
		m.list = append(m.list, k)
	}
}

// highest returns the largest value of any interval.
func (m *marks) highest() (most float64) {
	for _, k := range m.list {
		most = max(most, k.high, k.value)
	}
	return most
}

// bounds returns a range that includes all intervals and 0.
func (m *marks) bounds() (low, high float64) {
	for _, k := range m.list {
		low, high = min(low, k.low, k.value), max(high, k.high, k.value)
	}
	margin := max((high-low)*0.03, 1e-9)
	return max(-1, low-margin), min(1, high+margin)
}

// DataRange implements plot.DataRanger.
func (m *marks) DataRange() (xmin, xmax, ymin, ymax float64) {
	return m.low, m.high, math.Inf(1), math.Inf(-1)
}

// Plot implements plot.Plotter.
func (m *marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if m.zero {
		c.StrokeLine2(draw.LineStyle{Color: paint.Ink, Width: 1}, x(0), c.Min.Y, x(0), c.Max.Y)
	}
	for _, k := range m.list {
		line := draw.LineStyle{Color: k.colour, Width: 1.5}
		at := y(k.y)
		if k.bound {
			high := x(k.high)
			end := max(high-24, x(m.low))
			c.StrokeLine2(line, end, at, high, at)
			c.StrokeLine2(line, high, at-3, high, at+3)
			c.DrawGlyph(draw.GlyphStyle{Color: k.colour, Radius: 3, Shape: sideways{-1}}, vg.Point{X: end + 4, Y: at})
			continue
		}
		low, high := x(min(max(k.low, m.low), m.high)), x(min(max(k.high, m.low), m.high))
		c.StrokeLine2(line, low, at, high, at)
		for _, end := range []struct {
			at      vg.Length
			beyond  bool
			towards vg.Length
		}{{low, k.low < m.low, -1}, {high, k.high > m.high, 1}} {
			if end.beyond {
				c.DrawGlyph(draw.GlyphStyle{Color: k.colour, Radius: 3, Shape: sideways{end.towards}},
					vg.Point{X: end.at - 4*end.towards, Y: at})
			} else {
				c.StrokeLine2(line, end.at, at-3, end.at, at+3)
			}
		}
		if k.value >= m.low && k.value <= m.high {
			c.DrawGlyph(draw.GlyphStyle{Color: k.colour, Radius: 3, Shape: k.shape}, vg.Point{X: x(k.value), Y: at})
		}
	}
}

// boundTitle is the legend's text for an upper bound.
func boundTitle(confidence float64) string {
	return fmt.Sprintf("upper bound, %g %%: no failure was seen", 100*confidence)
}

// boundSwatch is an upper bound in a legend.
type boundSwatch struct{ vertical bool }

// Thumbnail implements plot.Thumbnailer.
func (b boundSwatch) Thumbnail(c *draw.Canvas) {
	line := draw.LineStyle{Color: paint.Ink, Width: 1.25}
	middle := vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2}
	if b.vertical {
		c.StrokeLine2(line, middle.X-2.5, c.Max.Y, middle.X+2.5, c.Max.Y)
		c.StrokeLine2(line, middle.X, c.Max.Y, middle.X, c.Min.Y)
		c.DrawGlyph(draw.GlyphStyle{Color: paint.Ink, Radius: 3, Shape: downward{}},
			vg.Point{X: middle.X, Y: c.Min.Y + 4})
		return
	}
	c.StrokeLine2(line, middle.X-10, middle.Y, middle.X+10, middle.Y)
	c.StrokeLine2(line, middle.X+10, middle.Y-3, middle.X+10, middle.Y+3)
	c.DrawGlyph(draw.GlyphStyle{Color: paint.Ink, Radius: 3, Shape: sideways{-1}},
		vg.Point{X: middle.X - 6, Y: middle.Y})
}

// downward is a triangle that points down, which means "at most".
type downward struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (downward) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius
	triangle(c, s.Color, vg.Point{X: at.X - r, Y: at.Y + r/2}, vg.Point{X: at.X + r, Y: at.Y + r/2},
		vg.Point{X: at.X, Y: at.Y - 4})
}

// sideways is a triangle that points to the right or, with -1, to the left.
type sideways struct{ towards vg.Length }

// DrawGlyph implements draw.GlyphDrawer.
func (d sideways) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := s.Radius
	triangle(c, s.Color, vg.Point{X: at.X - d.towards*r/2, Y: at.Y - r}, vg.Point{X: at.X - d.towards*r/2, Y: at.Y + r},
		vg.Point{X: at.X + d.towards*4, Y: at.Y})
}

func triangle(c *draw.Canvas, colour color.Color, corners ...vg.Point) {
	c.SetColor(colour)
	c.Fill(paint.Path(corners))
}

// dot is the mark of a legend entry.
type dot struct{ draw.GlyphStyle }

// Thumbnail implements plot.Thumbnailer.
func (d dot) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(d.GlyphStyle, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
}

// swatch is an area of a fill in a legend.
type swatch struct{ paint.Fill }

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) { s.Paint(*c, corners(c.Rectangle)) }

// corners returns the corners of a rectangle.
func corners(r vg.Rectangle) []vg.Point {
	return []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}}
}
