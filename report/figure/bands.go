package figure

import (
	"slices"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
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
	chart := &bandChart{Bands: b}
	low, high := b.Levels[0].Spans[0].From, b.Levels[0].Spans[0].To
	fills := regions{}
	for _, level := range b.Levels {
		for _, span := range level.Spans {
			low, high = min(low, span.From), max(high, span.To)
			fills[region{span.Outcome, span.Failed}] = span.Fill
		}
	}
	chart.unit = unitOf(high)
	p.X.Label.Text, p.Y.Label.Text = b.Factor, b.Probe+" ("+chart.unit.name+")"
	p.Y.Min, p.Y.Max = chart.unit.of(low), chart.unit.of(high)
	p.Y.Tick.Marker = decimalTicks{}
	chart.place(p)
	p.X.Padding, p.Y.Padding = 4, 2
	p.Add(data{chart})
	p.X.Min, p.X.Max, _, _ = chart.DataRange()
	entries := fills.legend(&p.Legend, nil)
	if chart.gaps() {
		p.Legend.Add("not searched between these levels", swatch{paint.Fill{Base: paint.Unknown}})
		entries++
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, 420, b.Sentence).withLegend(legend, entries)
}

// mostTicks is the largest number of levels labelled one by one on an axis of numbers.
const mostTicks = 12

type bandChart struct {
	Bands
	unit    timeUnit
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
	xmin, xmax = first.At, last.At
	if b.alone(0) {
		xmin -= b.nearest / 2
	}
	if b.alone(len(b.Levels) - 1) {
		xmax += b.nearest / 2
	}
	return xmin, xmax, ymin, ymax
}

// alone reports whether a level is joined to no other. It is drawn as a bar.
func (b *bandChart) alone(i int) bool {
	return !b.Levels[i].Joined && (i == 0 || !b.Levels[i-1].Joined)
}

// gaps reports whether there are values of the factor between levels at which nothing is known.
func (b *bandChart) gaps() bool {
	return b.Numbers && slices.ContainsFunc(b.Levels[:len(b.Levels)-1], func(l Band) bool { return !l.Joined })
}

// Plot implements plot.Plotter. Levels that are joined are one area for each span; another level is a
// bar. On an axis of numbers, what lies between two areas is drawn as unknown.
func (b *bandChart) Plot(c draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&c)
	half := min(0.3*(tx(b.nearest)-tx(0)), 24)
	if b.Numbers {
		half = min(half, 6)
	}
	end := c.Min.X // of the last area
	for first, i := 0, 0; i < len(b.Levels); i++ {
		if b.Levels[i].Joined {
			continue
		}
		chain := b.Levels[first : i+1]
		left, right := tx(chain[0].At), tx(chain[len(chain)-1].At)
		if first == i {
			left, right = left-half, right+half
		}
		if b.Numbers && first > 0 {
			unknown := paint.Fill{Base: paint.Unknown}
			unknown.Paint(c,
				corners(vg.Rectangle{Min: vg.Point{X: end, Y: c.Min.Y}, Max: vg.Point{X: left, Y: c.Max.Y}}))
		}
		b.areas(c, chain, left, right, tx, ty)
		first, end = i+1, right
	}
	for i, level := range b.Levels {
		if b.Numbers { // mark where a level is
			c.StrokeLine2(draw.LineStyle{Color: paint.Ink, Width: 0.5}, tx(level.At), c.Min.Y, tx(level.At), c.Min.Y+4)
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

// areas draws the spans of joined levels, or of one, from left to right.
func (b *bandChart) areas(c draw.Canvas, chain []Band, left, right vg.Length, tx, ty func(float64) vg.Length) {
	// along returns an edge, where edges have these values.
	along := func(edge func(Band) time.Duration) (line []vg.Point) {
		if len(chain) == 1 {
			y := ty(b.unit.of(edge(chain[0])))
			return []vg.Point{{X: left, Y: y}, {X: right, Y: y}}
		}
		for _, level := range chain {
			line = append(line, vg.Point{X: tx(level.At), Y: ty(b.unit.of(edge(level)))})
		}
		return line
	}
	for j, span := range chain[0].Spans {
		low := along(func(level Band) time.Duration { return level.Spans[j].From })
		high := along(func(level Band) time.Duration { return level.Spans[j].To })
		slices.Reverse(high)
		span.Fill.Paint(c, slices.Concat(low, high))
	}
	for j := 1; j < len(chain[0].Spans); j++ {
		if chain[0].Spans[j-1].Failed != chain[0].Spans[j].Failed {
			c.StrokeLines(draw.LineStyle{Color: paint.Ink, Width: 1},
				along(func(level Band) time.Duration { return level.Spans[j].From }))
		}
	}
}
