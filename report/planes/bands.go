package planes

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/figure/paint"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// BandRows returns the rows of a table of windows by level; the first row is the header.
func BandRows(b *bands.Answer) [][]string {
	rows := [][]string{{strings.ToUpper(b.Factor), "FAILS FOR " + strings.ToUpper(b.Probe) + " IN"}}
	for _, l := range b.Levels {
		rows = append(rows, []string{l.Level, text.Intervals(l.Windows)})
	}
	return rows
}

// mostLevels is the largest number of groups of levels that a sentence names one by one.
const mostLevels = 6

// BandSentence states the main conclusion from bands.
func BandSentence(b *bands.Answer) string {
	type group struct {
		in     string
		levels []string
	}
	var groups []group
	for _, l := range b.Levels {
		in := text.Intervals(l.Windows)
		if n := len(groups); n > 0 && groups[n-1].in == in {
			groups[n-1].levels = append(groups[n-1].levels, l.Level)
		} else {
			groups = append(groups, group{in, []string{l.Level}})
		}
	}
	say := func(g group) string {
		levels := g.levels[0]
		if n := len(g.levels); n > 2 {
			levels += " to " + g.levels[n-1]
		} else if n == 2 {
			levels += " and " + g.levels[1]
		}
		return fmt.Sprintf("%s with %s=%s", g.in, b.Factor, levels)
	}
	if len(groups) == 0 {
		return "Nothing is known."
	}
	searched := " " + text.Searched(b.Levels[0].Windows, bandBasis(b))
	switch n := len(groups); {
	case n == 1 && groups[0].in == text.NoWindow:
		return fmt.Sprintf("Sessions fail at no value of %s, at any level of %s.", b.Probe, b.Factor) + searched
	case n == 1:
		return fmt.Sprintf("Values of %s at which sessions fail, at every level of %s: %s.", b.Probe, b.Factor,
			groups[0].in) + searched
	case n > mostLevels:
		return fmt.Sprintf(
			"Values of %s at which sessions fail, in %d kinds of windows at %d levels: the first %s, the last %s.",
			b.Probe, n, len(b.Levels), say(groups[0]), say(groups[n-1]),
		) + searched
	}
	var parts []string
	for _, g := range groups {
		parts = append(parts, say(g))
	}
	return fmt.Sprintf("Values of %s at which sessions fail: %s.", b.Probe, strings.Join(parts, "; ")) + searched
}

// WriteBands writes bands as text.
func WriteBands(w io.Writer, b *bands.Answer) error {
	fmt.Fprintf(w, "%s, %s by %s, seed %d\n\n", b.Scenario, b.Probe, b.Factor, b.Seed)
	if err := text.Table(w, BandRows(b)); err != nil {
		return err
	}
	if b.Interrupted {
		fmt.Fprintf(w, "\nInterrupted: %d levels were searched.\n", len(b.Levels))
	}
	_, err := fmt.Fprintf(w, "\n%s\n\n%s\n", BandSentence(b), BandProof(b))
	return err
}

// bandBasis returns the basis of the windows of all levels together.
func bandBasis(b *bands.Answer) search.Basis {
	var windows []*search.Windows
	for _, l := range b.Levels {
		windows = append(windows, l.Windows)
	}
	return text.BasisOf(windows)
}

