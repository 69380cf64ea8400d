// Package figure draws the figures of a study as SVG, PNG and PDF. The same data give the same
// bytes. It computes nothing.
//
//	labels and numbers -> Windows, Curves, Map.Draw, ... -> Figure -> SVG, PNG, PDF
package figure

import (
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/dtlssim/dtlssim/report/figure/paint"
)

// Figure is a drawing with a title above it and a sentence under it. Title and legend have their
// own bands, where they cover no data.
type Figure struct {
	width, height vg.Length           // of the drawing, without title, legend and sentence
	draw          func(c draw.Canvas) // draws into that size

	// axes returns the boxes between the axes of a drawing of that size. All marks lie in them.
	axes func(c draw.Canvas) []vg.Rectangle

	title    string
	sentence string
	legend   plot.Legend
	entries  int // number of legend entries
}

// newFigure lays out a plot with its title above it and a sentence under it.
func newFigure(p *plot.Plot, width, height vg.Length, sentence string) Figure {
	axes := func(c draw.Canvas) []vg.Rectangle { return []vg.Rectangle{p.DataCanvas(c).Rectangle} }
	return layOut(width, height, p.Title.Text, sentence, p.Draw, axes, p)
}

// layOut lays out a drawing between a title and a sentence, and sets our fonts in its plots.
func layOut(
	width, height vg.Length, title, sentence string, inner func(draw.Canvas),
	axes func(draw.Canvas) []vg.Rectangle, plots ...*plot.Plot,
) Figure {
	for _, p := range plots {
		style(p)
		p.Title.Text = ""
		p.BackgroundColor = nil // the figure has its own
	}
	within := func(c draw.Canvas) draw.Canvas { return draw.Crop(c, indent/2, -indent, indent/2, -indent/2) }
	return Figure{
		width: width, height: height, title: title, sentence: sentence,
		draw: func(c draw.Canvas) { inner(within(c)) },
		axes: func(c draw.Canvas) []vg.Rectangle { return axes(within(c)) },
	}
}

// data marks what a plotter draws as data: in SVG it is a group of its own.
type data struct{ plot.Plotter }

var _ plot.DataRanger = data{}

// Plot implements plot.Plotter.
func (d data) Plot(c draw.Canvas, p *plot.Plot) {
	c.Push()
	c.Translate(vg.Point{}) // see unmoved
	d.Plotter.Plot(c, p)
	c.Pop()
}

// DataRange implements plot.DataRanger.
func (d data) DataRange() (xmin, xmax, ymin, ymax float64) {
	if r, ok := d.Plotter.(plot.DataRanger); ok {
		return r.DataRange()
	}
	return math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
}

// Titled returns the figure with another title.
func (f Figure) Titled(title string) Figure {
	f.title = title
	return f
}

// withLegend puts a legend with a number of entries between the title and the drawing.
func (f Figure) withLegend(legend plot.Legend, entries int) Figure {
	legend.TextStyle.Font = textStyle(9, draw.XLeft, draw.YBottom).Font
	legend.Padding = 3
	legend.ThumbnailWidth = 28
	legend.Left, legend.Top = true, true
	legend.XOffs = indent
	f.legend, f.entries = legend, entries
	return f
}

// layout has the heights of a figure's bands, from the top, and the lines of its texts.
type layout struct {
	title, legend, body, sentence vg.Length
	titleLines, sentenceLines     []string
}

func (l *layout) height() vg.Length { return l.title + l.legend + l.body + l.sentence }

func (f *Figure) layout() layout {
	l := layout{body: f.height}
	if l.titleLines = wrap(f.title, f.width-2*indent, titleStyle); len(l.titleLines) > 0 {
		l.title = vg.Length(len(l.titleLines))*titleLine + indent
	}
	if f.entries > 0 {
		l.legend = vg.Length(f.entries)*(f.legend.TextStyle.Font.Size+2.5) + 6
	}
	if l.sentenceLines = wrap(f.sentence, f.width-2*indent, sentenceStyle); len(l.sentenceLines) > 0 {
		l.sentence = vg.Length(len(l.sentenceLines))*sentenceLine + indent
	}
	return l
}

// drawTitle, drawSentence, drawLegend and drawBody draw parts of a figure on a white background.
func (f *Figure) drawTitle(c draw.Canvas, l *layout) {
	for i, line := range l.titleLines {
		c.FillText(titleStyle, vg.Point{X: c.Min.X + indent, Y: c.Max.Y - indent/2 - vg.Length(i+1)*titleLine + 3},
			line)
	}
}

func (f *Figure) drawSentence(c draw.Canvas, l *layout) {
	for i, line := range l.sentenceLines {
		c.FillText(sentenceStyle, vg.Point{X: c.Min.X + indent, Y: c.Min.Y + l.sentence - vg.Length(i+1)*sentenceLine},
			line)
	}
}

func (f *Figure) drawLegend(c draw.Canvas, l *layout) {
	if f.entries > 0 {
		f.legend.Draw(draw.Crop(c, 0, 0, l.body+l.sentence, -l.title-2))
	}
}

func (f *Figure) drawBody(c draw.Canvas, l *layout) { f.draw(l.within(c)) }

// within returns the part of a canvas between the texts and below the legend.
func (l *layout) within(c draw.Canvas) draw.Canvas {
	return draw.Crop(c, 0, 0, l.sentence, -l.title-l.legend)
}

func background(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
}

// drawAll draws the whole figure.
func (f *Figure) drawAll(c draw.Canvas, l *layout) {
	background(c)
	f.drawTitle(c, l)
	f.drawSentence(c, l)
	f.drawLegend(c, l)
	f.drawBody(c, l)
}

const (
	titleLine    = vg.Length(16)
	sentenceLine = vg.Length(13)
	indent       = vg.Length(12)
)

var (
	titleStyle    = textStyle(13, draw.XLeft, draw.YBottom)
	sentenceStyle = textStyle(9.5, draw.XLeft, draw.YBottom)
)

func textStyle(size vg.Length, x text.XAlignment, y text.YAlignment) draw.TextStyle {
	return draw.TextStyle{
		Color: paint.Ink, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler,
	}
}

// style sets our fonts in a plot.
func style(p *plot.Plot) {
	sans := func(f *font.Font, size vg.Length) {
		*f = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	}
	sans(&p.X.Label.TextStyle.Font, 10)
	sans(&p.Y.Label.TextStyle.Font, 10)
	sans(&p.X.Tick.Label.Font, 9)
	sans(&p.Y.Tick.Label.Font, 9)
	sans(&p.Legend.TextStyle.Font, 9)
}

// wrap breaks a text into lines of at most the given width.
func wrap(s string, width vg.Length, style draw.TextStyle) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && style.Width(longer) > width {
			lines = append(lines, line)
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
