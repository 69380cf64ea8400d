// Package query reads the content of a store: its specification and programs, design points with
// their counts, replications, parts of a study, and the rows of its views.
//
// In: an open [layout.File]. Out: Go values, one at a time where there may be many. The
// package writes nothing and caches nothing; each method reads what was committed when it was
// called. Package check verifies a file before it is read; replications are verified again here, row by
// row, because a process may write to the file meanwhile.
package query

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// File is an open store.
type File struct{ file layout.File }

// Of returns the queries for a file.
func Of(f layout.File) File { return File{f} }

// Specification returns the specification of the file's replications.
func (f File) Specification() (provenance.Specification, error) {
	var s provenance.Specification
	var text, sum string
	if err := f.file.Row("SELECT text, sha256 FROM specification LIMIT 1").Scan(&text, &sum); err != nil {
		return s, f.file.Explain(err)
	}
	if provenance.Digest([]byte(text)) != sum {
		return s, f.file.Damaged("its specification")
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("%s: its specification: %w", f.file.Path, err)
	}
	return s, nil
}

// Programs returns the programs that wrote to the file, in order.
func (f File) Programs() ([]provenance.Program, error) {
	var list []provenance.Program
	err := f.file.Query(
		"SELECT started, coalesce(finished, ''), budget, version, binary, go, modules, platform, processor, "+
			"processors FROM program ORDER BY run",
		func(rows *sql.Rows) error {
			var p provenance.Program
			err := rows.Scan(
				&p.Started, &p.Finished, &p.Budget, &p.Version, &p.Binary, &p.Go, &p.Modules, &p.Platform, &p.Processor,
				&p.Processors,
			)
			list = append(list, p)
			return err
		},
	)
	return list, err
}

// Measures returns the names of the reported measures.
func (f File) Measures() ([]string, error) {
	var list []string
	err := f.file.Query("SELECT name FROM measure ORDER BY measure", func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		list = append(list, name)
		return err
	})
	return list, err
}

// Outcomes returns the sets of outcomes by their numbers.
func (f File) Outcomes() (map[int64]string, error) {
	sets := map[int64]string{}
	err := f.file.Query("SELECT outcome, names FROM outcome", func(rows *sql.Rows) error {
		var id int64
		var names string
		err := rows.Scan(&id, &names)
		sets[id] = names
		return err
	})
	return sets, err
}

// Runs returns how many runs are stored, from searches and from anything else that performs single
// runs.
func (f File) Runs() (n int, err error) {
	err = f.file.Row("SELECT count(*) FROM run").Scan(&n)
	return n, f.file.Explain(err)
}

// Parameters returns the names of the parameters of design points, sorted.
func (f File) Parameters() ([]string, error) {
	names, err := Parameters(f.file.Rows)
	return names, f.file.Explain(err)
}

// View calls begin with the names of some columns of a table or view, then row for each of its
// rows. It stops at the first error. A cell is a string, an int64, a float64 or nil.
func (f File) View(name, columns, order string, begin func(columns []string) error, row func(cells []any) error) error {
	text := "SELECT " + columns + " FROM " + layout.Quote(name) + " ORDER BY " + order
	rows, err := f.file.Rows(text)
	if err != nil {
		return f.file.Explain(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return f.file.Explain(err)
	}
	if err := begin(names); err != nil {
		return err
	}
	for rows.Next() {
		cells, targets := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return f.file.Explain(err)
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return f.file.Explain(rows.Err())
}

// Layout returns the tables and views of the file, as SQL with comments.
func (f File) Layout() (string, error) {
	var b strings.Builder
	const tables = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
	err := f.file.Query(tables, func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		b.WriteString(text + ";\n\n")
		return err
	})
	return b.String(), err
}

// Parameters returns the names of the parameters of design points, sorted. query performs a query of a
// transaction or a file.
func Parameters(query func(string, ...any) (*sql.Rows, error)) ([]string, error) {
	rows, err := query("SELECT DISTINCT key FROM point, json_each(point.parameters)")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names)), rows.Err()
}
