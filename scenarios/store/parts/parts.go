// Package parts numbers the sweeps and searches of a store, and the design points of the sweeps.
//
// In: what is asked for. Out: its number in the file, where it was before or is added now.
package parts

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// New is what [Of] looks for, or adds.
type New struct {
	Figure, Row, Kind string
	Seed              uint64 // of its first replication
	Specification     any    // nil: an empty object
	Points            int
}

// Part is a part of the file.
type Part struct {
	ID, First int  // its number, and that of its first design point
	IsNew     bool // it was added
}

// Of returns the part with a figure, row, kind and specification, and adds it if it is missing.
// A new part gets the lowest free number, and the lowest free numbers for its points. After salvage
// has lost some parts, the same study therefore numbers them as before.
func Of(tx *sql.Tx, l *layout.Ledger, of New) (p Part, err error) {
	if of.Specification == nil {
		of.Specification = struct{}{}
	}
	text, err := json.Marshal(of.Specification)
	if err != nil {
		return p, err
	}
	err = tx.QueryRow("SELECT part, first FROM part WHERE figure = ? AND row = ? AND kind = ? AND specification = ?",
		of.Figure, of.Row, of.Kind, string(text)).Scan(&p.ID, &p.First)
	if !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	p.IsNew = true
	if p.ID, p.First, err = room(tx, of.Points); err != nil {
		return p, err
	}
	if of.Points == 0 {
		p.First = 0
	}
	if p.First+of.Points > layout.MaxPoints {
		return p, fmt.Errorf("%d design points: a store has room for %d", p.First+of.Points, layout.MaxPoints)
	}
	_, err = l.Insert(
		tx, "part", p.ID, of.Figure, of.Row, of.Kind, Seed(of.Seed), string(text), p.First, of.Points,
	)
	return p, err
}

// room returns the lowest free number of a part, and the lowest from which so many design points
// are free.
func room(tx *sql.Tx, points int) (id, first int, err error) {
	rows, err := tx.Query("SELECT part, first, points FROM part ORDER BY part")
	if err != nil {
		return 0, 0, err
	}
	defer rows.Close()
	var taken [][2]int // from, to
	for rows.Next() {
		var part, from, n int
		if err := rows.Scan(&part, &from, &n); err != nil {
			return 0, 0, err
		}
		if part == id {
			id++
		}
		taken = append(taken, [2]int{from, from + n})
	}
	slices.SortFunc(taken, func(a, b [2]int) int { return a[0] - b[0] })
	for _, t := range taken {
		if first+points <= t[0] {
			break
		}
		first = max(first, t[1])
	}
	return id, first, rows.Err()
}

// AddPoints adds the design points of a sweep that are missing: all of them if it is new.
func AddPoints(tx *sql.Tx, l *layout.Ledger, of Part, sweep sample.Sweep, s provenance.Sweep) error {
	var there int
	if err := tx.QueryRow("SELECT count(*) FROM point WHERE part = ?", of.ID).Scan(&there); err != nil ||
		there == len(sweep.Design) {
		return err
	}
	for i, point := range sweep.Design {
		parameters := map[string]string{}
		for name, value := range point.Values.Text() {
			if _, common := s.Parameters[name]; !common {
				parameters[name] = value
			}
		}
		levels, err1 := json.Marshal(point.Levels)
		p, err2 := json.Marshal(parameters)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if _, err := l.Insert(tx, "point", of.First+i, of.ID, string(levels), string(p)); err != nil {
			return err
		}
	}
	return nil
}

// Seed returns a seed for SQLite. SQLite's integers end at 2^63-1, so larger seeds become text.
func Seed(n uint64) any {
	if n > math.MaxInt64 {
		return fmt.Sprint(n)
	}
	return int64(n)
}
