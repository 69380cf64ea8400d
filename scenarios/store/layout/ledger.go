package layout

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Seal says how many rows a table has, and what their checksums add up to, modulo 2^64. The sum
// does not depend on the order in which the rows arrived.
type Seal struct{ Rows, Total int64 }

// Add adds a row with a checksum.
func (s *Seal) Add(checksum int64) { s.Rows, s.Total = s.Rows+1, s.Total+checksum }

// SealKey names what a seal is of: a table, and for replications the design point.
type SealKey struct {
	Table string
	Point int64
}

// The seals that are of no table's rows.
const (
	sealTable   = "seal"
	commitCount = "commit"
)

// The tables of what was performed.
const (
	ReplicationTable = "replication"
	RunTable         = "run"
)

// Ledger changes the rows of a store and keeps their checksums and seals. Rows are only changed
// through it. It is not safe for concurrent use.
type Ledger struct {
	file  File
	seals map[SealKey]Seal // as committed
	next  map[SealKey]Seal // those that the current transaction has changed
	sum   Sum
}

// NewLedger returns the ledger of a file with these seals, which it keeps and changes.
func NewLedger(f File, seals map[SealKey]Seal) *Ledger {
	return &Ledger{file: f, seals: seals, next: map[SealKey]Seal{}}
}

// Commits returns how many transactions were committed to the file.
func (l *Ledger) Commits() int64 { return l.seals[SealKey{Table: commitCount}].Rows }

// Commits returns how many transactions were committed to a file with these seals.
func Commits(seals map[SealKey]Seal) int64 { return seals[SealKey{Table: commitCount}].Rows }

// Transaction performs a transaction in which rows are changed.
func (l *Ledger) Transaction(do func(tx *sql.Tx) error) error {
	clear(l.next)
	err := l.file.Transaction(func(tx *sql.Tx) error {
		if err := do(tx); err != nil {
			return err
		}
		return l.write(tx)
	})
	if err == nil {
		maps.Copy(l.seals, l.next)
	}
	clear(l.next)
	return err
}

// current returns the seal as of now, in a transaction.
func (l *Ledger) current(key SealKey) Seal {
	if s, ok := l.next[key]; ok {
		return s
	}
	return l.seals[key]
}

// count changes a seal: rows more with checksums that add up to total.
func (l *Ledger) count(key SealKey, rows, total int64) {
	s := l.current(key)
	l.next[key] = Seal{s.Rows + rows, s.Total + total}
}

// write writes the changed seals, and the seal of all seals.
func (l *Ledger) write(tx *sql.Tx) error {
	l.count(SealKey{Table: commitCount}, 1, 0)
	all := l.seals[SealKey{Table: sealTable}]
	for key, s := range l.next {
		if before, ok := l.seals[key]; ok {
			all.Rows, all.Total = all.Rows-1, all.Total-SealSum(&l.sum, key, before)
		}
		all.Add(SealSum(&l.sum, key, s))
	}
	l.next[SealKey{Table: sealTable}] = all
	for key, s := range l.next {
		if _, err := tx.Exec("INSERT OR REPLACE INTO seal VALUES (?, ?, ?, ?, ?)", key.Table, key.Point, s.Rows,
			s.Total, SealSum(&l.sum, key, s)); err != nil {
			return err
		}
	}
	return nil
}

// SealSum returns the checksum of a row of the table seal.
func SealSum(sum *Sum, key SealKey, s Seal) int64 {
	return sum.Of(sealTable).Text(key.Table).Int(key.Point).Int(s.Rows).Int(s.Total).Done()
}

// TotalOfSeals returns what the seal of all seals must be.
func TotalOfSeals(seals map[SealKey]Seal) (all Seal) {
	var sum Sum
	for key, s := range seals {
		if key.Table != sealTable {
			all.Add(SealSum(&sum, key, s))
		}
	}
	return all
}