// BandProof says how bands were found and what that proves.
func BandProof(b *bands.Answer) string {
	joined, failures := 0, 0
	gap, at := int64(0), ""
	from := int64(0)
	for _, l := range b.Levels {
		if l.Joined {
			joined++
		}
		m := l.Windows.Method
		failures += m.PredictionFailures
		if m.LargestUnverifiedGap > gap {
			gap, from, at = m.LargestUnverifiedGap, m.LargestUnverifiedGapFrom, l.Level
		}
	}
	s := fmt.Sprintf("%d runs at %d levels.", b.Runs, len(b.Levels))
	if joined > 0 {
		where, elsewhere := "all neighbouring levels", ""
		if pairs := len(b.Levels) - 1; joined < pairs {
			where = fmt.Sprintf("%d of %d pairs of neighbouring levels", joined, pairs)
			elsewhere = "; elsewhere nothing is known between them"
		}
		s += fmt.Sprintf(
			" Between %s the edges are straight lines, and halfway they are where these lines have them%s.", where,
			elsewhere,
		)
	}
	if basis := bandBasis(b); !basis.Proved {
		s += " " + text.NotProved(&basis)
	}
	if gap > 0 {
		s += fmt.Sprintf(" At %s=%s, a window that opens and closes within [%s, %s) could have been missed.", b.Factor,
			at, time.Duration(from), time.Duration(from+gap))
	}
	for _, l := range b.Levels {
		if l.Idle != "" {
			s += fmt.Sprintf(" At %s=%s nothing is claimed about %s: rule %s, whose duration it is, met no datagram.",
				b.Factor, l.Level, b.Probe, l.Idle)
		}
	}
	return s
}

// BandRecords returns the cells of each level, for CSV.
func BandRecords(b *bands.Answer) [][]string {
	records := [][]string{{b.Factor, "from_ns", "to_ns", "failed", "outcome", "signature"}}
	for _, l := range b.Levels {
		for _, c := range l.Windows.Cells {
			records = append(records, []string{
				l.Level, strconv.FormatInt(c.From, 10), strconv.FormatInt(c.To, 10), strconv.FormatBool(c.Failed),
				text.Outcome(c.Outcome), c.Signature,
			})
		}
	}
	return records
}

// BandFigure draws bands of a scenario with these outcomes. Levels that are durations or numbers, in
// increasing order, are placed on an axis of numbers.
func BandFigure(b *bands.Answer, title string, outcomes []string) figure.Figure {
	positions, unit := axis(b)
	drawn := figure.Bands{
		Title: title, Factor: b.Factor, Probe: b.Probe, Numbers: positions != nil, Sentence: BandSentence(b),
	}
	for i, l := range b.Levels {
		level := figure.Band{Strip: figure.Strip{Label: l.Level}, Joined: l.Joined}
		if positions != nil {
			level.At = positions[i]
		}
		for _, c := range l.Windows.Cells {
			// Joined levels have the same signatures, and so the same outcomes in the same order.
			span := figure.Span{
				From: time.Duration(c.From), To: time.Duration(c.To), Outcome: text.Outcome(c.Outcome), Failed: c.Failed,
				Fill: paint.Outcome(c.Outcome, c.Failed, outcomes),
			}
			n := len(level.Spans)
			if n > 0 && level.Spans[n-1].Outcome == span.Outcome && level.Spans[n-1].Failed == span.Failed {
				level.Spans[n-1].To = span.To
				continue
			}
			level.Spans = append(level.Spans, span)
		}
		drawn.Levels = append(drawn.Levels, level)
	}
	if positions != nil &&
		slices.ContainsFunc(b.Levels[:len(b.Levels)-1], func(l bands.Level) bool { return l.Joined }) {
		drawn.Sentence += " Joined levels have straight edges between them."
	}
	if unit != "" {
		drawn.Factor += " (" + unit + ")"
	}
	return drawn.Draw()
}

// axis returns the positions of levels on an axis of numbers, and its unit. positions is nil if the
// levels are not numbers.
func axis(b *bands.Answer) (positions []float64, unit string) {
	times, numbers := true, true
	for i, l := range b.Levels {
		d, err := distribution.ParseDuration(l.Level)
		times = times && err == nil
		f, err := strconv.ParseFloat(l.Level, 64)
		numbers = numbers && err == nil
		if times {
			f = float64(d) / float64(time.Millisecond)
		}
		if !times && !numbers || i > 0 && f <= positions[i-1] {
			return nil, ""
		}
		positions = append(positions, f)
	}
	if !times {
		return positions, ""
	}
	if last := len(positions) - 1; last >= 0 && positions[last] >= 10_000 {
		for i := range positions {
			positions[i] /= 1000
		}
		return positions, "s"
	}
	return positions, "ms"
}
