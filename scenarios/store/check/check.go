// Package check verifies a store before anything is read from it: SQLite's own structures, the
// definitions of its tables and views, the checksum of every row, and that no row is missing.
//
// In: an open [layout.File]. Out: a [Result] that names what is damaged, and the seals, with which
// a process goes on writing.
//
// What each step finds:
//
//   - PRAGMA integrity_check: damage in trees, indexes, and free pages, after which a scan of a table
//     finds all its rows, and an index finds what a scan would find;
//   - the schema: a view or a column that now says something else;
//   - checksums: a changed value, also one that moved to another row, table or column;
//   - seals: rows that are missing or were there twice.
//
// So a changed byte either changes no row and no definition, or it is reported.
package check

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// Result is what a store holds, and what of it is damaged.
type Result struct {
	Faults []string // what is damaged; none: the store is whole

	Seals              map[layout.SealKey]layout.Seal
	Points             map[int64]string // how messages name each design point
	Replications, Runs int64
	Digest             string // of the contents; see layout.Contents
	Complete           bool   // everything that was asked for was answered, and nothing was added since
}

// maxFaults is how many faults of SQLite's structures are listed.
const maxFaults = 20

// File verifies a store. The error is not nil if the file cannot be read for another reason than
// damage.
func File(f layout.File) (*Result, error) {
	v := verifier{
		file: f, found: map[layout.SealKey]layout.Seal{}, damaged: map[layout.SealKey]bool{}, cut: map[string]bool{},
		Result: Result{Seals: map[layout.SealKey]layout.Seal{}, Points: map[int64]string{}}, parts: map[int64]string{},
	}
	err := f.Read(func(f layout.File) error {
		v.file = f
		for _, step := range []func() error{
			v.structure, v.tables, v.replications, v.seals, v.schema,
		} {
			if err := v.failure(step()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := v.failure(err); err != nil {
		return nil, err
	}
	if len(v.Faults) > 0 {
		v.Complete = false
	}
	return &v.Result, nil
}

type verifier struct {
	Result
	file          layout.File
	most          int64                          // a table has at most so many rows
	found         map[layout.SealKey]layout.Seal // of the rows that are there
	damaged       map[layout.SealKey]bool        // tables with a damaged row, which is listed
	cut           map[string]bool                // tables that cannot be read to their ends
	parts         map[int64]string               // how messages name a part
	measure       []string                       // names, in the order of the columns
	specification string                         // its SHA-256
	complete      []any
}

func (v *verifier) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

// failure turns an error that only damage causes into a fault.
func (v *verifier) failure(err error) error {
	var damaged *layout.DamagedError
	var of *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &damaged):
		v.Faults = append(v.Faults, damaged.Faults...)
		return nil
	case errors.As(err, &of):
		switch of.Code() & 0xff {
		case codes.SQLITE_ERROR, codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_MISMATCH,
			codes.SQLITE_FORMAT, codes.SQLITE_TOOBIG, codes.SQLITE_CONSTRAINT, codes.SQLITE_INTERNAL:
			v.fault("%s", of.Error())
			return nil
		}
	}
	return v.file.Explain(err)
}

// cannotRead turns an error that only damage causes into a fault that names the table.
func (v *verifier) cannotRead(table string, err error) error {
	before := len(v.Faults)
	err = v.failure(err)
	if len(v.Faults) > before {
		v.Faults = append(v.Faults[:before], fmt.Sprintf("the table %s cannot be read to its end", table))
		v.cut[table] = true
	}
	return err
}

// structure lets SQLite check its pages.
func (v *verifier) structure() error {
	// A row takes at least one byte of a page.
	const bytes = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
	if err := v.file.Row(bytes).Scan(&v.most); err != nil {
		return err
	}
	return v.file.Query(fmt.Sprintf("PRAGMA integrity_check(%d)", maxFaults), func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "ok" && !strings.HasPrefix(line, "***") {
				v.fault("SQLite's structure: %s", line)
			}
		}
		return nil
	})
}

