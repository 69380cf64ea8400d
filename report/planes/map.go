// Package planes shows the regions of a map, and the bands of a probe against a factor. It shows
// them as text, as records, as a figure, and as a sentence with the main conclusion.
package planes

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// Rows returns the rows of a table of regions; the first row is the header.
func Rows(r *plane.Regions) [][]string {
	rows := [][]string{{"REGION", "", "SHARE", "OUTCOME"}}
	for _, g := range r.Regions {
		mark := ""
		if g.Failed {
			mark = "FAILS"
		}
		rows = append(rows, []string{g.Name, mark, percent(g.Share), g.Title()})
	}
	return rows
}

// percent writes a share of the plane.
func percent(share float64) string {
	switch {
	case share >= 0.001:
		return fmt.Sprintf("%.1f %%", 100*share)
	case share > 0 && share < 1e-6:
		return "below 0.0001 %"
	}
	return fmt.Sprintf("%.2g %%", 100*share)
}

// negligible is the divisor for the range of y (or x) that gives the shortest boundary in tables. A
// shorter one may come from rounding at a corner; only JSON has it.
const negligible = 1000

// short reports whether a range of y is negligible.
func short(r *plane.Regions, from, to int64) bool { return (to-from)*negligible < r.Y.To-r.Y.From }

// Lines returns the rows of a table of boundaries, the first row the header. left is the number of
// boundaries that are too short for the table.
func Lines(r *plane.Regions) (rows [][]string, left int) {
	rows = [][]string{{"BETWEEN", "FAILS", "BOUNDARY", "FOR"}}
	failing := map[string]bool{}
	for _, g := range r.Regions {
		failing[g.Name] = g.Failed
	}
	side := func(a, b string) string {
		switch {
		case failing[a] && failing[b]:
			return "both"
		case failing[a]:
			return a
		case failing[b]:
			return b
		}
		return "neither"
	}
	for _, b := range reaching(r) {
		if short(r, b.From, b.To) {
			left++
			continue
		}
		rows = append(rows,
			[]string{b.Left + " and " + b.Right, side(b.Left, b.Right), b.Equation, within(r.Y.Name, b.From, b.To)})
	}
	for _, l := range r.Levels {
		if (l.To-l.From)*negligible < r.X.To-r.X.From {
			left++
			continue
		}
		rows = append(rows, []string{
			l.Below + " and " + l.Above, side(l.Below, l.Above), fmt.Sprintf("%s = %s", r.Y.Name, time.Duration(l.Y)),
			within(r.X.Name, l.From, l.To),
		})
	}
	return rows, left
}

// reaching joins boundaries on one line between the same regions across negligible gaps.
func reaching(r *plane.Regions) (joined []plane.Boundary) {
	for _, b := range r.Boundaries {
		i := slices.IndexFunc(joined, func(a plane.Boundary) bool {
			return a.Left == b.Left && a.Right == b.Right && a.Line == b.Line && a.To <= b.From &&
				(a.To == b.From || short(r, a.To, b.From))
		})
		if i < 0 {
			joined = append(joined, b)
			continue
		}
		joined[i].To = b.To
	}
	return joined
}

// within says in which values of a probe something holds.
func within(name string, from, to int64) string {
	return fmt.Sprintf("%s in [%s, %s)", name, time.Duration(from), time.Duration(to))
}

// frontier is a line with failing runs on one side, whatever the regions there.
type frontier struct {
	text     string
	along    string // the probe in which from and to are given
	from, to int64
	line     edges.Line
	level    bool
}

// frontiers joins, for each line, the boundaries between failing and other runs; the longest
// frontier comes first.
func frontiers(r *plane.Regions) (list []frontier) {
	for _, b := range r.Boundaries {
		if !b.Fails || short(r, b.From, b.To) {
			continue
		}
		i := slices.IndexFunc(list, func(f frontier) bool {
			reach := (r.Y.To - r.Y.From) / negligible
			return f.line == b.Line && b.From-f.to <= reach && f.from-b.To <= reach
		})
		if i >= 0 {
			list[i].from, list[i].to = min(list[i].from, b.From), max(list[i].to, b.To)
			continue
		}
		list = append(list, frontier{b.Equation, r.Y.Name, b.From, b.To, b.Line, false})
	}
	for _, l := range r.Levels {
		if !l.Fails || (l.To-l.From)*negligible < r.X.To-r.X.From {
			continue
		}
		list = append(list, frontier{
			fmt.Sprintf("%s = %s", r.Y.Name, time.Duration(l.Y)),
			r.X.Name, l.From, l.To, edges.Line{Rise: 0, Run: 1, Offset: l.Y}, true,
		})
	}
	part := func(f frontier) float64 {
		if f.level {
			return float64(f.to-f.from) / float64(r.X.To-r.X.From)
		}
		return float64(f.to-f.from) / float64(r.Y.To-r.Y.From)
	}
	slices.SortStableFunc(list, func(a, b frontier) int {
		switch {
		case part(a) > part(b):
			return -1
		case part(a) < part(b):
			return 1
		}
		return 0
	})
	return list
}

