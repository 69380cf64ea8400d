package figure

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Marks for a page that shows a figure small or under its own heading: the classes of the groups
// that hold the texts and the legend, and the root attributes that give the viewBox of the part
// between the texts, with the legend (data-body) and without (data-plot).
const (
	TitleClass    = "title"
	SentenceClass = "sentence"
	LegendClass   = "legend"
	BodyAttribute = "data-body"
	PlotAttribute = "data-plot"
)

// unmoved is the group that vgsvg (gonum.org/v1/plot v0.17.0) writes for a translation by zero.
const unmoved = `<g transform="translate(0, 0)">`

// SVG returns the figure as SVG with embedded fonts, because a browser that lacks them would use
// fonts with other widths. See [TitleClass] for the marks in it.
func (f Figure) SVG() ([]byte, error) {
	l := f.layout()
	drawn := vgsvg.NewWith(vgsvg.UseWH(f.width, l.height()), vgsvg.EmbedFonts(true))
	c := draw.New(drawn)
	background(c)
	for _, part := range []func(draw.Canvas, *layout){f.drawTitle, f.drawSentence, f.drawLegend} {
		drawn.Push()
		drawn.Translate(vg.Point{})
		part(c, &l)
		drawn.Pop()
	}
	f.drawBody(c, &l)
	var b bytes.Buffer
	if _, err := drawn.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("drawing SVG: %w", err)
	}
	text := b.String()
	for _, class := range []string{TitleClass, SentenceClass, LegendClass} {
		text = strings.Replace(text, unmoved, fmt.Sprintf(`<g class="%s">`, class), 1)
	}
	views := fmt.Sprintf(`<svg %s="0 %.6g %.6g %.6g" %s="0 %.6g %.6g %.6g" `,
		BodyAttribute, l.title.Points(), f.width.Points(), (l.legend + l.body).Points(),
		PlotAttribute, (l.title + l.legend).Points(), f.width.Points(), l.body.Points())
	text = strings.Replace(text, "<svg ", views, 1)
	described := fmt.Sprintf("<title>%s</title>\n<desc>%s</desc>\n<defs>", html.EscapeString(f.title),
		html.EscapeString(f.sentence))
	return []byte(strings.Replace(text, "<defs>", described, 1)), nil
}
