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
	"github.com/dtlssim/dtlssim/scenarios/store/check"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
)

// Store is a file to which only this process adds replications. Its methods are safe for concurrent
// use.
type Store struct {
	query.File
	file layout.File
	lock *os.File

	watch      *layout.Watch
	sum        string     // SHA-256 of the specification
	run        int64      // row in the table program
	noRuns     bool       // the file had no runs when it was opened
	committing sync.Mutex // held during a transaction; guards the writer
	writer     writer
	queue      queue
	ended      chan struct{} // closed when the committing goroutine has ended
	close      sync.Once
	closed     error
}

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
// is the budget of a study, which the file records. Open returns a [layout.MismatchError] if the file
// holds something else, a [layout.DamagedError] if it is damaged, and an error that wraps
// [layout.ErrLocked] if another process is writing to it.
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

// commit commits a batch from the queue, and returns how many transactions were committed so far.
func (s *Store) commit(batch []record.Kept) (commits int64, err error) {
	s.committing.Lock()
	defer s.committing.Unlock()
	err = s.writer.commit(batch)
	return s.writer.ledger.Commits(), err
}

// prepare turns a new file into a store, or checks that an existing one is whole and matches, and
// folds in the pending records.
func (s *Store) prepare(specification provenance.Specification, program provenance.Program, budget float64) error {
	empty, err := s.file.Check()
	if err != nil {
		return err
	}
	seals := map[layout.SealKey]layout.Seal{}
	if !empty {
		there, err := whole(s.file)
		if err != nil {
			return err
		}
		seals = there.Seals
		if err := s.belongs(specification, program); err != nil {
			return err
		}
	}
	if s.watch, err = layout.NewWatch(s.file.Path, s.lock); err != nil {
		return err
	}
	if err := s.file.Log(); err != nil {
		return err
	}
	text, sum := specification.Encode()
	s.sum = sum
	s.writer = writer{
		file: s.file, query: s.File, ledger: layout.NewLedger(s.file, seals), moved: s.watch.Check,
	}
	err = s.writer.transact(func(tx *sql.Tx) error {
		if empty {
			if err := layout.Create(tx, s.writer.ledger, text, sum); err != nil {
				return err
			}
		}
		s.run, err = insertProgram(tx, s.writer.ledger, program, budget)
		return err
	})
	if err != nil {
		return err
	}
	// What the killed process had done and is not there is performed again.
	identity, _, err := s.writer.fold()
	if err != nil {
		return err
	}
	runs, err := s.Runs()
	if err != nil {
		return err
	}
	s.noRuns = runs == 0
	j, err := journal.Open(s.file.Path, identity)
	if err != nil {
		return err
	}
	s.queue.init(s.file, j)
	if err := s.watch.Add(append(journal.Names(s.file.Path), s.file.Path+"-wal")...); err != nil {
		return errors.Join(err, j.Close())
	}
	return s.queue.mark(s.writer.ledger.Commits())
}

// whole verifies a store. It returns a [layout.DamagedError] if it is not whole.
func whole(f layout.File) (*check.Result, error) {
	r, err := check.File(f)
	if err == nil && len(r.Faults) > 0 {
		err = f.Damaged(r.Faults...)
	}
	return r, err
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
			faults[i] = &layout.MismatchError{Path: s.file.Path, Reason: "holds another specification: " + d}
		}
		return errors.Join(faults...)
	}
	programs, err := s.Programs()
	if err != nil || len(programs) == 0 {
		return err
	}
	if other := programs[len(programs)-1]; other.Binary != p.Binary {
		return &layout.MismatchError{Path: s.file.Path, Reason: fmt.Sprintf(
			"was written by another binary, and only one and the same gives the same results: %s; this is %s",
			other.Describe(), p.Describe(),
		)}
	}
	return nil
}

// Close commits the remaining replications and closes the file. If this process added any, it
// verifies the file: another program may have changed it meanwhile. It returns the first error of all commits.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.queue.end()
		<-s.ended
		err := errors.Join(s.queue.failed(), s.queue.journal.Close())
		if err == nil {
			err = s.watch.Check()
		}
		written := err == nil
		if written {
			s.file.Unlog()
			err = journal.Remove(s.file.Path)
		}
		err = errors.Join(err, s.file.Close())
		if written && s.writer.added {
			err = errors.Join(err, verify(s.file.Path))
		}
		s.closed = errors.Join(err, s.lock.Close())
	})
	return s.closed
}

// verify verifies the store at a path.
func verify(path string) error {
	f, err := layout.Open(path, "ro")
	if err == nil {
		_, err = whole(f)
	}
	return errors.Join(err, f.Close())
}

// insertProgram adds a row for a run of a program and returns its number.
func insertProgram(tx *sql.Tx, l *layout.Ledger, p provenance.Program, budget float64) (run int64, err error) {
	if err := tx.QueryRow("SELECT coalesce(max(run), 0) + 1 FROM program").Scan(&run); err != nil {
		return 0, err
	}
	_, err = l.Insert(tx, "program", run, p.Started, nil, budget, p.Version, p.Binary, p.Go, p.Modules, p.Platform,
		p.Processor, p.Processors)
	return run, err
}
