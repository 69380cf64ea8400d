package study

import (
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// The kinds of a measure.
const (
	// DistributionKind shows the distribution function of a measure, a curve for each row.
	DistributionKind Kind = "distribution"

	// SurvivalKind shows its survival curve, by Kaplan and Meier.
	SurvivalKind Kind = "survival"
)

var distributionKind, survivalKind = ofMeasure(DistributionKind), ofMeasure(SurvivalKind)

// quantiles are those of a measure that are estimated.
var quantiles = []float64{0.5, 0.9, 0.99}

// ofMeasure is how figures of a measure are read and run.
func ofMeasure(name Kind) kind {
	return kind{
		name: name, keys: []string{"measure", "replications", "scale"}, required: []string{"measure", "replications"},
		read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
			g.Replications = r.Count(f, "replications", maxReplications)
			g.LogX = r.Choice(f, "scale", true, scales...) == "log"
			t := r.Required(f, "measure")
			if g.Measure = t.Value; t.Value == "" || s.Scenario == nil {
				return
			}
			if err := s.Scenario.CheckMeasure(g.Measure); err != nil {
				r.Each(t.Place, "", err)
			}
		},
		check: checkRow,
		steps: differences.steps,
		run: func(r *execution, g *Figure) (FigureResult, error) {
			f := FigureResult{Figure: g}
			sweep, err := r.rows(g)
			if err != nil {
				return f, err
			}
			f.Recorder = sample.Record(&sweep, g.Measure)
			results, err := sample.RunSweep(r.ctx, r.performer, sweep, r.progress)
			if err != nil {
				return f, err
			}
			f.Sweeps = []*sample.Results{results}
			for row := range g.Rows {
				f.Measured = append(f.Measured, f.Recorder.Distribution(row, quantiles, r.study.Confidence, name == SurvivalKind))
			}
			return f, nil
		},
	}
}
