package figure

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Compared is one row of a figure of differences: an estimate with its interval, and its difference
// from the baseline. The difference of the baseline itself is NaN.
type Compared struct {
	Label                                     string
	Value, Low, High                          float64
	Difference, DifferenceLow, DifferenceHigh float64
}

// The styles of differences: below 0, above 0, and of either sign.
var (
	less = paint.Line{Colour: paint.Palette[2], Shape: paint.Diamond{}}
	more = paint.Line{Colour: paint.Palette[1], Shape: draw.BoxGlyph{}}
	open = paint.Line{Colour: paint.Palette[6], Shape: draw.RingGlyph{}}
)

// Differences draws estimates with their intervals on the left, the first row (the baseline) at the
// top, and their differences from the baseline on the right. The estimates have intervals of the
// given confidence.
func Differences(title, label string, list []Compared, confidence float64, sentence string) Figure {
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
	bound := false
	for i, c := range list {
		y := float64(len(list) - 1 - i)
		values.add(mark{y: y, value: c.Value, low: c.Low, high: c.High, colour: paint.Palette[0],
			shape: draw.CircleGlyph{}, bound: c.Value == 0 && c.High > 0})
		bound = bound || c.Value == 0 && c.High > 0
		style := open
		switch {
		case c.DifferenceHigh < 0:
			style = less
		case c.DifferenceLow > 0:
			style = more
		}
		differences.add(mark{y: y, value: c.Difference, low: c.DifferenceLow, high: c.DifferenceHigh,
			colour: style.Colour, shape: style.Shape})
	}
	values.low, values.high = 0, ceiling(values.highest())
	differences.low, differences.high = differences.bounds()
	left.Add(data{values})
	right.Add(data{differences})
	left.X.Padding, right.X.Padding = 4, 4
	entries := 3
	for _, e := range []struct {
		text  string
		style paint.Line
	}{{"fails less often than the baseline", less}, {"more often", more}, {"the interval holds 0", open}} {
		right.Legend.Add(e.text, dot{draw.GlyphStyle{Color: e.style.Colour, Radius: 3, Shape: e.style.Shape}})
	}
	if bound {
		right.Legend.Add(boundTitle(confidence), boundSwatch{})
		entries++
	}
	legend := right.Legend
	right.Legend = plot.NewLegend()
	return beside(left, right, 0.6, 720, vg.Length(len(list))*22+80, sentence).withLegend(legend, entries)
}
