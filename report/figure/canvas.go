// Package figure draws the figures of a study, as SVG and PNG: the same bytes for
// the same data. It computes nothing.
package figure

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The palette of Okabe and Ito, which stays apart for colour-blind readers.
var palette = []color.RGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x80, 0x80, 0x80, 0xff}, // grey
	{0x33, 0x22, 0x88, 0xff}, // indigo; this and the next of Tol's muted scheme
	{0x88, 0x22, 0x55, 0xff}, // wine
	{0x99, 0x99, 0x33, 0xff}, // olive
	{0xf0, 0xe4, 0x42, 0xff}, // yellow
}

// tolerated are the colours of outcomes that do not count as failure: pale, and none
// of them that of a clean run.
var tolerated = []color.RGBA{
	{0xf2, 0xe6, 0xc8, 0xff}, {0xd9, 0xe4, 0xf2, 0xff}, {0xec, 0xdc, 0xe6, 0xff}, {0xe0, 0xe0, 0xe0, 0xff},
}

var (
	ink   = color.RGBA{0x20, 0x20, 0x20, 0xff}
	clean = color.RGBA{0xdd, 0xe6, 0xdf, 0xff}
)

// Figure is something drawn, with the sentence that stands under it.
type Figure struct {
	width, height vg.Length
	draw          func(c draw.Canvas)
}

// newFigure lays a plot out with a sentence under it.
func newFigure(p *plot.Plot, width, height vg.Length, sentence string) Figure {
	return layOut(width, height, sentence, p.Draw, p)
}

// layOut lays something that is drawn out with a sentence under it, and gives the plots
// in it our fonts.
func layOut(width, height vg.Length, sentence string, inner func(draw.Canvas), plots ...*plot.Plot) Figure {
	for _, p := range plots {
		style(p)
	}
	lines := wrap(sentence, width-captionIndent*2)
	caption := vg.Length(len(lines))*captionLine + captionIndent
	return Figure{
		width: width, height: height + caption,
		draw: func(c draw.Canvas) {
			c.SetColor(color.White)
			c.Fill(c.Rectangle.Path())
			inner(draw.Crop(c, captionIndent/2, -captionIndent, caption, -captionIndent/2))
			for i, line := range lines {
				c.FillText(captionStyle, vg.Point{X: c.Min.X + captionIndent, Y: c.Min.Y + caption - vg.Length(i+1)*captionLine}, line)
			}
		},
	}
}

const (
	captionSize   = vg.Length(9.5)
	captionLine   = vg.Length(13)
	captionIndent = vg.Length(12)
)

var captionStyle = textStyle(captionSize, draw.XLeft, draw.YBottom)

func textStyle(size vg.Length, x text.XAlignment, y text.YAlignment) draw.TextStyle {
	return draw.TextStyle{
		Color: ink, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign: x, YAlign: y, Handler: plot.DefaultTextHandler,
	}
}

// style gives a plot our fonts.
func style(p *plot.Plot) {
	sans := func(f *font.Font, size vg.Length) {
		*f = font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
	}
	sans(&p.Title.TextStyle.Font, 12)
	p.Title.Padding = 8
	sans(&p.X.Label.TextStyle.Font, 10)
	sans(&p.Y.Label.TextStyle.Font, 10)
	sans(&p.X.Tick.Label.Font, 9)
	sans(&p.Y.Tick.Label.Font, 9)
	sans(&p.Legend.TextStyle.Font, 9)
}

// decimalTicks labels an axis at multiples of 1, 2 or 5 times a power of ten,
// about ten of them.
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

// wrap breaks a text into lines of at most that width.
func wrap(s string, width vg.Length) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		longer := strings.TrimSpace(line + " " + word)
		if line != "" && captionStyle.Width(longer) > width {
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

// SVG returns the figure as SVG, its fonts embedded: a browser that lacks them
// would take others, of other widths.
func (f Figure) SVG() ([]byte, error) {
	c := vgsvg.NewWith(vgsvg.UseWH(f.width, f.height), vgsvg.EmbedFonts(true))
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing SVG: %w", err)
	}
	return b.Bytes(), nil
}

// PNG returns the figure as PNG, at 144 dots per inch.
func (f Figure) PNG() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(144))}
	f.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing PNG: %w", err)
	}
	return b.Bytes(), nil
}
