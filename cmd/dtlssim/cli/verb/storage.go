package verb

import (
	"errors"

	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// Storage is the flag --store. If the flag is not given, its methods do nothing.
type Storage struct {
	path  string
	store *store.Store
	Usage string
}

// AddTo implements [Part].
func (s *Storage) AddTo(f *pflag.FlagSet) { f.StringVar(&s.path, "store", "", s.Usage) }

// Check implements [Part].
func (s *Storage) Check(*Call, *Faults) {}

// unwritable implements target.
func (s *Storage) unwritable() error { return checkFile(s.path) }

// OpenSweep opens the store of a sweep and makes the sweep use it.
func (s *Storage) OpenSweep(c *Call, sweep *sample.Sweep, limits run.Limits) (err error) {
	if s.path == "" {
		return nil
	}
	if s.store, sweep.Store, err = store.OpenSweep(s.path, *sweep, limits); err != nil {
		return StoreError(err)
	}
	c.Closing(func() { _ = s.store.Close() }) // Finish reports its error
	return nil
}

// OpenStudy opens the store of a study and makes the study use it.
func (s *Storage) OpenStudy(c *Call, of *study.Study, limits run.Limits, budget float64) error {
	if s.path == "" {
		return nil
	}
	specification, err := of.Specification(limits) // it fails if a file cannot be read
	if err != nil {
		return BadInput(err)
	}
	if s.store, err = store.Open(s.path, specification, budget); err != nil {
		return StoreError(err)
	}
	of.Store = s.store
	c.Closing(func() { _ = s.store.Close() }) // Finish reports its error
	return nil
}

// Finish saves the answers, if the work is finished, and closes the store. A failed commit ends the
// work, and closing the store returns its error again; Finish reports it once.
func (s *Storage) Finish(work error, finished bool, answers func() answers.Answers) error {
	if s.store == nil {
		return work
	}
	if work == nil && finished {
		work = s.store.Finish(answers())
	}
	if err := s.store.Close(); work == nil {
		return err
	}
	return work
}

// StoreError marks the error of a store that holds something else as bad input.
func StoreError(err error) error {
	var mismatch *layout.MismatchError
	if errors.As(err, &mismatch) {
		return BadInput(err)
	}
	return err
}
