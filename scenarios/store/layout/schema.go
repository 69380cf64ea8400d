package layout

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// object is a table, index or view of a file, as SQLite describes it.
type object struct{ kind, name, table, text string }

const objects = "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema"

func readObjects(rows *sql.Rows, err error) (list []object, _ error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.table, &o.text); err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	slices.SortFunc(list, func(a, b object) int {
		return slices.Compare([]string{a.name, a.kind}, []string{b.name, b.kind})
	})
	return list, rows.Err()
}

// Empty opens a store in memory that has all tables, and the columns and views for these measures
// and parameters, but no rows.
func Empty(measures, parameters []string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // another connection has another memory
	f := File{DB: db}
	err = f.Transaction(func(tx *sql.Tx) error {
		if _, err := tx.Exec(tables); err != nil {
			return err
		}
		for _, name := range measures {
			if err := addColumn(tx, name); err != nil {
				return err
			}
		}
		if len(measures)+len(parameters) > 0 {
			return CreateViews(tx, parameters, measures)
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// CompareSchema returns what is different about the tables and views of the file: they must be
// those of this layout with these measures and parameters. A damaged view would give other rows.
func (f File) CompareSchema(measures, parameters []string) (faults []string, err error) {
	db, err := Empty(measures, parameters)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	want, err1 := readObjects(db.Query(objects))
	got, err2 := readObjects(f.Rows(objects))
	if err := errors.Join(err1, f.Explain(err2)); err != nil {
		return nil, err
	}
	for _, o := range want {
		if !slices.Contains(got, o) {
			faults = append(faults, fmt.Sprintf("the definition of the %s %s is not what was written", o.kind, o.name))
		}
	}
	if len(faults) == 0 && len(got) != len(want) {
		faults = append(faults, "it has tables or views that are none of a store")
	}
	return faults, nil
}
