package page_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/report/page"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// small is a page with something of everything, and a figure of a few shapes.
func small() page.Page {
	return page.Page{
		Name: "small", Title: "When <it> fails & why", Answer: "Sessions fail in [1ms, 2ms).",
		Missing: "Not all is there.",
		Scenario: page.Scenario{
			Name: "late", Summary: "A summary.", Mechanism: "A mechanism.", Prediction: "A > B.", Cause: "The alert.",
			Findings: []string{"One finding.", "Another."},
			References: []string{
				"RFC 6347 section 4.2.7: alerts are not retransmitted", "see https://example.org/a?b=c&d=e.",
			},
		},
		Sections: []page.Section{
			{
				Name: "strips", Title: "Strips", Sentence: "A sentence about strips.",
				Files: []string{"strips.svg", "strips.png", "strips.pdf", "strips.csv"},
				Figure: []byte(`<?xml version="1.0"?>
<svg data-body="0 20 100 50" data-plot="0 30 100 40" width="100pt" height="90pt" viewBox="0 0 100 90" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">
<title>Strips</title><desc>A sentence.</desc><defs><style>@font-face{font-family:"F";src:url(data:font/ttf;base64,AAAA);}</style><clipPath id="clip"><path d="M0,0L9,9"/></clipPath></defs>
<g class="title"><text>Strips</text></g><g class="sentence"><text>A sentence.</text></g>
<g class="legend"><text>one</text></g><path d="M0,0L9,9" style="fill:none;stroke:#0072B2" clip-path="url(#clip)" /><rect x="1" y="30" width="9" height="9" fill="#FFFFFF" stroke="#202020"/><text x="5" y="40">5 ms</text>
</svg>`),
				Table: [][]string{{"ROW", "FAILS IN"}, {"none", "[1ms, 2ms)"}, {"remedy", "none"}},
				Edges: []page.Edge{{
					Row: "none",
					Below: page.Witness{
						At: "x = 999.999µs", Outcome: "clean", Command: "dtlssim run late --set x=999999ns",
					},
					Above: page.Witness{
						At: "x = 1ms", Outcome: "ghost-session", Failed: true,
						Command: "dtlssim run late --set x=1ms",
					},
				}},
			},
			{
				Name: "left over", Title: "What is left", Sentence: "Little.", Files: []string{"left.csv"},
				Table: [][]string{
					{"ROW", "X", "INTERVAL"},
					{"one", "1", "0.1 .. 0.2"},
					{"one", "2", "-"},
					{"two", "1", "3 of 4"},
				},
				Failures: []page.Failure{
					{Row: "one", At: "x: 1", Command: "dtlssim run late --seed 7"},
					{Row: "two", Command: "dtlssim run late --seed 8"},
				},
			},
		},
		Method:   []page.Term{{Name: "Failure windows", Text: "By slopes."}},
		Repeat:   []page.Term{{Name: "This page", Code: []string{"dtlssim report small"}}},
		Versions: []page.Term{{Name: "dtlssim", Text: "(devel)"}},
	}
}

// span is a span of some outcomes.
func span(from, to time.Duration, failed bool, outcomes ...string) figure.Span {
	all := []string{"ghost-session", "next-handshake-failed", "data-lost", "server-error"}
	return figure.Span{
		From: from, To: to, Outcome: text.Outcome(outcomes), Failed: failed,
		Fill: paint.Outcome(outcomes, failed, all),
	}
}

