package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
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
func (k keeping) finish(a answers.Answers) error {
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
		err = k.finish(answers.Answers{Estimates: answers.EstimatesOf(r, nil)})
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
