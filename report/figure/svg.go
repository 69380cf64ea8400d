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

// Marks for a page that shows a figure small or under its own heading, and for a program that
// measures it: the classes of the groups that hold the texts, the legend and the data, and the root
// attributes that give the viewBox of the part between the texts, with the legend (data-body) and
// without (data-plot), and of the boxes between the axes (data-axes).
const (
	TitleClass    = "title"
	SentenceClass = "sentence"
	LegendClass   = "legend"
	DataClass     = "data"
	BodyAttribute = "data-body"
	PlotAttribute = "data-plot"
	AxesAttribute = "data-axes"
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
	text = strings.ReplaceAll(text, unmoved, fmt.Sprintf(`<g class="%s">`, DataClass))
	var axes []string
	for _, box := range f.axes(l.within(c)) {
		axes = append(axes, fmt.Sprintf("%.6g %.6g %.6g %.6g", box.Min.X.Points(), (l.height()-box.Max.Y).Points(),
			(box.Max.X-box.Min.X).Points(), (box.Max.Y-box.Min.Y).Points()))
	}
	views := fmt.Sprintf(`<svg %s="0 %.6g %.6g %.6g" %s="0 %.6g %.6g %.6g" %s="%s" `,
		BodyAttribute, l.title.Points(), f.width.Points(), (l.legend + l.body).Points(),
		PlotAttribute, (l.title + l.legend).Points(), f.width.Points(), l.body.Points(),
		AxesAttribute, strings.Join(axes, ", "))
	text = strings.Replace(text, "<svg ", views, 1)
	described := fmt.Sprintf("<title>%s</title>\n<desc>%s</desc>\n<defs>", html.EscapeString(f.title),
		html.EscapeString(f.sentence))
	return []byte(strings.Replace(text, "<defs>", described, 1)), nil
}
