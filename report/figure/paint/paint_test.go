package paint

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// names returns the outcomes of sessions.
func names() (list []string) {
	for _, o := range outcome.All {
		list = append(list, o.Name)
	}
	return list
}

// named is a fill with what it stands for.
type named struct {
	Fill
	name string
}

// grey says whether two fills can be told apart without colour: their grounds differ in lightness,
// or their lines differ in direction, distance or width, or lines as wide as stripes in lightness.
func grey(a, b named) bool {
	if len(a.Lines) != len(b.Lines) || Apart(a.Base, b.Base) {
		return true
	}
	for i, s := range a.Lines {
		o := b.Lines[i]
		if s.Angle != o.Angle || s.Period != o.Period || s.Width != o.Width {
			return true
		}
		if s.Width >= stripe && Apart(s.Colour, o.Colour) {
			return true
		}
	}
	return false
}

// Every two of all regions with up to three outcomes, failing or not, can be told apart in
// greyscale, and have other colours or other stripes than each other.
func TestEveryPairOfOutcomesIsToldApartInGrey(t *testing.T) {
	all := names()
	var fills []named
	add := func(failed bool, outcomes ...string) {
		f := Outcome(outcomes, failed, all)
		fills = append(fills, named{f, fmt.Sprint(failed, outcomes)})
	}
	add(false)
	for _, failed := range []bool{true, false} {
		for i := range all {
			add(failed, all[i])
			for j := range i {
				add(failed, all[j], all[i])
				for k := range j {
					add(failed, all[k], all[j], all[i])
				}
			}
		}
	}
	alike := 0
	for i, a := range fills {
		for _, b := range fills[:i] {
			if !grey(a, b) {
				if alike++; alike < 10 {
					t.Errorf("%s and %s look alike: %v, %v", a.name, b.name, a.Fill, b.Fill)
				}
			}
		}
	}
	if alike > 0 {
		t.Errorf("%d pairs of %d fills look alike", alike, len(fills))
	}
}

// An outcome has one colour, alone or with others, and no other outcome has it.
func TestAnOutcomeHasOneColour(t *testing.T) {
	all := names()
	of := map[color.RGBA]string{}
	for i, name := range all {
		alone := Outcome([]string{name}, true, all)
		if other, ok := of[alone.Base]; ok {
			t.Errorf("%s has the colour of %s", name, other)
		}
		of[alone.Base] = name
		first, last := all[0], all[len(all)-1]
		if i > 0 {
			if f := Outcome([]string{first, name}, true, all); f.Lines[len(f.Lines)-1].Colour != alone.Base {
				t.Errorf("%s has another colour beside %s", name, first)
			}
		}
		if i < len(all)-1 && Outcome([]string{name, last}, true, all).Base != alone.Base {
			t.Errorf("%s has another colour beside %s", name, last)
		}
	}
	if f := Outcome([]string{"handshake>500ms"}, true, all); f.Base == Clean {
		t.Error("an outcome that the list does not have looks clean")
	}
}

// Curves of a figure differ in more than colour.
func TestSeriesDifferWithoutColour(t *testing.T) {
	for n := range 12 {
		for m := range n {
			a, b := Series(n), Series(m)
			if slices.Equal(a.Dashes, b.Dashes) && a.Shape == b.Shape {
				t.Errorf("curves %d and %d have the same dashes and the same shape", m, n)
			}
		}
	}
}

// The stripes of an area are as large as their share of it, lie within it, and leave out holes and
// what lies between the arms of an area that is not convex.
func TestStripesStayWithinTheirArea(t *testing.T) {
	square := func(x, y, size vg.Length) []vg.Point {
		return []vg.Point{{X: x, Y: y}, {X: x + size, Y: y}, {X: x + size, Y: y + size}, {X: x, Y: y + size}}
	}
	hole := square(40, 40, 20)
	slices.Reverse(hole)
	horseshoe := []vg.Point{{X: 0, Y: 0}, {X: 100, Y: 0}, {X: 100, Y: 100}, {X: 70, Y: 100}, {X: 70, Y: 30},
		{X: 30, Y: 30}, {X: 30, Y: 100}, {X: 0, Y: 100}}
	for _, rings := range [][][]vg.Point{{square(0, 0, 100)}, {square(0, 0, 100), hole}, {horseshoe}} {
		whole := area(Path(rings...))
		for _, angle := range []float64{0, 20, 45, 90, 135, 160} {
			s := Stripes{Angle: angle, Period: 2, Width: 0.5}
			path := s.within(rings)
			if share := area(path) / whole; math.Abs(share-0.25) > 0.02 {
				t.Errorf("stripes at %g degrees cover %.3f of the area, want 0.25", angle, share)
			}
			for _, part := range path {
				if p := part.Pos; p.X < -1e-9 || p.X > 100+1e-9 || p.Y < -1e-9 || p.Y > 100+1e-9 {
					t.Errorf("stripes at %g degrees leave the area: %v", angle, p)
				}
			}
		}
	}
	var r recorder.Canvas
	Outcome([]string{"a", "b"}, true, []string{"a", "b"}).Paint(draw.NewCanvas(&r, 100, 100), square(0, 0, 100))
	if len(r.Actions) < 5 {
		t.Errorf("%d actions draw two outcomes", len(r.Actions))
	}
}

// area returns the area that a path encloses, by the sum of its rings with their signs.
func area(path vg.Path) (sum float64) {
	var ring []vg.Point
	for _, c := range path {
		switch c.Type {
		case vg.MoveComp:
			ring = []vg.Point{c.Pos}
		case vg.LineComp:
			ring = append(ring, c.Pos)
		case vg.CloseComp:
			for i, p := range ring {
				q := ring[(i+1)%len(ring)]
				sum += float64(p.X*q.Y-q.X*p.Y) / 2
			}
		}
	}
	return math.Abs(sum)
}
