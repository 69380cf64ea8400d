package figure

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Compared is one row of a figure of differences: an estimate with its interval, and its difference
// from the baseline. The difference of the baseline itself is NaN.
type Compared struct {
	Label                                     string
	Value, Low, High                          float64
	Difference, DifferenceLow, DifferenceHigh float64
}

// Differences draws estimates with their intervals on the left, the first row (the baseline) at the
// top, and their differences from the baseline on the right.
func Differences(title, label string, list []Compared, sentence string) Figure {
	left, right := plot.New(), plot.New()
	left.Title.Text = title
	left.X.Label.Text, right.X.Label.Text = label, "difference from “"+list[0].Label+"”"
	var ticks []plot.Tick
	for i, c := range list {
		ticks = append(ticks, plot.Tick{Value: float64(len(list) - 1 - i), Label: c.Label})
	}
	for _, p := range []*plot.Plot{left, right} {
		p.X.Tick.Marker = decimalTicks{}
		p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
		p.Y.Min, p.Y.Max = -0.6, float64(len(list))-0.4
		grid := plotter.NewGrid()
		grid.Horizontal.Width = 0
		p.Add(grid)
	}
	left.Y.Tick.Marker, right.Y.Tick.Marker = plot.ConstantTicks(ticks), plot.ConstantTicks(nil)
	values, differences := &marks{}, &marks{zero: true}
	for i, c := range list {
		y := float64(len(list) - 1 - i)
		values.add(mark{y, c.Value, c.Low, c.High, palette[0]})
		colour := palette[6]
		switch {
		case c.DifferenceHigh < 0:
			colour = palette[2]
		case c.DifferenceLow > 0:
			colour = palette[1]
		}
		differences.add(mark{y, c.Difference, c.DifferenceLow, c.DifferenceHigh, colour})
	}
	left.Add(values)
	right.Add(differences)
	left.X.Min, left.X.Max = 0, values.highest()
	right.X.Min, right.X.Max = differences.bounds()
	right.Legend.Add("fails less often than the baseline",
		dot{draw.GlyphStyle{Color: palette[2], Radius: 3, Shape: draw.CircleGlyph{}}})
	right.Legend.Add("more often", dot{draw.GlyphStyle{Color: palette[1], Radius: 3, Shape: draw.CircleGlyph{}}})
	right.Legend.Add("the interval holds 0",
		dot{draw.GlyphStyle{Color: palette[6], Radius: 3, Shape: draw.CircleGlyph{}}})
	legend := right.Legend
	right.Legend = plot.NewLegend()
	return beside(left, right, 0.6, 720, vg.Length(len(list))*22+80, sentence).withLegend(legend, 3)
}

// mark is a value with its interval at a height.
type mark struct {
	y, value, low, high float64
	colour              color.Color
}

// marks draws values with their intervals, with a line at zero if zero is set.
type marks struct {
	list []mark
	zero bool
}

// add adds a mark, unless its value is NaN.
func (m *marks) add(k mark) {
	if !math.IsNaN(k.value) {
		m.list = append(m.list, k)
	}
}

// highest returns a bound above all intervals.
func (m *marks) highest() float64 {
	most := 0.0
	for _, k := range m.list {
		most = max(most, k.high)
	}
	return max(most*1.05, 1e-9)
}

// bounds returns a range that includes all intervals and 0.
func (m *marks) bounds() (low, high float64) {
	for _, k := range m.list {
		low, high = min(low, k.low), max(high, k.high)
	}
	margin := max((high-low)*0.05, 1e-9)
	return low - margin, high + margin
}

// Plot implements plot.Plotter.
func (m *marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	if m.zero {
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1}, x(0), c.Min.Y, x(0), c.Max.Y)
	}
	for _, k := range m.list {
		line := draw.LineStyle{Color: k.colour, Width: 1.5}
		at, low, high := y(k.y), x(k.low), x(k.high)
		c.StrokeLine2(line, low, at, high, at)
		c.StrokeLine2(line, low, at-3, low, at+3)
		c.StrokeLine2(line, high, at-3, high, at+3)
		c.DrawGlyph(draw.GlyphStyle{Color: k.colour, Radius: 3, Shape: draw.CircleGlyph{}},
			vg.Point{X: x(k.value), Y: at})
	}
}
