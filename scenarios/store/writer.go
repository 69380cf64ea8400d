package store

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// writer commits replications to a file.
type writer struct {
	file       layout.File
	query      query.File
	measures   []string         // measures that have a column, in column order
	parameters []string         // of design points, sorted
	outcomes   map[string]int64 // sets of outcomes that have a row
	// by point: the keys of the replications whose dumps are kept, in order
	dumps     map[int64][]int64
	insert    *sql.Stmt // of a replication, in the current transaction; nil: not prepared
	insertRun *sql.Stmt // of a run, likewise
	args      []any     // of insert
}

// maxDumps is how many dumps are kept per design point: those of its first replications that have
// one. A dump takes up to 256 KiB, and a scenario that crashes may do so every time. A sweep shows
// the same number for all points together (see [sample.Results]), so all dumps that it shows are in
// the file.
const maxDumps = 100

// load reads the state of the writer from the file.
func (w *writer) load() error {
	var err error
	if w.measures, err = w.query.Measures(); err != nil {
		return err
	}
	if w.parameters, err = query.Parameters(w.file.DB); err != nil {
		return err
	}
	w.outcomes = map[string]int64{}
	names, err := w.query.Outcomes()
	if err != nil {
		return err
	}
	for id, name := range names {
		w.outcomes[name] = id
	}
	w.dumps = map[int64][]int64{}
	return w.file.Query("SELECT id FROM aborted WHERE dump IS NOT NULL ORDER BY id", func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		w.dumps[pointOf(id)] = append(w.dumps[pointOf(id)], id)
		return err
	})
}

