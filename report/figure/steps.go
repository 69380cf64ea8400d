package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Stairs is a step curve, such as a distribution function or a survival curve. Its value is Start
// before the first step, and Y[i] from X[i] until the next step.
type Stairs struct {
	Label     string
	Start     float64
	X, Y      []float64
	Low, High []float64 // the pointwise interval of each Y
	Cut       []float64 // where observations were censored, increasing: a mark on the curve
	End       float64   // where the curve ends; infinite: it does not end
}

// ErrNothing means that there is nothing to draw.
var ErrNothing = errors.New("there is nothing to show")

// StepCurves draws step curves, with their intervals as bands. With logX, the x axis is logarithmic
// and values of 0 or below are not shown. The axis is labelled with the values of X as they are. If
// there is no value to show, the error is [ErrNothing].
func StepCurves(title, xLabel, yLabel string, logX bool, curves []Stairs, sentence string) (Figure, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text, p.Y.Label.Text = xLabel, yLabel
	p.X.Tick.Marker, p.Y.Tick.Marker = decimalTicks{}, decimalTicks{}
	low, high, ok := stairsRange(curves, logX)
	if !ok {
		return Figure{}, fmt.Errorf("drawing %s: %w", title, ErrNothing)
	}
	if logX {
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = logTicks{}
	}
	p.Add(plotter.NewGrid())
	cuts := false
	for i, c := range curves {
		style := paint.Series(i)
		s := &stairs{Stairs: c, Line: style, band: color.NRGBA{style.Colour.R, style.Colour.G, style.Colour.B, 0x38}}
		cuts = cuts || len(c.Cut) > 0
		s.first = vg.Length(20 + 25*(i%4))
		p.Add(data{s})
		p.Legend.Add(c.Label, s)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = low, high, 0, 1
	legend := p.Legend
	p.Legend = plot.NewLegend()
	if cuts {
		sentence += " Marks on a curve: something was cut there before it was over."
	}
	return newFigure(p, 720, 400, sentence).withLegend(legend, len(curves)), nil
}

// stairsRange returns the range of x to show: all steps, and 0 if it is not far from them.
func stairsRange(curves []Stairs, logX bool) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	see := func(x float64) {
		if !math.IsInf(x, 0) && (x > 0 || !logX) {
			low, high = min(low, x), max(high, x)
		}
	}
	for _, c := range curves {
		for _, x := range c.X {
			see(x)
		}
		for _, x := range c.Cut {
			see(x)
		}
		see(c.End)
	}
	if math.IsInf(low, 1) {
		return 0, 1, false
	}
	if logX {
		first := math.Floor(math.Log10(low) + 1e-9)
		last := math.Max(math.Ceil(math.Log10(high)-1e-9), first+1)
		return math.Pow(10, first), math.Pow(10, last), true
	}
	if low > 0 && low < high/2 {
		low = 0
	}
	margin := (high - low) / 40
	if margin == 0 {
		margin = math.Max(math.Abs(high)/10, 1)
	}
	if low != 0 {
		low -= margin
	}
	return low, high + margin, true
}

// stairs draws a step curve.
type stairs struct {
	Stairs
	paint.Line
	band  color.Color
	first vg.Length // distance of the first of the shapes that tell curves apart
}

var (
	_ plot.Plotter     = (*stairs)(nil)
	_ plot.Thumbnailer = (*stairs)(nil)
)

// Plot implements plot.Plotter.
func (s *stairs) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	x := func(v float64) vg.Length { return tx(min(max(v, p.X.Min), p.X.Max)) }
	if band := append(s.outline(x, ty, s.Low, p.X.Max), reversed(s.outline(x, ty, s.High, p.X.Max))...); len(band) > 0 {
		c.FillPolygon(s.band, band)
	}
	line := s.outline(x, ty, s.Y, p.X.Max)
	c.StrokeLines(s.Stroke(1.5), line)
	s.mark(c, line)
	last := vg.Length(math.Inf(-1))
	for _, at := range s.Cut {
		if at < p.X.Min || x(at)-last < 1 {
			continue
		}
		last = x(at)
		y := ty(s.at(at))
		c.StrokeLine2(draw.LineStyle{Color: s.Colour, Width: 1}, last, y-4, last, y+4)
	}
	if !math.IsInf(s.End, 1) && len(line) > 0 {
		c.DrawGlyph(draw.GlyphStyle{Color: s.Colour, Radius: 2.5, Shape: draw.RingGlyph{}}, line[len(line)-1])
	}
}

// mark draws the shape of the curve at equal distances along it.
func (s *stairs) mark(c draw.Canvas, line []vg.Point) {
	const distance = 130
	next := s.first
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		length := vg.Length(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y)))
		for ; next <= length; next += distance {
			share := next / length
			c.DrawGlyph(draw.GlyphStyle{Color: s.Colour, Radius: 2.5, Shape: s.Shape},
				vg.Point{X: a.X + share*(b.X-a.X), Y: a.Y + share*(b.Y-a.Y)})
		}
		next -= length
	}
}

// at returns the value of the curve at x.
func (s *stairs) at(x float64) float64 {
	value := s.Start
	for i, step := range s.X {
		if step > x {
			break
		}
		value = s.Y[i]
	}
	return value
}

// outline returns the corners of a curve with these values at the steps.
func (s *stairs) outline(x, y func(float64) vg.Length, values []float64, right float64) []vg.Point {
	level := s.Start
	points := []vg.Point{{X: x(math.Inf(-1)), Y: y(level)}}
	for i, step := range s.X {
		points = append(points, vg.Point{X: x(step), Y: y(level)})
		level = values[i]
		points = append(points, vg.Point{X: x(step), Y: y(level)})
	}
	return append(points, vg.Point{X: x(min(s.End, right)), Y: y(level)})
}

func reversed(points []vg.Point) []vg.Point {
	list := make([]vg.Point, 0, len(points))
	for i := len(points) - 1; i >= 0; i-- {
		list = append(list, points[i])
	}
	return list
}

// Thumbnail implements plot.Thumbnailer.
func (s *stairs) Thumbnail(c *draw.Canvas) {
	c.SetColor(s.band)
	c.Fill(c.Rectangle.Path())
	middle := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(s.Stroke(1.5), c.Min.X, middle, c.Max.X, middle)
	c.DrawGlyph(draw.GlyphStyle{Color: s.Colour, Radius: 2.5, Shape: s.Shape},
		vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: middle})
}
