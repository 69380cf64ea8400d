package figure

import (
	"hash/fnv"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Estimate is the probability of a row by one method, with its interval. Equal bounds mean that it is
// exact.
type Estimate struct {
	Row, Method      string
	Value, Low, High float64
}

// bound reports whether an estimate is only an upper bound.
func (e *Estimate) bound() bool { return e.Value == 0 && e.High > 0 }

// methodOrder fixes the look of each method.
var methodOrder = []string{"monte-carlo", "exact", "conditional", "stratified", "importance"}

// methodLine returns the look of a method.
func methodLine(method string) paint.Line {
	if n := slices.Index(methodOrder, method); n >= 0 {
		return paint.Series(n)
	}
	h := fnv.New32a()
	h.Write([]byte(method))
	return paint.Series(len(methodOrder) + int(h.Sum32()%5))
}

// Estimates draws the estimates of each row by several methods, with intervals of the given
// confidence. The axis is logarithmic if rare failures are among them. An estimate of no failures is
// drawn as its upper bound, and so is one that is exactly 0 on a logarithmic axis, at the left end.
func Estimates(title string, list []Estimate, logX bool, confidence float64, sentence string) Figure {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "failure probability"
	var rows, methods []string
	var shown []float64
	bound, zero := false, false
	for _, e := range list {
		if !slices.Contains(rows, e.Row) {
			rows = append(rows, e.Row)
		}
		if !slices.Contains(methods, e.Method) {
			methods = append(methods, e.Method)
		}
		if !math.IsNaN(e.Value) {
			shown = append(shown, e.Value, e.Low, e.High)
			bound, zero = bound || e.bound(), zero || logX && e.Value == 0 && e.High == 0
		}
	}
	marks := &marks{high: ceiling(slices.Max(append(shown, 0)))}
	p.X.Tick.Marker = decimalTicks{}
	if logX {
		marks.low, marks.high = floor(shown...), 1
		p.X.Scale = plot.LogScale{}
		p.X.Tick.Marker = logTicks{}
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
	for _, e := range list {
		y := float64(len(rows)-1-slices.Index(rows, e.Row)) -
			(float64(slices.Index(methods, e.Method))-float64(len(methods)-1)/2)*0.22
		style := methodLine(e.Method)
		marks.add(mark{y: y, value: e.Value, low: e.Low, high: e.High, colour: style.Colour, shape: style.Shape,
			bound: e.bound()})
	}
	p.Add(data{marks})
	p.X.Padding = 4
	for _, method := range methods {
		style := methodLine(method)
		p.Legend.Add(method, dot{draw.GlyphStyle{Color: style.Colour, Radius: 3, Shape: style.Shape}})
	}
	entries := len(methods)
	if bound {
		p.Legend.Add(boundTitle(confidence), boundSwatch{})
		entries++
	}
	if zero {
		sentence += " Arrows alone at the left end: exactly 0."
	}
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, vg.Length(len(rows))*30+80, sentence).withLegend(legend, entries)
}
