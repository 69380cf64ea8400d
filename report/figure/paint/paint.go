// Package paint says how figures tell outcomes and curves apart: by colours, and by what is left of
// them without colour, which is stripes, dashes and shapes.
//
//	outcomes of a region -> Outcome -> Fill   -> Fill.Paint
//	number of a curve    -> Series  -> Colour, Dashes, Shape
//
// An outcome has the same colour wherever it is drawn: its place in the list of outcomes fixes it.
package paint

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Palette starts with the colours of Okabe and Ito, which colour-blind readers can distinguish
// (Color Universal Design, 2008, https://jfly.uni-koeln.de/color/). Others are from schemes of Paul
// Tol (Colour Schemes, SRON/EPS/TN/09-002).
var Palette = []color.RGBA{
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

// Colours that are no outcome's.
var (
	Ink     = color.RGBA{0x20, 0x20, 0x20, 0xff}
	Clean   = color.RGBA{0xe3, 0xeb, 0xe5, 0xff} // a run without faults
	Unknown = color.RGBA{0xb4, 0xb4, 0xb4, 0xff} // nothing is known
)

// Line is how a curve is told from others.
type Line struct {
	Colour color.RGBA
	Dashes []vg.Length // nil: a solid line
	Shape  draw.GlyphDrawer
}

// dashes are the patterns of lines: no two neighbours are alike, nor are curves of one colour.
var dashes = [][]vg.Length{
	nil,
	{7, 3},
	{2, 2},
	{9, 2.5, 2, 2.5},
	{14, 4},
	{5, 2, 2, 2, 2, 2},
	{1, 2.5},
	{11, 2.5, 5, 2.5},
}

// shapes are the glyphs of a curve's points; a triangle that points down is reserved for upper
// bounds.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, Diamond{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.CrossGlyph{},
	draw.PlusGlyph{},
}

// Series returns how the n-th curve of a figure, from 0, is drawn.
func Series(n int) Line {
	return Line{Palette[n%len(Palette)], dashes[n%len(dashes)], shapes[n%len(shapes)]}
}

// Stroke returns the style of the curve's line.
func (l Line) Stroke(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: l.Colour, Width: width, Dashes: l.Dashes}
}

// Diamond is a filled glyph, like a circle or a box; the other glyphs of gonum are thin lines.
type Diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (Diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
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

// Lightness returns the lightness L* of a colour, from 0 for black to 100 for white (CIE 1976). It
// is what is left of a colour in greyscale.
func Lightness(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	if y <= 216./24389 {
		return y * 24389 / 27
	}
	return 116*math.Cbrt(y) - 16
}

// mix returns a colour with a share of another.
func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + share*(float64(y)-float64(x)))) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xff}
}
