package cli

import (
	"errors"
	"math"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// keeping is the store that --store names; without that, nil, there is none, and its
// methods do nothing.
type keeping struct{ *store.Store }

// Close closes the store; see [store.Store.Close].
func (k keeping) Close() error {
	if k.Store == nil {
		return nil
	}
	return k.Store.Close()
}

// finish keeps the answers; see [store.Store.Finish].
func (k keeping) finish(a store.Answers) error {
	if k.Store == nil {
		return nil
	}
	return k.Finish(a)
}

// keepSweep opens the store of a sweep, and has the sweep use it; an empty path is no
// store. A file that the sweep does not belong into is bad input.
func keepSweep(path string, sweep *sample.Sweep, limits run.Limits) (keeping, error) {
	if path == "" {
		return keeping{}, nil
	}
	s, kept, err := store.OpenSweep(path, *sweep, limits)
	if err != nil {
		return keeping{}, storeError(err)
	}
	sweep.Store = kept
	return keeping{s}, nil
}

// perform performs a sweep that uses the store, keeps the estimates of its points, and
// closes the store.
func (k keeping) perform(c *cobra.Command, p *pool, sweep sample.Sweep) (*sample.Results, error) {
	defer k.Close()
	workers, err := p.start()
	if err != nil {
		return nil, err
	}
	defer workers.Close()
	certain := false
	if sweep.Replications > sample.CertainSeeds { // or the answer is as short as the question
		if certain, err = sample.AllCertain(c.Context(), workers, sweep); err != nil && c.Context().Err() == nil {
			return nil, failure(err)
		}
	}
	bar := newProgress(c.ErrOrStderr(), len(sweep.Design)*sweep.Replications, "replications")
	r, err := sample.RunSweep(c.Context(), workers, sweep, bar.increment)
	bar.finish()
	if err == nil && !r.Interrupted {
		err = k.finish(store.Answers{Estimates: sweepEstimates(r, nil)})
	}
	if err := firstError(err, k.Close()); err != nil {
		return nil, failure(err)
	}
	r.Certain = certain
	return r, nil
}

// keepStudy does the same for a study.
func keepStudy(path string, s *study.Study, limits run.Limits, budget float64) (keeping, error) {
	if path == "" {
		return keeping{}, nil
	}
	specification, err := s.Specification(limits)
	if err != nil {
		return keeping{}, failure(err)
	}
	kept, err := store.Open(path, specification, budget)
	if err != nil {
		return keeping{}, storeError(err)
	}
	s.Store = kept
	return keeping{kept}, nil
}

// storeError gives the error of a store that could not be opened its exit code.
func storeError(err error) error {
	var mismatch *store.MismatchError
	if errors.As(err, &mismatch) {
		return err
	}
	return failure(err)
}

// firstError returns the first error that is not nil: a commit that failed is reported
// by the sweep that it ended, and when the store is closed.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// answers returns what a store keeps of the result of a study beside its replications.
func answers(r *study.Result) store.Answers {
	var a store.Answers
	for i := range r.Figures {
		f := &r.Figures[i]
		estimates := func(row string, list []store.Estimate) {
			for i := range list {
				list[i].Figure, list[i].Row = f.Figure.Name, row
			}
			a.Estimates = append(a.Estimates, list...)
		}
		search := func(row string, w *search.Windows) {
			a.Searches = append(a.Searches, store.Search{Figure: f.Figure.Name, Row: row, Windows: w})
		}
		for i, w := range f.Windows {
			search(f.Figure.Rows[i].Label, w)
		}
		var x []float64
		if f.Figure.Kind == study.CurvesKind {
			x = f.Figure.X.Values()
		}
		for i, sweep := range f.Sweeps {
			row := f.Figure.Rows[i].Label
			if f.Comparison != nil || f.Recorder != nil { // of all rows together
				row = ""
			}
			estimates(row, sweepEstimates(sweep, x))
			if f.Exact != nil {
				estimates(row, exactEstimates(sweep, f.Exact[i], x))
			}
		}
		for i := range f.Estimates {
			for _, e := range f.Estimates[i].ByMethod(f.Sweeps[i].Points[0])[1:] { // the first is as of every sweep
				kept := store.Estimate{
					X: math.NaN(), Method: string(e.By), Estimate: e.Value, Low: e.Low, High: e.High, Interval: string(e.Method), Confidence: e.Confidence,
					N: e.N, Failures: -1, Exact: e.Exact,
				}
				if e.Exact {
					kept.Interval, kept.Confidence, kept.N = exact, math.NaN(), -1
				}
				estimates(f.Figure.Rows[i].Label, []store.Estimate{kept})
			}
		}
		if f.Sensitivity != nil && f.Sensitivity.Ends != nil {
			estimates("", sweepEstimates(f.Sensitivity.Ends, nil))
		}
		if e := f.Probability; e != nil {
			search(f.Figure.Rows[0].Label, e.Windows)
			estimates(f.Figure.Rows[0].Label, []store.Estimate{{
				X: math.NaN(), Method: exact, Estimate: e.Value, Low: e.Low, High: e.High,
				Interval: exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: true,
			}})
		}
		if f.Regions != nil {
			a.Maps = append(a.Maps, store.Map{Figure: f.Figure.Name, Row: f.Figure.Rows[0].Label, Regions: f.Regions})
		}
		if f.Bands != nil {
			for _, level := range f.Bands.Levels {
				search(f.Bands.Factor+"="+level.Level, level.Windows)
			}
		}
	}
	return a
}

// sweepEstimates returns the estimates of a sweep, at values of an axis if it has one.
func sweepEstimates(r *sample.Results, x []float64) (list []store.Estimate) {
	for i, p := range r.Points {
		e := p.Estimate
		list = append(list, store.Estimate{
			Sweep: &r.Sweep, Point: i, X: onAxis(x, i), Method: monteCarlo, Estimate: e.Value, Low: e.Low, High: e.High,
			Interval: string(e.Method), Confidence: e.Confidence, N: e.N, Failures: e.Failures,
		})
	}
	return list
}

// exactEstimates returns exact probabilities at the points of a sweep.
func exactEstimates(r *sample.Results, probabilities, x []float64) (list []store.Estimate) {
	for i, p := range probabilities {
		list = append(list, store.Estimate{
			Sweep: &r.Sweep, Point: i, X: onAxis(x, i), Method: exact, Estimate: p, Low: p, High: p,
			Interval: exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: true,
		})
	}
	return list
}

func onAxis(x []float64, i int) float64 {
	if x == nil {
		return math.NaN()
	}
	return x[i]
}
