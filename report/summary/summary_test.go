package summary_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/report/figure/drawn"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

func TestMain(m *testing.M) {
	testkit.Main(m, run.ServeIfAsked)
}

// run runs some of the figures of the built-in study, on a small budget.
func sections(t *testing.T, names ...string) []summary.Section {
	t.Helper()
	key := strings.Join(names, " ")
	if known[key] == nil {
		known[key] = newSections(t, names)
	}
	return known[key]
}

// known are the sections that a test has asked for.
var known = map[string][]summary.Section{}

func newSections(t *testing.T, names []string) []summary.Section {
	t.Helper()
	s, err := study.Load("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	var chosen []figures.Figure
	for _, f := range s.Figures {
		for _, name := range names {
			if f.Common().Name == name {
				chosen = append(chosen, cheaper(f))
			}
		}
	}
	s.Figures = chosen
	p, err := run.NewPool(2, run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r, err := s.Run(context.Background(), p, 0.07, nil)
	if err != nil {
		t.Fatal(err)
	}
	sections, err := summary.Sections(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(sections) != len(names) {
		t.Fatalf("%d sections, want %d", len(sections), len(names))
	}
	measure(t, sections)
	return sections
}

// measure reads the figures back, by name, and reports marks outside of their axes.
func measure(t *testing.T, sections []summary.Section) map[string]*drawn.Drawing {
	t.Helper()
	all := map[string]*drawn.Drawing{}
	for _, s := range sections {
		for _, f := range s.Files {
			if !strings.HasSuffix(f.Name, ".svg") {
				continue
			}
			d, err := drawn.Read(f.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, what := range d.Outside(4.5) { // half of a glyph
				t.Errorf("%s: outside of the axes %+v: %s", f.Name, d.Axes, what)
			}
			if len(d.Axes) == 0 || len(d.Data) == 0 {
				t.Errorf("%s has %d axes and %d shapes", f.Name, len(d.Axes), len(d.Data))
			}
			all[s.Name] = d
		}
	}
	return all
}

// Every figure of every built-in study contains what it draws. With DTLSSIM_STUDIES=DIR, those are the
// figures that dtlssim has written, of each study into the folder of its name.
func TestFiguresOfTheCatalogueContainTheirMarks(t *testing.T) {
	folder := os.Getenv("DTLSSIM_STUDIES")
	if folder == "" && !testkit.Long() {
		t.Skip("in the long form")
	}
	var p *run.Pool
	if folder == "" {
		var err error
		if p, err = run.NewPool(2, run.Limits{}); err != nil {
			t.Fatal(err)
		}
		defer p.Close()
	}
	for _, name := range study.Builtin() {
		s, err := study.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		var drawn []summary.Section
		if folder != "" {
			drawn = writtenSections(t, s, filepath.Join(folder, name))
		} else {
			r, err := s.Run(context.Background(), p, 0.02, nil)
			if err != nil {
				t.Fatal(err)
			}
			if drawn, err = summary.Sections(r); err != nil {
				t.Fatal(err)
			}
		}
		measure(t, drawn)
	}
}

// writtenSections returns the sections of a study, with the figures that were written into a folder.
func writtenSections(t *testing.T, s *study.Study, folder string) (sections []summary.Section) {
	t.Helper()
	for _, f := range s.Figures {
		if _, text := f.(*figures.Table); text {
			continue
		}
		name := f.Common().Name
		data, err := os.ReadFile(filepath.Join(folder, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		sections = append(sections, summary.Section{Name: name, Files: []summary.File{{Name: name + ".svg", Data: data}}})
	}
	return sections
}

// An outcome has one colour in all figures of a study: that which its place in the scenario's list
// fixes.
func TestOneColourForOneOutcome(t *testing.T) {
	testkit.NotShort(t)
	s, err := study.Load("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	want := func(outcomes ...string) string {
		c := paint.Outcome(outcomes, len(outcomes) > 0, s.Scenario.OutcomeNames()).Base
		return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B)
	}
	// The latency of the alert is on the x axis of strips, up to 200 ms, and of the plane, up to 100 ms.
	for _, c := range []struct {
		figure string
		x, y   float64 // as shares of the axes
		want   string
	}{
		{"failure-windows", 5. / 200, 9.47 / 11, want("data-lost")}, // the second of 11 rows
		{"failure-windows", 150. / 200, 10.47 / 11, want("ghost-session")},
		{"failure-windows", 30. / 200, 9.47 / 11, want()},
		{"plane", 5. / 100, 50. / 60, want("data-lost")},
		{"plane", 25. / 100, 40. / 60, want()},
	} {
		d := measure(t, sections(t, c.figure))[c.figure]
		box := d.Axes[0]
		at := drawn.Point{X: box.Left + c.x*(box.Right-box.Left), Y: box.Bottom + c.y*(box.Top-box.Bottom)}
		if got := d.At(at); got != c.want {
			t.Errorf("%s has the colour %s at (%g, %g), want %s", c.figure, got, c.x, c.y, c.want)
		}
	}
	// A region of several outcomes has the colours of all.
	for _, name := range []string{"failure-windows", "plane"} {
		seen := map[string]bool{}
		for _, shape := range measure(t, sections(t, name))[name].Data {
			seen[shape.Fill] = true
		}
		for _, outcome := range []string{"ghost-session", "next-handshake-failed", "data-lost"} {
			if !seen[want(outcome)] {
				t.Errorf("%s has no colour %s of %s", name, want(outcome), outcome)
			}
		}
	}
}

// cheaper asks less of a figure: pre-shared keys, which cost half, and fewer points of a curve.
// The picture of the README stays as it is.
func cheaper(f figures.Figure) figures.Figure {
	h := f.Common()
	if h.Name == "failure-windows" {
		return f
	}
	h.Set = h.Set.With(scenarios.Settings{"credentials": "psk"})
	switch {
	case h.Name == "linger":
		f.(*figures.Curves).X.Steps = 6
	case h.Name == "spread":
		f.(*figures.Curves).X.Steps = 1
	}
	return f
}

// The picture of the README is what the program draws.
func TestPictureOfTheReadme(t *testing.T) {
	testkit.NotShort(t)
	const path = "../figure/testdata/failure-windows.png"
	section := sections(t, "failure-windows")[0]
	for _, f := range section.Files {
		if f.Name != "failure-windows.png" {
			continue
		}
		testkit.Golden(t, path, f.Data)
		return
	}
	t.Error("the figure was not drawn")
}

// Under the strips stands which rows fail, where, and which never do.
func TestSentenceUnderWindows(t *testing.T) {
	testkit.NotShort(t)
	const want = "Values of alert-latency at which sessions fail, with “closes first: no remedy” and “closes first: " +
		"pause after release”: " +
		"[0s, 10ms) and from 11.000001ms on; with “closes first: linger 50ms”: [0s, 10ms) and from 61.000001ms on; " +
		"with “closes first: recognise”, “closes first: server port” and “closes first: linger+recognise”: [0s, " +
		"10ms); " +
		"with “waits: linger 50ms”: from 40.000001ms on. At every value sessions fail with “waits: no other remedy”. " +
		"At none they fail with “waits: recognise”, “waits: server port” and “waits: linger+recognise”. Searched " +
		"from 0s to 200ms."
	if got := sections(t, "failure-windows")[0].Sentence; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Curves and tables have their data as CSV and on the screen, and a sentence.
func TestSections(t *testing.T) {
	testkit.NotShort(t)
	sections := sections(t, "linger", "leftover")
	var out bytes.Buffer
	if err := summary.Write(&out, sections); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Failure probability against linger",
		"“10 ms + exponential, mean 10 ms”: 0.905 at 0, 0.00224 at 60 (below 0.01 between 40 and 50)",
		"Monte Carlo intervals hold the exact value", "waits: recognise", "least by “waits: linger 50ms”, “waits: " +
			"recognise”, “waits: server port” and “waits: linger+recognise” (0 [0, 0.1206])",
		"what goes wrong most often over all rows is data-lost",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text does not say %q:\n%s", want, out.String())
		}
	}
	names := map[string]int{}
	for _, s := range sections {
		for _, f := range s.Files {
			names[f.Name] = bytes.Count(f.Data, []byte("\n"))
		}
	}
	// The exact curves have their own lines, of the points between which they are drawn.
	if n := names["linger.csv"]; n < 1+3*7+3*7 || n > 400 || names["leftover.csv"] != 1+10 {
		t.Errorf("lines of the files: %v", names)
	}
	for _, name := range []string{"linger.svg", "linger.png"} {
		if _, ok := names[name]; !ok {
			t.Errorf("%s was not drawn", name)
		}
	}
}

// Every kind of figure of the built-in studies has a section with its figure in each
// format, its data, and a sentence that holds what the data say.
func TestSectionsOfOtherKinds(t *testing.T) {
	testkit.NotShort(t)
	names := []string{"law", "methods", "plane", "latency", "sensitivity", "remedies", "handshake"}
	sections := sections(t, testkit.Few(names, 1, 4)...)
	for i, c := range testkit.Few([]struct{ sentence, header string }{
		{"With alert-latency of the distribution 10ms+exponential(mean=10ms), a session fails with a probability of " +
			"exactly 0.548812", "from_ns,to_ns,probability"},
		{"In 4 of 4 rows the interval of crude Monte Carlo and that of the windows meet. The smallest probability " +
			"is 7.58e-10.", "row,method,estimate,lo,hi,interval,"},
		{"alert-latency = linger + 11.000001ms", "region,outcome,failed,share,ring,alert-latency_ns,linger_ns"},
		{"[0s, 5ms) and from 6.000001ms on with latency=5ms", ""},
		{"The shares of its variance that are due to each factor:", "factor,level,estimate,lo,hi,first_order,"},
		{"“no remedy” fails with probability", "row,replications,failures,estimate,lo,hi,confidence,pairs,both,"},
		{"Median of the handshake: ", "row,value,probability,lo,hi,confidence"},
	}, 1, 4) {
		s := sections[i]
		if !strings.Contains(s.Sentence, c.sentence) || s.Method == "" || s.Data == nil {
			t.Errorf("%s says %q, found how: %q, data %v", s.Name, s.Sentence, s.Method, s.Data)
		}
		var names []string
		for _, f := range s.Files {
			names = append(names, f.Name)
			if strings.HasSuffix(f.Name, ".csv") && !bytes.HasPrefix(f.Data, []byte(c.header)) {
				t.Errorf("%s begins %.80s", f.Name, f.Data)
			}
		}
		want := strings.Fields(strings.ReplaceAll("NAME.svg NAME.png NAME.pdf NAME.csv", "NAME", s.Name))
		if !slices.Equal(names, want) {
			t.Errorf("files %v, want %v", names, want)
		}
		for _, row := range s.Table {
			if len(row) != len(s.Table[0]) {
				t.Errorf("%s: the row %q has not as many cells as the header %q", s.Name, row, s.Table[0])
			}
		}
	}
}

// In the table, an exact probability that is too small for six places has three digits.
func TestTinyExactProbabilities(t *testing.T) {
	testkit.NotShort(t)
	section := sections(t, "spread")[0]
	for label, want := range map[string]string{"no linger": "7.33e-07", "linger 5 ms": "2.18e-33",
		"linger 50 ms": "4.43e-94"} {
		if !slices.ContainsFunc(
			section.Table, func(row []string) bool { return row[0] == label && row[1] == "0.25" && row[5] == want },
		) {
			t.Errorf("the table has no %s of “%s”:\n%v", want, label, section.Table)
		}
	}
}
