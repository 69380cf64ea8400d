package study

import (
	"context"
	"fmt"
	"math"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Result is what running a study gave.
type Result struct {
	Study   *Study
	Figures []FigureResult
	Runs    int // replications
}

// FigureResult is what was run for one figure. Which fields are set depends on its
// kind.
type FigureResult struct {
	Figure  *Figure
	Windows []*search.Windows // of WindowsKind, by row
	Sweeps  []*sample.Results // of CurvesKind and TableKind, by row; or one of all rows
	Exact   [][]float64       // of CurvesKind, by row and value of x; nil without a probe

	Distribution distribution.Distribution  // of LatencyDistributionKind
	Probability  *estimate.ExactProbability // of LatencyDistributionKind
	Regions      *plane.Regions             // of MapKind
	Bands        *plane.BandWindows         // of BandsKind
	Estimates    []RowEstimates             // of EstimatesKind, by row, as Sweeps
	Comparison   *sample.Comparison         // of DifferencesKind; its Results are the one of Sweeps
	Recorder     *sample.Recorder           // of DistributionKind and SurvivalKind, of the one of Sweeps
	Measured     []stat.Distribution        // likewise, by row
	Sensitivity  *SensitivityResult         // of SensitivityKind

	runs int // replications besides those of Windows and Sweeps
}

// Steps returns how many replications and window searches a run of the study
// takes.
func (s *Study) Steps(budget float64) int {
	n := 0
	for i := range s.Figures {
		n += s.Figures[i].Kind.kind().steps(s, &s.Figures[i], budget)
	}
	return n
}

// leastReplications is what a reduced budget leaves of a figure's replications, if
// it had as many.
const leastReplications = 20

func (f *Figure) scaled(budget float64) int {
	n := int(math.Round(float64(f.Replications) * budget))
	return max(n, min(leastReplications, f.Replications))
}

// Run runs a study, with its store if it has one. budget scales the numbers of replications. progress, if it is
// not nil, is told each step that is done. When ctx ends, the result holds the
// figures that were complete by then, with the error of ctx.
func (s *Study) Run(ctx context.Context, runner run.Runner, budget float64, progress func()) (*Result, error) {
	r := &Result{Study: s}
	if progress == nil {
		progress = func() {}
	}
	in := &execution{ctx: ctx, performer: runner, runner: runner, study: s, budget: budget, progress: progress}
	if s.Store != nil {
		in.runner = s.Store.Runner(runner)
	}
	for i := range s.Figures {
		g := &s.Figures[i]
		f, err := g.Kind.kind().run(in, g)
		if err != nil {
			err = fmt.Errorf("figure %s: %w", g.Name, err)
		} else {
			err = ctx.Err()
		}
		if err != nil {
			return r, err
		}
		r.Runs += f.runs
		for _, w := range f.Windows {
			r.Runs += w.Runs
		}
		for _, sweep := range f.Sweeps {
			r.Runs += sweep.Done
		}
		r.Figures = append(r.Figures, f)
	}
	return r, nil
}

// inference is how failure probabilities of a study are estimated.
func (s *Study) inference() stat.Inference { return stat.DefaultInference(s.Confidence) }

// sweep runs a sweep of a row: at each of these settings.
func (r *execution) sweep(f *FigureResult, row Row, settings ...scenarios.Settings) error {
	sweep := sample.Sweep{Seed: r.study.Seed, Replications: f.Figure.scaled(r.budget), Fail: f.Figure.Fail, Inference: r.study.inference()}
	for _, set := range settings {
		p, err := r.study.point(set)
		if err != nil {
			return err
		}
		sweep.Design = append(sweep.Design, p)
	}
	result, err := r.perform(f.Figure.Name, row.Label, sweep)
	if err != nil {
		return fmt.Errorf("row %q: %w", row.Label, err)
	}
	f.Sweeps = append(f.Sweeps, result)
	return nil
}

// perform runs a sweep of a figure's row, with the store of the study if it has one.
func (r *execution) perform(figure, row string, sweep sample.Sweep) (*sample.Results, error) {
	if r.study.Store != nil {
		var err error
		if sweep.Store, err = r.study.Store.Sweep(figure, row, sweep); err != nil {
			return nil, err
		}
	}
	return sample.RunSweep(r.ctx, r.performer, sweep, r.progress)
}
