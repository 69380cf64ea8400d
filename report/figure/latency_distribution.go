package figure

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// FailureWindow is an interval [From, To) of latencies that fail.
type FailureWindow struct{ From, To time.Duration }

const (
	densityBins = 680      // bins of the density: one for each point of the figure's width
	farTail     = 0.01     // share of the distribution left out above; a tenth of it below
	worthwhile  = farTail  // smallest probability of a window that extends the figure
	labelRows   = 3        // rows of labels that fit above the windows
	atomShare   = 1. / 100 // share of a bin's probability; more than that in one place means an atom
)

var (
	failing     = paint.Palette[1]
	failingPale = color.RGBA{0xfb, 0xe4, 0xd5, 0xff}
)

// LatencyDistribution draws the density of a latency distribution, with the failure windows shaded
// under it, each labelled with its probability. A distribution with atoms (a constant, the samples
// of a file, or a mixture with one of these) has no density, so its distribution function is drawn
// instead. The density is the probability of an interval one point of the figure wide, divided by
// its width.
func LatencyDistribution(
	title, name string, l distribution.Distribution, windows []FailureWindow, sentence string,
) Figure {
	c := newDensityChart(l, windows)
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = name + " (" + c.unit.name + ")"
	p.Y.Label.Text = "probability per " + c.unit.name
	if c.atoms {
		p.Y.Label.Text = "probability of at most this latency"
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = decimalTicks{}, upTo{c.top}
	p.X.Padding, p.Y.Padding = 0, 2
	p.Add(data{c})
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = c.DataRange()
	p.Legend.Add(l.String(), lineSwatch{draw.LineStyle{Color: paint.Palette[0], Width: 1.5}})
	shade := swatch{paint.Fill{Base: failing}}
	if c.atoms {
		shade = swatch{paint.Fill{Base: failingPale}}
	}
	p.Legend.Add("failure windows, with the probability of each", shade)
	legend := p.Legend
	p.Legend = plot.NewLegend()
	return newFigure(p, 720, 300, strings.Join(append([]string{sentence}, c.remarks(l)...), " ")).withLegend(legend, 2)
}

// upTo labels an axis only up to a value; the space above is for labels of windows.
type upTo struct{ top float64 }

// Ticks implements plot.Ticker.
func (u upTo) Ticks(low, _ float64) []plot.Tick { return decimalTicks{}.Ticks(low, u.top) }

// lineSwatch is the piece of line of a legend entry.
type lineSwatch struct{ draw.LineStyle }

// Thumbnail implements plot.Thumbnailer.
func (s lineSwatch) Thumbnail(c *draw.Canvas) {
	y := (c.Min.Y + c.Max.Y) / 2
	c.StrokeLine2(s.LineStyle, c.Min.X, y, c.Max.X, y)
}

type densityChart struct {
	from, to float64 // in nanoseconds
	unit     timeUnit
	atoms    bool
	edges    []float64       // of the bins, in nanoseconds, including the edges of windows
	heights  []float64       // by bin: the density or, with atoms, the distribution function at its end
	start    float64         // with atoms: the distribution function at the first edge
	steps    map[int]float64 // the place of an atom, by bin
	top      float64         // of the axis, without room for labels
	clipped  bool
	windows  []FailureWindow // at least partly in the figure
	beyond   []FailureWindow // outside the figure, but with some probability
	labels   []string        // of windows
}

func newDensityChart(l distribution.Distribution, windows []FailureWindow) *densityChart {
	c := &densityChart{unit: timeUnit{"ms", time.Millisecond}, steps: map[int]float64{}}
	c.from, c.to = l.Quantile(farTail/10), l.Quantile(1-farTail)
	for _, w := range windows {
		if distribution.Probability(l, w.From, w.To) >= worthwhile {
			c.from = min(c.from, max(float64(w.From), l.Quantile(farTail/100)))
			c.to = max(c.to, min(float64(w.To), l.Quantile(1-farTail/10)))
		}
	}
	margin := (c.to - c.from) / 25
	if margin == 0 {
		margin = max(c.from/5, float64(time.Millisecond))
	}
	c.from, c.to = max(0, c.from-margin), c.to+margin
	if c.to >= float64(longRange) {
		c.unit = timeUnit{"s", time.Second}
	}
	for i := range densityBins + 1 {
		c.edges = append(c.edges, c.from+(c.to-c.from)*float64(i)/densityBins)
		if i > 0 {
			_, atom := atomOf(l, c.edges[i-1], c.edges[i])
			c.atoms = c.atoms || atom
		}
	}
	for _, w := range windows {
		p := distribution.Probability(l, w.From, w.To)
		switch {
		case float64(w.To) > c.from && float64(w.From) < c.to:
			c.windows = append(c.windows, w)
			c.labels = append(c.labels, fmt.Sprintf("%.3g", p))
			for _, edge := range []float64{float64(w.From), float64(w.To)} {
				if edge > c.from && edge < c.to {
					c.edges = append(c.edges, edge)
				}
			}
		case p > 0:
			c.beyond = append(c.beyond, w)
		}
	}
	slices.Sort(c.edges)
	c.edges = slices.Compact(c.edges)
	c.shape(l)
	return c
}

// shape computes the heights of the bins and the top of the axis.
func (c *densityChart) shape(l distribution.Distribution) {
	for i := range len(c.edges) - 1 {
		low, high := c.edges[i], c.edges[i+1]
		if c.atoms {
			c.heights = append(c.heights, l.CDF(high))
			if at, ok := atomOf(l, low, high); ok {
				c.steps[i] = at
			}
		} else {
			c.heights = append(c.heights, (l.Below(high)-l.Below(low))/c.unit.of(1)/(high-low))
		}
	}
	if c.atoms {
		c.top, c.start = 1, l.CDF(c.from)
		return
	}
	sorted := slices.Sorted(slices.Values(c.heights))
	c.top = sorted[len(sorted)-1]
	// An unbounded density would leave no height for the rest.
	if usual := sorted[len(sorted)*99/100]; c.top > 3*usual && usual > 0 {
		c.top, c.clipped = 1.5*usual, true
	}
}

// atomOf returns the place of an atom of a distribution in the interval (low, high], and whether there
// is one. It bisects the interval towards the more probable half until a density would have almost
// nothing left.
func atomOf(l distribution.Distribution, low, high float64) (at float64, ok bool) {
	all := l.CDF(high) - l.CDF(low)
	if all < 1e-9 { // rounding would leave nothing of it
		return 0, false
	}
	for range 40 {
		if middle := (low + high) / 2; l.CDF(middle)-l.CDF(low) >= l.CDF(high)-l.CDF(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, l.CDF(high)-l.CDF(low) > atomShare*all
}

// remarks says what the figure leaves out, and adds up the windows if there are several.
func (c *densityChart) remarks(l distribution.Distribution) (list []string) {
	if len(c.windows)+len(c.beyond) > 1 {
		total := 0.0
		for _, w := range slices.Concat(c.windows, c.beyond) {
			total += distribution.Probability(l, w.From, w.To)
		}
		list = append(list, fmt.Sprintf("All windows together: %.4g.", total))
	}
	for _, w := range c.beyond {
		list = append(list, fmt.Sprintf("Outside of the figure: [%s, %s), %.3g.", w.From, w.To,
			distribution.Probability(l, w.From, w.To)))
	}
	if rest := l.Below(c.from) + 1 - l.Below(c.to); rest > 1e-12 {
		list = append(list, fmt.Sprintf("%.2g of the distribution lies outside of the figure.", rest))
	}
	if c.clipped {
		list = append(list, "The density goes beyond the top of the figure.")
	}
	return list
}

var (
	_ plot.Plotter    = (*densityChart)(nil)
	_ plot.DataRanger = (*densityChart)(nil)
)

// DataRange implements plot.DataRanger.
func (c *densityChart) DataRange() (xmin, xmax, ymin, ymax float64) {
	return c.from / float64(c.unit.size), c.to / float64(c.unit.size), 0, c.top * 1.25
}

// Plot implements plot.Plotter.
func (c *densityChart) Plot(canvas draw.Canvas, p *plot.Plot) {
	tx, ty := p.Transforms(&canvas)
	x := func(ns float64) vg.Length { return tx(min(max(ns, c.from), c.to) / float64(c.unit.size)) }
	y := func(height float64) vg.Length { return ty(min(height, c.top)) }
	ground, top := y(0), y(c.top)
	for _, w := range c.windows {
		left, right := x(float64(w.From)), x(float64(w.To))
		canvas.SetColor(failingPale)
		canvas.Fill(
			vg.Rectangle{Min: vg.Point{X: left, Y: ground}, Max: vg.Point{X: max(right, left+0.75), Y: top}}.Path(),
		)
		canvas.SetColor(failing)
		canvas.Fill(c.under(x, y, float64(w.From), float64(w.To)))
		edge := draw.LineStyle{Color: failing, Width: 0.75}
		for _, at := range []time.Duration{w.From, w.To} {
			if ns := float64(at); ns > c.from && ns < c.to {
				canvas.StrokeLine2(edge, x(ns), ground, x(ns), top)
			}
		}
	}
	canvas.StrokeLines(draw.LineStyle{Color: paint.Palette[0], Width: 1.5}, c.line(x, y))
	c.writeLabels(canvas, x, top)
}

// line goes through the middles of the bins of a density, or follows a distribution function: a bin
// in which most of the change is in one place has a step there.
func (c *densityChart) line(x, y func(float64) vg.Length) []vg.Point {
	first, last := c.heights[0], c.heights[len(c.heights)-1]
	if c.atoms {
		first = c.start
	}
	points := []vg.Point{{X: x(c.edges[0]), Y: y(first)}}
	for i, height := range c.heights {
		at := c.edges[i+1]
		if step, ok := c.steps[i]; ok {
			foot := vg.Point{X: x(step), Y: points[len(points)-1].Y}
			points = append(points, foot, vg.Point{X: foot.X, Y: y(height)})
		}
		if !c.atoms {
			at = (c.edges[i] + at) / 2
		}
		points = append(points, vg.Point{X: x(at), Y: y(height)})
	}
	return append(points, vg.Point{X: x(c.to), Y: y(last)})
}

// under returns the area under the heights from one edge to another.
func (c *densityChart) under(x, y func(float64) vg.Length, from, to float64) vg.Path {
	var path vg.Path
	if c.atoms {
		return path // the area under a distribution function is not a probability
	}
	for i, height := range c.heights {
		low, high := c.edges[i], c.edges[i+1]
		if low < from || high > to {
			continue
		}
		if path == nil {
			path.Move(vg.Point{X: x(low), Y: y(0)})
		}
		path.Line(vg.Point{X: x(low), Y: y(height)})
		path.Line(vg.Point{X: x(high), Y: y(height)})
		if i == len(c.heights)-1 || c.edges[i+2] > to {
			path.Line(vg.Point{X: x(high), Y: y(0)})
			path.Close()
		}
	}
	return path
}

// writeLabels writes the probabilities above the windows. A label that would overlap another goes
// into a higher row, with a line down to its window.
func (c *densityChart) writeLabels(canvas draw.Canvas, x func(float64) vg.Length, top vg.Length) {
	const row, gap = vg.Length(12), vg.Length(5)
	style := textStyle(9, draw.XCenter, draw.YBottom)
	var taken []vg.Length // right end of the last label in each row
	for i, w := range c.windows {
		middle := (x(float64(w.From)) + x(float64(w.To))) / 2
		half := style.Width(c.labels[i]) / 2
		at := min(max(middle, canvas.Min.X+half), canvas.Max.X-half)
		n := slices.IndexFunc(taken, func(end vg.Length) bool { return at-half >= end })
		if n < 0 && len(taken) == labelRows {
			continue // the table beside the figure has all of them
		}
		if n < 0 {
			n = len(taken)
			taken = append(taken, 0)
		}
		taken[n] = at + half + gap
		height := top + 4 + vg.Length(n)*row
		canvas.StrokeLine2(draw.LineStyle{Color: failing, Width: 0.5}, middle, top, middle, height)
		canvas.FillText(style, vg.Point{X: at, Y: height}, c.labels[i])
	}
}
