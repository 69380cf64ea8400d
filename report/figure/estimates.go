package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Estimate is the probability of a row by one method, with its interval.
type Estimate struct {
	Row, Method      string
	Value, Low, High float64
}

// Estimates draws the estimates of each row by several methods. The axis is logarithmic if rare
// failures are among them; on it, values of 0 or below are drawn at the left end.
func Estimates(title string, list []Estimate, logX bool, sentence string) Figure {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "failure probability"
	var rows, methods []string
	least, most := 1.0, 0.0
	for _, e := range list {
		if !slices.Contains(rows, e.Row) {
			rows = append(rows, e.Row)
		}
		if !slices.Contains(methods, e.Method) {
			methods = append(methods, e.Method)
		}
		for _, v := range []float64{e.Value, e.Low, e.High} {
			if v > 0 {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	p.X.Min, p.X.Max = 0, max(most*1.05, 1e-9)
	p.X.Tick.Marker = decimalTicks{}
	if logX {
		p.X.Min, p.X.Max = math.Pow(10, math.Floor(math.Log10(least))), 1
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = plot.LogTicks{Prec: 1}
	}
	var ticks []plot.Tick
	for i, row := range rows {
		ticks = append(ticks, plot.Tick{Value: float64(len(rows) - 1 - i), Label: row})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.Y.Min, p.Y.Max = -0.6, float64(len(rows))-0.4
	grid := plotter.NewGrid()
	grid.Horizontal.Width = 0
	p.Add(grid)
	left, right := p.X.Min, p.X.Max
	within := func(v float64) float64 { return min(max(v, left), right) }
	marks := &marks{}
	for _, e := range list {
		if math.IsNaN(e.Value) {
			continue
		}
		method := slices.Index(methods, e.Method)
		y := float64(len(rows)-1-slices.Index(rows, e.Row)) - (float64(method)-float64(len(methods)-1)/2)*0.22
		marks.add(mark{y, within(e.Value), within(e.Low), within(e.High), palette[method%len(palette)]})
	}
	p.Add(marks)
	p.X.Min, p.X.Max = left, right
	for i, method := range methods {
		p.Legend.Add(method, dot{draw.GlyphStyle{Color: palette[i%len(palette)], Radius: 3, Shape: draw.CircleGlyph{}}})
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, vg.Length(len(rows))*30+80, sentence).withLegend(legend, len(methods))
}
