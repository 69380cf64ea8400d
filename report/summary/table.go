package summary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

func leftovers(f *figures.TableResult, confidence float64) (Section, error) {
	outcomes := occurred(f)
	header := []string{"ROW", "FAILURES", "PROBABILITY", fmt.Sprintf("%g %% INTERVAL", 100*confidence)}
	names := []string{"row", "replications", "failures", "estimate", "lo", "hi", "confidence", scenarios.Clean}
	for _, o := range outcomes {
		header = append(header, strings.ToUpper(o.Name))
		names = append(names, o.Name)
	}
	s := Section{Table: [][]string{header}}
	records := [][]string{names}
	var best, worst extreme
	for i, r := range f.Of.Rows {
		p := f.Rows[i].Points[0]
		e := p.Estimate
		line := []string{
			r.Label,
			fmt.Sprintf("%d of %d", p.Failures, p.Completed()),
			fmt.Sprintf("%.4f", e.Value),
			fmt.Sprintf("%.4f .. %.4f", e.Low, e.High),
		}
		record := []string{
			r.Label, strconv.Itoa(p.Completed()), strconv.Itoa(p.Failures), number(e.Value), number(e.Low),
			number(e.High),
			number(confidence), strconv.Itoa(p.Outcomes[scenarios.Clean]),
		}
		for _, o := range outcomes {
			line = append(line, strconv.Itoa(p.Outcomes[o.Name]))
			record = append(record, strconv.Itoa(p.Outcomes[o.Name]))
		}
		s.Table = append(s.Table, line)
		records = append(records, record)
		best.hold(r.Label, e, i == 0 || e.Value < best.estimate.Value)
		worst.hold(r.Label, e, i == 0 || e.Value > worst.estimate.Value)
	}
	s.Sentence = fmt.Sprintf("Most is left over by %s; least by %s; %s.", worst, best, mostFrequent(f, outcomes))
	if len(f.Of.Rows) == 1 {
		s.Sentence = fmt.Sprintf("What is left over by %s; %s.", worst, mostFrequent(f, outcomes))
	} else if worst.estimate.Value == best.estimate.Value {
		s.Sentence = fmt.Sprintf("All rows leave over the same (%s); %s.", best.estimate, mostFrequent(f, outcomes))
	}
	s.Sweeps = sweeps(f)
	return s, s.add(f.Of.Name, nil, records)
}

// occurred returns the outcomes that a table must show: those that occurred, and those that count
// as failure if the scenario names them.
func occurred(f *figures.TableResult) (list []scenarios.Outcome) {
	s := f.Rows[0].Sweep.Scenario()
	for _, o := range f.Of.Fail.Outcomes(s) {
		if slices.Contains(s.Fail, o.Name) ||
			slices.ContainsFunc(f.Rows, func(r *sample.Results) bool { return r.Points[0].Outcomes[o.Name] > 0 }) {
			list = append(list, o)
		}
	}
	return list
}

// extreme holds the rows that share the largest or the smallest estimate.
type extreme struct {
	rows     []string
	estimate stat.Proportion
}

// hold adds a row if its estimate is equal; if it is beyond the others, it replaces them.
func (x *extreme) hold(label string, e stat.Proportion, beyond bool) {
	switch {
	case beyond:
		x.rows, x.estimate = []string{"“" + label + "”"}, e
	case e.Value == x.estimate.Value:
		x.rows = append(x.rows, "“"+label+"”")
	}
}

// String returns the rows with their estimate.
func (x extreme) String() string { return fmt.Sprintf("%s (%s)", text.List(x.rows), x.estimate) }

// mostFrequent says which fault is most frequent over all rows.
func mostFrequent(f *figures.TableResult, outcomes []scenarios.Outcome) string {
	name, most, total := "", 0, 0
	for _, o := range outcomes {
		if !f.Of.Fail.Failed([]string{o.Name}) { // a fault that does not count as failure
			continue
		}
		n := 0
		for _, sweep := range f.Rows {
			n += sweep.Points[0].Outcomes[o.Name]
		}
		if n > most {
			name, most = o.Name, n
		}
	}
	for _, sweep := range f.Rows {
		total += sweep.Points[0].Completed()
	}
	if name == "" {
		return "nothing ever went wrong"
	}
	return fmt.Sprintf("what goes wrong most often over all rows is %s, in %d of %d runs", name, most, total)
}
