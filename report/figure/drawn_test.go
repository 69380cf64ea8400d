package figure_test

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/figure/drawn"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

const ms = time.Millisecond

// read reads a figure back.
func read(t *testing.T, f figure.Figure) *drawn.Drawing {
	t.Helper()
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	d, err := drawn.Read(svg)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Axes) == 0 || len(d.Data) == 0 {
		t.Fatalf("%d boxes and %d shapes were read", len(d.Axes), len(d.Data))
	}
	return d
}

// glyph is how far a mark of a point reaches beyond it, in points.
const glyph = 4.5

// contained reports marks outside of the axes.
func contained(t *testing.T, name string, f figure.Figure) *drawn.Drawing {
	t.Helper()
	d := read(t, f)
	for _, what := range d.Outside(glyph) {
		t.Errorf("%s: outside of the axes %+v: %s", name, d.Axes, what)
	}
	return d
}

func curves(t *testing.T, log bool, list ...figure.Curve) figure.Figure {
	t.Helper()
	f, err := figure.Curves("Curves", "x", log, list, 0.95, "A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// curve is a curve through exact values, with estimates of so many failures of 1,000.
func curve(label string, exact []float64, failures ...int) figure.Curve {
	c := figure.Curve{Label: label, Exact: exact, Trace: []figure.Piece{{Known: true}}}
	for i, p := range exact {
		c.X = append(c.X, float64(i))
		c.Trace[0].X, c.Trace[0].Y = append(c.Trace[0].X, float64(i)), append(c.Trace[0].Y, p)
		c.Estimates = append(c.Estimates, stat.Wilson(failures[i%len(failures)], 1000, 0.95))
	}
	return c
}

// All marks lie within the axes: exact values far below and above the estimates, values of 0 on a
// logarithmic axis, indices out of their range, intervals at both ends of an axis.
func TestMarksLieWithinTheAxes(t *testing.T) {
	for name, list := range map[string][]float64{
		"below all estimates": {0.5, 1e-7, 1e-9}, "far below": {0.9, 1e-40, 1e-90}, "to 0": {0.5, 0, 0.5},
		"above all": {1, 1, 0.999}, "all 0": {0, 0, 0}, "tiny": {1e-12, 2e-12, 3e-13},
	} {
		for _, log := range []bool{false, true} {
			contained(t, fmt.Sprintf("%s, log %t", name, log), curves(t, log, curve("a", list, 0, 1, 1000)))
		}
	}
	for _, value := range []float64{0, 1e-300, 1e-12, 0.3, 1} {
		for _, log := range []bool{false, true} {
			contained(t, fmt.Sprintf("an estimate of %g, log %t", value, log), figure.Estimates("E", []figure.Estimate{
				{"a", "exact", value, value, value}, {"a", "monte-carlo", 0, 0, 1}, {"b", "monte-carlo", 1, 0.9, 1},
			}, log, 0.95, ""))
		}
	}
	contained(t, "differences", figure.Differences("D", "p", []figure.Compared{
		{Label: "a", Value: 1, Low: 0.9, High: 1, Difference: math.NaN()}, {"b", 0, 0, 0.1, -1, -1, -0.85},
		{"c", 0.01, 0, 0.2, -0.99, -1, 1},
	}, 0.95, ""))
	tornado, err := figure.Tornado("T", stat.Wilson(900, 1000, 0.95), []figure.Effect{
		{"a", []figure.Level{{"0", stat.Wilson(1000, 1000, 0.95)},
			{strings.Repeat("long", 20), stat.Wilson(0, 9, 0.95)}},
			figure.Index{0.5, -0.9, 1.8}, figure.Index{1.2, 0.4, 2.5}},
		{"b", []figure.Level{{"0", stat.Wilson(0, 1000, 0.95)}},
			figure.Index{-0.2, -0.4, 0.1}, figure.Index{0.9, 0.4, 1}},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	contained(t, "tornado", tornado)
	for _, log := range []bool{false, true} {
		f, err := figure.StepCurves("S", "x", "y", log, []figure.Stairs{{Label: "a", X: []float64{1e-3, 5, 1e6},
			Y: []float64{0.1, 0.5, 1}, Low: []float64{0, 0.2, 0.9}, High: []float64{0.3, 1, 1},
			Cut: []float64{2e6}, End: 3e6}}, "")
		if err != nil {
			t.Fatal(err)
		}
		contained(t, "steps", f)
	}
	for _, text := range []string{"pareto(minimum=2ms,shape=0.3)", "5ms", "weibull(scale=20ms,shape=0.3)",
		"mixture(0.5,1ms,0.5,900ms)"} {
		l, err := distribution.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		contained(t, text, figure.LatencyDistribution("L", "x", l,
			[]figure.FailureWindow{{0, ms}, {3 * ms, 1000 * time.Hour}}, ""))
	}
}

// Axes of probabilities end at 1, and have no labels beyond, whatever intervals there are; axes of
// indices have no labels beyond 0 and 1.
func TestAxesEndWhereValuesDo(t *testing.T) {
	tornado, err := figure.Tornado("T", stat.Wilson(990, 1000, 0.95), []figure.Effect{{"a",
		[]figure.Level{{"low", stat.Wilson(1000, 1000, 0.95)}}, figure.Index{0.5, -0.9, 1.8},
		figure.Index{0.9, 0.4, 2.5}}}, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]figure.Figure{
		"tornado":   tornado,
		"estimates": figure.Estimates("E", []figure.Estimate{{"a", "monte-carlo", 1, 0.9, 1}}, false, 0.95, ""),
		"curves":    curves(t, false, curve("a", []float64{1, 0.9}, 1000)),
		"differences": figure.Differences("D", "p", []figure.Compared{
			{Label: "a", Value: 1, Low: 0.9, High: 1, Difference: math.NaN()}, {"b", 1, 0.9, 1, 0, -0.1, 0.1},
		}, 0.95, ""),
	} {
		for _, text := range read(t, f).Texts {
			var number float64
			if n, err := fmt.Sscanf(text, "%g", &number); n == 1 && err == nil && fmt.Sprint(number) == text &&
				(number > 1 || name == "tornado" && number < 0) {
				t.Errorf("%s has the label %s", name, text)
			}
		}
	}
}

// The line of an exact curve has the heights of its points, on both kinds of axes; one that goes
// below a logarithmic axis ends there with a mark.
func TestLineHasTheHeightsOfItsPoints(t *testing.T) {
	exact := []float64{0.9, 0.001, 1e-5, 0.4, 1e-60, 0.4}
	for _, log := range []bool{false, true} {
		d := read(t, curves(t, log, curve("a", exact, 1000)))
		box, lines := d.Axes[0], 0
		// The estimates, of 1, show where 1 is; a linear axis begins with 0 at its lower end.
		for _, s := range d.Data {
			if s.Width != 1.5 || len(s.Rings) != 1 {
				continue
			}
			lines++
			for i, p := range exact {
				x := box.Left + (box.Right-box.Left)*(float64(i)+5./40)/(5+10./40)
				y, ok := s.Height(x)
				if !ok || p < 1e-20 {
					continue
				}
				want := box.Bottom + (box.Top-box.Bottom)*p
				if log {
					want = box.Top + (box.Top-box.Bottom)*math.Log10(p)/20
				}
				if math.Abs(y-want) > 1 {
					t.Errorf("log %t: %g is at %.2f, want %.2f", log, p, y, want)
				}
			}
		}
		if want := map[bool]int{false: 1, true: 2}[log]; lines != want {
			t.Errorf("log %t: %d lines, want %d", log, lines, want)
		}
	}
}

// What was never seen is an upper bound: no mark of a point lies at the lower end of the axis, and the
// legend says what the arrow is. What is exactly 0 is no upper bound.
func TestNoFailuresAreAnUpperBound(t *testing.T) {
	for _, log := range []bool{false, true} {
		d := read(t, figure.Estimates("E", []figure.Estimate{{"a", "monte-carlo", 0, 0, 0.004},
			{"a", "exact", 1e-9, 1e-9, 1e-9}},
			log, 0.9, ""))
		if !slices.Contains(d.Texts, "upper bound, 90 %: no failure was seen") {
			t.Errorf("log %t: the legend does not say what the arrow is: %q", log, d.Texts)
		}
		monteCarlo := hex(paint.Series(0).Colour)
		ends := map[string]int{}
		for _, s := range d.Data {
			if s.Fill == monteCarlo {
				ends[fmt.Sprint(len(s.Rings[0]))]++ // a triangle has three corners, a circle is drawn in arcs
				for _, p := range s.Rings[0] {
					if log && p.X < d.Axes[0].Left+50 {
						t.Errorf("a mark is at the left end: %v", s.Rings)
					}
				}
			}
		}
		if len(ends) != 1 || ends["3"]+ends["4"] != 1 {
			t.Errorf("log %t: marks of monte-carlo by corners: %v, want one triangle", log, ends)
		}
		d = read(t, curves(t, log, curve("a", []float64{0.5, 0.1, 1e-6}, 0)))
		if !slices.Contains(d.Texts, "upper bound, 95 %: no failure was seen") {
			t.Errorf("log %t: the legend of curves does not say what the arrow is: %q", log, d.Texts)
		}
		for _, s := range d.Data {
			for _, p := range s.Rings[0] {
				if log && s.Fill != "none" && p.Y < d.Axes[0].Bottom+4 {
					t.Errorf("log %t: a mark is at the lower end: %v", log, s.Rings)
				}
			}
		}
	}
}

// bandsOf are bands over an axis of numbers, with these levels joined to the next.
func bandsOf(joined ...bool) figure.Figure {
	b := figure.Bands{Title: "B", Factor: "f", Probe: "x", Numbers: true}
	all := []string{"ghost-session", "data-lost"}
	for i, j := range append(joined, false) {
		edge := time.Duration(11+7*i) * ms
		span := func(from, to time.Duration, failed bool, outcomes ...string) figure.Span {
			return figure.Span{From: from, To: to, Outcome: strings.Join(append(outcomes, ""), ","), Failed: failed,
				Fill: paint.Outcome(outcomes, failed, all)}
		}
		b.Levels = append(b.Levels, figure.Band{At: float64(i * i), Joined: j, Strip: figure.Strip{Label: fmt.Sprint(i),
			Spans: []figure.Span{span(0, 10*ms, true, "data-lost"), span(10*ms, edge, false),
				span(edge, 100*ms, true, "ghost-session", "data-lost")}}})
	}
	return b.Draw()
}

// Bands cover the plane between the first and the last level, without a gap and without a bar where
// levels are joined. What was not searched is grey.
func TestBandsTile(t *testing.T) {
	unknown := hex(paint.Unknown)
	for _, joined := range [][]bool{{true, true, true}, {true, false, true}, {false, false}, {false, true},
		{true, false, false, true}} {
		d := contained(t, fmt.Sprint(joined), bandsOf(joined...))
		box, n := d.Axes[0], len(joined)
		left, right := 0., float64(n*n)
		// The axis is wider by half of the smallest distance, 1, where the end is a bar.
		if !joined[0] {
			left -= 0.5
		}
		if !joined[n-1] {
			right += 0.5
		}
		at := func(x float64) float64 { return box.Left + (box.Right-box.Left)*(x-left)/(right-left) }
		grey := 0
		for i := 0; i <= 400; i++ {
			x := float64(n*n) * (float64(i) + 0.5) / 401
			for k := 1; k < 50; k++ {
				y := box.Bottom + (box.Top-box.Bottom)*float64(k)/50
				switch d.At(drawn.Point{X: at(x), Y: y}) {
				case "":
					t.Fatalf("%v: nothing is drawn at %.3f", joined, x)
				case unknown:
					grey++
				}
			}
		}
		if known := !slices.Contains(joined, false); known != (grey == 0) {
			t.Errorf("%v: %d points are unknown", joined, grey)
		}
		text := "not searched between these levels"
		if slices.Contains(d.Texts, text) != slices.Contains(joined, false) {
			t.Errorf("%v: the texts are %q", joined, d.Texts)
		}
		// On a joined level, no bar: the middle of the clean span goes on straight.
		if joined[0] {
			y := box.Bottom + (box.Top-box.Bottom)*0.105 // within [10ms, 11ms) at the first level
			if c := d.At(drawn.Point{X: at(0) + 0.3, Y: y}); c != hex(paint.Clean) {
				t.Errorf("%v: beside the first level the fill is %s", joined, c)
			}
		}
	}
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// An atom of a distribution is a vertical step of its distribution function, at its place.
func TestAtomsAreSteps(t *testing.T) {
	l, err := distribution.Parse("mixture(0.3,10ms,0.7,5ms+exponential(mean=20ms))")
	if err != nil {
		t.Fatal(err)
	}
	d := read(t, figure.LatencyDistribution("L", "x", l, nil, ""))
	steps := 0
	for _, s := range d.Data {
		for i := 1; i < len(s.Rings[0]); i++ {
			a, b := s.Rings[0][i-1], s.Rings[0][i]
			if s.Stroke != "none" && a.X == b.X && math.Abs(b.Y-a.Y) > 20 {
				steps++
			}
		}
	}
	if steps != 1 {
		t.Errorf("%d vertical steps, want 1", steps)
	}
}
