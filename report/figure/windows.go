package figure

import (
	"image/color"
	"strconv"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Strip is one strip of a strip chart: what came of each interval of the probe.
type Strip struct {
	Label string
	Spans []Span
}

// Span is one interval [From, To) of a strip.
type Span struct {
	From, To time.Duration
	Outcome  string // what the legend says of its colour
	Failed   bool
}

// Windows draws a strip chart: a strip for each row, coloured by outcome, with the
// edges of the failure windows labelled to the nanosecond.
func Windows(title, probe string, strips []Strip, sentence string) Figure {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = probe + " (ms)"
	p.X.Padding, p.Y.Padding = 2, 4
	p.X.Tick.Marker = decimalTicks{}
	p.Y.Min, p.Y.Max = -0.5, float64(len(strips))-0.5
	colours := map[string]color.Color{}
	var ticks []plot.Tick
	for i, s := range strips {
		ticks = append(ticks, plot.Tick{Value: float64(len(strips) - 1 - i), Label: s.Label})
		for _, span := range s.Spans {
			if _, ok := colours[span.Outcome]; ok {
				continue
			}
			if span.Failed {
				colours[span.Outcome] = palette[failures(colours)%len(palette)]
			} else {
				colours[span.Outcome] = clean
			}
			p.Legend.Add(span.Outcome, swatch{colours[span.Outcome]})
		}
	}
	chart := &stripChart{strips, colours}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.X.Min, p.X.Max, _, _ = chart.DataRange()
	p.Add(chart)
	p.Legend.Top, p.Legend.Left = false, false
	legend := p.Legend
	p.Legend = plot.NewLegend()
	height := vg.Length(len(strips))*30 + 70
	f := newFigure(p, 720, height, sentence)
	return f.withLegend(legend, len(colours))
}

func failures(colours map[string]color.Color) (n int) {
	for _, c := range colours {
		if c != clean {
			n++
		}
	}
	return n
}

// withLegend puts the legend into a band of its own on top, where it covers no data.
func (f Figure) withLegend(legend plot.Legend, entries int) Figure {
	band := vg.Length(entries)*(legend.TextStyle.Font.Size+2.5) + 4
	below := f.draw
	legend.TextStyle.Font = textStyle(9, draw.XLeft, draw.YBottom).Font
	legend.Padding = 3
	legend.Left, legend.Top = true, true
	legend.XOffs = captionIndent
	f.height += band
	f.draw = func(c draw.Canvas) {
		c.SetColor(color.White)
		c.Fill(c.Rectangle.Path())
		below(draw.Crop(c, 0, 0, 0, -band))
		legend.Draw(draw.Crop(c, 0, 0, c.Max.Y-c.Min.Y-band, -4))
	}
	return f
}

// swatch is a legend entry's patch of colour.
type swatch struct{ color.Color }

// Thumbnail implements plot.Thumbnailer.
func (s swatch) Thumbnail(c *draw.Canvas) {
	c.SetColor(s.Color)
	c.Fill(c.Rectangle.Path())
}

type stripChart struct {
	strips  []Strip
	colours map[string]color.Color
}

var (
	_ plot.Plotter    = (*stripChart)(nil)
	_ plot.DataRanger = (*stripChart)(nil)
)

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// DataRange implements plot.DataRanger.
func (s *stripChart) DataRange() (xmin, xmax, ymin, ymax float64) {
	for i, strip := range s.strips {
		for j, span := range strip.Spans {
			if i == 0 && j == 0 {
				xmin = milliseconds(span.From)
			}
			xmin, xmax = min(xmin, milliseconds(span.From)), max(xmax, milliseconds(span.To))
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
			left, right := x(milliseconds(span.From)), x(milliseconds(span.To))
			c.SetColor(s.colours[span.Outcome])
			c.Fill(vg.Rectangle{Min: vg.Point{X: left, Y: low}, Max: vg.Point{X: right, Y: high}}.Path())
			if j == 0 || span.Failed == strip.Spans[j-1].Failed {
				continue
			}
			// An edge where failure ends is labelled to its left, one where it begins
			// to its right: two edges with a narrow gap between them both stay legible.
			align, shift := draw.XLeft, vg.Length(2)
			if !span.Failed {
				align, shift = draw.XRight, vg.Length(-2)
			}
			c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.75}, left, low-1, left, high+9)
			c.FillText(textStyle(8, align, draw.YBottom), vg.Point{X: left + shift, Y: high + 1}, edge(span.From))
		}
	}
}

// edge writes a time in milliseconds with all its digits.
func edge(d time.Duration) string {
	return strconv.FormatFloat(milliseconds(d), 'f', -1, 64) + " ms"
}
