package text

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// Windows writes the answer of a window search.
func Windows(w io.Writer, r *search.Windows) error {
	fmt.Fprintf(w, "%s, probe %s from %s to %s, seed %d\n\n", r.Scenario, r.Probe, time.Duration(r.From), upTo(r.To),
		r.Seed)
	rows := [][]string{{"FROM", "TO (EXCLUSIVE)", "", "OUTCOME"}}
	for _, c := range r.Cells {
		mark := ""
		if c.Failed {
			mark = "FAILS"
		}
		rows = append(rows, []string{time.Duration(c.From).String(), upTo(c.To), mark, Outcome(c.Outcome)})
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nFailure windows:")
	if len(r.FailureWindows) == 0 {
		fmt.Fprintln(w, "  none")
	}
	for _, i := range r.FailureWindows {
		fmt.Fprintf(w, "  [%s, %s)%s\n", time.Duration(i.From), upTo(i.To), openEnd(r, i))
	}
	for _, e := range r.Edges {
		if step := r.Method.LargestUnverifiedGap + 1; plain(r) && !r.Method.Bisected && step > 1 {
			fmt.Fprintf(w, "\nEdge between %s and %s, two values of the grid:\n", time.Duration(e.At-step),
				time.Duration(e.At))
		} else {
			fmt.Fprintf(w, "\nEdge at %s, its two sides one nanosecond apart:\n", time.Duration(e.At))
		}
		fmt.Fprintf(w, "  below  %s\n         digest %s\n", e.Below.Repeat, e.Below.Digest)
		fmt.Fprintf(w, "  above  %s\n         digest %s\n", e.Above.Repeat, e.Above.Digest)
	}
	if err := method(w, r); err != nil {
		return err
	}
	return WriteRemarks(w, Unmet(r.UnmetRules))
}

// plain reports whether the answer comes from a brute-force scan.
func plain(r *search.Windows) bool { return r.Method.Segments == 0 }

// method writes how windows were found and what that proves.
func method(w io.Writer, r *search.Windows) error {
	m := r.Method
	fmt.Fprintf(w, "\n%d runs; %s", r.Runs, m.Name)
	if m.Bisected {
		_, err := fmt.Fprintf(w, "\n%s%s\n", NotProved(&m.Basis), Gap(&m))
		return err
	}
	if plain(r) {
		if m.Proved {
			_, err := fmt.Fprintln(w, ": nothing is between them")
			return err
		}
		_, err := fmt.Fprintf(w, ": a window that is shorter than %s could have been missed\n",
			time.Duration(m.LargestUnverifiedGap+1))
		return err
	}
	fmt.Fprintf(w, ": %d segments, %d verifications, ", m.Segments, m.Verifications)
	if m.PredictionFailures == 0 {
		fmt.Fprintln(w, "every prediction held")
	} else {
		fmt.Fprintf(w, "%s, and the bound was bisected:\n",
			count(m.PredictionFailures, "prediction failed", "predictions failed"))
		for _, f := range m.Failures {
			fmt.Fprintf(w, "  from %s, at %s: %s\n", time.Duration(f.Segment), time.Duration(f.At), f.Why)
		}
	}
	if m.Proved {
		_, err := fmt.Fprintln(w,
			"On each segment everything that the run depends on comes in the same order: no window was missed, "+
				"however short"+except(r.UnmetRules)+".")
		return err
	}
	_, err := fmt.Fprintln(w, NotProved(&m.Basis)+Gap(&m))
	return err
}

// except restricts a claim about windows to what the rules left untouched.
func except(unmet []rule.Unmet) string {
	if len(unmet) == 0 {
		return ""
	}
	names := make([]string, len(unmet))
	for i, u := range unmet {
		names[i] = "rule " + u.Rule
	}
	return ", of runs in which " + strings.Join(names, " and ") + " met no datagram"
}

// NotProved says that windows are not proved to be complete, and why: see Doubt. It is empty if they
// are proved.
func NotProved(b *search.Basis) string {
	if b.Proved {
		return ""
	}
	return "Searched, not proved: " + Doubt(b)
}

// Doubt says why windows are not proved to be complete, and what random runs would have found.
func Doubt(b *search.Basis) string {
	s := b.WhyNot + "."
	switch {
	case b.RandomRuns == 0:
	case b.RandomWindow > 0:
		s += fmt.Sprintf(
			" %d runs at random values from the start of the range to %s came out as the cells say: a window of %s or "+
				"longer would have been found with a probability of 95 %%.", b.RandomRuns, time.Duration(b.RandomTo),
			time.Duration(b.RandomWindow))
	default:
		s += fmt.Sprintf(
			" %d runs at random values came out as the windows say: if %.2g %% of such values were otherwise, one "+
				"would have been found with a probability of 95 %%.", b.RandomRuns, 100*b.RandomShare)
	}
	return s
}

// BasisOf returns the basis of several windows together.
func BasisOf(windows []*search.Windows) search.Basis {
	b := search.Basis{Proved: true}
	for _, w := range windows {
		b = b.And(w.Method.Basis)
	}
	return b
}

// Gap says where a window could have been missed because a prediction failed, or nothing.
func Gap(m *search.Method) string {
	if m.LargestUnverifiedGap == 0 {
		return ""
	}
	from := time.Duration(m.LargestUnverifiedGapFrom)
	return fmt.Sprintf(" A window that opens and closes within [%s, %s) could have been missed.", from,
		from+time.Duration(m.LargestUnverifiedGap))
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// upTo writes an upper bound, if there is one.
func upTo(ns int64) string {
	if time.Duration(ns) == scenarios.Forever {
		return "for ever"
	}
	return time.Duration(ns).String()
}

// openEnd marks a window that reaches the end of the range, where the search stopped.
func openEnd(r *search.Windows, i search.Interval) string {
	if i.To == r.To && time.Duration(i.To) != scenarios.Forever {
		return "  (to the end of the range)"
	}
	return ""
}
