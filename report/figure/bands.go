package figure

import (
	"image/color"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bands shows the outcome of each interval of a probe at each level of a factor.
type Bands struct {
	Title    string
	Factor   string // with its unit, if the axis has numbers
	Probe    string
	Levels   []Band
	Numbers  bool // the axis has numbers; otherwise the levels are side by side
	Sentence string
}

// Band is one level of a factor.
type Band struct {
	Strip

	At float64 // position on an axis of numbers, above the previous level

	// Joined connects the spans with those of the next level, which must be equal in number.
	Joined bool
}

// Draw draws the bands: a bar for each level or, between joined levels, areas that connect their
// spans.
func (b Bands) Draw() Figure {
	p := plot.New()
	p.Title.Text = b.Title
	chart := &bandChart{Bands: b, colours: map[string]color.RGBA{}}
	low, high := b.Levels[0].Spans[0].From, b.Levels[0].Spans[0].To
	failures, others := 0, 0
	for _, failed := range []bool{true, false} { // failures first in the legend
		for _, level := range b.Levels {
			for _, span := range level.Spans {
				low, high = min(low, span.From), max(high, span.To)
				if _, ok := chart.colours[span.Outcome]; !ok && span.Failed == failed {
					chart.colours[span.Outcome] = outcomeColour(span.Outcome, span.Failed, &failures, &others)
					p.Legend.Add(span.Outcome, swatch{chart.colours[span.Outcome]})
				}
			}
		}
	}
	chart.unit = unitOf(high)
	p.X.Label.Text, p.Y.Label.Text = b.Factor, b.Probe+" ("+chart.unit.name+")"
	p.Y.Min, p.Y.Max = chart.unit.of(low), chart.unit.of(high)
	p.Y.Tick.Marker = decimalTicks{}
	chart.place(p)
	p.X.Padding, p.Y.Padding = 4, 2
	p.Add(chart)
	p.X.Min, p.X.Max, _, _ = chart.DataRange()
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, 420, b.Sentence).withLegend(legend, len(chart.colours))
}

// mostTicks is the largest number of levels labelled one by one on an axis of numbers.
const mostTicks = 12

type bandChart struct {
	Bands
	unit    timeUnit
	colours map[string]color.RGBA
	nearest float64 // smallest distance between two levels
}

// place sets the positions of the levels on the axis.
func (b *bandChart) place(p *plot.Plot) {
	var ticks []plot.Tick
	for i := range b.Levels {
		level := &b.Levels[i]
		label := strconv.FormatFloat(level.At, 'g', 6, 64)
		if !b.Numbers {
			level.At, label = float64(i), level.Label
		}
		ticks = append(ticks, plot.Tick{Value: level.At, Label: label})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	if b.Numbers && len(ticks) > mostTicks {
		p.X.Tick.Marker = decimalTicks{}
	}
	for i := 1; i < len(b.Levels); i++ {
		if d := b.Levels[i].At - b.Levels[i-1].At; i == 1 || d < b.nearest {
			b.nearest = d
		}
	}
	if b.nearest == 0 {
		b.nearest = 1
	}
}

var (
	_ plot.Plotter    = (*bandChart)(nil)
	_ plot.DataRanger = (*bandChart)(nil)
)

// DataRange implements plot.DataRanger.
func (b *bandChart) DataRange() (xmin, xmax, ymin, ymax float64) {
	first, last := b.Levels[0], b.Levels[len(b.Levels)-1]
	for _, level := range b.Levels {
		for _, span := range level.Spans {
			ymax = max(ymax, b.unit.of(span.To))
		}
	}
	ymin = ymax
	for _, level := range b.Levels {
		ymin = min(ymin, b.unit.of(level.Spans[0].From))
	}
	return first.At - b.nearest/2, last.At + b.nearest/2, ymin, ymax
}

// Plot implements plot.Plotter.
func (b *bandChart) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	half := min(0.3*(tx(b.nearest)-tx(0)), 24)
	for i, level := range b.Levels {
		x := tx(level.At)
		left, right := x-half, x+half
		if level.Joined || i > 0 && b.Levels[i-1].Joined { // a bar would look like a step
			left, right = x, x
		}
		for j, span := range level.Spans {
			low, high := ty(b.unit.of(span.From)), ty(b.unit.of(span.To))
			edge := j > 0 && level.Spans[j-1].Failed != span.Failed
			b.area(c, span.Outcome, edge, vg.Point{X: left, Y: low}, vg.Point{X: right, Y: low},
				vg.Point{X: right, Y: high}, vg.Point{X: left, Y: high})
			if level.Joined {
				next, to := b.Levels[i+1].Spans[j], tx(b.Levels[i+1].At)
				b.area(c, span.Outcome, edge, vg.Point{X: x, Y: low}, vg.Point{X: to, Y: ty(b.unit.of(next.From))},
					vg.Point{X: to, Y: ty(b.unit.of(next.To))}, vg.Point{X: x, Y: high})
			}
		}
	}
	for i, level := range b.Levels {
		if b.Numbers { // mark where a level is
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.5}, tx(level.At), c.Min.Y, tx(level.At), c.Min.Y+4)
		} else {
			room := c.Max.X
			if i+1 < len(b.Levels) {
				room = tx(b.Levels[i+1].At) - half
			}
			b.labelEdges(c, level, tx(level.At)+half+3, room, ty)
		}
	}
}

// labelEdges writes the edges of a level's failure windows to the right of its bar. It leaves out a
// label without room or one that would overlap another; the table has all edges.
func (b *bandChart) labelEdges(c draw.Canvas, level Band, at, room vg.Length, y func(float64) vg.Length) {
	style := textStyle(8, draw.XLeft, draw.YCenter)
	taken := c.Min.Y - 20 // top of the last label
	for j := 1; j < len(level.Spans); j++ {
		span := level.Spans[j]
		label := b.unit.label(span.From)
		height := y(b.unit.of(span.From))
		if span.Failed == level.Spans[j-1].Failed || at+style.Width(label) > room || height < taken-9 {
			continue
		}
		height = max(height, taken)
		c.FillText(style, vg.Point{X: at, Y: height}, label)
		taken = height + 9
	}
}

// area fills the area of an outcome between four corners. If edge is set, it draws a line along the
// first two, an edge of a failure window.
func (b *bandChart) area(c draw.Canvas, outcome string, edge bool, corners ...vg.Point) {
	if corners[0].X == corners[1].X {
		return
	}
	var path vg.Path
	for i, q := range corners {
		if i == 0 {
			path.Move(q)
		} else {
			path.Line(q)
		}
	}
	path.Close()
	c.SetColor(b.colours[outcome])
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: b.colours[outcome], Width: 0.4}) // no gap to the next
	c.Stroke(path)
	if edge {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, corners[0].X, corners[0].Y, corners[1].X, corners[1].Y)
	}
}