// tables verifies the rows of all tables but the replications.
func (v *verifier) tables() error {
	for _, table := range layout.Tables {
		if err := v.cannotRead(table, v.table(table)); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) table(name string) error {
	var sum layout.Sum
	key := layout.SealKey{Table: name}
	var seal layout.Seal
	err := v.file.Query("SELECT * FROM "+name, func(rows *sql.Rows) error {
		if seal.Rows > v.most {
			return v.file.Damaged("the table " + name + " has more rows than the file has room for")
		}
		_, values, err := layout.Values(rows)
		if err != nil {
			return err
		}
		last := len(values) - 1
		checksum, err := sum.Row(name, values[:last]...)
		if err != nil || values[last] != checksum {
			v.damaged[key] = true
			v.fault("%s", v.row(name, values))
			checksum, _ = values[last].(int64)
		} else {
			v.learn(name, values)
		}
		seal.Add(checksum)
		return nil
	})
	v.found[key] = seal
	return err
}

// row names a damaged row of a table.
func (v *verifier) row(table string, values []any) string {
	id, _ := values[0].(int64)
	switch table {
	case "point":
		return fmt.Sprintf("design point %d", id)
	case "part":
		figure, _ := values[1].(string)
		row, _ := values[2].(string)
		return PartName(id, figure, row)
	case "aborted", "difference":
		point, n := layout.OfKey(id)
		return fmt.Sprintf("replication %d of %s, in the table %s", n, v.point(int64(point)), table)
	case "search", "cell", "failure_window", "edge", "estimate", "answer":
		return fmt.Sprintf("a row of the table %s, of %s", table, v.part(id))
	case "run":
		return "a run of a search"
	}
	return "a row of the table " + table
}

// PartName returns how messages name a part.
func PartName(id int64, figure, row string) string {
	if figure == "" && row == "" {
		return fmt.Sprintf("part %d", id)
	}
	return fmt.Sprintf("figure %q, row %q", figure, row)
}

func (v *verifier) part(id int64) string {
	if name, ok := v.parts[id]; ok {
		return name
	}
	return fmt.Sprintf("part %d", id)
}

func (v *verifier) point(id int64) string {
	if name, ok := v.Points[id]; ok {
		return name
	}
	return fmt.Sprintf("point %d", id)
}

// learn remembers what other rows refer to.
func (v *verifier) learn(table string, values []any) {
	id, _ := values[0].(int64)
	text := func(i int) string {
		s, _ := values[i].(string)
		return s
	}
	switch table {
	case "specification":
		v.specification = text(2)
	case "part":
		v.parts[id] = PartName(id, text(1), text(2))
	case "point":
		part, _ := values[1].(int64)
		v.Points[id] = PointName(id, text(3), v.part(part))
	case "measure":
		v.measure = append(v.measure, text(1))
	case "complete":
		v.complete = values
	}
}

// PointName returns how messages name a design point: with its parameters, which are JSON, and its
// part.
func PointName(id int64, parameters, part string) string {
	var levels map[string]string
	_ = json.Unmarshal([]byte(parameters), &levels)
	name := fmt.Sprintf("point %d", id)
	if len(levels) > 0 {
		name += " (" + levelsText(levels) + ")"
	}
	if !strings.HasPrefix(part, "part ") {
		name = part + ", " + name
	}
	return name
}

func levelsText(levels map[string]string) string {
	var list []string
	for name, value := range levels {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	const shown = 3
	if len(list) > shown {
		list = append(list[:shown], "...")
	}
	return strings.Join(list, " ")
}

// replications verifies the replications of each design point.
func (v *verifier) replications() error {
	var key layout.SealKey
	var seal layout.Seal
	var numbers []int // of the damaged ones of the point
	end := func() {
		if len(numbers) > 0 {
			v.damaged[key] = true
			v.fault("%s: %s", v.point(key.Point), numbersText(numbers))
		}
		if seal.Rows > 0 {
			v.found[key] = seal
		}
		seal, numbers = layout.Seal{}, nil
	}
	rows := int64(0)
	err := query.Of(v.file).Scan(0, layout.MaxPoints, func(r *query.Replication, whole bool) error {
		if rows++; rows > v.most {
			return v.file.Damaged("there are more replications than the file has room for")
		}
		if of := (layout.SealKey{Table: layout.ReplicationTable, Point: int64(r.Point)}); of != key {
			end()
			key = of
		}
		if whole {
			seal.Add(r.Checksum)
		} else {
			seal.Rows++
			numbers = append(numbers, r.Replication)
		}
		return nil
	})
	end()
	return v.cannotRead(layout.ReplicationTable, err)
}

// numbersText lists the numbers of damaged replications.
func numbersText(list []int) string {
	const shown = 10
	var words []string
	for _, n := range list[:min(len(list), shown)] {
		words = append(words, fmt.Sprint(n))
	}
	text := "replication "
	if len(list) > 1 {
		text = "replications "
	}
	text += strings.Join(words, ", ")
	if more := len(list) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// seals compares the rows that are there with those that were written.
func (v *verifier) seals() error {
	var sum layout.Sum
	broken := false
	err := v.file.Query("SELECT name, point, rows, total, checksum FROM seal", func(rows *sql.Rows) error {
		var key layout.SealKey
		var s layout.Seal
		var checksum int64
		if rows.Scan(&key.Table, &key.Point, &s.Rows, &s.Total, &checksum) != nil ||
			layout.SealSum(&sum, key, s) != checksum {
			broken = true
			return nil
		}
		v.Seals[key] = s
		return nil
	})
	if err != nil {
		return err
	}
	top := layout.SealKey{Table: "seal"}
	if broken || v.Seals[top] != layout.TotalOfSeals(v.Seals) {
		v.fault("the table seal, which counts the rows of the others")
	}
	for key, want := range v.Seals {
		if key.Table == "seal" || key.Table == "commit" {
			continue
		}
		got := v.found[key]
		delete(v.found, key)
		v.compare(key, got, want)
	}
	for key, got := range v.found {
		v.compare(key, got, layout.Seal{})
	}
	slices.Sort(v.Faults) // the order of maps is random
	v.Replications, v.Runs, v.Digest = layout.Contents(v.Seals, v.specification)
	if c := v.complete; c != nil {
		v.Complete = true
		if c[0] != v.Replications || c[1] != v.Runs || c[2] != v.Digest {
			v.fault("it was marked as complete with other contents")
		}
	}
	if v.specification == "" {
		v.fault("it has no specification")
	}
	return nil
}

// compare compares the rows that are there with a seal.
func (v *verifier) compare(key layout.SealKey, got, want layout.Seal) {
	name := "the table " + key.Table + ": "
	if key.Table == layout.ReplicationTable {
		name = v.point(key.Point) + ": replications: "
	}
	switch {
	case v.cut[key.Table]:
	case got.Rows != want.Rows:
		v.fault("%s%d rows of %d are there", name, got.Rows, want.Rows)
	case got.Total != want.Total && !v.damaged[key]:
		v.fault("%sthe rows are not those that were written", name)
	}
}

// schema compares the tables and views with those that were created.
func (v *verifier) schema() error {
	parameters, err := query.Of(v.file).Parameters()
	if err != nil {
		return err
	}
	faults, err := v.file.CompareSchema(v.measure, parameters)
	v.Faults = append(v.Faults, faults...)
	return err
}
