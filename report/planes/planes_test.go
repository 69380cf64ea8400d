package planes

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

const ms = int64(time.Millisecond)

// linger is a map of the founding case, as it would be without the alert that overtakes the
// data.
func linger() *plane.Regions {
	line := edges.Line{Rise: 1, Run: 1, Offset: 11*ms + 1}
	return &plane.Regions{
		Scenario: "late-close-notify", Seed: 1,
		X: plane.ProbeAxis{
			Name: "alert-latency", From: 10 * ms, To: 100 * ms,
		}, Y: plane.ProbeAxis{Name: "linger", To: 50 * ms},
		Regions: []plane.Region{
			{
				Name: "A", Outcome: []string{"ghost-session"}, Failed: true, Share: 0.4,
				Polygon: [][][2]int64{{{11 * ms, 0}, {100 * ms, 0}, {100 * ms, 40 * ms}, {51 * ms, 40 * ms}}},
			},
			{Name: "B", Outcome: []string{"ghost-session", "data-lost"}, Failed: true, Share: 0.0004},
			{
				Name: "C", Share: 0.5996,
				Polygon: [][][2]int64{{{10 * ms, 0}, {11 * ms, 0}, {51 * ms, 40 * ms}, {10 * ms, 40 * ms}}},
			},
		},
		Boundaries: []plane.Boundary{
			{
				Left: "C", Right: "A", Line: line, Equation: line.Equation("alert-latency", "linger"),
				From: 0, To: 20 * ms, Fails: true,
			},
			{
				Left: "C", Right: "B", Line: line, Equation: line.Equation("alert-latency", "linger"),
				From: 20 * ms, To: 40 * ms, Fails: true,
			},
			{
				Left: "B", Right: "A", Equation: "alert-latency = 60ms",
				Line: edges.Line{Run: 1, Offset: 60 * ms}, From: 20 * ms, To: 40 * ms,
			},
			{
				Left: "C", Right: "B", Equation: "alert-latency = 3ns", Line: edges.Line{Run: 1, Offset: 3},
				From: 40 * ms, To: 40*ms + 1, Fails: true,
			},
		},
		Levels: []plane.Level{{Below: "A", Above: "C", Y: 40 * ms, From: 51 * ms, To: 100 * ms, Fails: true}},
		Strips: make([]plane.Strip, 3), Runs: 1000,
		Method: plane.MapMethod{
			Rows: 10, Points: 300, PointsDiffered: 2, LargestGap: 5 * ms, LargestGapFrom: 10 * ms,
			RowGap: 7, RowGapFrom: 3, RowGapRow: 9, RowBasis: search.Basis{
				WhyNot: "a prediction failed: an instant that no run reports came in between",
			},
		},
	}
}

