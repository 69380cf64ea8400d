package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Effect is the effect of one factor on a failure probability.
type Effect struct {
	Factor string
	Levels []Level // one at a time, with everything else as set; both ends of a range
	First  Index   // share of the variance due to the factor alone
	Total  Index   // share of the variance due to the factor together with the others
}

// Level is one level of a factor and the failure probability there.
type Level struct {
	Text        string
	Probability stat.Proportion
}

// Index is a sensitivity index with its interval. An undefined index and an unknown interval are
// NaN.
type Index struct{ Value, Low, High float64 }

// Tornado draws the sensitivity of a failure probability to factors, in the given order. On the
// left it shows the probability at each level of a factor, one at a time, against the base. On the
// right it shows the share of the variance that is due to each factor.
func Tornado(title string, base stat.Proportion, effects []Effect, sentence string) (Figure, error) {
	if len(effects) == 0 {
		return Figure{}, fmt.Errorf("drawing %s: there is no factor", title)
	}
	rows := newRows(effects)
	left, right := plot.New(), plot.New()
	left.Title.Text, right.Title.Text = title, "Share of the variance"
	left.X.Label.Text, right.X.Label.Text = "failure probability, one factor at a time",
		"share of the variance (sensitivity index)"
	for _, p := range []*plot.Plot{left, right} {
		p.X.Tick.Marker = decimalTicks{}
		p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
		p.Y.Min, p.Y.Max = -0.5, rows.height-0.5
		grid := plotter.NewGrid()
		grid.Horizontal.Width = 0
		p.Add(grid)
	}
	left.X.Tick.Marker = probabilityTicks{}
	left.Y.Tick.Marker, right.Y.Tick.Marker = plot.ConstantTicks(rows.ticks), plot.ConstantTicks(nil)
	bars := &tornado{effects: effects, rows: rows, base: base}
	left.Add(bars)
	left.X.Min, left.X.Max = 0, bars.highest()
	indices := &indexMarks{effects: effects, rows: rows}
	right.Add(indices)
	right.X.Min, right.X.Max = indices.bounds()
	right.Legend.Add("first order: by itself", dot{firstStyle})
	right.Legend.Add("total: with interactions", dot{totalStyle})
	legend := right.Legend
	right.Legend = plot.NewLegend()
	height := vg.Length(rows.height)*17 + 90
	return beside(left, right, 0.56, 720, height, sentence).withLegend(legend, 2), nil
}

// beside places two plots side by side, with a sentence under them.
func beside(left, right *plot.Plot, share, width, height vg.Length, sentence string) Figure {
	return layOut(width, height, left.Title.Text, sentence, func(c draw.Canvas) {
		full := c.Max.X - c.Min.X
		left.Draw(draw.Crop(c, 0, -full*(1-share), 0, 0))
		right.Draw(draw.Crop(c, full*share+indent, 0, 0, 0))
	}, left, right)
}

// rows has the vertical positions of the factors' levels, from the top: a row for each level, at
// least two for each factor, and a gap between factors.
type rows struct {
	height float64
	top    []float64 // for each factor: the position of its first level
	middle []float64 // for each factor
	ticks  []plot.Tick
}

func newRows(effects []Effect) rows {
	var r rows
	const between = 0.6
	for _, e := range effects {
		r.height += math.Max(2, float64(len(e.Levels))) + between
	}
	r.height -= between
	at := r.height - 1
	for _, e := range effects {
		n := math.Max(2, float64(len(e.Levels)))
		r.top = append(r.top, at-(n-math.Max(1, float64(len(e.Levels))))/2)
		r.middle = append(r.middle, at-(n-1)/2)
		r.ticks = append(r.ticks, plot.Tick{Value: at - (n-1)/2, Label: e.Factor})
		at -= n + between
	}
	return r
}

// tornado draws the probability at each level of a factor as a bar from the base.
type tornado struct {
	effects []Effect
	rows    rows
	base    stat.Proportion
}

// highest returns a bound above all intervals, with room for the levels' texts.
func (t *tornado) highest() float64 {
	most := t.base.High
	for _, e := range t.effects {
		for _, l := range e.Levels {
			most = math.Max(most, l.Probability.High)
		}
	}
	return most * 1.25
}

