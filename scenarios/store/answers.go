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
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// Answers are what a study comes to, computed from all that its file keeps.
type Answers struct {
	Searches  []Search
	Estimates []Estimate
	Maps      []Map
}

// Map is the answer to a search of the plane of two probes, which belongs to a row of a
// figure.
type Map struct {
	Figure, Row string
	Regions     *plane.Regions
}

// Search is the answer to a window search, which belongs to a row of a figure.
type Search struct {
	Figure, Row string
	Windows     *search.Windows
}

// Estimate is an estimated failure probability, or an exact one.
type Estimate struct {
	Figure, Row string

	// Sweep is that of which a design point is meant: the one of the index Point. Nil: it
	// is of no single point.
	Sweep *sample.Sweep
	Point int

	X          float64 // on the figure's axis; NaN: it has none
	Method     string  // monte-carlo, conditional, exact
	Estimate   float64 // NaN without data
	Low, High  float64
	Interval   string  // how Low and High were computed, such as wilson; exact
	Confidence float64 // NaN of an exact one
	N          int     // replications that gave a result, or seeds; -1 of an exact one
	Failures   int     // of monte-carlo; -1 of others
	Exact      bool
}

// The methods of estimates that every sweep can have.
const (
	MonteCarlo = "monte-carlo"
	Exact      = "exact"
)

// EstimatesOf returns the estimates of the points of a sweep, at values of an axis if it
// has one.
func EstimatesOf(r *sample.Results, x []float64) (list []Estimate) {
	for i, p := range r.Points {
		e := p.Estimate
		list = append(list, Estimate{
			Sweep: &r.Sweep, Point: i, X: onAxis(x, i), Method: MonteCarlo, Estimate: e.Value, Low: e.Low, High: e.High,
			Interval: string(e.Method), Confidence: e.Confidence, N: e.N, Failures: e.Failures,
		})
	}
	return list
}

// ExactOf returns exact probabilities at the points of a sweep, at values of an axis if
// it has one.
func ExactOf(r *sample.Results, probabilities, x []float64) (list []Estimate) {
	for i, p := range probabilities {
		list = append(list, Estimate{
			Sweep: &r.Sweep, Point: i, X: onAxis(x, i), Method: Exact, Estimate: p, Low: p, High: p,
			Interval: Exact, Confidence: math.NaN(), N: -1, Failures: -1, Exact: true,
		})
	}
	return list
}

func onAxis(x []float64, i int) float64 {
	if x == nil {
		return math.NaN()
	}
	return x[i]
}

// searchSpecification is the specification of the part of a search.
type searchSpecification struct {
	Settings map[string]string `json:"settings"` // every parameter but the probe
	Seed     uint64            `json:"seed"`
	Probe    string            `json:"probe"`
	From     int64             `json:"from_ns"`
	To       int64             `json:"to_ns"`
}

// Finish keeps the answers, in the place of those before, and notes that all that this
// process was asked has been answered.
func (s *Store) Finish(a Answers) error {
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

func addSearch(tx *sql.Tx, s *Search) error {
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

func addEstimate(tx *sql.Tx, e *Estimate) error {
	var part int
	var point any
	if e.Sweep != nil {
		of, err := newSweepSpecification(*e.Sweep)
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

// seed returns a seed for SQLite, whose whole numbers end at 2^63-1: larger ones are
// text.
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