// fold loads the state of the writer, commits the pending records, and returns the identity of the
// file.
func (w *writer) fold() (identity []byte, err error) {
	if err := w.load(); err != nil {
		return nil, w.file.Explain(err)
	}
	var points int64
	if err := w.file.DB.QueryRow("SELECT file, (SELECT count(*) FROM point) FROM specification").Scan(&identity,
		&points); err != nil {
		return nil, w.file.Explain(err)
	}
	var batch []kept
	commit := func() error {
		err := w.commit(batch)
		batch = batch[:0]
		return err
	}
	err = journal.Read(w.file.Path, identity, func(body []byte) error {
		k, err := decode(body)
		if err != nil {
			return err
		}
		if k.run == nil && pointOf(k.key) >= points { // a power loss took the point
			return nil
		}
		if batch = append(batch, k); len(batch) == maxWaiting {
			return commit()
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		err = commit()
	}
	return identity, err
}

// commit adds replications in one transaction. If it fails, none of them is in the file.
func (w *writer) commit(batch []kept) error {
	w.insert, w.insertRun = nil, nil
	return w.file.Transaction(func(tx *sql.Tx) error {
		for i := range batch {
			if err := w.add(tx, &batch[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// add adds a replication or a run, unless the file has it already.
func (w *writer) add(tx *sql.Tx, k *kept) error {
	if k.run != nil {
		return w.addRun(tx, k)
	}
	o := &k.outcome
	if err := w.addColumns(tx, o.Measures); err != nil {
		return err
	}
	var outcome any
	if o.Status == run.Completed {
		id, err := w.outcome(tx, o.Outcome)
		if err != nil {
			return err
		}
		outcome = id
	} else if err := w.addAborted(tx, k); err != nil {
		return err
	}
	digest, err := hex.DecodeString(shortDigest(o.Digest))
	if err != nil {
		return fmt.Errorf("digest %q: %w", o.Digest, err)
	}
	w.args = append(w.args[:0], k.key, outcome, o.Failed, o.Virtual, o.Events, digest)
	for _, name := range w.measures {
		if value, ok := o.Measures[name]; ok {
			w.args = append(w.args, value)
		} else {
			w.args = append(w.args, nil)
		}
	}
	if w.insert == nil {
		columns := []string{"id", "outcome", "failed", "virtual_ns", "events", "digest"}
		for _, name := range w.measures {
			columns = append(columns, layout.Quote(layout.MeasurePrefix+name))
		}
		w.insert, err = tx.Prepare(
			fmt.Sprintf("INSERT OR IGNORE INTO replication (%s) VALUES (?%s)", strings.Join(columns, ", "),
				strings.Repeat(", ?", len(columns)-1)),
		)
		if err != nil {
			return err
		}
	}
	if _, err := w.insert.Exec(w.args...); err != nil {
		return err
	}
	if d := k.difference; d != nil {
		_, err := tx.Exec(
			"INSERT OR IGNORE INTO difference VALUES (?, ?, ?, ?, ?)", k.key, d.Repeat, d.Record, d.First, d.Second,
		)
		return err
	}
	return nil
}

func (w *writer) addRun(tx *sql.Tx, k *kept) error {
	if w.insertRun == nil {
		var err error
		if w.insertRun, err = tx.Prepare("INSERT OR IGNORE INTO run VALUES (?, ?)"); err != nil {
			return err
		}
	}
	_, err := w.insertRun.Exec(k.run, k.value)
	return err
}

// digestBytes is how many bytes of a digest are stored: enough to see that two traces differ.
const digestBytes = 8

// shortDigest returns the stored part of a digest, in hexadecimal.
func shortDigest(digest string) string { return digest[:min(len(digest), 2*digestBytes)] }

// addParameters makes the views show the parameters of all design points.
func (w *writer) addParameters(tx *sql.Tx) error {
	names, err := query.Parameters(tx)
	if err != nil || slices.Equal(names, w.parameters) {
		return err
	}
	w.parameters = names
	return layout.CreateViews(tx, w.parameters, w.measures)
}

// addColumns adds a column for each new measure.
func (w *writer) addColumns(tx *sql.Tx, measures map[string]int64) error {
	if len(w.measures) >= len(measures) && !slices.ContainsFunc(slices.Collect(maps.Keys(measures)), w.isNew) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(measures)) {
		if !w.isNew(name) {
			continue
		}
		if _, err := tx.Exec("ALTER TABLE replication ADD COLUMN " + layout.Quote(layout.MeasurePrefix+name) +
			" INTEGER"); err != nil {
			return err
		}
		w.measures = append(w.measures, name)
	}
	w.insert = nil
	return layout.CreateViews(tx, w.parameters, w.measures)
}

func (w *writer) isNew(measure string) bool { return !slices.Contains(w.measures, measure) }

// outcome returns the number of a set of outcomes.
func (w *writer) outcome(tx *sql.Tx, set []string) (int64, error) {
	names := outcomeNames(set)
	id, ok := w.outcomes[names]
	if ok {
		return id, nil
	}
	id = int64(len(w.outcomes))
	w.outcomes[names] = id
	_, err := tx.Exec("INSERT INTO outcome VALUES (?, ?)", id, names)
	return id, err
}

func (w *writer) addAborted(tx *sql.Tx, k *kept) error {
	o := &k.outcome
	var dump any
	if o.Dump != "" {
		last, keep := w.keepDump(k.key)
		if keep {
			dump = o.Dump
		}
		if last >= 0 {
			if _, err := tx.Exec("UPDATE aborted SET dump = NULL WHERE id = ?", last); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(
		"INSERT OR IGNORE INTO aborted VALUES (?, ?, ?, ?, ?)", k.key, string(o.Status), o.Limit,
		strings.Join(o.Flags, " "), dump,
	)
	return err
}

// keepDump reports whether the dump of a replication is among the first of its point, and which
// earlier kept dump it replaces; -1 if none.
func (w *writer) keepDump(key int64) (last int64, keep bool) {
	list := w.dumps[pointOf(key)]
	i, found := slices.BinarySearch(list, key)
	if found || i == maxDumps {
		return -1, found
	}
	list = slices.Insert(list, i, key)
	last = -1
	if len(list) > maxDumps {
		last, list = list[maxDumps], list[:maxDumps]
	}
	w.dumps[pointOf(key)] = list
	return last, true
}

// pointOf returns the design point in the key of a replication.
func pointOf(key int64) int64 {
	point, _ := layout.OfKey(key)
	return int64(point)
}
