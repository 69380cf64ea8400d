// Package drawn reads back what a figure shows, for tests: the positions, fills and strokes of its
// data, and the boxes between its axes. Only tests import it.
package drawn

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/report/figure"
)

// Point is a point of a drawing, in points (1/72 inch) from its lower left corner.
type Point struct{ X, Y float64 }

// Box is a rectangle.
type Box struct{ Left, Bottom, Right, Top float64 }

// Shape is one path of the data.
type Shape struct {
	Rings        [][]Point // the parts of the path; arcs by their ends
	Fill, Stroke string    // "#rrggbb", or "none"
	Width        float64   // of the stroke
	Dashes       string
}

// Drawing is what a figure shows.
type Drawing struct {
	Axes   []Box
	Data   []Shape
	Texts  []string
	Legend []Shape
}

var numbers = regexp.MustCompile(`-?[0-9.]+(?:e[-+]?[0-9]+)?`)

// Read reads a figure that package figure has written as SVG.
func Read(svg []byte) (*Drawing, error) {
	d := &Drawing{}
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	var groups []string
	height := 0.0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
			}
			switch e.Name.Local {
			case "svg":
				view := floats(attributes["viewBox"])
				if len(view) != 4 {
					return nil, fmt.Errorf("the viewBox is %q", attributes["viewBox"])
				}
				height = view[3]
				for box := range strings.SplitSeq(attributes[figure.AxesAttribute], ",") {
					if b := floats(box); len(b) == 4 {
						d.Axes = append(d.Axes, Box{b[0], height - b[1] - b[3], b[0] + b[2], height - b[1]})
					}
				}
			case "g":
				groups = append(groups, attributes["class"])
			case "path":
				for _, class := range groups {
					switch class {
					case figure.DataClass:
						d.Data = append(d.Data, shape(attributes))
					case figure.LegendClass:
						d.Legend = append(d.Legend, shape(attributes))
					}
				}
			case "text":
				var text string
				if err := decoder.DecodeElement(&text, &e); err != nil {
					return nil, err
				}
				d.Texts = append(d.Texts, text)
			}
		case xml.EndElement:
			if e.Name.Local == "g" {
				groups = groups[:len(groups)-1]
			}
		}
	}
}

func floats(text string) (list []float64) {
	for _, n := range numbers.FindAllString(text, -1) {
		f, _ := strconv.ParseFloat(n, 64)
		list = append(list, f)
	}
	return list
}

// command matches a command of a path with its numbers.
var command = regexp.MustCompile(`([MLAZC])([^MLAZC]*)`)

func shape(attributes map[string]string) Shape {
	s := Shape{Fill: "#000000", Stroke: "none"}
	for part := range strings.SplitSeq(attributes["style"], ";") {
		name, value, _ := strings.Cut(part, ":")
		switch name {
		case "fill":
			s.Fill = strings.ToLower(value)
		case "stroke":
			s.Stroke = strings.ToLower(value)
		case "stroke-width":
			s.Width, _ = strconv.ParseFloat(value, 64)
		case "stroke-dasharray":
			s.Dashes = value
		}
	}
	var ring []Point
	for _, c := range command.FindAllStringSubmatch(attributes["d"], -1) {
		n := floats(c[2])
		switch {
		case c[1] == "M":
			if len(ring) > 0 {
				s.Rings = append(s.Rings, ring)
			}
			ring = []Point{{n[0], n[1]}}
		case len(n) >= 2:
			ring = append(ring, Point{n[len(n)-2], n[len(n)-1]})
		}
	}
	if len(ring) > 0 {
		s.Rings = append(s.Rings, ring)
	}
	return s
}

// Outside returns what of the data lies outside of all boxes, by more than a tolerance.
func (d *Drawing) Outside(tolerance float64) (list []string) {
	for _, s := range d.Data {
		for _, ring := range s.Rings {
			for _, p := range ring {
				if !d.within(p, tolerance) {
					list = append(list,
						fmt.Sprintf("a shape of fill %s and stroke %s at (%.1f, %.1f)", s.Fill, s.Stroke, p.X, p.Y))
					break
				}
			}
		}
	}
	return list
}

func (d *Drawing) within(p Point, tolerance float64) bool {
	for _, b := range d.Axes {
		if p.X >= b.Left-tolerance && p.X <= b.Right+tolerance && p.Y >= b.Bottom-tolerance && p.Y <= b.Top+tolerance {
			return true
		}
	}
	return false
}

// Holds reports whether a filled shape covers a point, by the rule of the winding number not 0.
func (s *Shape) Holds(p Point) bool {
	winding := 0
	for _, ring := range s.Rings {
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a.Y > p.Y) == (b.Y > p.Y) {
				continue
			}
			if x := a.X + (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y); x > p.X {
				if b.Y > a.Y {
					winding++
				} else {
					winding--
				}
			}
		}
	}
	return s.Fill != "none" && winding != 0
}

// At returns the fill of what was painted last at a point; empty if nothing was.
func (d *Drawing) At(p Point) string {
	for i := len(d.Data) - 1; i >= 0; i-- {
		if d.Data[i].Holds(p) {
			return d.Data[i].Fill
		}
	}
	return ""
}

// Height returns the height of a polyline at x, and whether it has one. Of a vertical part it is the
// upper end.
func (s *Shape) Height(x float64) (y float64, ok bool) {
	y = math.Inf(-1)
	for _, ring := range s.Rings {
		for i := 1; i < len(ring); i++ {
			a, b := ring[i-1], ring[i]
			if a.X > b.X {
				a, b = b, a
			}
			switch {
			case x < a.X || x > b.X:
				continue
			case a.X == b.X:
				y, ok = math.Max(y, math.Max(a.Y, b.Y)), true
			default:
				y, ok = math.Max(y, a.Y+(b.Y-a.Y)*(x-a.X)/(b.X-a.X)), true
			}
		}
	}
	return y, ok
}
