package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Curve is one curve of a figure: estimates with their intervals at X, and exact probabilities.
type Curve struct {
	Label     string
	X         []float64
	Estimates []stat.Proportion
	Exact     []float64 // at X; nil if there are none
	Trace     []Piece   // the exact curve, also between the values of X; nil if there is none
	Searched  bool      // the exact curve comes from windows that are not proved to be complete
}

// Piece is a part of an exact curve, as a polyline.
type Piece struct {
	X, Y  []float64
	Known bool // between its points, too; otherwise only its ends are known
}

// Line returns the values of a curve at X: the exact probabilities, or the estimates if there are
// none.
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

// pieces returns the curve's line.
func (c *Curve) pieces() []Piece {
	if c.Trace != nil {
		return c.Trace
	}
	return []Piece{{X: c.X, Y: c.Line()}}
}

// Curves draws failure probabilities: estimates as points with their intervals, and exact values as
// lines. Where nothing is known between two points, a line of thin dots joins them.
func Curves(title, xLabel string, logY bool, curves []Curve, confidence float64, sentence string) (Figure, error) {
	if len(curves) == 0 || len(curves[0].X) == 0 {
		return Figure{}, fmt.Errorf("drawing %s: %w", title, ErrNothing)
	}
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = xLabel
	p.Y.Label.Text = "failure probability"
	p.X.Tick.Marker, p.Y.Tick.Marker = decimalTicks{}, decimalTicks{}
	p.Add(plotter.NewGrid())
	shown := shownOf(curves)
	low, high := 0.0, ceiling(slices.Max(shown))
	if logY {
		low, high = floor(shown...), 1
		p.Y.Scale = plot.LogScale{}
		p.Y.Tick.Marker = logTicks{}
	}
	left, right := curves[0].X[0], curves[0].X[len(curves[0].X)-1]
	margin := (right - left) / 40 // room for the points at both ends
	exact, searched, guessed, bound, below := false, false, false, false, false
	for i, c := range curves {
		d := &drawnCurve{Curve: c, Line: paint.Series(i), low: low, log: logY}
		searched = searched || c.Searched
		d.shift = (vg.Length(i) - vg.Length(len(curves)-1)/2) * 3
		for _, piece := range c.pieces() {
			exact, guessed = exact || piece.Known, guessed || !piece.Known
			below = below || logY && slices.Min(piece.Y) < low
		}
		bound = bound || slices.ContainsFunc(c.Estimates, onlyBound)
		p.Add(data{d})
		p.Legend.Add(c.Label, d)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = left-margin, right+margin, low, high
	p.X.Padding, p.Y.Padding = 3, 5
	entries := len(curves)
	if bound {
		p.Legend.Add(boundTitle(confidence), boundSwatch{vertical: true})
		entries++
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	explained := fmt.Sprintf("%s Points, side by side: Monte Carlo with %g %% %s intervals.", sentence, 100*confidence,
		methodOf(curves).Title())
	switch {
	case exact && searched:
		explained += " Lines: from the failure windows and the distribution, and not proved."
	case exact:
		explained += " Lines: exact, from the failure windows and the distribution."
	}
	if guessed {
		explained += " Dots: from point to point, for the eye."
	}
	if below {
		explained += " A triangle at the bottom: the curve goes on below."
	}
	return newFigure(p, 720, 400, explained).withLegend(legend, entries), nil
}

// onlyBound reports whether an estimate is only an upper bound: no failure was seen.
func onlyBound(e stat.Proportion) bool { return e.N > 0 && e.Failures == 0 && e.High > 0 && !e.Exact }

// shownOf returns all values that a figure of curves shows.
func shownOf(curves []Curve) []float64 {
	shown := []float64{0}
	for _, c := range curves {
		for _, e := range c.Estimates {
			if e.N > 0 {
				shown = append(shown, e.Low, e.High, e.Value)
			}
		}
		for _, piece := range c.pieces() {
			for _, y := range piece.Y {
				if !math.IsNaN(y) {
					shown = append(shown, y)
				}
			}
		}
	}
	return shown
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

// drawnCurve draws a curve with its estimates.
type drawnCurve struct {
	Curve
	paint.Line
	low   float64 // of the axis
	log   bool
	shift vg.Length // of the estimates to the right, so that those of different curves do not cover each other
}

var _ plot.Thumbnailer = (*drawnCurve)(nil)

// Plot implements plot.Plotter.
func (s *drawnCurve) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	for _, piece := range s.pieces() {
		style := s.Stroke(1.5)
		if !piece.Known {
			style = draw.LineStyle{Color: s.Colour, Width: 0.75, Dashes: []vg.Length{0.75, 3}}
		}
		var line []vg.Point
		flush := func() {
			if len(line) > 1 {
				c.StrokeLines(style, line)
			}
			line = nil
		}
		for i := range piece.X {
			y := piece.Y[i]
			if math.IsNaN(y) {
				flush()
				continue
			}
			if s.log && y < s.low {
				if i > 0 && piece.Y[i-1] >= s.low {
					at := s.crossing(piece, i-1, i)
					line = append(line, vg.Point{X: tx(at), Y: ty(s.low)})
					flush()
					s.below(c, tx(at), ty(s.low))
				}
				continue
			}
			if s.log && i > 0 && piece.Y[i-1] < s.low {
				at := s.crossing(piece, i, i-1)
				line = []vg.Point{{X: tx(at), Y: ty(s.low)}}
				s.below(c, tx(at), ty(s.low))
			}
			line = append(line, vg.Point{X: tx(piece.X[i]), Y: ty(y)})
		}
		flush()
	}
	for i, e := range s.Estimates {
		if e.N == 0 {
			continue
		}
		x := tx(s.X[i]) + s.shift
		style := draw.LineStyle{Color: s.Colour, Width: 1.25}
		high := ty(e.High)
		c.StrokeLine2(style, x-2.5, high, x+2.5, high)
		if onlyBound(e) {
			end := max(high-16, ty(s.low))
			c.StrokeLine2(style, x, high, x, end)
			c.DrawGlyph(draw.GlyphStyle{Color: s.Colour, Radius: 3, Shape: downward{}}, vg.Point{X: x, Y: end + 4})
			continue
		}
		low := ty(max(e.Low, s.low))
		c.StrokeLine2(style, x, low, x, high)
		c.StrokeLine2(style, x-2.5, low, x+2.5, low)
		c.DrawGlyph(s.glyph(), vg.Point{X: x, Y: ty(e.Value)})
	}
}

// crossing returns where a piece crosses the lower end of the axis, between a point above and one
// below. Between them the logarithm is a line; a probability of 0 has none.
func (s *drawnCurve) crossing(piece Piece, above, below int) float64 {
	if piece.Y[below] <= 0 {
		return piece.X[below]
	}
	share := math.Log(piece.Y[above]/s.low) / math.Log(piece.Y[above]/piece.Y[below])
	return piece.X[above] + share*(piece.X[below]-piece.X[above])
}

// below marks where the curve goes on below the axis.
func (s *drawnCurve) below(c draw.Canvas, x, y vg.Length) {
	c.DrawGlyph(draw.GlyphStyle{Color: s.Colour, Radius: 3.5, Shape: downward{}}, vg.Point{X: x, Y: y + 5})
}

func (s *drawnCurve) glyph() draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.Colour, Radius: 3, Shape: s.Shape}
}

// Thumbnail implements plot.Thumbnailer.
func (s *drawnCurve) Thumbnail(c *draw.Canvas) {
	middle := (c.Min.Y + c.Max.Y) / 2
	if slices.ContainsFunc(s.pieces(), func(p Piece) bool { return p.Known }) {
		c.StrokeLine2(s.Stroke(1.5), c.Min.X, middle, c.Max.X, middle)
	}
	c.DrawGlyph(s.glyph(), vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: middle})
}
