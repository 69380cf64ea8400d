package figure

import (
	"image/color"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Strip is one strip of a strip chart: the outcome of each interval of the probe.
type Strip struct {
	Label string
	Spans []Span
}

// Span is one interval [From, To) of a strip.
type Span struct {
	From, To time.Duration
	Outcome  string // text of its colour in the legend
	Failed   bool
}

// Windows draws a strip chart, with a strip for each row, coloured by outcome. It labels the edges
// of the failure windows to the nanosecond.
func Windows(title, probe string, strips []Strip, sentence string) Figure {
	p := plot.New()
	p.Title.Text = title
	chart := newStripChart(strips)
	p.X.Label.Text = probe + " (" + chart.unit.name + ")"
	p.X.Padding, p.Y.Padding = 2, 4
	p.X.Tick.Marker = decimalTicks{}
	p.Y.Min, p.Y.Max = -0.5, float64(len(strips))-0.5
	failures, others := 0, 0
	var ticks []plot.Tick
	for i, s := range strips {
		ticks = append(ticks, plot.Tick{Value: float64(len(strips) - 1 - i), Label: s.Label})
		for _, span := range s.Spans {
			if _, ok := chart.colours[span.Outcome]; ok {
				continue
			}
			colour := color.Color(clean)
			switch {
			case span.Failed:
				colour = palette[failures%len(palette)]
				failures++
			case span.Outcome != cleanOutcome:
				colour = tolerated[others%len(tolerated)]
				others++
			}
			chart.colours[span.Outcome] = colour
			p.Legend.Add(span.Outcome, swatch{colour})
		}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.X.Min, p.X.Max, _, _ = chart.DataRange()
	p.Add(chart)
	p.Legend.Top, p.Legend.Left = false, false
	legend := p.Legend
	p.Legend = plot.NewLegend()
	height := vg.Length(len(strips))*30 + 70
	return newFigure(p, 720, height, sentence).withLegend(legend, len(chart.colours))
}

// cleanOutcome is the outcome of a span without faults.
const cleanOutcome = "clean"

// swatch is the patch of colour of a legend entry.
type swatch struct{ color.Color }

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) {
	c.SetColor(s.Color)
	c.Fill(c.Rectangle.Path())
}

type stripChart struct {
	strips  []Strip
	colours map[string]color.Color // by outcome
	unit    timeUnit
}

// timeUnit is the unit in which a chart shows times.
type timeUnit struct {
	name string
	size time.Duration
}

// of converts a duration to the unit.
func (u timeUnit) of(d time.Duration) float64 { return float64(d) / float64(u.size) }

// label writes a time with all its digits.
func (u timeUnit) label(d time.Duration) string {
	return strconv.FormatFloat(u.of(d), 'f', -1, 64) + " " + u.name
}

// longRange is the length from which on a range is shown in seconds.
const longRange = 10 * time.Second

// newStripChart joins neighbouring spans with the same outcome, which look like one to a reader.
func newStripChart(strips []Strip) *stripChart {
	c := &stripChart{colours: map[string]color.Color{}, unit: timeUnit{"ms", time.Millisecond}}
	for _, s := range strips {
		joined := Strip{Label: s.Label}
		for _, span := range s.Spans {
			n := len(joined.Spans)
			if n > 0 && joined.Spans[n-1].Outcome == span.Outcome && joined.Spans[n-1].Failed == span.Failed {
				joined.Spans[n-1].To = span.To
			} else {
				joined.Spans = append(joined.Spans, span)
			}
			if span.To >= longRange {
				c.unit = timeUnit{"s", time.Second}
			}
		}
		c.strips = append(c.strips, joined)
	}
	return c
}

var (
	_ plot.Plotter    = (*stripChart)(nil)
	_ plot.DataRanger = (*stripChart)(nil)
)

// DataRange implements plot.DataRanger.
func (s *stripChart) DataRange() (xmin, xmax, ymin, ymax float64) {
	for i, strip := range s.strips {
		for j, span := range strip.Spans {
			if i == 0 && j == 0 {
				xmin = s.unit.of(span.From)
			}
			xmin, xmax = min(xmin, s.unit.of(span.From)), max(xmax, s.unit.of(span.To))
		}
	}
	return xmin, xmax, -0.5, float64(len(s.strips)) - 0.5
}

// Plot implements plot.Plotter.
func (s *stripChart) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for i, strip := range s.strips {
		middle := y(float64(len(s.strips) - 1 - i))
		low, high := middle-8, middle+5
		for j, span := range strip.Spans {
			left, right := x(s.unit.of(span.From)), x(s.unit.of(span.To))
			c.SetColor(s.colours[span.Outcome])
			c.Fill(vg.Rectangle{Min: vg.Point{X: left, Y: low}, Max: vg.Point{X: right, Y: high}}.Path())
			if j > 0 && span.Failed != strip.Spans[j-1].Failed {
				c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.75}, left, low-1, left, high+9)
			}
		}
		s.labelEdges(c, strip, x, high+1)
	}
}

// labelEdges writes the edges of a strip's failure windows above it: within the window if both fit
// there, otherwise on its two sides. It leaves out a label that would overlap another; the sentence
// under the chart has all edges.
func (s *stripChart) labelEdges(c draw.Canvas, strip Strip, x func(float64) vg.Length, y vg.Length) {
	const gap = vg.Length(2)
	style := textStyle(8, draw.XLeft, draw.YBottom)
	taken := c.Min.X // right end of the last label
	write := func(at vg.Length, text string) {
		if at < taken || at < c.Min.X-40 || at+style.Width(text) > c.Max.X+10 {
			return
		}
		c.FillText(style, vg.Point{X: at, Y: y}, text)
		taken = at + style.Width(text) + gap
	}
	for j := 0; j < len(strip.Spans); j++ {
		if !strip.Spans[j].Failed {
			continue
		}
		first := j
		for j+1 < len(strip.Spans) && strip.Spans[j+1].Failed {
			j++
		}
		from, to := strip.Spans[first].From, strip.Spans[j].To
		left, right := x(s.unit.of(from)), x(s.unit.of(to))
		begins, ends := s.unit.label(from), s.unit.label(to)
		if first == 0 { // the search begins here
			begins = ""
		}
		if j == len(strip.Spans)-1 {
			ends = ""
		}
		within := style.Width(begins)+style.Width(ends)+3*gap <= right-left
		switch {
		case begins != "" && within:
			write(left+gap, begins)
		case begins != "":
			write(left-gap-style.Width(begins), begins)
		}
		switch {
		case ends != "" && within:
			write(right-gap-style.Width(ends), ends)
		case ends != "":
			write(right+gap, ends)
		}
	}
}
