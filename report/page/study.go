package page

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dtlssim/dtlssim/report/summary"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// Study returns the page of a study's result, with sections as its figures. commands make the page
// and repeat the study; versions describe the program that made it.
func Study(r *study.Result, sections []summary.Section, commands []string, versions []Term) Page {
	sc := r.Study.Scenario
	p := Page{
		Name: r.Study.Name, Title: r.Study.Title,
		Scenario: Scenario{
			Name: sc.Name, Summary: sc.Summary, Mechanism: sc.Explanation.Mechanism,
			Prediction: sc.Explanation.Prediction,
			Cause:      asSentence(sc.Cause.Text), Findings: sc.Explanation.Findings,
			References: sc.Explanation.References,
		},
		Versions: versions,
	}
	for _, s := range sections {
		shown := Section{Name: s.Name, Title: s.Title, Sentence: s.Sentence, Method: s.Method, Table: s.Table}
		for _, f := range s.Files {
			if filepath.Ext(f.Name) == ".svg" {
				shown.Figure = f.Data
			}
			shown.Files = append(shown.Files, f.Name)
		}
		at := slices.IndexFunc(r.Figures, func(f figures.Result) bool { return f.Figure().Common().Name == s.Name })
		if at >= 0 {
			shown.Edges, shown.Failures = edges(r.Figures[at]), failures(r.Figures[at])
		}
		p.Sections = append(p.Sections, shown)
	}
	p.Answer = answer(r, sections)
	if done, all := len(r.Figures), len(r.Study.Figures); done < all {
		p.Missing = fmt.Sprintf("This study is not complete: figures that were done: %d of %d.", done, all)
	}
	p.Method = method(r)
	p.Repeat = repeat(r, commands)
	return p
}

// asSentence gives a text a capital letter at the start and a full stop at the end.
func asSentence(s string) string {
	if s == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(s)
	return strings.TrimSuffix(string(unicode.ToUpper(first))+s[size:], ".") + "."
}

// answer sums up the first windows of a study or, without windows, its first figure.
func answer(r *study.Result, sections []summary.Section) string {
	if list := strips(r); len(list) > 0 {
		f := list[0]
		first := f.Windows[0]
		sentence := fmt.Sprintf("With “%s”, sessions fail %s", f.Of.Rows[0].Label, where(first))
		never, others := 0, len(f.Windows)-1
		for _, w := range f.Windows[1:] {
			if len(w.FailureWindows) == 0 {
				never++
			}
		}
		switch {
		case others == 0:
			return sentence + "."
		case others == 1 && never == 1:
			return fmt.Sprintf("%s; with “%s” at no value.", sentence, f.Of.Rows[1].Label)
		case others == 1:
			return fmt.Sprintf("%s; with “%s” %s.", sentence, f.Of.Rows[1].Label, where(f.Windows[1]))
		case never == 0:
			return fmt.Sprintf("%s; each of the %d other rows of the first figure fails somewhere too.", sentence,
				others)
		case never == others:
			return fmt.Sprintf("%s; with none of the %d other rows of the first figure do they fail anywhere.",
				sentence, others)
		}
		verb := "fail"
		if never == 1 {
			verb = "fails"
		}
		return fmt.Sprintf("%s; of the %d other rows of the first figure, %d %s at no value.", sentence, others, never,
			verb)
	}
	if len(sections) > 0 {
		return sections[0].Sentence
	}
	return "No figure of this study was done."
}

// strips returns the results of the figures that show windows.
func strips(r *study.Result) (list []*figures.WindowsResult) {
	for _, f := range r.Figures {
		if w, ok := f.(*figures.WindowsResult); ok && len(w.Windows) > 0 {
			list = append(list, w)
		}
	}
	return list
}

// where says at which values of the probe sessions fail.
func where(w *search.Windows) string {
	searched := fmt.Sprintf("from %s to %s", time.Duration(w.From), time.Duration(w.To))
	if time.Duration(w.To) == scenarios.Forever {
		searched = fmt.Sprintf("from %s on", time.Duration(w.From))
	}
	if len(w.FailureWindows) == 0 {
		return fmt.Sprintf("at no value of %s %s", w.Probe, searched)
	}
	if len(w.FailureWindows) == 1 && w.FailureWindows[0] == (search.Interval{From: w.From, To: w.To}) {
		return fmt.Sprintf("at every value of %s %s", w.Probe, searched)
	}
	var parts []string
	for _, i := range w.FailureWindows {
		if i.To == w.To {
			parts = append(parts, fmt.Sprintf("from %s on", time.Duration(i.From)))
		} else {
			parts = append(parts, fmt.Sprintf("in [%s, %s)", time.Duration(i.From), time.Duration(i.To)))
		}
	}
	const most = 4 // in a sentence
	if left := len(parts) - most; left > 1 {
		parts = append(parts[:most], fmt.Sprintf("in %d more windows", left))
	}
	return fmt.Sprintf("for %s %s", w.Probe, strings.Join(parts, " and "))
}

