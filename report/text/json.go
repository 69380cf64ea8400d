package text

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// JSON writes a value as indented JSON.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// ParameterJSON is a parameter of a scenario, for JSON.
type ParameterJSON struct {
	Name    string `json:"name"`
	Unit    string `json:"unit"`
	Default string `json:"default"`
	Meaning string `json:"meaning"`
}

// OutcomeJSON is an outcome of a scenario, for JSON.
type OutcomeJSON struct {
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// ScenarioJSON is a scenario, for JSON.
type ScenarioJSON struct {
	Name       string          `json:"name"`
	Summary    string          `json:"summary"`
	Parameters []ParameterJSON `json:"parameters"`
	Outcomes   []OutcomeJSON   `json:"outcomes"`
	Measures   []MeasuredJSON  `json:"measures"`
	Probe      string          `json:"probe"`
}

// MeasuredJSON is a measure of a scenario, for JSON.
type MeasuredJSON struct {
	Name    string       `json:"name"`
	Unit    measure.Unit `json:"unit"`
	Meaning string       `json:"meaning"`
}

// NewScenarioJSON converts a scenario.
func NewScenarioJSON(s *scenarios.Scenario) ScenarioJSON {
	j := ScenarioJSON{Name: s.Name, Summary: s.Summary, Probe: s.Probe.String()}
	for i := range s.Parameters {
		p := &s.Parameters[i]
		j.Parameters = append(j.Parameters, ParameterJSON{p.Name, p.Unit(), p.DefaultText(), p.Meaning})
	}
	for _, o := range s.Outcomes {
		j.Outcomes = append(j.Outcomes, OutcomeJSON(o))
	}
	for _, m := range s.Measures {
		j.Measures = append(j.Measures, MeasuredJSON{m.Name, m.Unit, m.Meaning})
	}
	return j
}

// PointJSON is a design point with its estimate, for JSON. Estimate is null if no replication gave
// a result.
type PointJSON struct {
	Params       map[string]string `json:"params"`
	Replications int               `json:"replications"`
	Failures     int               `json:"failures"`
	Estimate     *float64          `json:"estimate"`
	Low          float64           `json:"lo"`
	High         float64           `json:"hi"`
	Confidence   float64           `json:"confidence"` // 1 if exact
	Exact        bool              `json:"exact,omitempty"`
	Outcomes     map[string]int    `json:"outcomes"`
	Crashed      int               `json:"crashed"`
	TimedOut     int               `json:"timed_out"`
	Limited      int               `json:"limited"`
	FirstFailure string            `json:"first_failure,omitempty"`

	Measures map[string]MeasureJSON `json:"measures,omitempty"`
}

// MeasureJSON is the summary of a measure, for JSON. Its values are in the unit, which is empty for
// a count.
type MeasureJSON struct {
	Unit measure.Unit `json:"unit"`
	sample.Measure
}

// SweepJSON is the answer of a sweep, for JSON. Params are the parameters with the same value at
// every point.
type SweepJSON struct {
	Scenario    string              `json:"scenario"`
	Seed        uint64              `json:"seed"`
	Params      map[string]string   `json:"params"`
	Interval    stat.Method         `json:"interval"`
	Points      []PointJSON         `json:"points"`
	Aborted     []run.Aborted       `json:"aborted,omitempty"`
	Differences []sample.Difference `json:"differences,omitempty"`
	Interrupted bool                `json:"interrupted"`
	Note        string              `json:"note,omitempty"` // says that nothing is random
}

// NewSweepJSON converts the answer of a sweep; factors are the names of the varied parameters.
func NewSweepJSON(r *sample.Results, factors []string) SweepJSON {
	j := SweepJSON{
		Scenario: r.Sweep.Scenario().Name, Seed: r.Sweep.Seed, Params: map[string]string{},
		Interval: r.Sweep.Inference.Method, Points: []PointJSON{},
		Aborted: r.Aborted, Differences: r.Differences, Interrupted: r.Interrupted,
	}
	j.Note = certainNote(r)
	for i, p := range r.Points {
		e := p.Estimate
		point := PointJSON{
			Params: map[string]string{}, Replications: p.Replications, Failures: p.Failures, Low: e.Low, High: e.High,
			Confidence: e.Confidence, Exact: e.Exact, Outcomes: p.Outcomes, Crashed: p.Crashed, TimedOut: p.TimedOut,
			Limited:      p.Limited,
			FirstFailure: p.FirstFailure,
		}
		for name, summary := range p.Measures {
			if point.Measures == nil {
				point.Measures = map[string]MeasureJSON{}
			}
			m, _ := p.Values.Scenario().Measure(name)
			point.Measures[name] = MeasureJSON{m.Unit, summary}
		}
		if !math.IsNaN(e.Value) {
			point.Estimate = &e.Value
		}
		for name, text := range p.Values.Text() {
			switch {
			case slices.Contains(factors, name):
				point.Params[name] = text
			case i == 0:
				j.Params[name] = text
			case j.Params[name] != text: // a varied shorthand sets it
				delete(j.Params, name)
			}
		}
		j.Points = append(j.Points, point)
	}
	return j
}

// SweepCSV writes the answer of a sweep as CSV: the factors, the counts, the estimate with its
// interval, and a column for each outcome.
func SweepCSV(w io.Writer, r *sample.Results, factors []string) error {
	c := csv.NewWriter(w)
	header := append(append([]string{}, factors...),
		"replications", "failures", "estimate", "lo", "hi", "confidence", "interval", scenarios.Clean)
	for _, o := range r.Sweep.Fail.Outcomes(r.Sweep.Scenario()) {
		header = append(header, o.Name)
	}
	if err := c.Write(append(header, "crashed", "timed_out", "limited")); err != nil {
		return err
	}
	for _, p := range r.Points {
		var row []string
		for _, f := range factors {
			row = append(row, p.Values.TextOf(f))
		}
		e := p.Estimate
		row = append(row, strconv.Itoa(p.Replications), strconv.Itoa(p.Failures), number(e.Value), number(e.Low),
			number(e.High), number(e.Confidence), string(e.Method), strconv.Itoa(p.Outcomes[scenarios.Clean]))
		for _, o := range r.Sweep.Fail.Outcomes(r.Sweep.Scenario()) {
			row = append(row, strconv.Itoa(p.Outcomes[o.Name]))
		}
		row = append(row, strconv.Itoa(p.Crashed), strconv.Itoa(p.TimedOut), strconv.Itoa(p.Limited))
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// number writes a number so that it reads back the same; NaN is an empty cell.
func number(f float64) string {
	if math.IsNaN(f) {
		return ""
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// Aborted writes the replications that gave no result, each with the last output of its worker, and
// the differences that a verification found.
func Aborted(w io.Writer, r *sample.Results) {
	for _, t := range r.Aborted {
		fmt.Fprintf(w, "a replication %s; repeat it with:\n  %s\n", t.Fate(), t.Repeat)
		if t.Dump != "" {
			fmt.Fprintf(w, "%s\n\n", t.ShortDump())
		}
	}
	for _, d := range r.Differences {
		fmt.Fprintf(w,
			"two runs of one seed differ at record %d; repeat them with:\n  %s\n  first   %s\n  second  %s\n", d.Record,
			d.Repeat, d.First, d.Second)
	}
}
