package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
)

// The kinds of parts.
const (
	sweepKind  = "sweep"
	searchKind = "search"

	mapKind      = "map"
	estimateKind = "estimate" // without a design point
)

// sweepPart is a part that keeps the replications of a sweep. Its design points are numbered from
// first.
type sweepPart struct {
	query         query.File
	first, points int
	queue         *queue // nil: the part is only read, from the file at path
	path          string
}

// Sweep returns the sample.Store of a sweep in a row of a figure; both are empty for a sweep
// outside a study. It creates a part for a new sweep. The sweep must have been checked.
func (s *Store) Sweep(figure, row string, sweep sample.Sweep) (sample.Store, error) {
	specification, err := specificationOf(sweep)
	if err != nil {
		return nil, err
	}
	part := sweepPart{query: s.File, points: len(sweep.Design), queue: &s.queue}
	err = s.transact(func(tx *sql.Tx) error {
		found, err := partOf(tx, s.writer.ledger, newPart{
			figure: figure, row: row, kind: sweepKind, seed: specification.Seed, specification: specification,
			points: len(sweep.Design),
		})
		if err != nil {
			return err
		}
		part.first = found.first
		if err := addPoints(tx, s.writer.ledger, found, sweep, specification); err != nil {
			return err
		}
		return s.writer.addParameters(tx)
	})
	return &part, err
}

// Sweep returns the replications of a sweep, like [Store.Sweep], but read-only. It returns a
// [MissingError] if the file has none of the sweep.
func (r *Reader) Sweep(figure, row string, sweep sample.Sweep) (sample.Store, error) {
	specification, err := specificationOf(sweep)
	if err != nil {
		return nil, err
	}
	part := sweepPart{query: r.File, points: len(sweep.Design), path: r.file.Path}
	text, err := json.Marshal(specification)
	if err != nil {
		return nil, err
	}
	err = r.file.Row("SELECT first FROM part WHERE figure = ? AND row = ? AND kind = ? AND specification = ?",
		figure, row, sweepKind, string(text)).Scan(&part.first)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, &MissingError{Path: r.file.Path}
	}
	return &part, r.file.Explain(err)
}

// Recall implements [sample.Store].
func (p *sweepPart) Recall(f func(point, replication int, o run.Result, d *sample.Difference) error) error {
	differences, err := p.query.Differences()
	if err != nil {
		return err
	}
	return p.query.ReplicationsOf(p.first, p.first+p.points, func(r *query.Replication) error {
		var d *sample.Difference
		if found, ok := differences[layout.Key(r.Point, r.Replication)]; ok {
			d = &found
		}
		return f(r.Point-p.first, r.Replication, r.Result(), d)
	})
}

// Keep implements [sample.Store]. It waits if replications end faster than they are committed. When
// it returns, kill -9 does not lose the replication.
func (p *sweepPart) Keep(point, replication int, o run.Result, d *sample.Difference) error {
	if p.queue == nil {
		return &MissingError{Path: p.path}
	}
	return p.queue.put(record.Kept{Key: layout.Key(p.first+point, replication), Outcome: o, Difference: d})
}

// newPart is what partOf looks for, or adds.
type newPart struct {
	figure, row, kind string
	seed              uint64 // of its first replication
	specification     any    // nil: an empty object
	points            int
}

// part is a part of the file.
type part struct {
	id, first int
	isNew     bool
}

// partOf returns the part with a figure, row, kind and specification, and adds it if it is missing.
// A new part gets the lowest free number, and the lowest free numbers for its points. After salvage
// has lost some parts, the same study therefore numbers them as before.
func partOf(tx *sql.Tx, l *layout.Ledger, of newPart) (p part, err error) {
	if of.specification == nil {
		of.specification = struct{}{}
	}
	text, err := json.Marshal(of.specification)
	if err != nil {
		return p, err
	}
	err = tx.QueryRow("SELECT part, first FROM part WHERE figure = ? AND row = ? AND kind = ? AND specification = ?",
		of.figure, of.row, of.kind, string(text)).Scan(&p.id, &p.first)
	if !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	p.isNew = true
	if p.id, p.first, err = room(tx, of.points); err != nil {
		return p, err
	}
	if of.points == 0 {
		p.first = 0
	}
	if p.first+of.points > layout.MaxPoints {
		return p, fmt.Errorf("%d design points: a store has room for %d", p.first+of.points, layout.MaxPoints)
	}
	_, err = l.Insert(
		tx, "part", p.id, of.figure, of.row, of.kind, seed(of.seed), string(text), p.first, of.points,
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

// addPoints adds the design points of a sweep that are missing: all of them if it is new.
func addPoints(tx *sql.Tx, l *layout.Ledger, of part, sweep sample.Sweep, s provenance.Sweep) error {
	var there int
	if err := tx.QueryRow("SELECT count(*) FROM point WHERE part = ?", of.id).Scan(&there); err != nil ||
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
		if _, err := l.Insert(tx, "point", of.first+i, of.id, string(levels), string(p)); err != nil {
			return err
		}
	}
	return nil
}

// transact performs a transaction between two commits of the queue.
func (s *Store) transact(do func(tx *sql.Tx) error) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	if err := s.writer.transact(do); err != nil {
		return err
	}
	return s.queue.mark(s.writer.ledger.Commits())
}

// specificationOf returns the specification of a sweep that a store can keep.
func specificationOf(sweep sample.Sweep) (provenance.Sweep, error) {
	if err := checkRoom(sweep); err != nil {
		return provenance.Sweep{}, err
	}
	return provenance.NewSweep(sweep)
}

// checkRoom returns an error for a sweep that is too large for a store.
func checkRoom(sweep sample.Sweep) error {
	if sweep.Replications > layout.MaxReplications || len(sweep.Design) > layout.MaxPoints {
		return fmt.Errorf("%d replications at %d points: a store has room for %d at %d",
			sweep.Replications, len(sweep.Design), layout.MaxReplications, layout.MaxPoints)
	}
	if sweep.Tilt != nil || sweep.Each != nil {
		return errors.New("a store keeps no sweep whose replications are tilted or set one by one")
	}
	return nil
}