// What is said of a map, to the letter.
func TestMapAsText(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, linger()); err != nil {
		t.Fatal(err)
	}
	const want = `late-close-notify, alert-latency from 10ms to 100ms against linger from 0s to 50ms, seed 1

REGION         SHARE   OUTCOME
A       FAILS  40.0 %  ghost-session
B       FAILS  0.04 %  ghost-session, data-lost
C              60.0 %  clean

Boundaries, each at the first value of the second of its regions:
BETWEEN  FAILS  BOUNDARY                              FOR
C and A  A      alert-latency = linger + 11.000001ms  linger in [0s, 20ms)
C and B  B      alert-latency = linger + 11.000001ms  linger in [20ms, 40ms)
B and A  both   alert-latency = 60ms                  linger in [20ms, 40ms)
A and C  A      linger = 40ms                         alert-latency in [51ms, 100ms)
(shorter than a thousandth of the range, and left out here, not in JSON: 1)

Sessions fail in 40.0 % of the plane of alert-latency and linger, in 2 regions. What fails is parted from what does not by alert-latency = linger + 11.000001ms for linger in [0s, 40ms) and linger = 40ms for alert-latency in [51ms, 100ms).

1000 runs: 10 rows along alert-latency, in 3 strips. Within a strip, rows in between came out as its lines say, to the nanosecond; what opens and closes between two of these rows and leaves every edge on them in its place could have been missed, up to a height of 5ms (linger in [10ms, 15ms)). In a row, what opens and closes within [3ns, 10ns) could have been missed (at linger=9ns). The rows are searched, not proved: a prediction failed: an instant that no run reports came in between. 300 runs at random points agree with the map: less than 0.99 % of it is otherwise, with a confidence of 95 %. Before, 2 did not, and the strips that they lie in were searched again.
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The sentence of maps that are all one, or not whole.
func TestMapSentence(t *testing.T) {
	for want, change := range map[string]func(*plane.Regions){
		"Sessions fail nowhere in the plane of alert-latency and linger.": func(r *plane.Regions) {
			r.Regions = r.Regions[2:]
		},
		"Sessions fail everywhere in the plane of alert-latency and linger.": func(r *plane.Regions) {
			r.Regions = r.Regions[:2]
		},
		"Nothing is known of the plane of alert-latency and linger.": func(r *plane.Regions) {
			r.Regions = nil
		},
		", in region A.": func(r *plane.Regions) { r.Regions = append(r.Regions[:1:1], r.Regions[2]) },
		" Of 12.5 % of the plane nothing is known.": func(r *plane.Regions) { r.UndecidedShare = 0.125 },
		"for linger in [10ms, 40ms), alert-latency = 3ms for linger in [10ms, 40ms) and 6 more lines.": func(r *plane.Regions) {
			r.Boundaries, r.Levels = nil, nil
			for i := range int64(10) {
				l := edges.Line{Run: 1, Offset: i * ms}
				r.Boundaries = append(r.Boundaries,
					plane.Boundary{Line: l, Equation: l.Equation("alert-latency", "linger"), From: 10 * ms, To: 40 * ms,
						Fails: true})
			}
		},
	} {
		r := linger()
		change(r)
		if got := Sentence(r); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}

// A map is drawn with what its data have, and its corners are its records.
func TestMapFigureAndRecords(t *testing.T) {
	r := linger()
	f := Figure(r, "Title", []string{"ghost-session", "data-lost"})
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Title", "A: ghost-session", "alert-latency = linger + 11.000001ms", "linger (ms)"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("the figure has no %q", want)
		}
	}
	if records := Records(r); len(records) != 1+8 ||
		strings.Join(records[1], " ") != "A ghost-session true 0.4 0 11000000 0" {
		t.Errorf("records %v", records)
	}
}

// bandsOf returns windows with edges at these times, by level.
func bandsOf(factor string, levels []string, at ...int64) *bands.Answer {
	b := &bands.Answer{Scenario: "late-close-notify", Seed: 1, Factor: factor, Probe: "alert-latency", Runs: 10}
	for i, level := range levels {
		w := &search.Windows{
			To: 100 * ms, Cells: []search.Cell{{From: 0, To: at[i], Signature: "a"}},
			Method: search.Method{Basis: search.Basis{Proved: true}},
		}
		if at[i] < 100*ms {
			w.Cells = append(w.Cells,
				search.Cell{From: at[i], To: 100 * ms, Signature: "b", Outcome: []string{"data-lost"}, Failed: true})
			w.FailureWindows = []search.Interval{{From: at[i], To: 100 * ms}}
		}
		b.Levels = append(b.Levels, bands.Level{Level: level, Windows: w, Joined: i == 0 && factor == "linger"})
	}
	return b
}

func TestBandSentence(t *testing.T) {
	for _, c := range []struct {
		bands *bands.Answer
		want  string
	}{
		{bandsOf("linger", []string{"0s", "1ms"}, ms, ms),
			"Values of alert-latency at which sessions fail, at every level of linger: from 1ms on."},
		{bandsOf("linger", []string{"0s", "1ms"}, 100*ms, 100*ms),
			"Sessions fail at no value of alert-latency, at any level of linger."},
		{bandsOf("remedy", []string{"none", "a", "b", "c", "d"}, ms, 2*ms, 2*ms, 2*ms, 100*ms),
			"Values of alert-latency at which sessions fail: from 1ms on with remedy=none; from 2ms on with " +
				"remedy=a to c; none with remedy=d."},
		{bandsOf("linger", []string{"0s", "1ms", "2ms", "3ms", "4ms", "5ms", "6ms"}, 1, 2, 3, 4, 5, 6, 7),
			"Values of alert-latency at which sessions fail, in 7 kinds of windows at 7 levels: the first from 1ns " +
				"on with linger=0s, the last from 7ns on with linger=6ms."},
	} {
		if got := BandSentence(c.bands); got != c.want+" Searched from 0s to 100ms." {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Levels stand on an axis of numbers if all are durations, or numbers, and increase.
func TestAxis(t *testing.T) {
	for levels, want := range map[string]string{
		"1ms 2ms 1s": "1 2 1000 ms", "1s 20s": "1 20 s", "2 3 5": "2 3 5 ", "none linger": " ", "2ms 1ms": " ",
		"0.1 0.2": "0.1 0.2 ", "1ms 7": " ", "7 1ms": " ",
	} {
		list := strings.Fields(levels)
		positions, unit := axis(bandsOf("linger", list, make([]int64, len(list))...))
		var parts []string
		for _, p := range positions {
			parts = append(parts, fmt.Sprint(p))
		}
		if got := strings.Join(parts, " ") + " " + unit; got != want {
			t.Errorf("%s: %q, want %q", levels, got, want)
		}
	}
}
