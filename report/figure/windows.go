package figure

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Strip is one strip of a strip chart: the outcome of each interval of the probe.
type Strip struct {
	Label string
	Spans []Span
}

// Span is one interval [From, To) of a strip.
type Span struct {
	From, To time.Duration
	Outcome  string // text of its fill in the legend
	Failed   bool
	Fill     paint.Fill
}

// region is what areas of one fill have in common.
type region struct {
	outcome string
	failed  bool
}

// regions collects the fills of a figure for its legend.
type regions map[region]paint.Fill

// legend adds the fills to a legend: failures first, then in the order of the outcomes' list. It
// returns their number. names, if not nil, has the names of the areas of each.
func (r regions) legend(l *plot.Legend, names map[region]string) int {
	for _, key := range slices.SortedFunc(maps.Keys(r), func(a, b region) int {
		return cmp.Or(paint.Compare(r[a], r[b]), strings.Compare(a.outcome, b.outcome))
	}) {
		l.Add(names[key]+key.outcome, swatch{r[key]})
	}
	return len(r)
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
	fills := regions{}
	var ticks []plot.Tick
	for i, s := range strips {
		ticks = append(ticks, plot.Tick{Value: float64(len(strips) - 1 - i), Label: s.Label})
		for _, span := range s.Spans {
			fills[region{span.Outcome, span.Failed}] = span.Fill
		}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.X.Min, p.X.Max, _, _ = chart.DataRange()
	p.Add(data{chart})
	entries := fills.legend(&p.Legend, nil)
	legend := p.Legend
	p.Legend = plot.NewLegend()
	height := vg.Length(len(strips))*30 + 70
	return newFigure(p, 720, height, sentence).withLegend(legend, entries)
}

type stripChart struct {
	strips []Strip
	unit   timeUnit
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
	c := &stripChart{unit: timeUnit{"ms", time.Millisecond}}
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
			span.Fill.Paint(c,
				corners(vg.Rectangle{Min: vg.Point{X: left, Y: low}, Max: vg.Point{X: right, Y: high}}))
			if j > 0 && span.Failed != strip.Spans[j-1].Failed {
				c.StrokeLine2(draw.LineStyle{Color: paint.Ink, Width: 0.75}, left, low-1, left, high+9)
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
