package paint

import (
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Paint fills an area between rings; a ring in the opposite direction is a hole. The stripes of all
// areas of a canvas are in line, so that areas of one fill beside each other look like one.
func (f Fill) Paint(c draw.Canvas, rings ...[]vg.Point) {
	whole := Path(rings...)
	c.SetColor(f.Base)
	c.Fill(whole)
	c.SetLineStyle(draw.LineStyle{Color: f.Base, Width: 0.4}) // no gap to the next
	c.Stroke(whole)
	for _, s := range f.Lines {
		if path := s.within(rings); path != nil {
			c.SetColor(s.Colour)
			c.Fill(path)
		}
	}
}

// Path returns the path along rings.
func Path(rings ...[]vg.Point) (path vg.Path) {
	for _, ring := range rings {
		for i, p := range ring {
			if i == 0 {
				path.Move(p)
			} else {
				path.Line(p)
			}
		}
		if len(ring) > 0 {
			path.Close()
		}
	}
	return path
}

// within returns the parts of the stripes within an area.
func (s Stripes) within(rings [][]vg.Point) (path vg.Path) {
	sin, cos := math.Sincos(s.Angle * math.Pi / 180)
	across := func(p vg.Point) vg.Length { return vg.Length(cos)*p.Y - vg.Length(sin)*p.X }
	low, high := vg.Length(math.Inf(1)), vg.Length(math.Inf(-1))
	for _, ring := range rings {
		for _, p := range ring {
			low, high = min(low, across(p)), max(high, across(p))
		}
	}
	first := vg.Length(math.Floor(float64((low - s.Offset) / s.Period)))
	for from := s.Offset + first*s.Period; from < high; from += s.Period {
		var parts [][]vg.Point
		for _, ring := range rings {
			part := clip(ring, across, from, 1)
			if part = clip(part, across, from+s.Width, -1); len(part) > 2 {
				parts = append(parts, part)
			}
		}
		path = append(path, Path(parts...)...)
	}
	return path
}

// clip returns the part of a ring on one side of a line: where across exceeds a limit or, with the
// sign -1, falls short of it (Sutherland and Hodgman, Communications of the ACM 17, 1974, 32-42).
// Parts that hang together only along the line stay one ring, which fills the same area.
func clip(ring []vg.Point, across func(vg.Point) vg.Length, limit, sign vg.Length) (part []vg.Point) {
	for i, p := range ring {
		next := ring[(i+1)%len(ring)]
		a, b := sign*(across(p)-limit), sign*(across(next)-limit)
		if a >= 0 {
			part = append(part, p)
		}
		if (a > 0 && b < 0) || (a < 0 && b > 0) {
			share := a / (a - b)
			part = append(part, vg.Point{X: p.X + share*(next.X-p.X), Y: p.Y + share*(next.Y-p.Y)})
		}
	}
	return part
}
