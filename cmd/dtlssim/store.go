package main

import (
	"errors"
	"io"

	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// openStore opens the store of a sweep, and has the sweep use it; an empty path is no
// store. A file that the sweep does not belong into is bad input.
func openStore(path string, sweep *explore.Sweep, limits worker.Limits) (io.Closer, error) {
	if path == "" {
		return io.NopCloser(nil), nil
	}
	s, err := store.Open(path, *sweep, limits)
	if err != nil {
		return nil, storeError(err)
	}
	sweep.Store = s
	return s, nil
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
