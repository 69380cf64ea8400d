// Package store keeps what a study performs in an SQLite file, one file per study: the
// replications of its sweeps, the runs of its window searches, and the answers. What is
// kept outlasts the process, however that ends; a study that is begun again takes it from
// there and performs the rest. A sweep that is no study's is a study of one part.
//
// A file holds replications of one specification, performed by one binary, for only
// then the contract holds that they are what this process would have found. It says
// how many there are of each design point, not how many are wanted: more can be added.
//
// Replications are committed as they end. Commits take about a hundredth of the time, so a
// replication waits some ten milliseconds for those that end next, 100 ms at most. Until then it is
// a record of a journal, two files beside the store (FILE-pending-0
// and -1), which are folded in when the store is opened next. So kill -9, and whatever
// else ends the process, loses what is in flight and nothing else: no replication of which
// Keep has returned, no run that a search was given.
//
// A loss of power, or a crash of the operating system, may take the commits since the last
// checkpoint of SQLite with it, some thousand replications, and what is in the journal; it
// does not damage the file (synchronous=NORMAL with a write-ahead log,
// https://www.sqlite.org/pragma.html#pragma_synchronous), and the same command performs
// again what is missing.
package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// Store is a file that this process, and no other, adds replications to. Its methods
// may be called from any goroutine.
type Store struct {
	file
	lock *os.File

	run        int64      // row of the table program
	noRuns     bool       // that were kept before
	committing sync.Mutex // held by a transaction, and with it the writer
	writer     writer
	queue      queue
	ended      chan struct{} // closed when the committing goroutine has
	close      sync.Once
	closed     error
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

// OpenSweep opens the store of a sweep, see [Open], and returns where the replications
// are kept.
func OpenSweep(path string, sweep sample.Sweep, limits run.Limits) (*Store, sample.Store, error) {
	specification, err := OfSweep(sweep, limits)
	if err != nil {
		return nil, nil, err
	}
	s, err := Open(path, specification, 1)
	if err != nil {
		return nil, nil, err
	}
	kept, err := s.Sweep("", "", sweep)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, kept, nil
}

// Open opens the store of a specification for writing, and creates it if there is none.
// The budget, of a study, is noted. It returns a [MismatchError] if the file holds
// something else, and an error that wraps [ErrLocked] if another process writes to it.
func Open(path string, specification Specification, budget float64) (*Store, error) {
	program, err := ThisProgram()
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(path, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	store := &Store{lock: lock, ended: make(chan struct{})}
	if store.file, err = openFile(path, "rw"); err == nil {
		err = store.prepare(specification, program, budget)
	}
	if err != nil {
		// The lock is a handle of the same file, and its end would end SQLite's locks
		// with it (fcntl(2)), so it goes last.
		return nil, errors.Join(err, store.file.Close(), lock.Close())
	}
	go func() {
		defer close(store.ended)
		store.queue.serve(store.commit)
	}()
	return store, nil
}

// commit commits what the queue hands over.
func (s *Store) commit(batch []kept) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	return s.writer.commit(batch)
}

// lockFile opens a file, which it creates if create is os.O_CREATE and there is none,
// and locks it.
func lockFile(path string, create int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|create, 0o644)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written: %w", path, reason(err))
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(&MismatchError{path, "is no store of dtlssim: it is no regular file"}, f.Close())
	}
	if err := lock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s cannot be written: %w", path, err), f.Close())
	}
	return f, nil
}

// prepare makes a new file a store, or checks that it is the right one, and folds in
// what is pending beside it.
func (s *Store) prepare(specification Specification, program Program, budget float64) error {
	empty, err := s.file.check()
	if err != nil {
		return err
	}
	if !empty {
		if err := s.file.belongs(specification, program); err != nil {
			return err
		}
	}
	if err := s.file.log(); err != nil {
		return err
	}
	err = s.transaction(func(tx *sql.Tx) error {
		if empty {
			if err := create(tx, specification); err != nil {
				return err
			}
		}
		s.run, err = program.insert(tx, budget)
		return err
	})
	if err != nil {
		return err
	}
	s.writer.file = s.file
	identity, err := s.writer.fold()
	if err != nil {
		return err
	}
	var runs int
	if err := s.db.QueryRow("SELECT count(*) FROM (SELECT 1 FROM run LIMIT 1)").Scan(&runs); err != nil {
		return s.explain(err)
	}
	s.noRuns = runs == 0
	j, err := openJournal(s.path, identity)
	if err != nil {
		return err
	}
	s.queue.init(s.file, j)
	return nil
}

// log has the file written by way of a log beside it: readers see the last commit while
// the next is written.
func (f file) log() error {
	_, err := f.db.Exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
	return f.explain(err)
}

// unlog ends that. Without its log the file can be read where nothing can be written, and
// copied as it is. Whoever reads it at this moment keeps the log.
func (f file) unlog() {
	f.db.SetMaxOpenConns(1) // another connection would keep it as well
	_, _ = f.db.Exec("PRAGMA journal_mode = DELETE")
}

// fold reads what the writer goes on from, commits what is pending beside the file, and
// returns the identity of the file.
func (w *writer) fold() (identity []byte, err error) {
	if err := w.load(); err != nil {
		return nil, w.explain(err)
	}
	var points int64
	if err := w.db.QueryRow("SELECT file, (SELECT count(*) FROM point) FROM specification").Scan(&identity,
		&points); err != nil {
		return nil, w.explain(err)
	}
	var batch []kept
	commit := func() error {
		err := w.commit(batch)
		batch = batch[:0]
		return err
	}
	err = readJournal(w.path, identity, func(k kept) error {
		if k.run == nil && k.key>>keyBits >= points { // a loss of power took the point
			return nil
		}
		if batch = append(batch, k); len(batch) == maxWaiting {
			return commit()
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = commit()
	}
	return identity, err
}

// killed tells whether something lies beside a store that a process leaves there only if
// it still writes, or was killed: a journal of ours or of SQLite, or SQLite's log.
func killed(path string) bool {
	for _, end := range []string{"-journal", "-wal"} { // https://www.sqlite.org/tempfiles.html
		if _, err := os.Stat(path + end); err == nil {
			return true
		}
	}
	return pending(path)
}

// recoverKilled folds in what a process that was killed left beside a store: what was
// pending, and half a transaction of SQLite's, which cannot even be read before that. It
// returns an error that wraps ErrLocked if the process is alive.
func recoverKilled(path string) error {
	lock, err := lockFile(path, 0)
	if err != nil {
		return err
	}
	f, err := openFile(path, "rw")
	empty := true
	if err == nil {
		empty, err = f.check()
	}
	if err == nil && !empty {
		if err = f.log(); err == nil {
			_, err = (&writer{file: f}).fold()
		}
		if err == nil {
			f.unlog()
			err = removeJournal(path)
		}
	}
	return errors.Join(err, f.Close(), lock.Close())
}

// Close commits what is left and gives the file free. It returns the first error of
// all commits.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.queue.end()
		<-s.ended
		err := errors.Join(s.queue.failed(), s.queue.journal.close())
		if err == nil {
			s.file.unlog()
			err = removeJournal(s.path)
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
