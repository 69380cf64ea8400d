package text

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Explanation explains a scenario and has the results of its runs under each remedy.
type Explanation struct {
	Scenario   string          `json:"scenario"`
	Summary    string          `json:"summary"`
	Mechanism  string          `json:"mechanism"`
	Prediction string          `json:"prediction"`
	Findings   []string        `json:"findings"`
	Cause      string          `json:"cause"` // the root cause in the failing example
	Failing    string          `json:"failing"`
	Passing    string          `json:"passing"`
	Reasons    []string        `json:"reasons"` // what endpoints made of records in the failing example
	References []string        `json:"references"`
	Probe      string          `json:"probe"`
	Besides    []string        `json:"besides"` // other settings, from the failing example
	Remedies   []RemedyWindows `json:"remedies"`
}

// RemedyWindows holds the failure windows under one remedy.
type RemedyWindows struct {
	Remedy  string          `json:"remedy"`
	Sets    string          `json:"sets"`  // empty without a remedy
	Helps   string          `json:"helps"` // yes, partly or no; empty without a remedy
	Note    string          `json:"note,omitempty"`
	Windows *search.Windows `json:"windows"`
}

// NewExplanation returns the explanation of a scenario, with the windows under its remedies, and
// with the reasons of the endpoints in its failing example.
func NewExplanation(s *scenarios.Scenario, remedies []search.RemedyWindows, reasons []string) Explanation {
	e := s.Explanation
	shown := []RemedyWindows{}
	for _, r := range remedies {
		shown = append(shown, newRemedyWindows(s, r.Remedy, r.Windows))
	}
	return Explanation{
		Scenario: s.Name, Summary: s.Summary, Mechanism: e.Mechanism, Prediction: e.Prediction, Findings: e.Findings,
		Cause: s.Cause.Text, Reasons: append([]string{}, reasons...),
		Failing: Example(s, s.Failing), Passing: Example(s, s.Passing),
		References: e.References, Probe: s.Probe.String(), Besides: besides(s), Remedies: shown,
	}
}

// besides returns what the failing example sets besides the probe, and its seed.
func besides(s *scenarios.Scenario) []string {
	list := []string{}
	for _, name := range slices.Sorted(maps.Keys(s.Failing)) {
		if name != s.Probe.Name {
			list = append(list, name+"="+s.Failing[name])
		}
	}
	if s.ExampleSeed > 1 {
		list = append(list, "seed "+strconv.FormatUint(s.ExampleSeed, 10))
	}
	return list
}

// Example returns the command that runs an example, or "" if there is no example.
func Example(s *scenarios.Scenario, set scenarios.Settings) string {
	v, err := s.Resolve(set)
	if set == nil || err != nil {
		return ""
	}
	c := command.New("run", s.Reference())
	if s.ExampleSeed != 1 {
		c = c.With("--seed", strconv.FormatUint(s.ExampleSeed, 10))
	}
	return c.With(v.Arguments()...).String()
}

// newRemedyWindows describes a remedy, given its name, and the windows that a search found.
func newRemedyWindows(s *scenarios.Scenario, name string, w *search.Windows) RemedyWindows {
	r := RemedyWindows{Remedy: name, Windows: w}
	for _, known := range s.Remedies {
		if known.Name == name {
			var sets []string
			for _, parameter := range slices.Sorted(maps.Keys(known.Set)) {
				sets = append(sets, parameter+"="+known.Set[parameter])
			}
			r.Sets, r.Helps, r.Note = strings.Join(sets, " "), known.Helps, known.Note
		}
	}
	return r
}

// Explain writes an explanation as text.
func Explain(w io.Writer, e Explanation) error {
	fmt.Fprintf(w, "%s\n\n%s\n", e.Scenario, wrap(e.Summary))
	for _, part := range []struct{ title, body string }{
		{"What happens", e.Mechanism}, {"When, as predicted", e.Prediction}, {"Root cause", e.Cause},
	} {
		if part.body != "" {
			fmt.Fprintf(w, "\n%s\n%s\n", part.title, wrap(part.body))
		}
	}
	items(w, "What runs have shown", e.Findings)
	if e.Failing != "" {
		fmt.Fprintf(w, "\nA run that fails, and one that is clean\n  %s\n  %s\n", e.Failing, e.Passing)
	}
	items(w, "What the endpoints made of records, in the run that fails", shortened(e.Reasons))
	fmt.Fprintf(w, "\nWhat runs show now, with %s\n", strings.Join(append([]string{e.Probe}, e.Besides...), " "))
	rows := [][]string{{"  REMEDY", "FAILS IN", "WITH"}}
	for _, r := range e.Remedies {
		rows = append(rows, remedyRows(r)...)
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	var windows []*search.Windows
	for _, r := range e.Remedies {
		windows = append(windows, r.Windows)
	}
	if basis := BasisOf(windows); !basis.Proved {
		fmt.Fprintf(w, "\n%s\n", wrap(NotProved(&basis)))
	}
	if len(e.Remedies) > 1 {
		fmt.Fprintf(w,
			"\nThe remedies, and what they leave of the failure window of the run above: nothing (yes), less "+
				"(partly), all (no)\n")
		rows = [][]string{{"  REMEDY", "SETS", "HELPS", ""}}
		for _, r := range e.Remedies {
			if r.Sets != "" {
				rows = append(rows, []string{"  " + r.Remedy, r.Sets, r.Helps, r.Note})
			}
		}
		if err := Table(w, rows); err != nil {
			return err
		}
	}
	return items(w, "Where to read on", e.References)
}

// mostReasons is the largest number of reasons that Explain shows.
const mostReasons = 20

// shortened returns the first reasons, and how many are left off.
func shortened(reasons []string) []string {
	if len(reasons) <= mostReasons {
		return reasons
	}
	more := fmt.Sprintf("and %d more, which dtlssim run shows", len(reasons)-mostReasons)
	return append(slices.Clone(reasons[:mostReasons]), more)
}

// items writes a list under a title, or nothing if the list is empty.
func items(w io.Writer, title string, list []string) error {
	if len(list) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "\n%s\n", title)
	for _, text := range list {
		_, err = fmt.Fprintln(w, item(text))
	}
	return err
}

// remedyRows lists windows with one outcome each; it joins neighbouring cells with the same
// outcome.
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

// lineWidth is the width at which text is wrapped.
const lineWidth = 96

// wrap breaks a text into indented lines.
func wrap(s string) string { return indent(s, "  ", "  ") }

// item formats a text as an item of a list.
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
