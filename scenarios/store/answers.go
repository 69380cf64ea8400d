package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
)

// searchSpecification is the specification of the part of a search.
type searchSpecification struct {
	Settings map[string]string `json:"settings"` // every parameter except the probe
	Seed     uint64            `json:"seed"`
	Probe    string            `json:"probe"`
	From     int64             `json:"from_ns"`
	To       int64             `json:"to_ns"`
}

// Finish stores the answers, which replace earlier ones, and records that this process has
// completed everything it was asked for.
func (s *Store) Finish(a answers.Answers) error {
	return s.transact(func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM search; DELETE FROM cell; DELETE FROM failure_window; DELETE FROM edge; " +
			"DELETE FROM estimate; DELETE FROM answer"); err != nil {
			return err
		}
		for i := range a.Searches {
			if err := addSearch(tx, &a.Searches[i]); err != nil {
				return err
			}
		}
		for i := range a.Estimates {
			if err := addEstimate(tx, &a.Estimates[i]); err != nil {
				return err
			}
		}
		for _, m := range a.Maps {
			part, _, err := partOf(tx, m.Figure, m.Row, mapKind, m.Regions.Seed, struct{}{})
			if err != nil {
				return err
			}
			text, err := json.Marshal(m.Regions)
			if err != nil {
				return err
			}
			if _, err := tx.Exec("INSERT INTO answer VALUES (?, ?)", part, string(text)); err != nil {
				return err
			}
		}
		_, err := tx.Exec("UPDATE program SET finished = ? WHERE run = ?", time.Now().UTC().Format(time.RFC3339), s.run)
		return err
	})
}

func addSearch(tx *sql.Tx, s *answers.Search) error {
	w := s.Windows
	part, _, err := partOf(
		tx, s.Figure, s.Row, searchKind, w.Seed, searchSpecification{w.Params, w.Seed, w.Probe, w.From, w.To},
	)
	if err != nil {
		return err
	}
	settings, err1 := json.Marshal(w.Params)
	method, err2 := json.Marshal(w.Method)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT OR REPLACE INTO search VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", part, seed(w.Seed),
		string(settings), w.Probe, w.From, w.To,
		w.Runs, w.Method.Name, string(method)); err != nil {
		return err
	}
	for i, c := range w.Cells {
		if _, err := tx.Exec("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?, ?, ?, ?)", part, i, c.From, c.To,
			outcomeNames(c.Outcome), c.Failed, c.Signature); err != nil {
			return err
		}
	}
	for _, f := range w.FailureWindows {
		if _, err := tx.Exec("INSERT OR REPLACE INTO failure_window VALUES (?, ?, ?)", part, f.From, f.To); err != nil {
			return err
		}
	}
	for _, e := range w.Edges {
		if _, err := tx.Exec("INSERT OR REPLACE INTO edge VALUES (?, ?, ?, ?, ?, ?)", part, e.At, e.Below.Repeat,
			e.Below.Digest, e.Above.Repeat, e.Above.Digest); err != nil {
			return err
		}
	}
	return nil
}

func addEstimate(tx *sql.Tx, e *answers.Estimate) error {
	var part int
	var point any
	if e.Sweep != nil {
		of, err := specificationOf(*e.Sweep)
		if err != nil {
			return err
		}
		id, isNew, err := partOf(tx, e.Figure, e.Row, sweepKind, of.Seed, of)
		if err != nil || isNew {
			return errors.Join(
				err, fmt.Errorf("an estimate of figure %s, row %q, is of a sweep that is not kept", e.Figure, e.Row),
			)
		}
		var first int
		if err := tx.QueryRow("SELECT min(point) FROM point WHERE part = ?", id).Scan(&first); err != nil {
			return err
		}
		part, point = id, first+e.Point
	} else {
		var err error
		if part, _, err = partOf(tx, e.Figure, e.Row, estimateKind, 0, struct{}{}); err != nil {
			return err
		}
	}
	number := func(v float64) any {
		if math.IsNaN(v) {
			return nil
		}
		return v
	}
	count := func(n int) any {
		if n < 0 {
			return nil
		}
		return n
	}
	_, err := tx.Exec(
		"INSERT INTO estimate VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", part, point, number(e.X), e.Method,
		number(e.Estimate), number(e.Low), number(e.High), e.Interval, number(e.Confidence), count(e.N),
		count(e.Failures), e.Exact,
	)
	return err
}

// seed returns a seed for SQLite. SQLite's integers end at 2^63-1, so larger seeds become text.
func seed(n uint64) any {
	if n > math.MaxInt64 {
		return fmt.Sprint(n)
	}
	return int64(n)
}

// outcomeNames names a set of outcomes.
func outcomeNames(set []string) string {
	if len(set) == 0 {
		return scenarios.Clean
	}
	return strings.Join(set, ",")
}
