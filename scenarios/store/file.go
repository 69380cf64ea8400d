package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// file is a store that is open.
type file struct {
	path string
	db   *sql.DB
}

// busy is how long, in milliseconds, a statement waits for a lock of another process:
// a reader's, while the log is begun or ended.
const busy = 5000

// openFile opens a file that there is, in SQLite's mode ro or rw. Nothing is read.
func openFile(path, mode string) (file, error) {
	f := file{path: path}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return f, err
	}
	name := (&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath()
	f.db, err = sql.Open(
		"sqlite", fmt.Sprintf("file:%s?mode=%s&_pragma=busy_timeout(%d)&_pragma=synchronous(normal)", name, mode, busy),
	)
	if err != nil {
		return f, f.explain(err)
	}
	f.db.SetMaxOpenConns(2) // one that writes, and one that reads meanwhile
	return f, nil
}

// Close gives the file free.
func (f file) Close() error {
	if f.db == nil {
		return nil
	}
	return f.explain(f.db.Close())
}

// check tells whether the file is empty, or else a store of this layout.
func (f file) check() (empty bool, err error) {
	ctx := context.Background()
	var application, version, tables int
	for pragma, value := range map[string]*int{"application_id": &application, "user_version": &version} {
		if err := f.db.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(value); err != nil {
			return false, f.explain(err)
		}
	}
	if err := f.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return false, f.explain(err)
	}
	switch {
	case application == 0 && version == 0 && tables == 0: // nothing, or what a process left that ended at once
		return true, nil
	case application != applicationID:
		return false, &MismatchError{f.path, "is no store of dtlssim: it is an SQLite file of another program"}
	case version != layoutVersion:
		return false, &MismatchError{f.path, otherLayout(version)}
	}
	return false, nil
}

// otherLayout says that a store has a layout that is not this one's, and what to do.
func otherLayout(version int) string {
	text := fmt.Sprintf("has the layout %d; this dtlssim reads and writes the layout %d. ", version, layoutVersion)
	if version > layoutVersion {
		return text + "A later dtlssim wrote it: use that one"
	}
	return text + "An earlier dtlssim wrote it: read it with that one, or move it away and run the same command " +
		"again, " +
		"which makes a new store"
}

// belongs reports what keeps replications of a specification, performed by a program,
// from being added to the file.
func (f file) belongs(s Specification, p Program) error {
	there, err := f.Specification()
	if err != nil {
		return err
	}
	if differences := there.differences(s); len(differences) > 0 {
		faults := make([]error, len(differences))
		for i, d := range differences {
			faults[i] = &MismatchError{f.path, "holds another specification: " + d}
		}
		return errors.Join(faults...)
	}
	programs, err := f.Programs()
	if err != nil || len(programs) == 0 {
		return err
	}
	if other := programs[len(programs)-1]; other.Binary != p.Binary {
		return &MismatchError{
			f.path,
			fmt.Sprintf(
				"was written by another binary, and only one and the same gives the same results: %s; this is %s",
				other.Describe(), p.Describe(),
			),
		}
	}
	return nil
}

// explained is an error of a file that has been worded.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// explain words an error of SQLite, or of a file beside the store.
func (f file) explain(err error) error {
	var missing *MissingError
	var worded explained
	if err == nil || errors.As(err, &missing) || errors.As(err, &worded) {
		return err
	}
	return explained{f.word(err)}
}

func (f file) word(err error) error {
	var of *sqlite.Error
	var mismatch *MismatchError
	switch {
	case errors.As(err, &mismatch):
		return err
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return f.full()
	case !errors.As(err, &of):
		return fmt.Errorf("%s: %w", f.path, err)
	}
	switch of.Code() & 0xff { // the lower byte of an extended code, https://www.sqlite.org/rescode.html
	case codes.SQLITE_NOTADB:
		return &MismatchError{f.path, "is no store of dtlssim: it is no SQLite file"}
	case codes.SQLITE_CORRUPT:
		return fmt.Errorf("%s is damaged: %w", f.path, err)
	case codes.SQLITE_FULL:
		return f.full()
	case codes.SQLITE_READONLY:
		return fmt.Errorf("%s cannot be written: it, or its folder, is read-only", f.path)
	case codes.SQLITE_CANTOPEN:
		return fmt.Errorf(
			"%s cannot be opened: it, its folder, or the log beside it, %s-wal, is missing or may not be read or made",
			f.path, filepath.Base(f.path),
		)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("%s is in use by another process: %w", f.path, err)
	case codes.SQLITE_IOERR:
		return fmt.Errorf("%s: %w. What was committed is in it; the same command goes on from there", f.path, err)
	}
	return fmt.Errorf("%s: %w", f.path, err)
}

func (f file) full() error {
	return fmt.Errorf(
		"%s cannot be written: the disk is full. What was committed is in it; the same command goes on from there",
		f.path,
	)
}
