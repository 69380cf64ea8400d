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
	"github.com/dtlssim/dtlssim/scenarios/store/record"
)

// writer commits replications to a file.
type writer struct {
	file       layout.File
	query      query.File
	ledger     *layout.Ledger
	added      bool             // replications or runs were committed
	moved      func() error     // reports a file that was deleted or replaced; nil: it is not looked at
	measures   []string         // measures that have a column, in column order
	parameters []string         // of design points, sorted
	outcomes   map[string]int64 // sets of outcomes that have a row
	// by point: the keys of the replications whose dumps are kept, in order
	dumps     map[int64][]int64
	insert    *sql.Stmt // of a replication, in the current transaction; nil: not prepared
	insertRun *sql.Stmt // of a run, likewise
	args      []any     // of insert
	sorted    []int     // indices of measures in the order of their names
	sum       layout.Sum
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
	w.sort()
	if w.parameters, err = w.query.Parameters(); err != nil {
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
// file. faults say what a process that was killed had done and is not there: records that are
// damaged, and transactions that were committed.
func (w *writer) fold() (identity []byte, faults []string, err error) {
	if err := w.load(); err != nil {
		return nil, nil, w.file.Explain(err)
	}
	if err := w.file.Row("SELECT file FROM specification LIMIT 1").Scan(&identity); err != nil {
		return nil, nil, w.file.Explain(err)
	}
	points := map[int64]bool{}
	if err := w.file.Query("SELECT point FROM point", func(rows *sql.Rows) error {
		var point int64
		err := rows.Scan(&point)
		points[point] = true
		return err
	}); err != nil {
		return nil, nil, err
	}
	var batch []record.Kept
	commit := func() error {
		err := w.commit(batch)
		batch = batch[:0]
		return err
	}
	commits, lost := w.ledger.Commits(), false
	damaged, err := journal.Read(w.file.Path, identity, func(body []byte) error {
		if n, ok := record.Committed(body); ok {
			lost = lost || n > commits
			return nil
		}
		k, err := record.Decode(body)
		if err != nil {
			return err
		}
		if k.Run == nil && !points[pointOf(k.Key)] { // a power loss took the point
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
	if damaged {
		faults = append(faults, fmt.Sprintf("records of a process that was killed, in %s or %s",
			journal.Names(w.file.Path)[0], journal.Names(w.file.Path)[1]))
	}
	if lost {
		faults = append(faults, "what a process that was killed had committed last is not there, as if its log, "+
			w.file.Path+"-wal, had been damaged or deleted")
	}
	return identity, faults, err
}

// transact performs a transaction, unless the file is no longer where it was. Its rows are counted
// only if it is committed.
func (w *writer) transact(do func(tx *sql.Tx) error) error {
	w.insert, w.insertRun = nil, nil
	if err := w.notMoved(); err != nil {
		return err
	}
	if err := w.ledger.Transaction(do); err != nil {
		return err
	}
	return w.notMoved()
}

func (w *writer) notMoved() error {
	if w.moved == nil {
		return nil
	}
	return w.moved()
}

// commit adds replications in one transaction. If it fails, none of them is in the file.
func (w *writer) commit(batch []record.Kept) error {
	w.added = true
	return w.transact(func(tx *sql.Tx) error {
		if err := w.ledger.Clear(tx, "complete"); err != nil {
			return err
		}
		for i := range batch {
			if err := w.add(tx, &batch[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// add adds a replication or a run, unless the file has it already.
func (w *writer) add(tx *sql.Tx, k *record.Kept) error {
	if k.Run != nil {
		return w.addRun(tx, k)
	}
	o := &k.Outcome
	if err := w.addColumns(tx, o.Measures); err != nil {
		return err
	}
	of := layout.Replication{
		Key: k.Key, Status: string(o.Status), Limit: o.Limit, Virtual: o.Virtual, Events: int64(o.Events),
		Different: k.Difference != nil,
	}
	if o.Failed {
		of.Failed = 1
	}
	var outcome any
	if o.Status == run.Completed {
		of.Outcome, of.Limit = outcomeNames(o.Outcome), ""
		id, err := w.outcome(tx, of.Outcome)
		if err != nil {
			return err
		}
		outcome = id
	}
	var err error
	if of.Digest, err = hex.DecodeString(record.ShortDigest(o.Digest)); err != nil {
		return fmt.Errorf("digest %q: %w", o.Digest, err)
	}
	w.sum.Replication(&of)
	for _, i := range w.sorted {
		if value, ok := o.Measures[w.measures[i]]; ok {
			w.sum.Text(w.measures[i]).Int(value)
		}
	}
	checksum := w.sum.Done()
	w.args = append(w.args[:0], of.Key, outcome, of.Failed, of.Virtual, of.Events, of.Digest, checksum)
	for _, name := range w.measures {
		if value, ok := o.Measures[name]; ok {
			w.args = append(w.args, value)
		} else {
			w.args = append(w.args, nil)
		}
	}
	if w.insert == nil {
		columns := []string{"id", "outcome", "failed", "virtual_ns", "events", "digest", "checksum"}
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
	r, err := w.insert.Exec(w.args...)
	if err != nil {
		return err
	}
	added, err := w.ledger.Inserted(r, layout.SealKey{Table: layout.ReplicationTable, Point: pointOf(k.Key)}, checksum)
	if err != nil || !added {
		return err
	}
	if o.Status != run.Completed {
		err = w.addAborted(tx, k)
	}
	if d := k.Difference; d != nil && err == nil {
		_, err = w.ledger.Insert(tx, "difference", k.Key, d.Repeat, d.Record, d.First, d.Second)
	}
	return err
}

func (w *writer) addRun(tx *sql.Tx, k *record.Kept) error {
	if w.insertRun == nil {
		var err error
		if w.insertRun, err = tx.Prepare("INSERT OR IGNORE INTO run VALUES (?, ?, ?)"); err != nil {
			return err
		}
	}
	checksum := layout.RunSum(&w.sum, k.Run, k.Value)
	r, err := w.insertRun.Exec(k.Run, k.Value, checksum)
	if err == nil {
		_, err = w.ledger.Inserted(r, layout.SealKey{Table: layout.RunTable}, checksum)
	}
	return err
}

// addParameters makes the views show the parameters of all design points.
func (w *writer) addParameters(tx *sql.Tx) error {
	names, err := query.Parameters(tx.Query)
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
		if err := layout.AddMeasure(tx, w.ledger, len(w.measures), name); err != nil {
			return err
		}
		w.measures = append(w.measures, name)
	}
	w.insert = nil
	w.sort()
	return layout.CreateViews(tx, w.parameters, w.measures)
}

// sort orders the measures by name.
func (w *writer) sort() {
	w.sorted = w.sorted[:0]
	for i := range w.measures {
		w.sorted = append(w.sorted, i)
	}
	slices.SortFunc(w.sorted, func(i, j int) int { return strings.Compare(w.measures[i], w.measures[j]) })
}

func (w *writer) isNew(measure string) bool { return !slices.Contains(w.measures, measure) }

// outcome returns the number of a set of outcomes.
func (w *writer) outcome(tx *sql.Tx, names string) (int64, error) {
	id, ok := w.outcomes[names]
	if ok {
		return id, nil
	}
	for _, taken := range w.outcomes {
		id = max(id, taken+1)
	}
	w.outcomes[names] = id
	_, err := w.ledger.Insert(tx, "outcome", id, names)
	return id, err
}

func (w *writer) addAborted(tx *sql.Tx, k *record.Kept) error {
	o := &k.Outcome
	var dump any
	if o.Dump != "" {
		last, keep := w.keepDump(k.Key)
		if keep {
			dump = o.Dump
		}
		if last >= 0 {
			if err := w.ledger.Update(tx, "aborted", "id", last, 4, nil); err != nil {
				return err
			}
		}
	}
	_, err := w.ledger.Insert(tx, "aborted", k.Key, string(o.Status), o.Limit, strings.Join(o.Flags, " "), dump)
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
