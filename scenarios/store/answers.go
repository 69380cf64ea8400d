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
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/parts"
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
	// What is put after the answers would take back the mark that the store is complete.
	if err := s.queue.drain(); err != nil {
		return err
	}
	return s.transact(func(tx *sql.Tx) error {
		l := s.writer.ledger
		if err := l.ClearAnswers(tx); err != nil {
			return err
		}
		for i := range a.Searches {
			if err := addSearch(tx, l, &a.Searches[i]); err != nil {
				return err
			}
		}
		for i := range a.Estimates {
			if err := addEstimate(tx, l, &a.Estimates[i]); err != nil {
				return err
			}
		}
		for _, m := range a.Maps {
			part, err := parts.Of(tx, l, parts.New{Figure: m.Figure, Row: m.Row, Kind: mapKind, Seed: m.Regions.Seed})
			if err != nil {
				return err
			}
			text, err := json.Marshal(m.Regions)
			if err != nil {
				return err
			}
			if _, err := l.Insert(tx, "answer", part.ID, string(text)); err != nil {
				return err
			}
		}
		if err := l.Update(tx, "program", "run", s.run, 2, time.Now().UTC().Format(time.RFC3339)); err != nil {
			return err
		}
		return l.Complete(tx, s.sum)
	})
}

// addSearch adds a finished search. If two rows of a figure ask for the same search, the first stays.
func addSearch(tx *sql.Tx, l *layout.Ledger, s *answers.Search) error {
	w := s.Windows
	part, err := parts.Of(tx, l, parts.New{
		Figure: s.Figure, Row: s.Row, Kind: searchKind, Seed: w.Seed,
		Specification: searchSpecification{w.Params, w.Seed, w.Probe, w.From, w.To},
	})
	if err != nil {
		return err
	}
	settings, err1 := json.Marshal(w.Params)
	method, err2 := json.Marshal(w.Method)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	var faults []error
	add := func(table string, values ...any) {
		_, err := l.Insert(tx, table, values...)
		faults = append(faults, err)
	}
	add("search", part.ID, parts.Seed(w.Seed), string(settings), w.Probe, w.From, w.To, w.Runs, w.Method.Name,
		string(method))
	for i, c := range w.Cells {
		add("cell", part.ID, i, c.From, c.To, outcomeNames(c.Outcome), c.Failed, c.Signature)
	}
	for _, f := range w.FailureWindows {
		add("failure_window", part.ID, f.From, f.To)
	}
	for _, e := range w.Edges {
		add("edge", part.ID, e.At, e.Below.Repeat, e.Below.Digest, e.Above.Repeat, e.Above.Digest)
	}
	return errors.Join(faults...)
}

func addEstimate(tx *sql.Tx, l *layout.Ledger, e *answers.Estimate) error {
	of := parts.New{Figure: e.Figure, Row: e.Row, Kind: estimateKind}
	if e.Sweep != nil {
		s, err := specificationOf(*e.Sweep)
		if err != nil {
			return err
		}
		of.Kind, of.Seed, of.Specification = sweepKind, s.Seed, s
	}
	part, err := parts.Of(tx, l, of)
	if err != nil {
		return err
	}
	var point any
	if e.Sweep != nil {
		if part.IsNew {
			return fmt.Errorf("an estimate of figure %s, row %q, is of a sweep that is not kept", e.Figure, e.Row)
		}
		point = part.First + e.Point
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
	_, err = l.Insert(tx, "estimate", part.ID, point, number(e.X), e.Method, number(e.Estimate), number(e.Low),
		number(e.High), e.Interval, number(e.Confidence), count(e.N), count(e.Failures), e.Exact)
	return err
}

// outcomeNames names a set of outcomes.
func outcomeNames(set []string) string {
	if len(set) == 0 {
		return scenarios.Clean
	}
	return strings.Join(set, ",")
}