// Plot implements plot.Plotter.
func (t *tornado) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	half := (y(1) - y(0)) * 0.36
	zero := x(t.base.Value)
	for i, e := range t.effects {
		for j, l := range e.Levels {
			if math.IsNaN(l.Probability.Value) {
				continue
			}
			middle := y(t.rows.top[i] - float64(j))
			end := x(l.Probability.Value)
			c.SetColor(levelColour(j, len(e.Levels)))
			c.Fill(
				vg.Rectangle{
					Min: vg.Point{X: min(zero, end), Y: middle - half},
					Max: vg.Point{X: max(zero, end), Y: middle + half},
				}.Path(),
			)
			low, high := x(l.Probability.Low), x(l.Probability.High)
			whisker := draw.LineStyle{Color: ink, Width: 0.75}
			c.StrokeLine2(whisker, low, middle, high, middle)
			c.StrokeLine2(whisker, low, middle-2, low, middle+2)
			c.StrokeLine2(whisker, high, middle-2, high, middle+2)
			writeBeside(c, middle, min(low, zero)-4, max(high, zero)+4, l.Text)
		}
	}
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, zero, c.Min.Y, zero, c.Max.Y)
}

// writeBeside writes a text to the right of right or, if it does not fit there, to the left of
// left. If it fits on neither side, it cuts the middle of the text.
func writeBeside(c draw.Canvas, y, left, right vg.Length, text string) {
	style := textStyle(8, draw.XLeft, draw.YCenter)
	switch {
	case right+style.Width(text) <= c.Max.X:
	case left-style.Width(text) >= c.Min.X:
		right = left - style.Width(text)
	default:
		// The middle is cut because levels of a distribution often differ only near the end.
		whole := []rune(text)
		for n := len(whole) - 1; n > 1 && right+style.Width(text) > c.Max.X; n-- {
			text = string(whole[:n/3]) + "..." + string(whole[len(whole)-(n-n/3):])
		}
	}
	c.FillText(style, vg.Point{X: right, Y: y}, text)
}

// probabilityTicks are the decimalTicks up to 1.
type probabilityTicks struct{}

// Ticks implements plot.Ticker.
func (probabilityTicks) Ticks(low, high float64) []plot.Tick {
	return slices.DeleteFunc(decimalTicks{}.Ticks(low, high), func(t plot.Tick) bool { return t.Value > 1+1e-9 })
}

// levelColour returns the colour of a level: pale for the first, dark for the last.
func levelColour(level, levels int) color.Color {
	from, to := palette[5], palette[0]
	share := 1.0
	if levels > 1 {
		share = float64(level) / float64(levels-1)
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff}
}

// indexMarks draws the indices of each factor with their intervals.
type indexMarks struct {
	effects []Effect
	rows    rows
}

var (
	firstStyle = draw.GlyphStyle{Color: palette[1], Radius: 3, Shape: draw.CircleGlyph{}}
	totalStyle = draw.GlyphStyle{Color: palette[2], Radius: 3, Shape: draw.BoxGlyph{}}
)

// bounds returns the range of indices to show: 0 to 1, extended to include the intervals.
func (m *indexMarks) bounds() (low, high float64) {
	low, high = 0, 1
	for _, e := range m.effects {
		for _, i := range []Index{e.First, e.Total} {
			if !math.IsNaN(i.Low) {
				low, high = math.Min(low, i.Low), math.Max(high, i.High)
			}
			if !math.IsNaN(i.Value) {
				low, high = math.Min(low, i.Value), math.Max(high, i.Value)
			}
		}
	}
	return math.Max(low, -0.5) - 0.03, math.Min(high, 1.5) + 0.03
}

// Plot implements plot.Plotter.
func (m *indexMarks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	within := func(v float64) vg.Length { return x(math.Min(math.Max(v, p.X.Min), p.X.Max)) }
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.75}, x(0), c.Min.Y, x(0), c.Max.Y)
	for i, e := range m.effects {
		for _, mark := range []struct {
			Index
			style draw.GlyphStyle
			shift float64
		}{{e.First, firstStyle, 0.3}, {e.Total, totalStyle, -0.3}} {
			at := y(m.rows.middle[i] + mark.shift)
			if math.IsNaN(mark.Value) {
				c.FillText(textStyle(8, draw.XLeft, draw.YCenter), vg.Point{X: x(0) + 4, Y: at}, "not defined")
				continue
			}
			if !math.IsNaN(mark.Low) {
				line := draw.LineStyle{Color: mark.style.Color, Width: 1.25}
				low, high := within(mark.Low), within(mark.High)
				c.StrokeLine2(line, low, at, high, at)
				c.StrokeLine2(line, low, at-2, low, at+2)
				c.StrokeLine2(line, high, at-2, high, at+2)
			}
			c.DrawGlyph(mark.style, vg.Point{X: within(mark.Value), Y: at})
		}
	}
}

// dot is the mark of a legend entry.
type dot struct{ draw.GlyphStyle }

// Thumbnail implements plot.Thumbnailer.
func (d dot) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(d.GlyphStyle, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2})
}
