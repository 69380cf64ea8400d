package text

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/report/figure"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
)

// DistributionJSON is the distribution of a measure at each point of a design, for JSON.
type DistributionJSON struct {
	Scenario   string                  `json:"scenario"`
	Seed       uint64                  `json:"seed"`
	Params     map[string]string       `json:"params"` // the same at every point
	Measure    string                  `json:"measure"`
	Unit       measure.Unit            `json:"unit"`   // of all values; empty for a count
	Method     string                  `json:"method"` // order-statistics or kaplan-meier
	Confidence float64                 `json:"confidence"`
	Points     []PointDistributionJSON `json:"points"`

	Interrupted bool   `json:"interrupted"`
	Note        string `json:"note,omitempty"` // says that nothing is random
}

// The methods of a DistributionJSON.
const (
	OrderStatistics = "order-statistics"
	KaplanMeier     = "kaplan-meier"
)

// PointDistributionJSON is the distribution of a measure at one point, for JSON.
type PointDistributionJSON struct {
	Label        string            `json:"label,omitempty"` // of a study's row
	Params       map[string]string `json:"params"`
	Replications int               `json:"replications"`
	Taken        int               `json:"taken"`    // replications with the measure, even censored
	Censored     int               `json:"censored"` // of these, known only to be at least so much
	// replications that crashed, timed out or met a limit; some of them may have been censored
	NoResult  int            `json:"no_result"`
	Quantiles []QuantileJSON `json:"quantiles"`
	Steps     []StepJSON     `json:"steps"`
	End       *float64       `json:"end"` // nothing is known beyond it; null: no such limit

	cut []float64
}

// QuantileJSON is a quantile with its interval, for JSON, in the unit of the measure.
type QuantileJSON struct {
	Q        float64  `json:"q"`
	Estimate *float64 `json:"estimate"` // null without data
	AtLeast  bool     `json:"at_least"` // the quantile is censored: at least this much
	Low      float64  `json:"lo"`
	High     *float64 `json:"hi"`                // null: there is no upper bound
	LowRank  int      `json:"lo_rank,omitempty"` // for order-statistics; 0: no lower bound
	HighRank int      `json:"hi_rank,omitempty"`
	// for order-statistics: the probability that the interval covers the quantile if no sample is
	// censored and no two are equal
	Coverage float64 `json:"coverage,omitempty"`
	Exact    bool    `json:"exact,omitempty"` // nothing is random, so no interval is needed
}

// StepJSON is a step, for JSON, of a distribution function (the probability that it takes at most the
// value) or of a survival curve (the probability that it takes longer).
type StepJSON struct {
	Value       float64 `json:"value"`
	AtRisk      int     `json:"at_risk,omitempty"` // for kaplan-meier
	Events      int     `json:"events,omitempty"`
	Probability float64 `json:"probability"`
	Low         float64 `json:"lo"`
	High        float64 `json:"hi"`
}

// NewDistribution converts the distributions of a measure that a sweep recorded.
func NewDistribution(
	r *sample.Results, recorder *sample.Recorder, factors []string, measure string, quantiles []float64, survival bool,
) *DistributionJSON {
	m, _ := r.Sweep.Scenario().Measure(measure)
	sweep, confidence := NewSweepJSON(r, factors), r.Sweep.Inference.Confidence
	j := &DistributionJSON{
		Scenario: sweep.Scenario, Seed: sweep.Seed, Params: sweep.Params, Measure: measure, Unit: m.Unit,
		Method:     OrderStatistics,
		Confidence: confidence, Interrupted: r.Interrupted, Note: certainNote(r),
	}
	if survival {
		j.Method = KaplanMeier
	}
	for i, p := range r.Points {
		point := PointDistributionJSON{
			Params: sweep.Points[i].Params, Replications: p.Replications, NoResult: p.Replications - p.Completed(),
		}
		point.SetDistribution(recorder.Distribution(r, i, quantiles, confidence, survival))
		j.Points = append(j.Points, point)
	}
	return j
}

