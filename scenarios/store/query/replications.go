package query

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/sim"
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
	Checksum int64            // of its row

	// Rules says how many datagrams each rule met that applied.
	Rules []sim.RuleCount

	flags []string
	dump  string
}

// Value returns the value of a column of measures: a measure, or what a rule met.
func (r *Replication) Value(column string) (value int64, taken bool) {
	rule, ok := strings.CutPrefix(column, run.RulePrefix)
	if !ok {
		value, taken = r.Measures[column]
		return value, taken
	}
	i := slices.IndexFunc(r.Rules, func(c sim.RuleCount) bool { return c.Rule == rule })
	if i < 0 {
		return 0, false
	}
	return int64(r.Rules[i].Datagrams - r.Rules[i].Alike), true
}

// Result returns the replication as its worker returned it, as far as it is stored.
func (r *Replication) Result() run.Result {
	return run.Result{
		Replication: run.Replication{
			Outcome: r.Outcome, Failed: r.Failed, Measures: r.Measures, Rules: r.Rules, Virtual: r.Virtual, Events: r.Events,
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
	return f.Scan(first, end, func(r *Replication, whole bool) error {
		if !whole {
			return f.file.Damaged(fmt.Sprintf("replication %d of point %d", r.Replication, r.Point))
		}
		return do(r)
	})
}

// Scan calls do for each replication of the points from first to end-1, and says whether it is the
// one that was written. If not, only its point and number are set, and these may be wrong too.
func (f File) Scan(first, end int, do func(r *Replication, whole bool) error) error {
	// All queries must see the same content: another process may add an outcome or a measure.
	return f.file.Read(func(file layout.File) error {
		s, text, err := Of(file).newScan()
		if err != nil {
			return err
		}
		return file.Query(
			text+fmt.Sprintf(" WHERE r.id >= %d AND r.id < %d ORDER BY r.id", layout.Key(first, 0), layout.Key(end, 0)),
			func(rows *sql.Rows) error { return do(s.read(rows)) },
		)
	})
}

// scan reads replications.
type scan struct {
	measures []string // in the order of the columns
	sorted   []int    // their indices in the order of their names
	names    map[int64]string
	sets     map[int64][]string

	of                         layout.Replication
	outcome                    sql.NullInt64
	checksum                   int64
	values                     []sql.NullInt64
	status, limit, flags, dump sql.NullString
	targets                    []any
	result                     Replication
	sum                        layout.Sum
}

// newScan returns a scan and the query, without its conditions, whose rows it reads.
func (f File) newScan() (s *scan, text string, err error) {
	s = &scan{sets: map[int64][]string{}, result: Replication{Measures: map[string]int64{}}}
	if s.measures, err = f.Measures(); err != nil {
		return nil, "", err
	}
	if s.names, err = f.Outcomes(); err != nil {
		return nil, "", err
	}
	for id, names := range s.names {
		if names != scenarios.Clean {
			s.sets[id] = strings.Split(names, ",")
		}
	}
	s.values = make([]sql.NullInt64, len(s.measures))
	s.targets = []any{
		&s.of.Key, &s.outcome, &s.of.Failed, &s.of.Virtual, &s.of.Events, &s.of.Digest, &s.checksum,
	}
	text = "SELECT r.id, r.outcome, r.failed, r.virtual_ns, r.events, r.digest, r.checksum"
	joins := "" // most stores have no rows in the other tables, and so need none
	var aborted, different bool
	if err := f.file.Row("SELECT EXISTS (SELECT 1 FROM aborted), EXISTS (SELECT 1 FROM difference)").Scan(&aborted,
		&different); err != nil {
		return nil, "", f.file.Explain(err)
	}
	if aborted {
		text += ", t.status, t.\"limit\", t.flags, t.dump"
		joins += " LEFT JOIN aborted AS t ON t.id = r.id"
		s.targets = append(s.targets, &s.status, &s.limit, &s.flags, &s.dump)
	}
	if different {
		text += ", d.id IS NOT NULL"
		joins += " LEFT JOIN difference AS d ON d.id = r.id"
		s.targets = append(s.targets, &s.of.Different)
	}
	for i, name := range s.measures {
		text += ", r." + layout.Quote(layout.MeasurePrefix+name)
		s.targets = append(s.targets, &s.values[i])
		s.sorted = append(s.sorted, i)
	}
	slices.SortFunc(s.sorted, func(i, j int) int { return strings.Compare(s.measures[i], s.measures[j]) })
	return s, text + " FROM replication AS r" + joins, nil
}

// read reads a row. The result is valid until the next call.
func (s *scan) read(rows *sql.Rows) (r *Replication, whole bool) {
	r = &s.result
	scanned := rows.Scan(s.targets...) == nil // a value of another type is damage
	r.Point, r.Replication = layout.OfKey(s.of.Key)
	s.of.Status, s.of.Limit, s.of.Outcome = string(run.Completed), s.limit.String, ""
	if s.status.Valid {
		s.of.Status = s.status.String
	}
	if s.outcome.Valid {
		s.of.Outcome = s.names[s.outcome.Int64]
	}
	sum := s.sum.Replication(&s.of)
	clear(r.Measures)
	r.Rules = nil
	for _, i := range s.sorted {
		if v := s.values[i]; v.Valid {
			sum.Text(s.measures[i]).Int(v.Int64)
			if rule, ok := run.RuleOf(s.measures[i], v.Int64); ok {
				r.Rules = append(r.Rules, rule)
			} else {
				r.Measures[s.measures[i]] = v.Int64
			}
		}
	}
	if !scanned || sum.Done() != s.checksum {
		return r, false
	}
	r.Checksum = s.checksum
	r.Status, r.Limit, r.flags, r.dump = run.Status(s.of.Status), s.of.Limit, nil, s.dump.String
	if s.flags.String != "" {
		r.flags = strings.Fields(s.flags.String)
	}
	r.Outcome = nil
	if s.outcome.Valid {
		r.Outcome = s.sets[s.outcome.Int64]
	}
	r.Failed, r.Virtual, r.Events = s.of.Failed == 1, s.of.Virtual, int(s.of.Events)
	r.Digest = hex.EncodeToString(s.of.Digest)
	return r, true
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
