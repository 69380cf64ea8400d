package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/store/check"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// Reader is a store opened for reading only. A process may write to it at the same time; each
// method returns what was committed when it was called.
type Reader struct {
	query.File
	file layout.File

	// Contents is what the store held when it was opened, and verified.
	Contents *check.Result

	// Pending says that a killed process left replications in the journal that could not be folded
	// in, because the file or its folder is read-only. They are not shown; the next process that
	// writes to the file folds them in.
	Pending bool
}

// Read opens a store for reading. It returns a [layout.MismatchError] if the file is not a store,
// and a [layout.DamagedError] if it is damaged.
func Read(path string) (*Reader, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, &layout.MismatchError{Path: path, Reason: "cannot be read: there is no such file"}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, errors.Unwrap(err))
	case !info.Mode().IsRegular():
		return nil, &layout.MismatchError{Path: path, Reason: "is no store of dtlssim: it is no regular file"}
	}
	left := false
	if killed(path) {
		// Another process may be writing. This is not an error: it commits its pending records
		// itself.
		err := recoverKilled(path)
		var damaged *layout.DamagedError
		if errors.As(err, &damaged) {
			return nil, err
		}
		left = err != nil && !errors.Is(err, layout.ErrLocked) && journal.Pending(path)
	}
	f, err := layout.Open(path, "ro")
	empty := false
	if err == nil {
		empty, err = f.Check()
	}
	if empty {
		err = &layout.MismatchError{Path: path, Reason: "is no store of dtlssim: it is empty"}
	}
	var contents *check.Result
	if err == nil {
		contents, err = whole(f)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Reader{query.Of(f), f, contents, left}, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// killed reports whether a store has files next to it that exist only while a process writes, or
// after it was killed: our journal, or SQLite's journal or log.
func killed(path string) bool {
	for _, end := range []string{"-journal", "-wal"} { // https://www.sqlite.org/tempfiles.html
		if _, err := os.Stat(path + end); err == nil {
			return true
		}
	}
	return journal.Pending(path)
}

// recoverKilled folds in what a killed process left next to a store: its pending records, and half
// a transaction of SQLite, without which the file cannot be read. It returns an error that wraps
// layout.ErrLocked if the process is alive.
func recoverKilled(path string) error {
	lock, err := layout.Lock(path, 0)
	if err != nil {
		return err
	}
	f, err := layout.Open(path, "rw")
	empty := true
	if err == nil {
		empty, err = f.Check()
	}
	if err == nil && !empty {
		err = fold(f)
	}
	return errors.Join(err, f.Close(), lock.Close())
}

// fold folds the pending records into an open store. If some of what the killed process had done is
// lost, the journal stays, so that the next reader is told too.
func fold(f layout.File) error {
	there, err := whole(f)
	if err != nil {
		return err
	}
	if err := f.Log(); err != nil {
		return err
	}
	w := writer{file: f, query: query.Of(f), ledger: layout.NewLedger(f, there.Seals)}
	_, faults, err := w.fold()
	if err != nil {
		return err
	}
	f.Unlog()
	if len(faults) > 0 {
		return f.Damaged(faults...)
	}
	return journal.Remove(f.Path)
}

// header begins every SQLite file (https://www.sqlite.org/fileformat.html, section 1.3).
var header = []byte("SQLite format 3\x00")

// Is reports whether a path is an SQLite file, and so may be a store.
func Is(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begins := make([]byte, len(header))
	_, err = io.ReadFull(f, begins)
	return err == nil && bytes.Equal(begins, header)
}

// LastProgram returns the last program that wrote to a store.
func LastProgram(path string) (provenance.Program, error) {
	r, err := Read(path)
	if err != nil {
		return provenance.Program{}, err
	}
	defer r.Close()
	list, err := r.Programs()
	if err != nil || len(list) == 0 {
		return provenance.Program{}, err
	}
	return list[len(list)-1], nil
}