// mostLines is the largest number of lines that a sentence names.
const mostLines = 4

// Sentence states the main conclusion from a map.
func Sentence(r *plane.Regions) string {
	var failing []string
	share := 0.0
	for _, g := range r.Regions {
		if g.Failed {
			share += g.Share
			failing = append(failing, g.Name)
		}
	}
	plane := fmt.Sprintf("the plane of %s and %s", r.X.Name, r.Y.Name)
	doubt := ""
	if r.UndecidedShare > 0 {
		doubt = fmt.Sprintf(" Of %s of the plane nothing is known.", percent(r.UndecidedShare))
	}
	lines := frontiers(r)
	switch {
	case len(r.Regions) == 0:
		return "Nothing is known of " + plane + "."
	case len(failing) == 0:
		return "Sessions fail nowhere in " + plane + "." + doubt
	case len(failing) == len(r.Regions) && doubt == "":
		return "Sessions fail everywhere in " + plane + "."
	}
	where := "region " + failing[0]
	if len(failing) > 1 {
		where = fmt.Sprintf("%d regions", len(failing))
	}
	sentence := fmt.Sprintf("Sessions fail in %s of %s, in %s.", percent(share), plane, where)
	var parts []string
	for i, f := range lines {
		if i == mostLines {
			more := "one more line"
			if n := len(lines) - mostLines; n > 1 {
				more = fmt.Sprintf("%d more lines", n)
			}
			parts = append(parts, more)
			break
		}
		parts = append(parts, fmt.Sprintf("%s for %s", f.text, within(f.along, f.from, f.to)))
	}
	if len(parts) > 0 {
		sentence += " What fails is parted from what does not by " + text.List(parts) + "."
	}
	return sentence + doubt
}

func strips(n int) string {
	if n == 1 {
		return "one strip"
	}
	return fmt.Sprintf("%d strips", n)
}

// rowsProved says why rows are not proved, or nothing.
func rowsProved(r *plane.Regions) string {
	if r.Method.RowBasis.Proved {
		return ""
	}
	return " The rows are searched, not proved: " + text.Doubt(&r.Method.RowBasis)
}

// Proof says how a map was found and what that proves.
func Proof(r *plane.Regions) string {
	m := &r.Method
	var b strings.Builder
	fmt.Fprintf(&b, "%d runs: %d rows along %s, in %s.", r.Runs, m.Rows, r.X.Name, strips(len(r.Strips)))
	for _, p := range r.Idle {
		fmt.Fprintf(&b, " Nothing is claimed about %s: rule %s, whose duration it is, met no datagram in any run.",
			p.Probe, p.Rule)
	}
	if len(r.Idle) > 0 {
		return b.String()
	}
	if m.LargestGap > 0 {
		from := time.Duration(m.LargestGapFrom)
		fmt.Fprintf(&b,
			" Within a strip, rows in between came out as its lines say, to the nanosecond; what opens and closes "+
				"between two of these rows and leaves every edge on them in its place could have been missed, up to "+
				"a height of %s (%s).", time.Duration(m.LargestGap),
			within(r.Y.Name, int64(from), int64(from)+m.LargestGap))
	}
	if m.PlainShare > 0 {
		fmt.Fprintf(&b,
			" For %s of the range of %s the order of events changes too often to be followed: rows in between came "+
				"out with the same outcomes, up to lines.", percent(m.PlainShare), r.Y.Name)
	}
	if m.RowGap > 0 {
		from := time.Duration(m.RowGapFrom)
		fmt.Fprintf(&b, " In a row, what opens and closes within [%s, %s) could have been missed (at %s=%s).",
			from, from+time.Duration(m.RowGap), r.Y.Name, time.Duration(m.RowGapRow))
	}
	b.WriteString(rowsProved(r))
	if m.Points > 0 && len(m.Contradictions) == 0 {
		// If a share p of the plane differs from the map, n random points all miss it with
		// probability (1-p)^n.
		p := 1 - math.Pow(0.05, 1/float64(m.Points))
		fmt.Fprintf(&b,
			" %d runs at random points agree with the map: less than %.2g %% of it is otherwise, with a confidence "+
				"of 95 %%.", m.Points, 100*p)
	}
	if n := m.PointsDiffered - len(m.Contradictions); n > 0 {
		fmt.Fprintf(&b, " Before, %d did not, and the strips that they lie in were searched again.", n)
	}
	if len(r.Undecided) > 0 {
		largest := slices.MaxFunc(r.Undecided,
			func(a, b search.Interval) int { return int(min(1, max(-1, (a.To-a.From)-(b.To-b.From)))) })
		fmt.Fprintf(&b, " %s of the plane is undecided, in %s, the highest %s.", percent(r.UndecidedShare),
			strips(len(r.Undecided)), within(r.Y.Name, largest.From, largest.To))
	}
	return b.String()
}