// SetDistribution sets the distribution at a point.
func (p *PointDistributionJSON) SetDistribution(d lifetime.Distribution) {
	p.Taken, p.Censored, p.Quantiles, p.Steps, p.cut = d.Taken, d.Censored, []QuantileJSON{}, []StepJSON{}, d.Cut
	for _, q := range d.Quantiles {
		e := newQuantileJSON(q)
		if d.Survival {
			e.Coverage = 0
		}
		p.Quantiles = append(p.Quantiles, e)
	}
	for _, s := range d.Steps {
		p.Steps = append(p.Steps, StepJSON{s.At, s.AtRisk, s.Events, s.Value, s.Low, s.High})
	}
	if !math.IsInf(d.End, 1) {
		p.End = &d.End
	}
}

func newQuantileJSON(e lifetime.Quantile) QuantileJSON {
	j := QuantileJSON{
		Q: e.Q, Estimate: known(e.Value), AtLeast: e.AtLeast, Low: e.Low, LowRank: e.LowRank,
		HighRank: e.HighRank, Coverage: e.Coverage, Exact: e.Exact,
	}
	if !math.IsInf(e.High, 1) {
		j.High = &e.High
	}
	return j
}

// Distribution writes a table of the quantiles; factors are the names of the varied parameters.
func Distribution(w io.Writer, j *DistributionJSON, factors []string) error {
	how := "order statistics, of any distribution"
	if j.Method == KaplanMeier {
		how = "Kaplan and Meier"
	}
	if _, err := fmt.Fprintf(w, "%s of %s, %s\n\n", j.Measure, j.Scenario, how); err != nil {
		return err
	}
	rows := [][]string{
		append(upper(factors), "COUNT", "CENSORED", "QUANTILE", "VALUE",
			fmt.Sprintf("%g %% INTERVAL", 100*j.Confidence)),
	}
	for _, p := range j.Points {
		for _, q := range p.Quantiles {
			var row []string
			for _, f := range factors {
				row = append(row, p.Params[f])
			}
			rows = append(rows, append(row, fmt.Sprint(p.Taken), fmt.Sprint(p.Censored), fmt.Sprintf("%g", q.Q),
				q.Value(j.Unit), q.Interval(j.Unit)))
		}
	}
	if err := Table(w, rows); err != nil {
		return err
	}
	if j.Note != "" {
		if _, err := fmt.Fprintf(w, "\n%s\n", j.Note); err != nil {
			return err
		}
	}
	censored := 0
	for _, p := range j.Points {
		censored += p.Censored
	}
	if censored == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w,
		"\nOf %d replications, all that is known is that it was so much or more: it was not over when a limit came, "+
			"or failed before.\n", censored)
	return err
}

// Value returns the estimate for a table.
func (q *QuantileJSON) Value(unit measure.Unit) string {
	switch {
	case q.Estimate == nil:
		return "no data"
	case q.AtLeast:
		return "at least " + shortValue(unit, *q.Estimate)
	}
	return shortValue(unit, *q.Estimate)
}

// Interval returns the interval for a table.
func (q *QuantileJSON) Interval(unit measure.Unit) string {
	switch {
	case q.Estimate == nil:
		return "-"
	case q.Exact:
		return exactly
	case q.High == nil:
		return fmt.Sprintf("%s .. no upper bound", shortValue(unit, q.Low))
	}
	return fmt.Sprintf("%s .. %s", shortValue(unit, q.Low), shortValue(unit, *q.High))
}

// shortValue writes a value of a measure with up to six digits.
func shortValue(unit measure.Unit, value float64) string {
	step := 1.0
	for value/step >= 1e6 {
		step *= 10
	}
	return unit.Text(int64(math.Round(value/step) * step))
}

// mostCurves is the largest number of curves in a figure.
const mostCurves = 8

// CheckCurves reports more design points than a figure can hold curves.
func CheckCurves(points int) error {
	if points > mostCurves {
		return fmt.Errorf("%d design points are too many curves for one figure: want at most %d", points, mostCurves)
	}
	return nil
}

