// Package figure draws the figures of a study as SVG, PNG and PDF. The same data give the same
// bytes. It computes nothing.
//
//	labels and numbers -> Windows, Curves, Map.Draw, ... -> Figure -> SVG, PNG, PDF
package figure

import (
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// palette starts with the colours of Okabe and Ito, which colour-blind readers can distinguish
// (Color Universal Design, 2008, https://jfly.uni-koeln.de/color/). Others are from schemes of Paul
// Tol (Colour Schemes, SRON/EPS/TN/09-002).
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x80, 0x80, 0x80, 0xff}, // grey
	{0x33, 0x22, 0x88, 0xff}, // indigo; this and the next are from Tol's muted scheme
	{0x88, 0x22, 0x55, 0xff}, // wine
	{0x99, 0x99, 0x33, 0xff}, // olive
	{0xf0, 0xe4, 0x42, 0xff}, // yellow
	{0x11, 0x77, 0x33, 0xff}, // green; this and the following are from Tol again
	{0xcc, 0x66, 0x77, 0xff}, // rose
	{0x66, 0x11, 0x00, 0xff}, // brown
	{0x44, 0xaa, 0x99, 0xff}, // teal
}

// tolerated are the colours of outcomes that do not count as failure. They are pale, and none is
// the colour of a clean run.
var tolerated = []color.RGBA{
	{0xf2, 0xe6, 0xc8, 0xff}, {0xd9, 0xe4, 0xf2, 0xff}, {0xec, 0xdc, 0xe6, 0xff}, {0xe0, 0xe0, 0xe0, 0xff},
}

var (
	ink   = color.RGBA{0x20, 0x20, 0x20, 0xff}
	clean = color.RGBA{0xdd, 0xe6, 0xdf, 0xff}
)

// Figure is a drawing with a title above it and a sentence under it. Title and legend have their
// own bands, where they cover no data.
type Figure struct {
	width, height vg.Length           // of the drawing, without title, legend and sentence
	draw          func(c draw.Canvas) // draws into that size
	title         string
	sentence      string
	legend        plot.Legend
	entries       int // number of legend entries
}

// newFigure lays out a plot with its title above it and a sentence under it.
func newFigure(p *plot.Plot, width, height vg.Length, sentence string) Figure {
	return layOut(width, height, p.Title.Text, sentence, p.Draw, p)
}

// layOut lays out a drawing between a title and a sentence, and sets our fonts in its plots.
func layOut(width, height vg.Length, title, sentence string, inner func(draw.Canvas), plots ...*plot.Plot) Figure {
	for _, p := range plots {
		style(p)
		p.Title.Text = ""
		p.BackgroundColor = nil // the figure has its own
	}
	return Figure{
		width: width, height: height, title: title, sentence: sentence,
		draw: func(c draw.Canvas) { inner(draw.Crop(c, indent/2, -indent, indent/2, -indent/2)) },
	}
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

func (f *Figure) drawBody(c draw.Canvas, l *layout) {
	f.draw(draw.Crop(c, 0, 0, l.sentence, -l.title-l.legend))
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
		Color: ink, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
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

// diamond is a filled glyph, like a circle or a box; the other glyphs of gonum are thin lines.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	r := 1.25 * s.Radius
	var path vg.Path
	path.Move(vg.Point{X: at.X - r, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y + r})
	path.Line(vg.Point{X: at.X + r, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y - r})
	path.Close()
	c.SetColor(s.Color)
	c.Fill(path)
}

// decimalTicks labels an axis at about ten multiples of 1, 2 or 5 times a power of ten.
type decimalTicks struct{}

// Ticks implements plot.Ticker.
func (decimalTicks) Ticks(low, high float64) []plot.Tick {
	unit := math.Pow(10, math.Floor(math.Log10((high-low)/10)))
	step := unit
	for _, m := range []float64{1, 2, 5, 10} {
		if step = unit * m; (high-low)/step <= 10 {
			break
		}
	}
	var ticks []plot.Tick
	for n := math.Ceil(low / step); n*step <= high*(1+1e-12); n++ {
		ticks = append(ticks, plot.Tick{Value: n * step, Label: strconv.FormatFloat(n*step+0, 'g', 6, 64)}) // no -0
	}
	return ticks
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
