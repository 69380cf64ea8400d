package query

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
)

// Replication is a stored replication.
type Replication struct {
	Point, Replication int

	Status   run.Status
	Limit    string   // if limited
	Outcome  []string // if completed
	Failed   bool
	Virtual  int64 // nanoseconds
	Events   int
	Digest   string           // its first 16 hexadecimal digits
	Measures map[string]int64 // those that it reported

	flags []string
	dump  string
}

// Result returns the replication as its worker returned it, as far as it is stored.
func (r *Replication) Result() run.Result {
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

// Replications calls do for each replication, ordered by point and then by seed, until do returns
// an error. The argument of do is valid until do returns.
func (f File) Replications(do func(*Replication) error) error {
	return f.ReplicationsOf(0, layout.MaxPoints, do)
}

// ReplicationsOf calls do like Replications, for the points from first to end-1.
func (f File) ReplicationsOf(first, end int, do func(*Replication) error) error {
	measures, err := f.Measures()
	if err != nil {
		return err
	}
	sets, err := f.Outcomes()
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
		columns += ", r." + layout.Quote(layout.MeasurePrefix+name)
		targets = append(targets, &values[i])
	}
	return f.file.Query(
		`SELECT r.id, r.outcome, r.failed, r.virtual_ns, r.events, r.digest, t.status, t."limit", t.flags, t.dump`+
			columns+
			" FROM replication AS r LEFT JOIN aborted AS t ON t.id = r.id"+
			fmt.Sprintf(" WHERE r.id >= %d AND r.id < %d ORDER BY r.id", layout.Key(first, 0), layout.Key(end, 0)),
		func(rows *sql.Rows) error {
			if err := rows.Scan(targets...); err != nil {
				return err
			}
			r.Point, r.Replication = layout.OfKey(id)
			r.Digest = hex.EncodeToString(digest)
			r.Status, r.Limit, r.flags, r.dump = run.Completed, limit.String, nil, dump.String
			if status.Valid {
				r.Status = run.Status(status.String)
			}
			if flags.String != "" {
				r.flags = strings.Fields(flags.String)
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

// Aborted calls do for each replication without a result, in order, until do returns an error.
func (f File) Aborted(do func(*Aborted) error) error {
	return f.file.Query(
		`SELECT id, status, "limit", coalesce(dump, '') FROM aborted ORDER BY id`,
		func(rows *sql.Rows) error {
			var t Aborted
			var id int64
			if err := rows.Scan(&id, &t.Status, &t.Limit, &t.Dump); err != nil {
				return err
			}
			t.Point, t.Replication = layout.OfKey(id)
			return do(&t)
		},
	)
}

// Differences returns the differences that verification found, by the keys of replications.
func (f File) Differences() (map[int64]sample.Difference, error) {
	list := map[int64]sample.Difference{}
	err := f.file.Query(`SELECT id, "repeat", record, first, second FROM difference`, func(rows *sql.Rows) error {
		var id int64
		var d sample.Difference
		err := rows.Scan(&id, &d.Repeat, &d.Record, &d.First, &d.Second)
		list[id] = d
		return err
	})
	return list, err
}

// MeasuresByPoint calls do for each design point with replications, in order, with the summaries of
// its measures, until do returns an error.
func (f File) MeasuresByPoint(do func(point int, measures map[string]sample.Measure) error) error {
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
