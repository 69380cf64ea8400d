package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat/lifetime"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Measure shows the distribution of a measure, with a curve for each row: its distribution function
// or its survival curve.
type Measure struct {
	rows.Head
	Measure      string
	Survival     bool // the survival curve
	LogX         bool // logarithmic scale of the measure
	Replications int
}

// MeasureResult is the result of a [Measure].
type MeasureResult struct {
	noSearches
	noAnswers
	Of       *Measure
	Results  *sample.Results         // its points are the rows
	Recorder *sample.Recorder        // the measure in each replication
	Measured []lifetime.Distribution // of the measure, by row
}

// The kinds of [Measure].
var (
	// DistributionKind shows the distribution function of a measure.
	DistributionKind = ofMeasure("distribution", false)

	// SurvivalKind shows the survival curve of a measure, the Kaplan-Meier estimate (Journal of the
	// American Statistical Association 53, 1958, 457-481).
	SurvivalKind = ofMeasure("survival", true)
)

// quantiles are the quantiles of a measure that are estimated.
var quantiles = []float64{0.5, 0.9, 0.99}

func ofMeasure(name string, survival bool) *Kind {
	return &Kind{
		Name: name, Keys: []string{"measure", "replications", "scale"}, Required: []string{"measure", "replications"},
		New: func(h rows.Head) Figure { return &Measure{Head: h, Survival: survival} },
	}
}

// Kind implements [Figure].
func (g *Measure) Kind() *Kind {
	if g.Survival {
		return SurvivalKind
	}
	return DistributionKind
}

func (g *Measure) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	g.Replications = r.Count(f, "replications", MaxReplications)
	g.LogX = r.Choice(f, "scale", true, Scales...) == "log"
	t := r.Required(f, "measure")
	if g.Measure = t.Value; t.Value == "" || s.Scenario == nil {
		return
	}
	if err := s.Scenario.CheckMeasure(g.Measure); err != nil {
		r.Each(t.Place, "", err)
	}
}

func (g *Measure) Steps(_ *rows.Subject, budget float64) int {
	return len(g.Rows) * rows.Scaled(g.Replications, budget)
}

func (g *Measure) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	sweep, err := e.Rows(&g.Head, g.Replications)
	if err != nil {
		return nil, err
	}
	r := &MeasureResult{Of: g, Recorder: sample.Record(&sweep, g.Measure)}
	if r.Results, err = sample.RunSweep(ctx, e.Workers, sweep, e.Progress); err != nil {
		return nil, err
	}
	for row := range g.Rows {
		r.Measured = append(r.Measured, r.Recorder.Distribution(r.Results, row, quantiles, e.Confidence, g.Survival))
	}
	return r, nil
}

// Figure implements [Result].
func (r *MeasureResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *MeasureResult) Runs() int { return r.Results.Done }

// Sweeps implements [Result].
func (r *MeasureResult) Sweeps() []Sweep { return []Sweep{{Results: r.Results}} }

// Lost implements [Result].
func (r *MeasureResult) Lost() Lost { return lostOf(r.Sweeps()) }
