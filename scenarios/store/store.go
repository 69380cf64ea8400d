// Package store keeps the replications of a sweep in an SQLite file, one file per
// study. What is kept outlasts the process, however that ends; a sweep that is begun
// again takes it from there and performs the rest.
//
// A file holds replications of one specification, performed by one binary, for only
// then the contract holds that they are what this process would have found. It says
// how many there are of each design point, not how many are wanted: more can be added.
//
// Replications are committed as they end. Commits take at most about a fortieth of the
// time, so a quick replication waits a few milliseconds for those that end next, 50 ms
// at most, and kill -9 loses what is in flight or waits. A loss of power may take the
// commits since the last checkpoint of SQLite with it, some thousand replications; it
// does not damage the file (synchronous=NORMAL with a write-ahead log,
// https://www.sqlite.org/pragma.html#pragma_synchronous).
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// Store is a file that this process, and no other, adds replications to. Its methods
// may be called from any goroutine.
type Store struct {
	file
	lock *os.File

	writer writer
	queue  queue
	ended  chan struct{} // closed when the committing goroutine has
	close  sync.Once
	closed error
}

// MismatchError says that a file is no store, or one that replications of this sweep
// by this program do not belong into. Nothing was changed.
type MismatchError struct {
	Path   string
	Reason string
}

// Error implements error.
func (e *MismatchError) Error() string { return e.Path + " " + e.Reason }

// ErrLocked is wrapped by the error of Open if another process writes to the file.
var ErrLocked = errors.New("another process is writing to it")

// Open opens the store of a sweep for writing, and creates it if there is none. The
// sweep has been checked. It returns a [MismatchError] if the file holds something else,
// and an error that wraps [ErrLocked] if another process writes to it.
func Open(path string, s explore.Sweep, limits worker.Limits) (*Store, error) {
	specification, err := NewSpecification(s, limits)
	if err != nil {
		return nil, err
	}
	program, err := ThisProgram()
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, err
	}
	store := &Store{lock: lock, ended: make(chan struct{})}
	store.queue.init()
	if store.file, err = openFile(path, "rw"); err == nil {
		err = store.prepare(s, specification, program)
	}
	if err != nil {
		// The lock is a handle of the same file, and its end would end SQLite's locks
		// with it (fcntl(2)), so it goes last.
		return nil, errors.Join(err, store.file.Close(), lock.Close())
	}
	go func() {
		defer close(store.ended)
		store.queue.serve(store.writer.commit)
	}()
	return store, nil
}

// lockFile opens a file, which it creates if there is none, and locks it.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		var cause *fs.PathError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(&MismatchError{path, "is no store of dtlssim: it is no regular file"}, f.Close())
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), f.Close())
	}
	return f, nil
}

// prepare makes a new file a store, or checks that it is the right one.
func (s *Store) prepare(sweep explore.Sweep, specification Specification, program Program) error {
	empty, err := s.file.check()
	if err != nil {
		return err
	}
	if !empty {
		if err := s.file.belongs(specification, program); err != nil {
			return err
		}
	}
	ctx := context.Background()
	// Readers see the last commit while the next is written.
	if _, err := s.db.ExecContext(ctx, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL"); err != nil {
		return s.explain(err)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	if empty {
		err = create(tx, sweep, specification)
	}
	if err == nil {
		err = program.insert(tx)
	}
	if err != nil {
		return s.explain(errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return s.explain(err)
	}
	s.writer.file = s.file
	return s.explain(s.writer.load())
}

// Recall implements [explore.Store].
func (s *Store) Recall(f func(point, replication int, o worker.Outcome, d *explore.Difference) error) error {
	differences, err := s.differences()
	if err != nil {
		return err
	}
	return s.Replications(func(r *Replication) error {
		var d *explore.Difference
		if found, ok := differences[key(r.Point, r.Replication)]; ok {
			d = &found
		}
		return f(r.Point, r.Replication, r.outcome(), d)
	})
}

// Keep implements [explore.Store]. It waits if replications end faster than they are
// committed.
func (s *Store) Keep(point, replication int, o worker.Outcome, d *explore.Difference) error {
	return s.queue.put(kept{key(point, replication), o, d})
}

// Close commits what is left and gives the file free. It returns the first error of
// all commits.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.queue.end()
		<-s.ended
		err := s.queue.failed()
		if err == nil {
			// Without its log the file can be read where nothing can be written, and
			// copied as it is. Whoever reads it at this moment keeps the log.
			_, _ = s.db.ExecContext(context.Background(), "PRAGMA journal_mode = DELETE")
		}
		s.closed = errors.Join(err, s.file.Close(), s.lock.Close())
	})
	return s.closed
}

// key is the identity of a replication in a file: the design point in its upper half,
// the number of the replication in the lower.
func key(point, replication int) int64 { return int64(point)<<keyBits | int64(replication) }

// keyBits is how many bits of a key are the number of the replication.
const keyBits = 32
