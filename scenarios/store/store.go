// Package store keeps the results of a study in an SQLite file, one file per study: the
// replications of its sweeps, the runs of its window searches, and the answers. They survive the
// process, however it ends. If the same study is started again, it reads them from the file and
// performs only the rest. A single sweep is stored like a study with one part.
//
// In: replications, runs and answers as they arrive. Out: the same, for a sweep or a search
// that asks again. Data flow:
//
//	Keep, Do -> queue -> journal           the result is acknowledged
//	            queue -> writer -> layout  a goroutine commits a batch
//	journal -> writer                      if a killed process left records
//	layout -> query -> Recall, Do, Reader  the stored results
//
// All replications of a file have the same specification and were performed by the same binary.
// Only then are they what this process would have found. The file says how many replications of
// each design point it holds, not how many are wanted, so more can be added.
//
// Commits take about 1 % of the time. A replication waits for those that end next: usually some ten
// milliseconds, at most 100 ms. Until it is committed, it is a record of the journal, two files
// next to the store (FILE-pending-0 and -1). These are folded in when the store is next opened. So
// kill -9 loses only what is in flight: no replication for which Keep has returned, and no run that
// a search has received.
//
// A power loss or a crash of the operating system may lose the journal and the commits since
// SQLite's last checkpoint, some thousand replications. It does not damage the file
// (synchronous=NORMAL with a write-ahead log,
// https://www.sqlite.org/pragma.html#pragma_synchronous), and the same command performs the missing
// replications again.
package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// Store is a file to which only this process adds replications. Its methods are safe for concurrent
// use.
type Store struct {
	query.File
	file layout.File
	lock *os.File

	run        int64      // row in the table program
	noRuns     bool       // the file had no runs when it was opened
	committing sync.Mutex // held during a transaction; guards the writer
	writer     writer
	queue      queue
	ended      chan struct{} // closed when the committing goroutine has ended
	close      sync.Once
	closed     error
}

// MismatchError says that a file is not a store, or that it holds replications of another
// specification or binary. Nothing was changed.
type MismatchError = layout.MismatchError

// ErrLocked is wrapped by the error of Open if another process writes to the file.
var ErrLocked = layout.ErrLocked

// OpenSweep opens the store of a sweep (see [Open]) and returns the sample.Store for its
// replications.
func OpenSweep(path string, sweep sample.Sweep, limits run.Limits) (*Store, sample.Store, error) {
	if err := checkRoom(sweep); err != nil {
		return nil, nil, err
	}
	specification, err := provenance.OfSweep(sweep, limits)
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

// Open opens the store of a specification for writing, and creates it if it does not exist. budget
// is the budget of a study, which the file records. Open returns a [MismatchError] if the file
// holds something else, and an error that wraps [ErrLocked] if another process is writing to it.
func Open(path string, specification provenance.Specification, budget float64) (*Store, error) {
	program, err := provenance.ThisProgram()
	if err != nil {
		return nil, err
	}
	lock, err := layout.Lock(path, os.O_CREATE)
	if err != nil {
		return nil, err
	}
	store := &Store{lock: lock, ended: make(chan struct{})}
	if store.file, err = layout.Open(path, "rw"); err == nil {
		store.File = query.Of(store.file)
		err = store.prepare(specification, program, budget)
	}
	if err != nil {
		// The lock is a handle of the same file. Closing it would release SQLite's locks too
		// (fcntl(2)), so close it last.
		return nil, errors.Join(err, store.file.Close(), lock.Close())
	}
	go func() {
		defer close(store.ended)
		store.queue.serve(store.commit)
	}()
	return store, nil
}

// commit commits a batch from the queue.
func (s *Store) commit(batch []kept) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	return s.writer.commit(batch)
}

// prepare turns a new file into a store, or checks that an existing one matches, and folds in the
// pending records.
func (s *Store) prepare(specification provenance.Specification, program provenance.Program, budget float64) error {
	empty, err := s.file.Check()
	if err != nil {
		return err
	}
	if !empty {
		if err := s.belongs(specification, program); err != nil {
			return err
		}
	}
	if err := s.file.Log(); err != nil {
		return err
	}
	err = s.file.Transaction(func(tx *sql.Tx) error {
		if empty {
			text, sum := specification.Encode()
			if err := layout.Create(tx, text, sum); err != nil {
				return err
			}
		}
		s.run, err = insertProgram(tx, program, budget)
		return err
	})
	if err != nil {
		return err
	}
	s.writer.file, s.writer.query = s.file, s.File
	identity, err := s.writer.fold()
	if err != nil {
		return err
	}
	var runs int
	if err := s.file.DB.QueryRow("SELECT count(*) FROM (SELECT 1 FROM run LIMIT 1)").Scan(&runs); err != nil {
		return s.file.Explain(err)
	}
	s.noRuns = runs == 0
	j, err := journal.Open(s.file.Path, identity)
	if err != nil {
		return err
	}
	s.queue.init(s.file, j)
	return nil
}

// belongs returns an error if replications of a specification, performed by a program, cannot be
// added to the file.
func (s *Store) belongs(now provenance.Specification, p provenance.Program) error {
	there, err := s.Specification()
	if err != nil {
		return err
	}
	if differences := there.Differences(now); len(differences) > 0 {
		faults := make([]error, len(differences))
		for i, d := range differences {
			faults[i] = &MismatchError{Path: s.file.Path, Reason: "holds another specification: " + d}
		}
		return errors.Join(faults...)
	}
	programs, err := s.Programs()
	if err != nil || len(programs) == 0 {
		return err
	}
	if other := programs[len(programs)-1]; other.Binary != p.Binary {
		return &MismatchError{Path: s.file.Path, Reason: fmt.Sprintf(
			"was written by another binary, and only one and the same gives the same results: %s; this is %s",
			other.Describe(), p.Describe(),
		)}
	}
	return nil
}

// Close commits the remaining replications and closes the file. It returns the first error of all
// commits.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.queue.end()
		<-s.ended
		err := errors.Join(s.queue.failed(), s.queue.journal.Close())
		if err == nil {
			s.file.Unlog()
			err = journal.Remove(s.file.Path)
		}
		s.closed = errors.Join(err, s.file.Close(), s.lock.Close())
	})
	return s.closed
}

// insertProgram adds a row for a run of a program and returns its number.
func insertProgram(tx *sql.Tx, p provenance.Program, budget float64) (int64, error) {
	r, err := tx.Exec("INSERT INTO program VALUES (NULL, ?, NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
		p.Started, budget, p.Version, p.Binary, p.Go, p.Modules, p.Platform, p.Processor, p.Processors)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}
