package estimate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/design/sobol"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/seed"
	"github.com/dtlssim/dtlssim/scenarios/stat/sensitivity"
)

// Sensitivity asks how much of the variance of the failure probability is due to each factor, if
// the factors are drawn independently from their ranges.
type Sensitivity struct {
	Values  scenarios.Values // of the parameters, and of a factor while another is varied
	Factors []design.Range
	Points  int // base points
	Fail    scenarios.Predicate

	// Seed scrambles the sequence of the base points. The n-th replication at each point of the
	// j-th base point has the seed Seed + j*Replications + n, n and j from 0. The points of one
	// base point therefore share what they draw, and no two base points do.
	Seed         uint64
	Replications int // at each point; 0 if probabilities are exact
}

// maxSensitivityRuns bounds the replications of a sensitivity analysis.
const maxSensitivityRuns = 1_000_000_000

// Check reports every fault of the question and of the points that it leads to.
func (q *Sensitivity) Check() error {
	var names []string
	for _, r := range q.Factors {
		names = append(names, r.Name)
	}
	faults := []error{design.CheckNames(nil, names)}
	if n := len(q.Factors); n < 1 || 2*n > sobol.MaxDimensions {
		faults = append(faults, fmt.Errorf("%d factors are out of range: 1 to %d", n, sobol.MaxDimensions/2))
	}
	if q.Points < 2 || q.Points > design.MaxLevels {
		faults = append(faults, fmt.Errorf("%d base points are out of range: 2 to %d", q.Points, design.MaxLevels))
	}
	if q.Replications < 0 || q.Replications > maxSensitivityRuns/(max(q.Points, 1)*(len(q.Factors)+2)) {
		faults = append(
			faults,
			fmt.Errorf(
				"%d replications at %d points each of %d base points are too many: want at most %d in all",
				q.Replications, len(q.Factors)+2, q.Points, maxSensitivityRuns,
			),
		)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for _, points := range q.points() {
		for _, p := range points {
			if _, err := q.Values.Set(p); err != nil {
				return err // the other points are alike
			}
		}
	}
	return nil
}

// points returns the points that belong to each base point: a and b, drawn independently, then a
// with each factor in turn taken from b (Saltelli and others, Computer Physics Communications 181,
// 2010, 259-270).
func (q *Sensitivity) points() [][]scenarios.Settings {
	d := len(q.Factors)
	sequence := sobol.NewScrambled(2*d, design.DesignStream(q.Values.Scenario(), q.Seed, "sensitivity"))
	coordinates := make([]float64, 2*d)
	list := make([][]scenarios.Settings, q.Points)
	for j := range list {
		sequence.Next(coordinates)
		a, b := design.PointAt(q.Factors, coordinates[:d]), design.PointAt(q.Factors, coordinates[d:])
		list[j] = append(list[j], a, b)
		for _, f := range q.Factors {
			list[j] = append(list[j], a.With(scenarios.Settings{f.Name: b[f.Name]}))
		}
	}
	return list
}

// Ends returns the points of a one-factor-at-a-time design, the base settings first. at has, for
// each factor, the indices of the points at the two ends of its range or, if the factor is a list,
// at each level.
func (q *Sensitivity) Ends() (points []design.Point, at [][]int, err error) {
	d := design.NewDistinct(q.Values)
	if _, err := d.Add(scenarios.Settings{}); err != nil {
		return nil, nil, err
	}
	for _, r := range q.Factors {
		var indices []int
		for _, level := range r.Ends().Levels {
			i, err := d.Add(scenarios.Settings{r.Name: level})
			if err != nil {
				return nil, nil, err
			}
			indices = append(indices, i)
		}
		at = append(at, indices)
	}
	return d.Points, at, nil
}

// SensitivityRuns summarises the runs of a sensitivity analysis.
type SensitivityRuns struct {
	Points      int           // completed base points
	Runs        int           // replications
	NoResult    int           // replications that gave no result
	Dropped     int           // base points left out because of such replications
	Aborted     []run.Aborted // the first of those replications, in the order of the base points
	Interrupted bool          // the context ended before all was done
	Basis       search.Basis  // of the windows of all points, for exact probabilities
}

// Outputs are the outputs at the points of one base point, in the order a, b, then a with each
// factor from b. Each point has its replications (1 for a failure, 0 otherwise) or its exact
// probability.
type Outputs [][]float64

// Indices estimates the sensitivity indices from the outputs of each base point; nil outputs mean
// that the point was left out. The bootstrap uses the seed of the question.
func (q *Sensitivity) Indices(outputs []Outputs, confidence float64) sensitivity.Indices {
	var terms []sensitivity.Term
	for _, o := range outputs {
		if o != nil {
			terms = append(terms, sensitivity.NewTerm(o[0], o[1], o[2:]))
		}
	}
	resampling := seed.Bootstrap(q.Seed, q.Values.Scenario().Name)
	return sensitivity.NewIndices(terms, confidence, sensitivity.Resamples, resampling.Uniform)
}

// MonteCarlo performs the replications of all base points. It calls keep with the outputs of each
// completed base point, in any order, and then progress, from one goroutine at a time. A base point
// with a replication that gave no result is left out.
func (q *Sensitivity) MonteCarlo(
	ctx context.Context, runner run.Runner, keep func(base int, o Outputs), progress func(),
) (*SensitivityRuns, error) {
	if q.Replications < 1 {
		return nil, fmt.Errorf("%d replications: want at least 1", q.Replications)
	}
	return q.run(ctx, runner, keep, progress,
		func(ctx context.Context, base int, v scenarios.Values, r *baseRuns) ([]float64, error) {
			return q.replicate(ctx, runner, base, v, r)
		})
}

// replicate performs the replications at one point. If nothing is random, it performs only the
// first sample.CertainSeeds and fills in the rest from them.
func (q *Sensitivity) replicate(
	ctx context.Context, runner run.Runner, base int, v scenarios.Values, r *baseRuns,
) ([]float64, error) {
	job := run.Job{Values: v, Fail: q.Fail, Seed: seed.OfBasePoint(q.Seed, base, q.Replications, 0)}
	var results []run.Result
	if q.Replications > sample.CertainSeeds {
		certain, first, err := sample.Certain(ctx, runner, job)
		if err != nil {
			return nil, err
		}
		if results = first; certain {
			r.runs += len(first)
			return slices.Repeat([]float64{output(&first[0])}, q.Replications), nil
		}
	}
	var values []float64
	for n := range q.Replications {
		job.Seed = seed.OfBasePoint(q.Seed, base, q.Replications, n)
		if n == len(results) {
			o, err := runner.Do(ctx, job)
			if err != nil {
				return nil, err
			}
			results = append(results, o)
		}
		o := &results[n]
		r.runs++
		if o.Status != run.Completed {
			t := run.NewAborted(o, job.Command())
			t.At = base
			r.aborted = append(r.aborted, t)
		}
		values = append(values, output(o))
	}
	return values, nil
}

// output returns 1 for a failed replication, and otherwise 0.
func output(o *run.Result) float64 {
	if o.Status == run.Completed && o.Failed {
		return 1
	}
	return 0
}

// Exact finds the exact probability at each point under one seed: it integrates the failure windows
// of the probe over its distribution. A point that, judging by the parameters, has no exact
// probability is an error. ExactAt checks at some of the points that nothing else is random either.
func (q *Sensitivity) Exact(
	ctx context.Context, runner run.Runner, probe string, tail float64, keep func(base int, o Outputs), progress func(),
) (*SensitivityRuns, error) {
	return q.run(ctx, runner, keep, progress,
		func(ctx context.Context, _ int, v scenarios.Values, r *baseRuns) ([]float64, error) {
			integral, err := q.Integral(v, probe, tail)
			if err != nil {
				return nil, err
			}
			w, err := search.FindWindows(ctx, runner, few(integral.Search))
			if err != nil {
				return nil, err
			}
			r.runs += w.Runs
			r.basis = r.basis.And(w.Method.Basis)
			probability, _ := w.Exact(integral.Distribution)
			return []float64{probability}, nil
		})
}

// ExactAt finds the exact probability at one point and checks that the windows are the same under
// other seeds: see Integral.Exact.
func (q *Sensitivity) ExactAt(
	ctx context.Context, runner run.Runner, v scenarios.Values, probe string, tail float64,
) (*ExactProbability, error) {
	integral, err := q.Integral(v, probe, tail)
	if err != nil {
		return nil, err
	}
	integral.Search = few(integral.Search)
	return integral.Exact(ctx, runner)
}

// Integral asks for the exact probability at one point. It is an error if, judging by the
// parameters, it has none.
func (q *Sensitivity) Integral(v scenarios.Values, probe string, tail float64) (Integral, error) {
	integral, err := NewIntegral(v, probe, q.Seed, q.Fail, tail)
	if err == nil {
		err = integral.CheckExact()
	}
	return integral, err
}

// baseRuns holds the runs of one base point.
type baseRuns struct {
	runs    int
	aborted []run.Aborted
	basis   search.Basis
}

// run evaluates the points of every base point, with one base point at a time per worker of the
// runner. If points of one base point are equal, it evaluates only one of them.
func (q *Sensitivity) run(
	ctx context.Context, runner run.Runner, keep func(int, Outputs), progress func(),
	evaluate func(ctx context.Context, base int, v scenarios.Values, r *baseRuns) ([]float64, error),
) (*SensitivityRuns, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	list := q.points()
	result := &SensitivityRuns{Basis: search.Basis{Proved: true}}
	bases := make([]search.Basis, len(list))
	var mu sync.Mutex
	err := run.Spread(ctx, runner.Size(), len(list), func(ctx context.Context, base int) error {
		r := baseRuns{basis: search.Basis{Proved: true}}
		outputs := make(Outputs, 0, len(list[base]))
		for k, p := range list[base] {
			if same := slices.IndexFunc(list[base][:k],
				func(other scenarios.Settings) bool { return maps.Equal(p, other) }); same >= 0 {
				outputs = append(outputs, outputs[same])
				continue
			}
			v, err := q.Values.Set(p)
			if err != nil {
				return err
			}
			values, err := evaluate(ctx, base, v, &r)
			if err != nil {
				return err
			}
			outputs = append(outputs, values)
		}
		mu.Lock()
		defer mu.Unlock()
		result.Points++
		result.Runs += r.runs
		bases[base] = r.basis
		result.NoResult += len(r.aborted)
		for _, t := range r.aborted {
			result.Aborted = sample.KeepFirst(result.Aborted, t, func(t *run.Aborted) int { return t.At })
		}
		if len(r.aborted) > 0 {
			result.Dropped++
		} else {
			keep(base, outputs)
		}
		if progress != nil {
			progress()
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	result.Interrupted = result.Points < len(list)
	for _, b := range bases {
		if b != (search.Basis{}) { // otherwise it was interrupted
			result.Basis = result.Basis.And(b)
		}
	}
	return result, nil
}
