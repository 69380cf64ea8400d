package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Reader is a store that is only read. A process may write to it meanwhile; each
// method gives what was committed when it was called.
type Reader struct {
	file

	// Pending says that a process that was killed left replications beside the file, which
	// could not be folded in because the file, or its folder, is read-only. They are
	// not shown; the next process that writes to the file folds them in.
	Pending bool
}

// Read opens a store for reading. It returns a [MismatchError] if the file is none.
func Read(path string) (*Reader, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, &MismatchError{path, "cannot be read: there is no such file"}
	case err != nil:
		return nil, fmt.Errorf("%s cannot be read: %w", path, errors.Unwrap(err))
	case !info.Mode().IsRegular():
		return nil, &MismatchError{path, "is no store of dtlssim: it is no regular file"}
	}
	left := false
	if killed(path) {
		// Another process may be writing, which is no fault: it commits what is pending.
		err := recoverKilled(path)
		left = err != nil && !errors.Is(err, ErrLocked) && pending(path)
	}
	f, err := openFile(path, "ro")
	empty := false
	if err == nil {
		empty, err = f.check()
	}
	if empty {
		err = &MismatchError{path, "is no store of dtlssim: it is empty"}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Reader{f, left}, nil
}

// Point is a design point with how many of its replications are kept.
type Point struct {
	Point      int
	Parameters map[string]string // that are not the same at all points

	Replications, Failures, Crashed, TimedOut, Limited int
}

// Completed returns how many replications gave a result.
func (p *Point) Completed() int { return p.Replications - p.Crashed - p.TimedOut - p.Limited }

// Estimate returns the failure probability with an interval of a confidence.
func (p *Point) Estimate(confidence float64) stat.Proportion {
	return stat.DefaultInference(confidence).Of(p.Failures, p.Completed())
}

// Replication is one replication as it is kept.
type Replication struct {
	Point, Replication int

	Status   run.Status
	Limit    string   // that a limited one met
	Outcome  []string // of a completed one
	Failed   bool
	Virtual  int64 // nanoseconds
	Events   int
	Digest   string           // its first 16 hexadecimal digits
	Measures map[string]int64 // that it reported

	flags, dump string
}

// outcome returns the replication as its worker did, as far as it is kept.
func (r *Replication) outcome() run.Result {
	return run.Result{
		Replication: run.Replication{
			Outcome: r.Outcome, Failed: r.Failed, Measures: r.Measures, Virtual: r.Virtual, Events: r.Events,
			Digest: r.Digest, Limit: r.Limit,
		},
		Status: r.Status, Dump: r.dump, Flags: r.flags,
	}
}

// Aborted is a replication that gave no result.
type Aborted struct {
	Point, Replication  int
	Status, Limit, Dump string
}

