// Package layout defines the SQLite file of a store: its tables and views, the check that a file
// has this layout, transactions, the lock against a second writer, and readable messages for
// SQLite's errors.
//
// In: a path. Out: an open [File], on which packages store and query run their SQL.
package layout

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// File is an open store.
type File struct {
	Path string
	DB   *sql.DB

	tx *sql.Tx // nil: each query reads what is committed then
}

// In returns the file as a transaction sees it.
func (f File) In(tx *sql.Tx) File {
	f.tx = tx
	return f
}

// busy is how long, in milliseconds, a statement waits for a lock of another process, such as a
// reader while the log is started or ended.
const busy = 5000

// Open opens an existing file in SQLite's mode ro or rw. It reads nothing.
func Open(path, mode string) (File, error) {
	f := File{Path: path}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return f, err
	}
	name := (&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath()
	f.DB, err = sql.Open(
		"sqlite", fmt.Sprintf("file:%s?mode=%s&_pragma=busy_timeout(%d)&_pragma=synchronous(normal)&"+
			"_pragma=cell_size_check(1)&_pragma=trusted_schema(0)", name, mode, busy),
	)
	if err != nil {
		return f, f.Explain(err)
	}
	f.DB.SetMaxOpenConns(2) // one to write, and one to read at the same time
	return f, nil
}

// Close closes the file.
func (f File) Close() error {
	if f.DB == nil {
		return nil
	}
	return f.Explain(f.DB.Close())
}

// Check reports whether the file is empty. It returns a [MismatchError] if the file is neither
// empty nor a store with this layout.
func (f File) Check() (empty bool, err error) {
	var application, version, tables int
	for pragma, value := range map[string]*int{"application_id": &application, "user_version": &version} {
		if err := f.Row("PRAGMA " + pragma).Scan(value); err != nil {
			return false, f.Explain(err)
		}
	}
	if err := f.Row("SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return false, f.Explain(err)
	}
	switch {
	case application == 0 && version == 0 && tables == 0: // new, or its creator ended immediately
		return true, nil
	case application != applicationID:
		return false, &MismatchError{f.Path, "is no store of dtlssim: it is an SQLite file of another program"}
	case version != layoutVersion:
		return false, &MismatchError{f.Path, otherLayout(version)}
	case tables == 0:
		return false, f.Damaged("it has no tables")
	}
	return false, nil
}

// otherLayout says that a store has a different layout, and what to do about it.
func otherLayout(version int) string {
	text := fmt.Sprintf("has the layout %d; this dtlssim reads and writes the layout %d. ", version, layoutVersion)
	if version > layoutVersion {
		return text + "A later dtlssim wrote it: use that one"
	}
	return text + "An earlier dtlssim wrote it: read it with that one, or move it away and run the same command " +
		"again, which makes a new store"
}

// Log switches SQLite to a write-ahead log. Readers then see the last commit while the next one is
// written.
func (f File) Log() error {
	_, err := f.DB.Exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
	return f.Explain(err)
}

// Unlog ends the write-ahead log. Without it, the file can be read on a read-only disk and copied
// as it is. If another process is reading the file, the log stays.
func (f File) Unlog() {
	f.DB.SetMaxOpenConns(1) // another connection would also keep the log
	_, _ = f.DB.Exec("PRAGMA journal_mode = DELETE")
}

// Transaction performs a transaction.
func (f File) Transaction(do func(tx *sql.Tx) error) error {
	tx, err := f.DB.BeginTx(context.Background(), nil)
	if err != nil {
		return f.Explain(err)
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback() // it fails where SQLite has rolled back already, as on a full disk
		return f.Explain(err)
	}
	return f.Explain(tx.Commit())
}

// Read performs a transaction that only reads: all its queries see the same content. Within a
// transaction, it is part of that one.
func (f File) Read(do func(File) error) error {
	if f.tx != nil {
		return do(f)
	}
	tx, err := f.DB.BeginTx(context.Background(), nil)
	if err != nil {
		return f.Explain(err)
	}
	defer func() { _ = tx.Rollback() }()
	return do(f.In(tx))
}

// Rows performs a query.
func (f File) Rows(text string, args ...any) (*sql.Rows, error) {
	if f.tx != nil {
		return f.tx.Query(text, args...)
	}
	return f.DB.Query(text, args...)
}

// Row performs a query of one row.
func (f File) Row(text string, args ...any) *sql.Row {
	if f.tx != nil {
		return f.tx.QueryRow(text, args...)
	}
	return f.DB.QueryRow(text, args...)
}

// Query calls scan for each row of the result.
func (f File) Query(text string, scan func(*sql.Rows) error) error {
	rows, err := f.Rows(text)
	if err != nil {
		return f.Explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return f.Explain(rows.Err())
}