// edges lists the edges of every row's failure windows with their witnesses.
func edges(f figures.Result) (list []Edge) {
	for _, s := range f.Searches() {
		row, w := s.Row, s.Windows
		if s.Factor != "" {
			row = fmt.Sprintf("%s = %s", s.Factor, s.Row)
		}
		for _, e := range w.Edges {
			list = append(list, Edge{Row: row, Below: witness(w, e.At-1, e.Below), Above: witness(w, e.At, e.Above)})
		}
	}
	return list
}

func witness(w *search.Windows, at int64, run search.Witness) Witness {
	shown := Witness{At: fmt.Sprintf("%s = %s", w.Probe, time.Duration(at)), Command: run.Repeat}
	for _, c := range w.Cells {
		if c.From <= at && at < c.To {
			shown.Outcome, shown.Failed = text.Outcome(c.Outcome), c.Failed
		}
	}
	return shown
}

// failures lists the first failing replication of each design point.
func failures(f figures.Result) (list []Failure) {
	head := f.Figure().Common()
	for _, sweep := range f.Sweeps() {
		for i, p := range sweep.Results.Points {
			if p.FirstFailure == "" {
				continue
			}
			shown := Failure{Row: sweep.Row, Command: p.FirstFailure}
			if sweep.Row == "" { // a sweep of all rows
				shown.Row = head.Rows[i].Label
			}
			if curves, ok := f.Figure().(*figures.Curves); ok {
				shown.At = fmt.Sprintf("%s: %s", curves.X.Label, strconv.FormatFloat(sweep.X[i], 'g', 6, 64))
			}
			list = append(list, shown)
		}
	}
	return list
}

// method says how the answers were found and what their limits are.
func method(r *study.Result) (list []Term) {
	if t, ok := searches(r); ok {
		list = append(list, t)
	}
	if t, ok := estimates(r); ok {
		list = append(list, t)
	}
	if slices.ContainsFunc(r.Figures, exact) {
		list = append(
			list,
			Term{
				Name: "Exact probabilities",
				Text: "The failure windows of the probe, integrated over the distribution of its latency. " +
					"They are exact on condition that nothing else in the run is random, and the windows complete; " +
					"a study in which anything else is random is refused.",
			},
		)
	}
	return append(
		list,
		Term{Name: "What counts as failure", Text: failing(r)},
		Term{
			Name: "Determinism",
			Text: "Real pion/dtls endpoints under virtual time: the same binary, specification and seed give the " +
				"same result, " +
				"the same datagram bytes and the same trace digest, on any machine of one architecture, at any " +
				"load, with any number of workers.",
		},
		Term{
			Name: "Limits",
			Text: "The answers hold for the versions below, and for the parameters that each command states. " +
				"The network delays, loses, repeats and reorders datagrams as it is told; it is no model of a radio " +
				"or of a congested path, " +
				"and a latency distribution is an assumption of the study. An endpoint takes no time to compute.",
		},
	)
}

// exact reports whether a figure shows exact probabilities of a probe's distribution.
func exact(f figures.Result) bool {
	switch f := f.(type) {
	case *figures.CurvesResult:
		return f.Exact != nil
	case *figures.LatencyDistributionResult:
		return true
	}
	return false
}

