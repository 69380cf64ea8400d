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
	"github.com/dtlssim/dtlssim/scenarios/store/parts"
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
		found, err := parts.Of(tx, s.writer.ledger, parts.New{
			Figure: figure, Row: row, Kind: sweepKind, Seed: specification.Seed, Specification: specification,
			Points: len(sweep.Design),
		})
		if err != nil {
			return err
		}
		part.first = found.First
		if err := parts.AddPoints(tx, s.writer.ledger, found, sweep, specification); err != nil {
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
	o.Measures = o.Counts()
	return p.queue.put(record.Kept{Key: layout.Key(p.first+point, replication), Outcome: o, Difference: d})
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
		return fmt.Errorf("%d replications at %d Points: a store has room for %d at %d",
			sweep.Replications, len(sweep.Design), layout.MaxReplications, layout.MaxPoints)
	}
	if sweep.Tilt != nil || sweep.Each != nil {
		return errors.New("a store keeps no sweep whose replications are tilted or set one by one")
	}
	return nil
}
