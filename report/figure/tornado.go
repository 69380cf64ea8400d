package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/scenarios/stat"
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
// right it shows the share of the variance that is due to each factor, which is at least 0 and at
// most 1; an interval beyond these ends in an arrow.
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
		p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
		p.Y.Min, p.Y.Max = -0.5, rows.height-0.5
		grid := plotter.NewGrid()
		grid.Horizontal.Width = 0
		p.Add(grid)
	}
	left.X.Tick.Marker, right.X.Tick.Marker = decimalTicks{}, ticksWithin{0, 1}
	left.Y.Tick.Marker, right.Y.Tick.Marker = plot.ConstantTicks(rows.ticks), plot.ConstantTicks(nil)
	bars := &tornado{effects: effects, rows: rows, base: base}
	left.Add(data{bars})
	left.X.Min, left.X.Max = 0, ceiling(bars.highest())
	left.X.Padding, right.X.Padding = 4, 4
	indices := newIndexMarks(effects, rows)
	right.Add(data{indices})
	right.X.Min, right.X.Max = indices.low, indices.high
	for _, e := range []struct {
		text  string
		style paint.Line
	}{{"first order: by itself", firstOrder}, {"total: with interactions", total}} {
		right.Legend.Add(e.text, dot{draw.GlyphStyle{Color: e.style.Colour, Radius: 3, Shape: e.style.Shape}})
	}
	legend := right.Legend
	right.Legend = plot.NewLegend()
	if indices.cut() {
		sentence += " An arrow: the interval goes on beyond the axis."
	}
	height := vg.Length(rows.height)*17 + 90
	return beside(left, right, 0.56, 720, height, sentence).withLegend(legend, 2), nil
}

// beside places two plots side by side, with a sentence under them.
func beside(left, right *plot.Plot, share, width, height vg.Length, sentence string) Figure {
	halves := func(c draw.Canvas) (a, b draw.Canvas) {
		full := c.Max.X - c.Min.X
		return draw.Crop(c, 0, -full*(1-share), 0, 0), draw.Crop(c, full*share+indent, 0, 0, 0)
	}
	return layOut(width, height, left.Title.Text, sentence, func(c draw.Canvas) {
		a, b := halves(c)
		left.Draw(a)
		right.Draw(b)
	}, func(c draw.Canvas) []vg.Rectangle {
		a, b := halves(c)
		return []vg.Rectangle{left.DataCanvas(a).Rectangle, right.DataCanvas(b).Rectangle}
	}, left, right)
}

// rows has the vertical positions of the factors' levels, from the top: for each factor a row for its
// name, a row for each level, at least two, and a gap between factors.
type rows struct {
	height float64
	name   []float64 // for each factor
	top    []float64 // for each factor: the position of its first level
	middle []float64 // for each factor: of its levels
	ticks  []plot.Tick
}

func newRows(effects []Effect) rows {
	var r rows
	const between = 0.4
	levels := func(e Effect) float64 { return math.Max(2, float64(len(e.Levels))) }
	for _, e := range effects {
		r.height += 1 + levels(e) + between
	}
	r.height -= between
	at := r.height - 1
	for _, e := range effects {
		n := levels(e)
		top := at - 1 - (n-math.Max(1, float64(len(e.Levels))))/2
		r.name, r.top, r.middle = append(r.name, at), append(r.top, top), append(r.middle, at-1-(n-1)/2)
		for i, l := range e.Levels {
			r.ticks = append(r.ticks, plot.Tick{Value: top - float64(i), Label: shortLevel(l.Text)})
		}
		at -= 1 + n + between
	}
	return r
}

// shortLevel cuts the middle of a long text: levels of a distribution often differ only near the end.
func shortLevel(text string) string {
	const most = 30
	whole := []rune(text)
	if len(whole) <= most {
		return text
	}
	return string(whole[:most/3]) + "..." + string(whole[len(whole)-(most-most/3-3):])
}

// tornado draws the probability at each level of a factor as a bar from the base.
type tornado struct {
	effects []Effect
	rows    rows
	base    stat.Proportion
}

// highest returns the largest value of any interval.
func (t *tornado) highest() float64 {
	most := t.base.High
	for _, e := range t.effects {
		for _, l := range e.Levels {
			most = math.Max(most, l.Probability.High)
		}
	}
	return most
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
			whisker := draw.LineStyle{Color: paint.Ink, Width: 0.75}
			c.StrokeLine2(whisker, low, middle, high, middle)
			c.StrokeLine2(whisker, low, middle-2, low, middle+2)
			c.StrokeLine2(whisker, high, middle-2, high, middle+2)
		}
	}
	c.StrokeLine2(draw.LineStyle{Color: paint.Ink, Width: 1}, zero, c.Min.Y, zero, c.Max.Y)
	for i, e := range t.effects { // on a ground of its own, because lines cross it
		style := textStyle(9.5, draw.XLeft, draw.YCenter)
		at := vg.Point{X: c.Min.X + 4, Y: y(t.rows.name[i])}
		c.SetColor(color.White)
		c.Fill(paint.Path(corners(vg.Rectangle{Min: vg.Point{X: at.X - 2, Y: at.Y - 7},
			Max: vg.Point{X: at.X + style.Width(e.Factor) + 2, Y: at.Y + 7}})))
		c.FillText(style, at, e.Factor)
	}
}

// levelColour returns the colour of a level: pale for the first, dark for the last.
func levelColour(level, levels int) color.Color {
	from, to := paint.Palette[5], paint.Palette[0]
	share := 1.0
	if levels > 1 {
		share = float64(level) / float64(levels-1)
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + share*(float64(b)-float64(a)))) }
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 0xff}
}

// firstOrder and total are the looks of the two kinds of indices.
var (
	firstOrder = paint.Line{Colour: paint.Palette[1], Shape: draw.CircleGlyph{}}
	total      = paint.Line{Colour: paint.Palette[2], Shape: draw.BoxGlyph{}}
)

// indexMarks draws the indices of each factor with their intervals.
type indexMarks struct {
	marks
	undefined []float64 // heights
}

func newIndexMarks(effects []Effect, rows rows) *indexMarks {
	m := &indexMarks{marks: marks{zero: true, low: 0, high: 1}}
	for i, e := range effects {
		for _, of := range []struct {
			Index
			style paint.Line
			shift float64
		}{{e.First, firstOrder, 0.3}, {e.Total, total, -0.3}} {
			k := mark{y: rows.middle[i] + of.shift, value: of.Value, low: of.Low, high: of.High,
				colour: of.style.Colour, shape: of.style.Shape}
			if math.IsNaN(of.Value) {
				m.undefined = append(m.undefined, k.y)
				continue
			}
			if math.IsNaN(of.Low) {
				k.low, k.high = of.Value, of.Value
			}
			m.add(k)
			// An estimate may fall outside of what is possible; the axis shows it all the same.
			m.low, m.high = min(m.low, k.value), max(m.high, k.value)
		}
	}
	const margin = 0.04
	m.low, m.high = m.low-margin, m.high+margin
	return m
}

// cut reports whether an interval goes on beyond the axis.
func (m *indexMarks) cut() bool {
	return slices.ContainsFunc(m.list, func(k mark) bool { return k.low < m.low || k.high > m.high })
}

// Plot implements plot.Plotter.
func (m *indexMarks) Plot(c draw.Canvas, p *plot.Plot) {
	m.marks.Plot(c, p)
	x, y := p.Transforms(&c)
	for _, at := range m.undefined {
		c.FillText(textStyle(8, draw.XLeft, draw.YCenter), vg.Point{X: x(0) + 4, Y: y(at)}, "not defined")
	}
}