// query calls scan for each row of an answer.
func (f file) query(text string, scan func(*sql.Rows) error) error {
	rows, err := f.db.QueryContext(context.Background(), text)
	if err != nil {
		return f.explain(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return f.explain(rows.Err())
}

// Specification returns what the replications of the file are of.
func (f file) Specification() (Specification, error) {
	var s Specification
	var text, sum string
	if err := f.db.QueryRowContext(context.Background(), "SELECT text, sha256 FROM specification").Scan(&text,
		&sum); err != nil {
		return s, f.explain(err)
	}
	if digest([]byte(text)) != sum {
		return s, fmt.Errorf("%s is damaged: its specification is not the one that was written", f.path)
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("%s: its specification: %w", f.path, err)
	}
	return s, nil
}

// Programs returns the programs that wrote to the file, in order.
func (f file) Programs() ([]Program, error) {
	var list []Program
	err := f.query(
		"SELECT started, coalesce(finished, ''), budget, version, binary, go, modules, platform, processor, "+
			"processors FROM program ORDER BY run",
		func(rows *sql.Rows) error {
			var p Program
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

// Measures returns the names of the measures that were reported.
func (f file) Measures() ([]string, error) {
	var list []string
	err := f.query("SELECT name FROM pragma_table_info('replication') ORDER BY cid", func(rows *sql.Rows) error {
		var column string
		err := rows.Scan(&column)
		if name, ok := strings.CutPrefix(column, measurePrefix); ok {
			list = append(list, name)
		}
		return err
	})
	return list, err
}

// outcomes returns the sets of outcomes by their numbers.
func (f file) outcomes() (map[int64]string, error) {
	sets := map[int64]string{}
	err := f.query("SELECT outcome, names FROM outcome", func(rows *sql.Rows) error {
		var id int64
		var names string
		err := rows.Scan(&id, &names)
		sets[id] = names
		return err
	})
	return sets, err
}

// Points calls do for each design point, in order, until it returns an error.
func (f file) Points(do func(*Point) error) error {
	const counts = `
		SELECT point.point, point.parameters, count(r.id), coalesce(sum(r.failed), 0),
			count(CASE WHEN t.status = 'crashed' THEN 1 END), count(CASE WHEN t.status = 'timed-out' THEN 1 END),
			count(CASE WHEN t.status = 'limited' THEN 1 END)
		FROM point
			LEFT JOIN replication AS r ON r.id >= point.point << 32 AND r.id < (point.point + 1) << 32
			LEFT JOIN aborted AS t ON t.id = r.id
		GROUP BY point.point ORDER BY point.point`
	return f.query(counts, func(rows *sql.Rows) error {
		var p Point
		var parameters string
		err := rows.Scan(&p.Point, &parameters, &p.Replications, &p.Failures, &p.Crashed, &p.TimedOut, &p.Limited)
		if err == nil {
			err = json.Unmarshal([]byte(parameters), &p.Parameters)
		}
		if err != nil {
			return err
		}
		return do(&p)
	})
}

// Replications calls do for each replication, in the order of the points and, within
// one, of the seeds, until it returns an error. What do is given is valid until it
// returns.
func (f file) Replications(do func(*Replication) error) error {
	return f.replications(0, maxPoints, do)
}

// replications calls do for each replication of the points from first to end-1.
func (f file) replications(first, end int, do func(*Replication) error) error {
	measures, err := f.Measures()
	if err != nil {
		return err
	}
	sets, err := f.outcomes()
	if err != nil {
		return err
	}
	outcomes := map[int64][]string{}
	for id, names := range sets {
		if names != scenarios.Clean {
			outcomes[id] = strings.Split(names, ",")
		}
	}
	columns := ""
	values := make([]sql.NullInt64, len(measures))
	var id int64
	var outcome sql.NullInt64
	var digest []byte
	var status, limit, flags, dump sql.NullString
	r := &Replication{Measures: map[string]int64{}}
	targets := []any{&id, &outcome, &r.Failed, &r.Virtual, &r.Events, &digest, &status, &limit, &flags, &dump}
	for i, name := range measures {
		columns += ", r." + quote(measurePrefix+name)
		targets = append(targets, &values[i])
	}
	return f.query(
		`SELECT r.id, r.outcome, r.failed, r.virtual_ns, r.events, r.digest, t.status, t."limit", t.flags, t.dump`+
			columns+
			" FROM replication AS r LEFT JOIN aborted AS t ON t.id = r.id"+
			fmt.Sprintf(" WHERE r.id >= %d AND r.id < %d ORDER BY r.id", key(first, 0), key(end, 0)),
		func(rows *sql.Rows) error {
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			r.Point, r.Replication = int(id>>keyBits), int(id&(1<<keyBits-1))
			r.Digest = hex.EncodeToString(digest)
			r.Status, r.Limit, r.flags, r.dump = run.Completed, limit.String, flags.String, dump.String
			if status.Valid {
				r.Status = run.Status(status.String)
			}
			r.Outcome = outcomes[outcome.Int64]
			if !outcome.Valid {
				r.Outcome = nil
			}
			clear(r.Measures)
			for i, v := range values {
				if v.Valid {
					r.Measures[measures[i]] = v.Int64
				}
			}
			return do(r)
		},
	)
}

// Aborted calls do for each replication that gave no result, in order, until it
// returns an error.
func (f file) Aborted(do func(*Aborted) error) error {
	return f.query(
		`SELECT id, status, "limit", coalesce(dump, '') FROM aborted ORDER BY id`,
		func(rows *sql.Rows) error {
			var t Aborted
			var id int64
			if err := rows.Scan(&id, &t.Status, &t.Limit, &t.Dump); err != nil {
				return err
			}
			t.Point, t.Replication = int(id>>keyBits), int(id&(1<<keyBits-1))
			return do(&t)
		},
	)
}

// differences returns what verification found, by replication.
func (f file) differences() (map[int64]sample.Difference, error) {
	list := map[int64]sample.Difference{}
	err := f.query(`SELECT id, "repeat", record, first, second FROM difference`, func(rows *sql.Rows) error {
		var id int64
		var d sample.Difference
		err := rows.Scan(&id, &d.Repeat, &d.Record, &d.First, &d.Second)
		list[id] = d
		return err
	})
	return list, err
}
