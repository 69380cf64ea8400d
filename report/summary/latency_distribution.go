package summary

import (
	"fmt"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// latencyDistribution shows a distribution with the failure windows of its probe.
func latencyDistribution(f *figures.LatencyDistributionResult) (Section, error) {
	s := Section{Table: [][]string{{"FROM", "TO", "PROBABILITY"}}}
	records := [][]string{{"from_ns", "to_ns", "probability"}}
	var windows []figure.FailureWindow
	w := f.Probability.Windows
	for _, i := range w.FailureWindows {
		from, to := time.Duration(i.From), time.Duration(i.To)
		p := distribution.Probability(f.Distribution, from, to)
		windows = append(windows, figure.FailureWindow{From: from, To: to})
		end := to.String()
		if i.To == w.To { // the search stopped here
			end = "and on"
		}
		s.Table = append(s.Table, []string{from.String(), end, fmt.Sprintf("%.6g", p)})
		records = append(records, []string{fmt.Sprint(i.From), fmt.Sprint(i.To), number(p)})
	}
	s.Table = append(s.Table, []string{"all windows", "", fmt.Sprintf("%.6g", f.Probability.Value)})
	exactly, exact := "exactly ", "Exact"
	if !f.Probability.Exact {
		exactly, exact = "", "Exact if no window was missed"
	}
	s.Sentence = fmt.Sprintf(
		"With %s of the distribution %s, a session fails with a probability of %s%.6g: the distribution's "+
			"share of its failure windows, %s.",
		f.Of.Probe, strings.TrimSpace(f.Distribution.String()), exactly, f.Probability.Value, text.Intervals(w),
	)
	if len(windows) == 0 {
		s.Sentence = fmt.Sprintf("With %s of the distribution %s, no session fails.", f.Of.Probe, f.Distribution)
	}
	s.Method = fmt.Sprintf(
		"%s, on condition that nothing but %s is random: the windows of %d seeds are the same. Beyond the range "+
			"that was searched lies %.2g of the distribution.",
		exact, f.Of.Probe, f.Probability.N, f.Probability.Outside,
	)
	if !f.Probability.Exact {
		s.Method += " " + text.NotProved(&f.Probability.Basis)
	}
	s.Data = struct {
		Probability  float64         `json:"probability"`
		Outside      float64         `json:"outside"`
		Distribution string          `json:"law"`
		Windows      *search.Windows `json:"windows"`
	}{f.Probability.Value, f.Probability.Outside, f.Distribution.String(), w}
	drawn := figure.LatencyDistribution(f.Of.Title, f.Of.Probe, f.Distribution, windows, s.Sentence)
	return s, s.add(f.Of.Name, &drawn, records)
}