// DistributionFigure draws the distribution functions, or the survival curves.
func DistributionFigure(j *DistributionJSON, factors []string, logX bool) (figure.Figure, error) {
	unit, size := "", 1.0
	switch {
	case j.Unit == measure.Bytes:
		unit = " (bytes)"
	case j.Unit == measure.Nanoseconds && j.largest() >= 10e9:
		unit, size = " (s)", 1e9
	case j.Unit == measure.Nanoseconds:
		unit, size = " (ms)", 1e6
	}
	var curves []figure.Stairs
	for _, p := range j.Points {
		s := figure.Stairs{Label: p.label(factors), End: math.Inf(1)}
		if j.Method == KaplanMeier {
			s.Start = 1
		}
		for _, step := range thin(p.Steps) {
			s.X, s.Y = append(s.X, step.Value/size), append(s.Y, step.Probability)
			s.Low, s.High = append(s.Low, step.Low), append(s.High, step.High)
		}
		if p.End != nil {
			s.End = *p.End / size
		}
		for _, at := range slices.Compact(slices.Clone(p.cut)) {
			s.Cut = append(s.Cut, at/size)
		}
		curves = append(curves, s)
	}
	name := j.Measure
	name = strings.ToUpper(name[:1]) + name[1:]
	title, y := name+": distribution", j.axisTitle()
	sentence := fmt.Sprintf(
		"%s in %s, by the share of replications; bands: pointwise %g %% intervals (%s).", name, j.Scenario,
		100*j.Confidence, stat.ClopperPearsonExact.Title(),
	)
	if j.Method == KaplanMeier {
		title, y = name+": survival", j.axisTitle()
		sentence = fmt.Sprintf(
			"%s in %s, by the estimator of Kaplan and Meier; bands: pointwise %g %% intervals (%s).",
			name, j.Scenario, 100*j.Confidence, stat.Greenwood.Title(),
		)
	}
	if slices.ContainsFunc(curves, func(s figure.Stairs) bool { return !math.IsInf(s.End, 1) }) {
		sentence += " A curve ends at a ring where something was cut beyond which nothing is known."
	}
	return figure.StepCurves(title, j.Measure+unit, y, logX, curves, sentence)
}

// axisTitle says of what the curves are the probability.
func (j *DistributionJSON) axisTitle() string {
	switch time, survival := j.Unit == measure.Nanoseconds, j.Method == KaplanMeier; {
	case time && survival:
		return "probability that it takes longer"
	case time:
		return "probability that it takes at most this long"
	case survival:
		return "probability of a larger number"
	}
	return "probability of at most this number"
}

// label names a point by its factors.
func (p *PointDistributionJSON) label(factors []string) string {
	var parts []string
	for _, f := range factors {
		parts = append(parts, f+"="+p.Params[f])
	}
	text := strings.Join(parts, ", ")
	switch {
	case p.Label != "":
		text = p.Label
	case text == "":
		text = "as set"
	}
	text += fmt.Sprintf(": %d runs", p.Taken)
	if p.Censored > 0 {
		text += fmt.Sprintf(", %d of them cut", p.Censored)
	}
	return text
}

// largest returns the largest value on any curve.
func (j *DistributionJSON) largest() (most float64) {
	for _, p := range j.Points {
		if n := len(p.Steps); n > 0 {
			most = max(most, p.Steps[n-1].Value)
		}
		if p.End != nil {
			most = max(most, *p.End)
		}
	}
	return most
}

// drawnSteps is the number of steps of a curve that are drawn; more could not be distinguished.
const drawnSteps = 1000

// thin leaves out steps of a curve that has many, but keeps the first and the last.
func thin(steps []StepJSON) []StepJSON {
	if len(steps) <= drawnSteps {
		return steps
	}
	var list []StepJSON
	for i := range drawnSteps {
		list = append(list, steps[i*(len(steps)-1)/(drawnSteps-1)])
	}
	return list
}
