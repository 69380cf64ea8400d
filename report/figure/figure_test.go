package figure

import (
	"bytes"
	"encoding/xml"
	"io"
	"maps"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// examples are small figures that show every element.
func examples(t testing.TB) map[string]Figure {
	t.Helper()
	const ms = time.Millisecond
	span := func(from, to time.Duration, outcome string, failed bool) Span {
		return Span{from, to, outcome, failed, fillOf(outcome, failed)}
	}
	strips := []Strip{
		{
			"no remedy",
			[]Span{
				span(0, 10*ms, "data-lost", true),
				span(10*ms, 11*ms+1, "clean", false),
				span(11*ms+1, 50*ms, "ghost-session", true),
			},
		},
		{"remedy", []Span{span(0, 50*ms, "clean", false)}},
	}
	var curves []Curve
	for i, label := range []string{"one", "another"} {
		c := Curve{Label: label}
		for j := range 5 {
			c.X = append(c.X, float64(j))
			c.Estimates = append(c.Estimates, stat.Wilson((4-j)*(8+2*i), 100, 0.95))
			c.Exact = append(c.Exact, float64(4-j)*0.09+0.002)
		}
		trace := Piece{Known: true}
		for x := 0.0; x <= 4; x += 1. / 16 {
			trace.X, trace.Y = append(trace.X, x), append(trace.Y, (4-x)*0.09+0.002+0.01*math.Sin(math.Pi*x))
		}
		c.Trace = []Piece{trace}
		curves = append(curves, c)
	}
	linear, err := Curves("Linear", "x (ms)", false, curves, 0.95, "A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	logarithmic, err := Curves("Logarithmic", "x (ms)", true, curves, 0.95, "A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	inf, nan := math.Inf(1), math.NaN()
	stairs := []Stairs{
		{
			Label: "one", X: []float64{60, 80, 200, 900}, Y: []float64{0.2, 0.5, 0.9, 1},
			Low: []float64{0.1, 0.4, 0.8, 0.95}, High: []float64{0.3, 0.6, 0.97, 1}, End: inf,
		},
		{
			Label: "another, cut", X: []float64{70, 150}, Y: []float64{0.3, 0.6}, Low: []float64{0.2, 0.45},
			High: []float64{0.45, 0.7}, End: 700, Cut: []float64{100, 500, 700},
		},
	}
	steps, err := StepCurves("Steps", "handshake (ms)", "probability that it takes at most this long", false, stairs,
		"A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	var falling []Stairs
	for _, s := range stairs {
		f := Stairs{Label: s.Label, Start: 1, X: s.X, Cut: s.Cut, End: s.End}
		for j := range s.Y {
			f.Y, f.Low, f.High = append(f.Y, 1-s.Y[j]), append(f.Low, 1-s.High[j]), append(f.High, 1-s.Low[j])
		}
		falling = append(falling, f)
	}
	survival, err := StepCurves("Survival", "handshake (ms)", "probability that it takes longer", true, falling,
		"A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	level := func(text string, failures int) Level { return Level{text, stat.Wilson(failures, 1000, 0.95)} }
	tornado, err := Tornado("Sensitivity", stat.Wilson(240, 1000, 0.95), []Effect{
		{"linger", []Level{level("0s", 450), level("60ms", 30)}, Index{0.7, 0.6, 0.81}, Index{0.85, 0.78, 0.9}},
		{
			"remedy",
			[]Level{level("none", 240), level("linger", 40), level("recognise", 0)},
			Index{0.1, -0.03, 0.2},
			Index{0.2, 0.14, 0.3},
		},
		{
			"alert-latency",
			[]Level{level("10ms+exponential(mean=5ms)", 100), level("10ms+exponential(mean=35ms)", 470)},
			Index{0.1, -0.03, 0.2},
			Index{0.2, 0.14, 0.3},
		},
		{"gap", []Level{level("1ms", 240), level("100ms", 238)}, Index{nan, nan, nan}, Index{0, nan, nan}},
	}, "A sentence.")
	if err != nil {
		t.Fatal(err)
	}
	bands := func(numbers bool, levels ...string) Figure {
		b := Bands{Title: "Bands", Factor: "factor", Probe: "alert-latency", Numbers: numbers, Sentence: "A sentence."}
		for i, label := range levels {
			edge := time.Duration(11+10*i)*ms + 1
			b.Levels = append(b.Levels, Band{
				Strip: Strip{
					label,
					[]Span{
						span(0, 10*ms, "data-lost", true),
						span(10*ms, edge, "clean", false),
						span(edge, 80*ms, "ghost-session", true),
					},
				},
				At: float64(i * i), Joined: numbers && i%2 == 1 && i+1 < len(levels),
			})
		}
		return b.Draw()
	}
	at := func(x, y time.Duration) Place { return Place{x * ms, y * ms} }
	plane := Map{
		Title: "Map", X: PlaneAxis{"alert-latency", 0, 100 * ms}, Y: PlaneAxis{"linger", 0, 50 * ms},
		Areas: []Area{
			{
				"A",
				"ghost-session",
				true,
				fillOf("ghost-session", true),
				[][]Place{
					{at(20, 0), at(100, 0), at(100, 50), at(70, 50)},
					{at(80, 10), at(80, 20), at(90, 20), at(90, 10)},
				},
			},
			{"B", "data-lost", true, fillOf("data-lost", true),
				[][]Place{{at(0, 0), at(10, 0), at(10, 45), at(0, 45)}}},
			{"C", "clean", false, fillOf("clean", false), [][]Place{{at(10, 0), at(20, 0), at(65, 45), at(10, 45)}}},
			{"D", "duplicate-flight", false, fillOf("duplicate-flight", false),
				[][]Place{{at(80, 10), at(90, 10), at(90, 20), at(80, 20)}}},
			{"E", "clean", false, fillOf("clean", false), [][]Place{{at(99, 0), at(100, 0), at(100, 1)}}},
		},
		Divides: []Divide{
			{
				at(20, 0),
				at(65, 45),
				true,
				"alert-latency = linger + 20ms",
			}, {at(10, 0), at(10, 45), true, "alert-latency = 10ms"},
			{at(80, 10), at(90, 10), true, "linger = 10ms"}, {at(30, 10), at(10, 30), false, ""},
		},
		Unknown: [][2]time.Duration{{45 * ms, 50 * ms}}, Sentence: "A sentence.",
	}
	figures := map[string]Figure{
		"steps": steps, "survival": survival, "tornado": tornado,
		"estimates": Estimates("Estimates", []Estimate{
			{"often", "monte-carlo", 0.35, 0.32, 0.38}, {"often", "exact", 0.368, 0.368, 0.368},
			{
				"rarely", "monte-carlo", 0, 0, 0.004,
			}, {"rarely", "conditional", 2e-8, 1.1e-8, 3e-8}, {"never", "monte-carlo", nan, 0, 1},
		}, true, 0.95, "A sentence."),
		"differences": Differences("Differences", "failure probability", []Compared{
			{Label: "no remedy", Value: 0.8, Low: 0.75, High: 0.84, Difference: nan},
			{
				"linger",
				0.2,
				0.15,
				0.26,
				-0.6,
				-0.66,
				-0.53,
			}, {"more gap", 0.9, 0.86, 0.93, 0.1, 0.06, 0.15}, {"pause", 0.81, 0.76, 0.85, 0.01, -0.02, 0.05},
			{"nothing fails", 0, 0, 0.04, -0.8, -0.85, -0.74},
		}, 0.95, "A sentence."),
		"map":         plane.Draw(),
		"bands":       bands(true, "0s", "1ms", "4ms", "9ms", "16ms"),
		"bars":        bands(false, "none", "linger", "recognise"),
		"strips":      Windows("Strips", "alert-latency", strips, strings.Repeat("A sentence that is wrapped. ", 10)),
		"linear":      linear,
		"logarithmic": logarithmic,
		"long-title": Windows(strings.Repeat("A title that is wrapped and not cut. ", 5), "alert-latency", strips[:1],
			"“Quoted”, and ≥ 2 σ."),
	}
	maps.Copy(figures, distributionExamples(t))
	return figures
}

// fillOf returns the fill of outcomes that stand in a text, as in a study.
func fillOf(text string, failed bool) paint.Fill {
	var outcomes []string
	if text != "clean" {
		outcomes = strings.Split(text, ", ")
	}
	var all []string
	for _, o := range outcome.All {
		all = append(all, o.Name)
	}
	return paint.Outcome(outcomes, failed, all)
}

// The figures are as they were; -update rewrites them, to be looked at.
func TestGoldenFigures(t *testing.T) {
	testkit.NotShort(t)
	for name, f := range examples(t) {
		png, err := f.PNG()
		if err != nil {
			t.Fatal(err)
		}
		testkit.Golden(t, filepath.Join("testdata", name+".png"), png)
	}
}

// The same data give the same bytes, and the SVG needs nothing from outside.
func TestSVG(t *testing.T) {
	testkit.NotShort(t)
	again := examples(t)
	for name, f := range examples(t) {
		a, err := f.SVG()
		if err != nil {
			t.Fatal(err)
		}
		b, err := again[name].SVG()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two drawings differ", name)
		}
		if !bytes.Contains(a, []byte("@font-face")) {
			t.Errorf("%s: the fonts are not embedded", name)
		}
		decoder := xml.NewDecoder(bytes.NewReader(a))
		for err == nil {
			_, err = decoder.Token()
		}
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
		for _, mark := range []string{`class="title"`, `class="sentence"`, `class="legend"`, BodyAttribute,
			PlotAttribute, "<title>", "<desc>"} {
			if n := bytes.Count(a, []byte(mark)); n != 1 {
				t.Errorf("%s has %d of %s", name, n, mark)
			}
		}
		for _, address := range regexp.MustCompile(`https?://[^"' ]*`).FindAll(a, -1) {
			if !strings.HasPrefix(string(address), "http://www.w3.org/") { // names of XML namespaces
				t.Errorf("%s refers to %s", name, address)
			}
		}
	}
}

// The same data give the same PDF, with its texts to be searched for, but for one that the
// font's code page does not have.
func TestPDF(t *testing.T) {
	testkit.NotShort(t)
	again := examples(t)
	for name, f := range examples(t) {
		a, err := f.PDF()
		if err != nil {
			t.Fatal(err)
		}
		b, err := again[name].PDF()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two drawings differ", name)
		}
		if !bytes.HasPrefix(a, []byte("%PDF-")) || !bytes.Contains(a, []byte("/FontFile2")) {
			t.Errorf("%s: no PDF with its fonts", name)
		}
		if dates := regexp.MustCompile(`Date \(D:(\d+)`).FindAllSubmatch(a, -1); len(dates) == 0 {
			t.Errorf("%s has no date to look at", name)
		} else {
			for _, d := range dates {
				if string(d[1]) != "19700101000000" {
					t.Errorf("%s tells the time at which it was drawn: %s", name, d[1])
				}
			}
		}
	}
}

// A figure of nothing is an error, and so is a logarithmic one of what is all at 0.
func TestFiguresOfNothing(t *testing.T) {
	if _, err := StepCurves("Nothing", "", "", false, []Stairs{{Label: "empty", End: math.Inf(1)}}, ""); err == nil {
		t.Error("a curve without steps is drawn")
	}
	zero := []Stairs{{X: []float64{0}, Y: []float64{1}, Low: []float64{0}, High: []float64{1}, End: math.Inf(1)}}
	if _, err := StepCurves("Zero", "", "", true, zero, ""); err == nil {
		t.Error("a curve at 0 is drawn over a logarithmic axis")
	}
	if f, err := StepCurves("Zero", "", "", false, zero, ""); err != nil {
		t.Error(err)
	} else if _, err := f.PNG(); err != nil {
		t.Error(err)
	}
	if _, err := Tornado("Nothing", stat.Proportion{}, nil, ""); err == nil {
		t.Error("no factor is drawn")
	}
}

func TestDecimalTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 200, "0 20 40 60 80 100 120 140 160 180 200"},
		{-0.1, 1, "0 0.2 0.4 0.6 0.8 1"},
		{0, 1, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"},
		{0.25, 3, "0.5 1 1.5 2 2.5 3"},
		{11, 12.5, "11 11.2 11.4 11.6 11.8 12 12.2 12.4"},
	} {
		var labels []string
		for _, tick := range (decimalTicks{}).Ticks(c.low, c.high) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%g..%g: %s, want %s", c.low, c.high, got, c.want)
		}
	}
}
