package figure

import (
	"fmt"
	"math"

	"github.com/dtlssim/dtlssim/scenarios/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is one curve of a figure: estimates with their intervals at X, and exact probabilities
// there.
type Curve struct {
	Label     string
	X         []float64
	Estimates []stat.Proportion
	Exact     []float64 // nil if there are none
	Searched  bool      // Exact comes from windows that are not proved to be complete
}

// Line returns the values that a curve's line goes through: the exact probabilities, or the
// estimates if there are none.
func (c *Curve) Line() []float64 {
	if c.Exact != nil {
		return c.Exact
	}
	values := make([]float64, len(c.Estimates))
	for i, e := range c.Estimates {
		values[i] = e.Value
	}
	return values
}

// Curves draws failure probabilities: estimates as points with their intervals, and exact values as
// a line through them.
func Curves(title, xLabel string, logY bool, curves []Curve, confidence float64, sentence string) (Figure, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = xLabel
	p.Y.Label.Text = "failure probability"
	p.Add(plotter.NewGrid())
	p.X.Tick.Marker, p.Y.Tick.Marker = decimalTicks{}, decimalTicks{}
	p.Y.Min, p.Y.Max = 0, highest(curves)
	lowest := 0.0
	if logY {
		lowest = decade(curves)
		p.Y.Min, p.Y.Max = lowest, 1
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = plot.LogTicks{Prec: 1}
	}
	exactly, searched := true, false
	for i, c := range curves {
		exactly, searched = exactly && c.Exact != nil, searched || c.Searched
		through := c.Line()
		colour := palette[i%len(palette)]
		var exact plotter.XYs
		var points intervals
		for j, x := range c.X {
			if through[j] > lowest || !logY {
				exact = append(exact, plotter.XY{X: x, Y: through[j]})
			}
			points.at = append(points.at, x)
			points.estimates = append(points.estimates, c.Estimates[j])
		}
		line, err := plotter.NewLine(exact)
		if err != nil {
			return Figure{}, fmt.Errorf("drawing %s: %w", c.Label, err)
		}
		line.LineStyle = draw.LineStyle{Color: colour, Width: 1.25}
		points.style = draw.LineStyle{Color: colour, Width: 1.25}
		points.glyph = draw.GlyphStyle{Color: colour, Radius: 3, Shape: shapes[i%len(shapes)]}
		points.lowest, points.highest = lowest, p.Y.Max
		points.shift = vg.Length(i-len(curves)/2) * 2
		p.Add(line, &points)
		p.Legend.Add(c.Label, line, &points)
	}
	margin := (p.X.Max - p.X.Min) / 40 // room for the points at both ends
	p.X.Min, p.X.Max = p.X.Min-margin, p.X.Max+margin
	legend := p.Legend
	p.Legend = plot.NewLegend()
	lines := "exact, from the failure windows and the distribution"
	switch {
	case exactly && searched:
		lines = "from the failure windows and the distribution, and not proved"
	case !exactly:
		lines = "from point to point, for the eye"
	}
	unseen := ""
	if logY {
		unseen = " (a triangle: no failure seen, at the upper bound)"
	}
	explained := fmt.Sprintf("%s Points: Monte Carlo with %g %% %s intervals%s. Lines: %s.", sentence, 100*confidence,
		methodOf(curves).Title(), unseen, lines)
	return newFigure(p, 720, 400, explained).withLegend(legend, len(curves)), nil
}

// methodOf returns the method of the curves' intervals.
func methodOf(curves []Curve) (m stat.Method) {
	for _, c := range curves {
		for _, e := range c.Estimates {
			m = e.Method
		}
	}
	return m
}

// shapes are the glyphs of a curve's points; a triangle is reserved for failures never seen.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{},
	draw.BoxGlyph{},
	diamond{},
	draw.RingGlyph{},
	draw.SquareGlyph{},
	draw.CrossGlyph{},
	draw.PlusGlyph{},
}

// decade returns the largest power of ten below all values to show.
func decade(curves []Curve) float64 {
	least := 1.0
	for _, c := range curves {
		for i, e := range c.Estimates {
			if e.Failures > 0 {
				least = min(least, e.Low)
			} else if e.N > 0 {
				least = min(least, e.High)
			}
			if c.Exact != nil && c.Exact[i] > 1e-6 {
				least = min(least, c.Exact[i])
			}
		}
	}
	return math.Pow(10, math.Floor(math.Log10(least)))
}

// highest returns the smallest multiple of 0.1 above all values to show.
func highest(curves []Curve) float64 {
	most := 0.0
	for _, c := range curves {
		for i, e := range c.Estimates {
			most = max(most, c.Line()[i])
			if e.N > 0 {
				most = max(most, e.High)
			}
		}
	}
	return min(1, math.Ceil(most*10)/10)
}

// intervals draws estimates with their intervals.
type intervals struct {
	at        []float64
	estimates []stat.Proportion
	style     draw.LineStyle
	glyph     draw.GlyphStyle
	lowest    float64   // of the axis, if it is logarithmic; otherwise 0
	highest   float64   // of the axis
	shift     vg.Length // to the right, so that curves do not cover each other
}

var (
	_ plot.Plotter     = (*intervals)(nil)
	_ plot.Thumbnailer = (*intervals)(nil)
	_ plot.DataRanger  = (*intervals)(nil)
)

// DataRange implements plot.DataRanger.
func (s *intervals) DataRange() (xmin, xmax, ymin, ymax float64) {
	return s.at[0], s.at[len(s.at)-1], s.lowest, s.highest
}

// Plot implements plot.Plotter.
func (s *intervals) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for i, e := range s.estimates {
		if e.N == 0 {
			continue
		}
		x := tx(s.at[i]) + s.shift
		low, high := ty(max(e.Low, s.lowest)), ty(e.High)
		c.StrokeLine2(s.style, x, low, x, high)
		c.StrokeLine2(s.style, x-2.5, high, x+2.5, high)
		switch {
		case e.Failures == 0 && s.lowest > 0:
			c.DrawGlyph(draw.GlyphStyle{Color: s.glyph.Color, Radius: 3.5, Shape: downward{}}, vg.Point{X: x, Y: high})
		default:
			c.StrokeLine2(s.style, x-2.5, low, x+2.5, low)
			c.DrawGlyph(s.glyph, vg.Point{X: x, Y: ty(e.Value)})
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (s *intervals) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(s.glyph, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
}

// downward is a triangle that points down, which means "at most".
type downward struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (downward) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: 1})
	r := s.Radius
	var path vg.Path
	path.Move(vg.Point{X: at.X - r, Y: at.Y})
	path.Line(vg.Point{X: at.X + r, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y - 1.6*r})
	path.Close()
	c.Fill(path)
}