// searches says how windows were found and what that proves.
func searches(r *study.Result) (Term, bool) {
	var all, widest search.Method // all methods together, and the one that could have missed most
	rows, runs, proved, row := 0, 0, 0, ""
	doubt := search.Basis{Proved: true} // of those that are not proved
	for _, f := range strips(r) {
		for i, w := range f.Windows {
			m := w.Method
			rows++
			runs += w.Runs
			all.Name = m.Name
			all.Segments += m.Segments
			all.Verifications += m.Verifications
			all.PredictionFailures += m.PredictionFailures
			if m.Proved {
				proved++
				continue
			}
			doubt = doubt.And(m.Basis)
			if row == "" || m.LargestUnverifiedGap > widest.LargestUnverifiedGap {
				widest, row = m, f.Of.Rows[i].Label
			}
		}
	}
	if rows == 0 {
		return Term{}, false
	}
	held := "every one came out as predicted."
	if all.PredictionFailures > 0 {
		held = fmt.Sprintf(
			"%d did not, because an instant that no run reports came in between, and the bound was found by bisection.",
			all.PredictionFailures,
		)
	}
	complete := "On each segment everything that a run depends on comes in the same order: no window in the ranges " +
		"was missed, however short."
	if proved < rows {
		which := "The windows are"
		if proved > 0 {
			which = fmt.Sprintf("In %d of %d searches no window was missed, however short. The others are", proved, rows)
		}
		complete = fmt.Sprintf("%s searched, not proved: %s%s", which, text.Doubt(&doubt), text.Gap(&widest))
		if widest.LargestUnverifiedGap > 0 {
			complete += fmt.Sprintf(" This is the longest, in “%s”.", row)
		}
	}
	return Term{
		Name: "Failure windows",
		Text: fmt.Sprintf("%d searches with %d runs, by %s. While the order of events on every host stays the same, "+
			"the time of each is affine in the probe: two runs a nanosecond apart give the slopes, and the first "+
			"two instants that meet end the segment. "+
			"There are %d segments; %d of the runs were made only to hold such predictions against, at both ends of "+
			"a segment and at random points inside: %s %s "+
			"Windows are half-open intervals in whole nanoseconds, and each edge has been run on both sides.",
			rows, runs, all.Name, all.Segments, all.Verifications, held, complete),
	}, true
}

// estimates describes the intervals of the estimates.
func estimates(r *study.Result) (Term, bool) {
	least, most, lost, interval := 0, 0, 0, ""
	for _, f := range r.Figures {
		if _, ok := f.(*figures.MeasureResult); ok { // it has its own intervals
			continue
		}
		for _, sweep := range f.Sweeps() {
			lost += sweep.Results.NoResult()
			interval = sweep.Results.Sweep.Inference.Method.Title()
			for _, p := range sweep.Results.Points {
				if n := p.Completed(); least == 0 || n < least {
					least = n
				}
				most = max(most, p.Completed())
			}
		}
	}
	if most == 0 {
		return Term{}, false
	}
	number := strconv.Itoa(most)
	if least < most {
		number = fmt.Sprintf("%d to %d", least, most)
	}
	sentence := fmt.Sprintf(
		"Monte Carlo, %s replications at each point; intervals of %s, each for itself of confidence %g %%. "+
			"The n-th replication of every point has the same seed, and draws that two points have in common are "+
			"the same: "+
			"differences between points are sharper than their intervals say, and points err together.",
		number, interval, 100*r.Study.Confidence,
	)
	if lost > 0 {
		sentence += fmt.Sprintf(" %d replications gave no result, and count nowhere.", lost)
	}
	return Term{Name: "Estimated probabilities", Text: sentence}, true
}

// failing says which outcomes count as failure, and what they mean.
func failing(r *study.Result) string {
	var parts []string
	seen := map[string]bool{}
	for _, f := range r.Study.Figures {
		for _, o := range f.Common().Fail.Outcomes(r.Study.Scenario) {
			if !seen[o.Name] && f.Common().Fail.Failed([]string{o.Name}) {
				seen[o.Name] = true
				parts = append(parts, fmt.Sprintf("%s (%s)", o.Name, o.Meaning))
			}
		}
	}
	sentence := "A run fails if it has one of these outcomes: " + strings.Join(parts, "; ") + "."
	first := r.Study.Figures[0].Common().Fail.Text()
	if slices.ContainsFunc(r.Study.Figures, func(f figures.Figure) bool { return f.Common().Fail.Text() != first }) {
		sentence += " Some figures count only part of them; their titles say so, and the commands under them do."
	}
	return sentence
}

// repeat lists seeds and commands.
func repeat(r *study.Result, commands []string) []Term {
	sc := r.Study.Scenario
	list := []Term{
		{Name: "This page", Text: "", Code: commands},
		{
			Name: "Seeds",
			Text: fmt.Sprintf("Seed %d; the n-th replication of every point, from 0, has the seed %d + n.",
				r.Study.Seed, r.Study.Seed),
		},
		{Name: "Replications", Text: fmt.Sprintf("%d in all.", r.Runs)},
	}
	for _, example := range []struct {
		name string
		set  scenarios.Settings
	}{{"A run that fails", sc.Failing}, {"A run that is clean", sc.Passing}} {
		if command := text.Example(sc, example.set); command != "" {
			list = append(list, Term{Name: example.name, Code: []string{command}})
		}
	}
	return list
}
