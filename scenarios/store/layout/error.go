package layout

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/dtlssim/dtlssim/scenarios/command"
)

// MismatchError says that a file is not a store, or is a store of something else. Nothing was
// changed.
type MismatchError struct {
	Path   string
	Reason string
}

// Error implements error.
func (e *MismatchError) Error() string { return e.Path + " " + e.Reason }

// ErrLocked is wrapped by the error of [Lock] if another process is writing to the file.
var ErrLocked = errors.New("another process is writing to it")

// DamagedError says that a store is damaged. Nothing was read from it, and nothing was changed.
type DamagedError struct {
	Path   string
	Faults []string // what is damaged; at least one
}

// Error implements error. It names the first faults, and the way out.
func (e *DamagedError) Error() string {
	const shown = 3
	first := strings.Join(e.Faults[:min(shown, len(e.Faults))], "; ")
	text := e.Path + " is damaged, so nothing is read from it: " + first
	if more := len(e.Faults) - shown; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return fmt.Sprintf(
		"%s. This names all of it: %s. This saves the rest in a new store: %s", text,
		command.New("query", e.Path, "check"), SalvageCommand(e.Path),
	)
}

// SalvageCommand returns the command that saves what is whole in a damaged store.
func SalvageCommand(path string) command.Line {
	return command.New("query", path, "salvage", "-o", strings.TrimSuffix(path, filepath.Ext(path))+
		"-salvaged.sqlite")
}

// Damaged returns an error that says what is damaged in the file.
func (f File) Damaged(faults ...string) error { return &DamagedError{f.Path, faults} }

// explained is a file error with a readable message.
type explained struct{ error }

func (e explained) Unwrap() error { return e.error }

// Explain gives an error of SQLite, or of a file next to the store, a readable message.
func (f File) Explain(err error) error {
	var worded explained
	if err == nil || errors.As(err, &worded) {
		return err
	}
	return explained{f.word(err)}
}

func (f File) word(err error) error {
	var of *sqlite.Error
	var mismatch *MismatchError
	var damaged *DamagedError
	switch {
	case errors.As(err, &mismatch), errors.As(err, &damaged):
		return err
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return f.full()
	case !errors.As(err, &of):
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	switch of.Code() & 0xff { // the lower byte of an extended code, https://www.sqlite.org/rescode.html
	case codes.SQLITE_NOTADB:
		return &MismatchError{f.Path, "is no store of dtlssim: it is no SQLite file"}
	case codes.SQLITE_CORRUPT:
		return f.Damaged(of.Error())
	case codes.SQLITE_FULL:
		return f.full()
	case codes.SQLITE_READONLY:
		return fmt.Errorf("%s cannot be written: it, or its folder, is read-only", f.Path)
	case codes.SQLITE_CANTOPEN:
		return fmt.Errorf(
			"%s cannot be opened: it, its folder, or the log beside it, %s-wal, is missing or may not be read or made",
			f.Path, filepath.Base(f.Path),
		)
	case codes.SQLITE_BUSY:
		return fmt.Errorf("%s is in use by another process: %w", f.Path, err)
	case codes.SQLITE_IOERR:
		return fmt.Errorf("%s: %w. What was committed is in it; the same command goes on from there", f.Path, err)
	}
	return fmt.Errorf("%s: %w", f.Path, err)
}

func (f File) full() error {
	return fmt.Errorf(
		"%s cannot be written: the disk is full. What was committed is in it; the same command goes on from there",
		f.Path,
	)
}