// whole is a page of real figures with long titles, labels, tables and commands, and the
// files beside it.
func whole(t *testing.T) (page.Page, map[string][]byte) {
	t.Helper()
	const ms = time.Millisecond
	p := small()
	p.Name, p.Sections = "whole", nil
	files := map[string][]byte{}
	command := "dtlssim run late-close-notify --seed 1 --set alert-latency=11.000001ms --set client=closes-first " +
		"--set linger=50ms --set first-record=discard --set read-timeout=10s --set credentials=psk"
	add := func(s page.Section, f *figure.Figure) {
		t.Helper()
		if f != nil {
			for _, format := range []struct {
				end  string
				draw func() ([]byte, error)
			}{{".svg", f.SVG}, {".png", f.PNG}, {".pdf", f.PDF}} {
				data, err := format.draw()
				if err != nil {
					t.Fatal(err)
				}
				s.Files = append(s.Files, s.Name+format.end)
				files[s.Name+format.end] = data
			}
			s.Figure = files[s.Name+".svg"]
		}
		s.Files = append(s.Files, s.Name+".csv")
		files[s.Name+".csv"] = []byte("row,x\n")
		p.Sections = append(p.Sections, s)
	}

	var strips []figure.Strip
	windows := page.Section{
		Name: "windows", Title: "Latencies of the first client's close_notify that fail when a title is as long as " +
			"this one is, and longer still than a line",
		Sentence: "Values of alert-latency at which sessions fail.",
		Table:    [][]string{{"ROW", "FAILS FOR ALERT-LATENCY IN"}},
	}
	for i := range 6 {
		label := fmt.Sprintf("closes first: remedy number %d", i)
		at := time.Duration(10+9*i) * ms
		strips = append(strips, figure.Strip{Label: label, Spans: []figure.Span{
			span(0, at, true, "data-lost"), span(at, at+ms+1, false),
			span(at+ms+1, 110*ms, true, "ghost-session", "next-handshake-failed"),
			span(110*ms, 200*ms, false, "server-error"),
		}})
		windows.Table = append(windows.Table, []string{label, fmt.Sprintf("[0s, %s) and from %s on", at, at+ms+1)})
		windows.Edges = append(windows.Edges, page.Edge{
			Row: label, Below: page.Witness{At: fmt.Sprint(at), Outcome: "clean", Command: command},
			Above: page.Witness{At: fmt.Sprint(at + 1), Outcome: "data-lost", Failed: true, Command: command},
		})
	}
	drawn := figure.Windows(windows.Title, "alert-latency", strips, windows.Sentence)
	add(windows, &drawn)

	curves := page.Section{
		Name: "curves", Title: "Failure probability against linger", Sentence: "It falls.",
		Table: [][]string{
			{
				"CURVE", "LINGER (MS)", "FAILURES", "MONTE CARLO", "95 % INTERVAL", "EXACT",
				"WHAT ELSE THERE IS TO SAY OF IT",
			},
		},
	}
	var lines []figure.Curve
	for i, label := range []string{"10 ms + exponential, mean 10 ms", "10 ms + lognormal, median 5 ms, sigma 1"} {
		c := figure.Curve{Label: label}
		for j := range 7 {
			e := stat.Wilson((6-j)*(20+9*i), 200, 0.95)
			c.X, c.Estimates = append(c.X, float64(10*j)), append(c.Estimates, e)
			c.Exact = append(c.Exact, 0.1*float64(6-j)+0.003)
			curves.Table = append(curves.Table, []string{
				label, fmt.Sprint(10 * j), fmt.Sprintf("%d of 200", e.Failures), fmt.Sprintf("%.4f", e.Value),
				fmt.Sprintf("%.4f .. %.4f", e.Low, e.High), fmt.Sprintf("%.6f", c.Exact[j]),
				"nothing that would be short enough for a narrow screen",
			})
			curves.Failures = append(curves.Failures,
				page.Failure{Row: label, At: fmt.Sprintf("linger (ms): %d", 10*j), Command: command})
		}
		lines = append(lines, c)
	}
	logarithmic, err := figure.Curves(curves.Title, "linger (ms)", true, lines, 0.95, curves.Sentence)
	if err != nil {
		t.Fatal(err)
	}
	add(curves, &logarithmic)

	l, err := distribution.Parse("10ms+gamma(mean=20ms,shape=2)")
	if err != nil {
		t.Fatal(err)
	}
	shaded := figure.LatencyDistribution(
		"A distribution and its failure windows",
		"alert-latency",
		l,
		[]figure.FailureWindow{
			{From: 0, To: 12 * ms},
			{From: 25*ms + 1, To: 27 * ms},
			{From: 28 * ms, To: 29 * ms},
			{From: 61 * ms, To: 300 * ms},
		},
		"A sentence.",
	)
	add(page.Section{Name: "law", Title: "A distribution and its failure windows", Sentence: "A sentence."}, &shaded)
	add(page.Section{Name: "left", Title: "A table alone", Sentence: "Little is left.", Table: curves.Table[:3]}, nil)
	return p, files
}
