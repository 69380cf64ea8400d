package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// Part is a sweep or a search of a study.
type Part struct {
	Part         int
	Figure, Row  string // empty of a sweep that is no study's
	Kind         string // sweep, search, map; estimate of one that is of no design point
	Seed         uint64 // of the first replication
	Points       int    // of a sweep
	Replications int    // of a sweep, that are kept
	Failures     int
	Runs         int // of a search that is answered
	Windows      int // failure windows, likewise
}

// Parts calls do for each part, in the order in which they were first asked for, until
// it returns an error.
func (f file) Parts(do func(*Part) error) error {
	const counts = `
		SELECT part.part, figure, row, kind, specification, coalesce(search.runs, 0),
			(SELECT count(*) FROM failure_window AS w WHERE w.part = part.part),
			(SELECT count(*) FROM point WHERE point.part = part.part),
			(SELECT count(*) FROM point JOIN replication AS r
				ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32 WHERE point.part = part.part),
			(SELECT coalesce(sum(r.failed), 0) FROM point JOIN replication AS r
				ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32 WHERE point.part = part.part)
		FROM part LEFT JOIN search USING (part) ORDER BY part.part`
	return f.query(counts, func(rows *sql.Rows) error {
		var p Part
		var specification string
		if err := rows.Scan(&p.Part, &p.Figure, &p.Row, &p.Kind, &specification, &p.Runs, &p.Windows, &p.Points,
			&p.Replications, &p.Failures); err != nil {
			return err
		}
		if err := p.seed(specification); err != nil {
			return err
		}
		return do(&p)
	})
}

// seed reads the seed of the first replication from the specification of a part.
func (p *Part) seed(specification string) error {
	return json.Unmarshal([]byte(specification), &struct {
		Seed *uint64 `json:"seed"`
	}{&p.Seed})
}

// Runs returns how many runs are kept, of searches and whatever else performs runs one by
// one.
func (f file) Runs() (n int, err error) {
	err = f.db.QueryRow("SELECT count(*) FROM run").Scan(&n)
	return n, f.explain(err)
}

// parts returns the parts, by number, without their counts.
func (f file) parts() (map[int]Part, error) {
	parts := map[int]Part{}
	err := f.query("SELECT part, figure, row, kind, specification FROM part", func(rows *sql.Rows) error {
		var p Part
		var specification string
		err := rows.Scan(&p.Part, &p.Figure, &p.Row, &p.Kind, &specification)
		if err == nil {
			err = p.seed(specification)
		}
		parts[p.Part] = p
		return err
	})
	return parts, err
}

// PartOf returns which part each design point belongs to.
func (f file) PartOf() ([]Part, error) {
	parts, err := f.parts()
	if err != nil {
		return nil, err
	}
	var of []Part
	err = f.query("SELECT part FROM point ORDER BY point", func(rows *sql.Rows) error {
		var part int
		err := rows.Scan(&part)
		of = append(of, parts[part])
		return err
	})
	return of, err
}

// Parameters returns the names of the parameters of design points, sorted.
func (f file) Parameters() ([]string, error) {
	names, err := f.parameters(f.db)
	return names, f.explain(err)
}

// View calls begin with the names of some columns of a table or view, then row for each
// of its rows, until one returns an error. A cell is a string, an int64, a float64 or nil.
func (f file) View(name, columns, order string, begin func(columns []string) error, row func(cells []any) error) error {
	rows, err := f.db.QueryContext(context.Background(), "SELECT "+columns+" FROM "+quote(name)+" ORDER BY "+order)
	if err != nil {
		return f.explain(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return f.explain(err)
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
			return f.explain(err)
		}
		if err := row(cells); err != nil {
			return err
		}
	}
	return f.explain(rows.Err())
}

// Layout returns the tables and views of the file, as SQL with comments.
func (f file) Layout() (string, error) {
	var b strings.Builder
	err := f.query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", func(rows *sql.Rows) error {
		var text string
		err := rows.Scan(&text)
		b.WriteString(text + ";\n\n")
		return err
	})
	return b.String(), err
}

// MeasuresByPoint calls do for each design point of which there are replications, in
// order, with what their measures sum up to, until it returns an error.
func (f file) MeasuresByPoint(do func(point int, measures map[string]sample.Measure) error) error {
	var c sample.Collector
	at, any := 0, false
	flush := func() error {
		if !any {
			return nil
		}
		any = false
		return do(at, c.Measures())
	}
	err := f.Replications(func(r *Replication) error {
		if r.Point != at {
			if err := flush(); err != nil {
				return err
			}
		}
		at, any = r.Point, true
		return c.Add(r.Measures)
	})
	if err != nil {
		return err
	}
	return flush()
}
