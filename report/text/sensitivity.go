package text

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
)

// SensitivityJSON describes the sensitivity of a failure probability to factors, for JSON.
type SensitivityJSON struct {
	Scenario     string            `json:"scenario"`
	Seed         uint64            `json:"seed"`
	Params       map[string]string `json:"params"` // at the base
	Method       string            `json:"method"`
	Probe        string            `json:"probe,omitempty"` // for the method exact
	Points       int               `json:"points"`          // base points used for the indices
	Replications int               `json:"replications,omitempty"`
	Runs         int               `json:"runs"`
	NoResult     int               `json:"no_result"`
	Dropped      int               `json:"dropped_points"` // base points left out because of them

	Mean       *float64 `json:"mean"` // mean probability over the ranges
	Variance   *float64 `json:"variance"`
	Noise      *float64 `json:"noise"` // variance due to replications, which was subtracted
	Undefined  string   `json:"undefined,omitempty"`
	Confidence float64  `json:"confidence"`
	Interval   string   `json:"interval"` // of the probabilities

	Base        LevelJSON          `json:"base"`
	Factors     []FactorEffectJSON `json:"factors"` // in decreasing order of the total index
	Interrupted bool               `json:"interrupted"`
	Note        string             `json:"note,omitempty"`  // nothing is random at the ends
	Basis       *search.Basis      `json:"basis,omitempty"` // of the windows that exact integrates

	deviation  float64 // standard deviation of the probability over the ranges
	noiseShare float64 // the noise as a multiple of the variance
}

// FactorEffectJSON is the effect of one factor, for JSON. An undefined index is null.
type FactorEffectJSON struct {
	Name   string      `json:"name"`
	Levels []LevelJSON `json:"levels"`
	First  *IndexJSON  `json:"first_order"`
	Total  *IndexJSON  `json:"total"`
}

// LevelJSON is a failure probability with one factor at a level, for JSON. It has no estimate
// without data, and no replications if exact.
type LevelJSON struct {
	Level        string   `json:"level,omitempty"`
	Replications int      `json:"replications,omitempty"`
	Failures     int      `json:"failures,omitempty"`
	Estimate     *float64 `json:"estimate"`
	Low          float64  `json:"lo"`
	High         float64  `json:"hi"`

	// Exact means that nothing is random. The method exact leaves it out, because all its
	// probabilities are exact.
	Exact bool `json:"exact,omitempty"`
}

// IndexJSON is a sensitivity index, for JSON. Unknown ends of its interval are null.
type IndexJSON struct {
	Estimate float64  `json:"estimate"`
	Low      *float64 `json:"lo"`
	High     *float64 `json:"hi"`
}

func (j *SensitivityJSON) level(p stat.Proportion) LevelJSON {
	l := LevelJSON{Failures: p.Failures, Estimate: known(p.Value), Low: p.Low, High: p.High}
	if !p.Exact {
		l.Replications = p.N
	}
	l.Exact = p.Exact && j.Probe == ""
	return l
}

// NewSensitivity converts a sensitivity analysis. It sorts the factors by their total indices.
func NewSensitivity(a *estimate.Analysed) *SensitivityJSON {
	q := &a.Question
	j := &SensitivityJSON{
		Scenario: q.Values.Scenario().Name, Seed: q.Seed, Params: q.Values.Text(),
		Method: string(estimate.MonteCarloMethod), Probe: q.Probe, Replications: q.Replications,
		Runs: a.Runs(), NoResult: a.NoResult(), Confidence: q.Inference.Confidence, Interrupted: a.Interrupted,
	}
	if q.Probe != "" {
		j.Method, j.Basis = string(estimate.ExactMethod), &a.Basis
	}
	if r := a.Ends; r != nil {
		j.Note = certainNote(r)
	}
	j.setLevels(q.Factors, a.Levels(), a.At)
	if a.Bases != nil {
		j.Dropped = a.Bases.Dropped
		j.setIndices(a.Indices)
	}
	return j
}

// proved reports whether no window was missed, as far as windows are integrated.
func (j *SensitivityJSON) proved() bool { return j.Basis == nil || j.Basis.Proved }

// setLevels sets the probabilities at the points of a one-factor-at-a-time design: see
// [estimate.Sensitivity.Ends].
func (j *SensitivityJSON) setLevels(factors []design.Range, points []stat.Proportion, at [][]int) {
	j.Base, j.Interval = j.level(points[0]), string(points[0].Method)
	for _, p := range points {
		if !p.Exact {
			j.Interval = string(p.Method)
		}
	}
	for i, r := range factors {
		f := FactorEffectJSON{Name: r.Name}
		for k, level := range r.Ends().Levels {
			l := j.level(points[at[i][k]])
			l.Level = level
			f.Levels = append(f.Levels, l)
		}
		j.Factors = append(j.Factors, f)
	}
}

// setIndices sets the sensitivity indices and sorts the factors by their total indices.
func (j *SensitivityJSON) setIndices(r sensitivity.Indices) {
	j.Points, j.Mean, j.Variance, j.Noise, j.Undefined = r.Points, known(r.Mean), known(r.Variance), known(r.Noise), ""
	j.deviation, j.noiseShare = r.Deviation(), r.NoiseShare()
	if r.Undefined != nil {
		j.Undefined = Warning(r.Undefined)
	}
	for i := range r.First {
		j.Factors[i].First, j.Factors[i].Total = newIndexJSON(r.First[i]), newIndexJSON(r.Total[i])
	}
	weight := func(f *FactorEffectJSON) float64 {
		if f.Total == nil {
			return 0
		}
		return f.Total.Estimate
	}
	slices.SortStableFunc(j.Factors, func(x, y FactorEffectJSON) int { return cmp.Compare(weight(&y), weight(&x)) })
}