// Write writes a map as text.
func Write(w io.Writer, r *plane.Regions) error {
	fmt.Fprintf(w, "%s, %s from %s to %s against %s from %s to %s, seed %d\n\n", r.Scenario, r.X.Name,
		time.Duration(r.X.From), time.Duration(r.X.To), r.Y.Name, time.Duration(r.Y.From), time.Duration(r.Y.To),
		r.Seed)
	if err := text.Table(w, Rows(r)); err != nil {
		return err
	}
	if rows, left := Lines(r); len(rows) > 1 {
		fmt.Fprintf(w, "\nBoundaries, each at the first value of the second of its regions:\n")
		if err := text.Table(w, rows); err != nil {
			return err
		}
		if left > 0 {
			fmt.Fprintf(w, "(shorter than a thousandth of the range, and left out here, not in JSON: %d)\n", left)
		}
	}
	for _, p := range r.Method.Contradictions {
		fmt.Fprintf(w, "\nThe map is wrong at %s=%s, %s=%s: it says region %s, and the run is %s:\n  %s\n", r.X.Name,
			time.Duration(p.X), r.Y.Name, time.Duration(p.Y), p.Region, (&plane.Region{Outcome: p.Outcome}).Title(),
			p.Repeat)
	}
	if r.Stopped != "" {
		fmt.Fprintf(w, "\nThe map is not whole: %s.\n", r.Stopped)
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n%s\n", Sentence(r), Proof(r))
	return err
}

// Records returns the corners of the regions, for CSV: one line for each corner of each ring.
func Records(r *plane.Regions) [][]string {
	records := [][]string{{"region", "outcome", "failed", "share", "ring", r.X.Name + "_ns", r.Y.Name + "_ns"}}
	for _, g := range r.Regions {
		for i, ring := range g.Polygon {
			for _, p := range ring {
				records = append(records, []string{
					g.Name, g.Title(), strconv.FormatBool(g.Failed), strconv.FormatFloat(g.Share, 'g', -1, 64),
					strconv.Itoa(i),
					strconv.FormatInt(p[0], 10), strconv.FormatInt(p[1], 10),
				})
			}
		}
	}
	return records
}

// Figure draws a map of a scenario with these outcomes.
func Figure(r *plane.Regions, title string, outcomes []string) figure.Figure {
	m := figure.Map{
		Title: title, Sentence: Sentence(r),
		X: figure.PlaneAxis{Name: r.X.Name, From: time.Duration(r.X.From), To: time.Duration(r.X.To)},
		Y: figure.PlaneAxis{Name: r.Y.Name, From: time.Duration(r.Y.From), To: time.Duration(r.Y.To)},
	}
	for _, g := range r.Regions {
		a := figure.Area{
			Name: g.Name, Outcome: g.Title(), Failed: g.Failed, Fill: paint.Outcome(g.Outcome, g.Failed, outcomes),
		}
		for _, ring := range g.Polygon {
			var places []figure.Place
			for _, p := range ring {
				places = append(places, place(p[0], p[1]))
			}
			a.Rings = append(a.Rings, places)
		}
		m.Areas = append(m.Areas, a)
	}
	for _, f := range frontiers(r) {
		from, to := place(f.line.At(f.from), f.from), place(f.line.At(f.to), f.to)
		if f.level {
			from, to = place(f.from, f.line.Offset), place(f.to, f.line.Offset)
		}
		m.Divides = append(m.Divides, figure.Divide{From: from, To: to, Strong: true, Label: f.text})
	}
	for _, b := range r.Boundaries {
		if !b.Fails && !short(r, b.From, b.To) {
			m.Divides = append(
				m.Divides,
				figure.Divide{
					From: place(b.Line.At(b.From), b.From), To: place(b.Line.At(b.To), b.To), Label: b.Equation,
				},
			)
		}
	}
	for _, l := range r.Levels {
		if !l.Fails {
			m.Divides = append(m.Divides, figure.Divide{From: place(l.From, l.Y), To: place(l.To, l.Y)})
		}
	}
	for _, i := range r.Undecided {
		m.Unknown = append(m.Unknown, [2]time.Duration{time.Duration(i.From), time.Duration(i.To)})
	}
	return m.Draw()
}

func place(x, y int64) figure.Place { return figure.Place{time.Duration(x), time.Duration(y)} }
