package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios/provenance"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
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
		id, isNew, err := partOf(tx, figure, row, sweepKind, specification.Seed, specification)
		if err != nil {
			return err
		}
		if isNew {
			part.first, err = addPoints(tx, id, sweep, specification)
			if err == nil {
				err = s.writer.addParameters(tx)
			}
			return err
		}
		return tx.QueryRow("SELECT min(point) FROM point WHERE part = ?", id).Scan(&part.first)
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
	var first sql.NullInt64
	err = r.file.DB.QueryRow(
		"SELECT min(point) FROM part JOIN point USING (part) "+
			"WHERE figure = ? AND row = ? AND kind = ? AND specification = ?",
		figure, row, sweepKind, string(text),
	).Scan(&first)
	switch {
	case err != nil:
		return nil, r.file.Explain(err)
	case !first.Valid:
		return nil, &MissingError{Path: r.file.Path}
	}
	part.first = int(first.Int64)
	return &part, nil
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
	return p.queue.put(kept{key: layout.Key(p.first+point, replication), outcome: o, difference: d})
}

// partOf returns the part with a figure, row, kind and specification, and creates it if it is
// missing. from is the seed of its first replication.
func partOf(tx *sql.Tx, figure, row, kind string, from uint64, specification any) (id int, isNew bool, err error) {
	text, err := json.Marshal(specification)
	if err != nil {
		return 0, false, err
	}
	err = tx.QueryRow("SELECT part FROM part WHERE figure = ? AND row = ? AND kind = ? AND specification = ?", figure,
		row, kind, string(text)).
		Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, false, err
	}
	if err := tx.QueryRow("SELECT count(*) FROM part").Scan(&id); err != nil {
		return id, false, err
	}
	_, err = tx.Exec("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", id, figure, row, kind, seed(from), string(text))
	return id, true, err
}

// addPoints adds the design points of a sweep and returns the number of the first.
func addPoints(tx *sql.Tx, part int, sweep sample.Sweep, s provenance.Sweep) (first int, err error) {
	if err := tx.QueryRow("SELECT count(*) FROM point").Scan(&first); err != nil {
		return 0, err
	}
	if first+len(sweep.Design) > layout.MaxPoints {
		return 0, fmt.Errorf("%d design points: a store has room for %d", first+len(sweep.Design), layout.MaxPoints)
	}
	insert, err := tx.Prepare("INSERT INTO point VALUES (?, ?, ?, ?)")
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	for i, point := range sweep.Design {
		parameters := map[string]string{}
		for name, value := range point.Values.Text() {
			if _, common := s.Parameters[name]; !common {
				parameters[name] = value
			}
		}
		l, err1 := json.Marshal(point.Levels)
		p, err2 := json.Marshal(parameters)
		if err := errors.Join(err1, err2); err != nil {
			return 0, err
		}
		if _, err := insert.Exec(first+i, part, string(l), string(p)); err != nil {
			return 0, err
		}
	}
	return first, nil
}

// transact performs a transaction between two commits of the queue.
func (s *Store) transact(do func(tx *sql.Tx) error) error {
	s.committing.Lock()
	defer s.committing.Unlock()
	return s.file.Transaction(do)
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