func newIndexJSON(i stat.Estimate) *IndexJSON {
	return &IndexJSON{Estimate: i.Value, Low: known(i.Low), High: known(i.High)}
}

// Sensitivity writes the sensitivity of a failure probability to factors.
func Sensitivity(w io.Writer, j *SensitivityJSON) error {
	percent := fmt.Sprintf("%g %% INTERVAL", 100*j.Confidence)
	if j.Method == "exact" {
		percent = "BOUNDS"
	}
	if _, err := fmt.Fprintf(w,
		"%s, %s: the failure probability with one factor at a time at each end of its range\n\n", j.Scenario,
		j.Method); err != nil {
		return err
	}
	rows := [][]string{{"FACTOR", "LEVEL", "PROBABILITY", percent}}
	level := func(factor string, l LevelJSON) {
		value := "no data"
		if l.Estimate != nil {
			value = fmt.Sprintf("%.4g", *l.Estimate)
		}
		interval := fmt.Sprintf("%.4g .. %.4g", l.Low, l.High)
		if l.Exact {
			interval = exactly
		}
		rows = append(rows, []string{factor, l.Level, value, interval})
	}
	level("as set", j.Base)
	for _, f := range j.Factors {
		for _, l := range f.Levels {
			level(f.Name, l)
		}
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if j.Note != "" {
		fmt.Fprintf(w, "\n%s\n", j.Note)
	}
	if !j.proved() {
		fmt.Fprintf(w, "\nThe probabilities are exact if no window was missed. %s\n", NotProved(j.Basis))
	}
	fmt.Fprintf(w,
		"\nThe share of its variance that is due to each, all drawn from their ranges: %d base points, %d runs\n\n",
		j.Points, j.Runs)
	if j.Undefined != "" {
		_, err := fmt.Fprintf(w, "There are no indices: %s.\n", j.Undefined)
		return err
	}
	percent = fmt.Sprintf("%g %% INTERVAL", 100*j.Confidence)
	rows = [][]string{{"FACTOR", "FIRST ORDER", percent, "TOTAL", percent}}
	for _, f := range j.Factors {
		rows = append(rows, append(append([]string{f.Name}, f.First.Cells()...), f.Total.Cells()...))
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if j.Mean == nil || j.Variance == nil || j.Noise == nil {
		return nil
	}
	fmt.Fprintf(w, "\nmean of the probability %.4g, standard deviation %.4g", *j.Mean, j.deviation)
	if *j.Noise > 0 {
		fmt.Fprintf(w, "; the noise of %d replications, %.3g times its variance, is taken off", j.Replications,
			j.noiseShare)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// Cells returns an index and its interval for a table.
func (i *IndexJSON) Cells() []string {
	if i == nil {
		return []string{"-", "-"}
	}
	interval := "not known"
	if i.Low != nil {
		interval = fmt.Sprintf("%.3f .. %.3f", *i.Low, *i.High)
	}
	return []string{fmt.Sprintf("%.3f", i.Estimate), interval}
}

// TornadoFigure draws the sensitivity of a failure probability to factors.
func TornadoFigure(j *SensitivityJSON) (figure.Figure, error) {
	var effects []figure.Effect
	for _, f := range j.Factors {
		e := figure.Effect{Factor: f.Name, First: f.First.figure(), Total: f.Total.figure()}
		for _, l := range f.Levels {
			e.Levels = append(e.Levels, figure.Level{Text: l.Level, Probability: l.proportion()})
		}
		effects = append(effects, e)
	}
	how := fmt.Sprintf("Monte Carlo, with %g %% intervals (%s)", 100*j.Confidence, stat.Method(j.Interval).Title())
	switch {
	case j.Method != "exact" && j.Interval == string(stat.Bounds):
		how = "exact, as nothing is random"
	case j.Method == "exact":
		how = "exact, from the failure windows and the distribution"
		if !j.proved() {
			how = "from the failure windows and the distribution, exact if no window was missed, which is not proved"
		}
	}
	shares := "no shares of the variance: " + j.Undefined
	if j.Undefined == "" {
		shares = fmt.Sprintf(
			"shares of the variance of the probability (Sobol' indices) over the ranges, from %d base points, with "+
				"%g %% bootstrap intervals",
			j.Points, 100*j.Confidence,
		)
	}
	sentence := fmt.Sprintf(
		"Left: the failure probability of %s with one factor at a time at each end of its range and the others as "+
			"set (the line): %s. Right: %s.",
		j.Scenario, how, shares,
	)
	return figure.Tornado("Sensitivity of "+j.Scenario, j.Base.proportion(), effects, sentence)
}

func (l *LevelJSON) proportion() stat.Proportion {
	p := stat.Proportion{
		Failures: l.Failures, Estimate: stat.Estimate{N: l.Replications, Value: math.NaN(), Low: l.Low, High: l.High},
	}
	if l.Estimate != nil {
		p.Value = *l.Estimate
	}
	return p
}

func (i *IndexJSON) figure() figure.Index {
	f := figure.Index{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}
	if i != nil {
		f.Value = i.Estimate
		if i.Low != nil {
			f.Low, f.High = *i.Low, *i.High
		}
	}
	return f
}
