package figure

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/encoding/charmap"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgpdf"
)

// sameBytes makes PDF files independent of the time and of the order of map iteration. vgpdf
// (gonum.org/v1/plot v0.17.0) gives no access to its document, so the dates and the order of the
// parts must be set for all documents.
var sameBytes = sync.OnceFunc(func() {
	never := time.Unix(0, 0).UTC()
	fpdf.SetDefaultCreationDate(never)
	fpdf.SetDefaultModificationDate(never)
	fpdf.SetDefaultCatalogSort(true)
})

// PDF returns the figure as PDF, with embedded fonts.
func (f Figure) PDF() ([]byte, error) {
	sameBytes()
	l := f.layout()
	c := pdfCanvas{vgpdf.New(f.width, l.height())}
	f.drawAll(draw.New(c), &l)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing PDF: %w", err)
	}
	return b.Bytes(), nil
}

// pdfCanvas encodes texts in code page 1252, as vgpdf's fonts require. It draws a text with other
// characters, such as a Greek letter, as outlines.
type pdfCanvas struct{ *vgpdf.Canvas }

// FillString implements vg.Canvas.
func (c pdfCanvas) FillString(face font.Face, at vg.Point, text string) {
	encoded := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := charmap.Windows1252.EncodeRune(r)
		if !ok {
			c.Fill(outlines(face, at, text))
			return
		}
		encoded = append(encoded, b)
	}
	c.Canvas.FillString(face, at, string(encoded))
}

// outlines returns the outlines of a text's characters.
func outlines(face font.Face, at vg.Point, text string) vg.Path {
	var path vg.Path
	var buffer sfnt.Buffer
	size := fixed.Int26_6(face.Font.Size.Points() * 64 * outlineScale)
	point := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)/64/outlineScale, Y: at.Y - vg.Length(p.Y)/64/outlineScale}
	}
	for _, r := range text {
		index, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buffer, index, size, nil)
		if err != nil {
			continue
		}
		for i, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					path.Close()
				}
				path.Move(point(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(point(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(point(s.Args[0]), point(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, index, size, 0); err == nil {
			at.X += vg.Length(advance) / 64 / outlineScale
		}
	}
	return path
}

// outlineScale is the factor by which outlines are enlarged when they are loaded: coordinates come
// in whole 64ths of a point.
const outlineScale = 64