// Insert adds a row, given without its checksum, unless the table has one with the same key. It
// reports whether it added it.
func (l *Ledger) Insert(tx *sql.Tx, table string, values ...any) (added bool, err error) {
	checksum, err := l.sum.Row(table, values...)
	if err != nil {
		return false, err
	}
	text := "INSERT OR IGNORE INTO " + table + " VALUES (" + strings.Repeat("?, ", len(values)) + "?)"
	r, err := tx.Exec(text, append(slices.Clip(values), checksum)...)
	if err != nil {
		return false, err
	}
	return l.Inserted(r, SealKey{Table: table}, checksum)
}

// Inserted counts a row that a statement may have added.
func (l *Ledger) Inserted(r sql.Result, key SealKey, checksum int64) (added bool, err error) {
	n, err := r.RowsAffected()
	if err == nil && n == 1 {
		l.count(key, 1, checksum)
	}
	return n == 1, err
}

// Update sets a column of the row with an integer key, counted from 0.
func (l *Ledger) Update(tx *sql.Tx, table, key string, of int64, column int, value any) error {
	rows, err := tx.Query("SELECT * FROM "+table+" WHERE "+key+" = ?", of)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		return errors.Join(rows.Err(), fmt.Errorf("the table %s has no row %d", table, of))
	}
	names, values, err := Values(rows)
	if err == nil {
		err = rows.Close()
	}
	if err != nil {
		return err
	}
	last := len(values) - 1
	before, _ := values[last].(int64)
	values[column] = value
	after, err := l.sum.Row(table, values[:last]...)
	if err != nil {
		return err
	}
	if _, err = tx.Exec("UPDATE "+table+" SET "+names[column]+" = ?, checksum = ? WHERE "+key+" = ?", value, after,
		of); err == nil {
		l.count(SealKey{Table: table}, 0, after-before)
	}
	return err
}

// Clear deletes all rows of a table that is not of replications.
func (l *Ledger) Clear(tx *sql.Tx, table string) error {
	key := SealKey{Table: table}
	if l.current(key) == (Seal{}) {
		return nil
	}
	_, err := tx.Exec("DELETE FROM " + table)
	l.next[key] = Seal{}
	return err
}

// ClearAnswers deletes all answers, and the mark that the store is complete.
func (l *Ledger) ClearAnswers(tx *sql.Tx) error {
	for _, table := range append([]string{"complete"}, answerTables...) {
		if err := l.Clear(tx, table); err != nil {
			return err
		}
	}
	return nil
}

// Complete marks the store as complete. sum is the SHA-256 of the specification.
func (l *Ledger) Complete(tx *sql.Tx, sum string) error {
	if err := l.Clear(tx, "complete"); err != nil {
		return err
	}
	seals := maps.Clone(l.seals)
	maps.Copy(seals, l.next)
	replications, runs, digest := Contents(seals, sum)
	_, err := l.Insert(tx, "complete", replications, runs, digest)
	return err
}

// Contents returns how many replications and runs a store with these seals has, and the digest of
// what it holds, in hexadecimal. The digest depends neither on the number of workers nor on
// interruptions, because it leaves out what does: programs, dumps, the numbers of outcomes and
// measures, and the runs of searches, of which only the answers count. sum is the SHA-256 of the
// specification.
func Contents(seals map[SealKey]Seal, sum string) (replications, runs int64, digest string) {
	h := sha256.New()
	fmt.Fprintln(h, sum)
	line := func(key SealKey) {
		if s := seals[key]; s.Rows > 0 {
			fmt.Fprintln(h, key.Table, key.Point, s.Rows, s.Total)
		}
	}
	for _, table := range append([]string{"part", "point"}, answerTables...) {
		line(SealKey{Table: table})
	}
	var points []int64
	for key, s := range seals {
		if key.Table == ReplicationTable {
			points = append(points, key.Point)
			replications += s.Rows
		}
	}
	slices.Sort(points)
	for _, point := range points {
		line(SealKey{ReplicationTable, point})
	}
	return replications, seals[SealKey{Table: RunTable}].Rows, fmt.Sprintf("%x", h.Sum(nil))
}

// Values returns the names and values of the current row of a result.
func Values(rows *sql.Rows) (names []string, values []any, err error) {
	names, err = rows.Columns()
	if err != nil {
		return nil, nil, err
	}
	values = make([]any, len(names))
	targets := make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	return names, values, rows.Scan(targets...)
}
