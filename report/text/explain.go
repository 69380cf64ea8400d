package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
)

// Explanation is a scenario explained, with what its runs show under each remedy.
type Explanation struct {
	Scenario   string          `json:"scenario"`
	Summary    string          `json:"summary"`
	Mechanism  string          `json:"mechanism"`
	Prediction string          `json:"prediction"`
	Findings   []string        `json:"findings"`
	References []string        `json:"references"`
	Probe      string          `json:"probe"`
	Remedies   []RemedyWindows `json:"remedies"`
}

// RemedyWindows is the failure windows under one remedy.
type RemedyWindows struct {
	Remedy  string           `json:"remedy"`
	Windows *explore.Windows `json:"windows"`
}

// NewExplanation returns the explanation of a scenario, without runs.
func NewExplanation(s *scenarios.Scenario) Explanation {
	e := s.Explanation
	return Explanation{
		Scenario: s.Name, Summary: s.Summary, Mechanism: e.Mechanism, Prediction: e.Prediction, Findings: e.Findings,
		References: e.References, Probe: s.Probe.String(), Remedies: []RemedyWindows{},
	}
}

// Explain writes an explanation as text.
func Explain(w io.Writer, e Explanation) error {
	fmt.Fprintf(w, "%s\n\n%s\n", e.Scenario, wrap(e.Summary))
	for _, part := range []struct{ title, body string }{{"What happens", e.Mechanism}, {"When, as predicted", e.Prediction}} {
		fmt.Fprintf(w, "\n%s\n%s\n", part.title, wrap(part.body))
	}
	fmt.Fprintf(w, "\nWhat runs have shown\n")
	for _, f := range e.Findings {
		fmt.Fprintln(w, item(f))
	}
	fmt.Fprintf(w, "\nWhat runs show now, with %s\n", e.Probe)
	rows := [][]string{{"  REMEDY", "FAILS IN", "WITH"}}
	for _, r := range e.Remedies {
		rows = append(rows, remedyRows(r)...)
	}
	if err := table(w, rows); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhere to read on\n")
	var err error
	for _, r := range e.References {
		_, err = fmt.Fprintln(w, item(r))
	}
	return err
}

// remedyRows lists the windows of one outcome each, neighbouring cells joined.
func remedyRows(r RemedyWindows) [][]string {
	type span struct {
		from, to int64
		outcome  string
	}
	var spans []span
	for _, c := range r.Windows.Cells {
		outcome := Outcome(c.Outcome)
		if n := len(spans); n > 0 && spans[n-1].to == c.From && spans[n-1].outcome == outcome {
			spans[n-1].to = c.To
		} else if c.Failed {
			spans = append(spans, span{c.From, c.To, outcome})
		}
	}
	rows := [][]string{}
	name := "  " + r.Remedy
	for _, s := range spans {
		in := fmt.Sprintf("[%s, %s)", time.Duration(s.from), time.Duration(s.to))
		if s.to == r.Windows.To {
			in = fmt.Sprintf("from %s on", time.Duration(s.from))
		}
		rows = append(rows, []string{name, in, s.outcome})
		name = "  "
	}
	if len(rows) == 0 {
		rows = append(rows, []string{name, "none", ""})
	}
	return rows
}

// lineWidth is where text is wrapped.
const lineWidth = 96

// wrap breaks a text into indented lines.
func wrap(s string) string { return indent(s, "  ", "  ") }

// item is a text as an item of a list.
func item(s string) string { return indent(s, "  - ", "    ") }

func indent(s, first, rest string) string {
	var b strings.Builder
	line := first
	for i, word := range strings.Fields(s) {
		if i > 0 && len(line)+1+len(word) > lineWidth {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = rest
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	b.WriteString(line)
	return b.String()
}
