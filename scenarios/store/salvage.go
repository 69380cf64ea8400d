package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/check"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
	"github.com/dtlssim/dtlssim/scenarios/store/record"
	"github.com/dtlssim/dtlssim/scenarios/store/salvage"
)

// Check verifies a store, and returns what it holds and what of it is damaged. An error says that
// it is no store or cannot be read.
func Check(path string) (*check.Result, error) {
	r, err := Read(path)
	var damaged *layout.DamagedError
	if errors.As(err, &damaged) {
		return &check.Result{Faults: append(damaged.Faults, losses(path)...)}, nil
	}
	if err != nil {
		return nil, err
	}
	return r.Contents, r.Close()
}

// losses says how many replications of each design point of a damaged store are whole, where some are
// not.
func losses(path string) (list []string) {
	content, err := salvage.Read(path)
	if err != nil {
		return []string{"nothing of it can be saved"}
	}
	whole := map[int64]map[int64]bool{}
	if err := content.Replications(func(key int64, _ run.Result, _ *sample.Difference) error {
		if whole[pointOf(key)] == nil {
			whole[pointOf(key)] = map[int64]bool{}
		}
		whole[pointOf(key)][key] = true
		return nil
	}); err != nil {
		return nil
	}
	for key, s := range content.Seals {
		if n := len(whole[key.Point]); key.Table == layout.ReplicationTable && int64(n) < s.Rows {
			list = append(list, fmt.Sprintf("%s: %d of %d replications are whole", content.Point(key.Point), n, s.Rows))
		}
	}
	slices.Sort(list)
	return list
}

// Salvage makes a new store of what is whole in a damaged one, which it leaves as it is. The command
// that made the damaged store goes on with the new one: it performs what is missing and computes
// the answers again. was says how many rows the damaged store had, as far as that is known.
func Salvage(from, to string) (saved *check.Result, was map[layout.SealKey]layout.Seal, err error) {
	if lock, err := layout.Lock(from, 0); err == nil {
		defer lock.Close()
	} else if errors.Is(err, layout.ErrLocked) {
		return nil, nil, err
	}
	content, err := salvage.Read(from)
	if err != nil {
		return nil, nil, err
	}
	if err := create(to, func(w *writer) error { return refill(w, content, from) }); err != nil {
		return nil, nil, err
	}
	saved, err = Check(to)
	return saved, content.Seals, err
}

// create makes a new store with the rows that fill adds. If that fails, there is none.
func create(path string, fill func(*writer) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return &layout.MismatchError{Path: path, Reason: "is there already: give the new store another name"}
	}
	lock, err := layout.Lock(path, os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, lock.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(path))
		}
	}()
	f, err := layout.Open(path, "rw")
	if err == nil {
		w := &writer{file: f, query: query.Of(f), ledger: layout.NewLedger(f, map[layout.SealKey]layout.Seal{})}
		err = fill(w)
	}
	return errors.Join(err, f.Close())
}

// refill fills a new store.
func refill(w *writer, content *salvage.Content, from string) error {
	err := w.transact(func(tx *sql.Tx) error {
		if err := layout.Create(tx, w.ledger, content.Specification, content.Sum); err != nil {
			return err
		}
		const finished = 2 // a column of program
		for _, table := range []string{"program", "part", "point"} {
			for _, values := range content.Rows(table) {
				if table == "program" {
					values[finished] = nil // its answers are not here
				}
				if id, _ := values[0].(int64); table == "point" && !content.Has(id) {
					continue // its part is lost, and will be added again
				}
				if _, err := w.ledger.Insert(tx, table, values...); err != nil {
					return err
				}
			}
		}
		return w.addParameters(tx)
	})
	if err != nil {
		return err
	}
	if err := w.load(); err != nil {
		return err
	}
	var batch []record.Kept
	add := func(k record.Kept) error {
		if batch = append(batch, k); len(batch) < maxWaiting {
			return nil
		}
		err := w.commit(batch)
		batch = batch[:0]
		return err
	}
	if err := content.Replications(func(key int64, o run.Result, d *sample.Difference) error {
		return add(record.Kept{Key: key, Outcome: o, Difference: d})
	}); err != nil {
		return err
	}
	if err := content.Runs(func(key, value []byte) error {
		return add(record.Kept{Run: key, Value: value})
	}); err != nil {
		return err
	}
	if _, err := journal.Read(from, content.Identity, func(body []byte) error {
		if _, ok := record.Committed(body); ok {
			return nil
		}
		k, err := record.Decode(slices.Clone(body))
		if err != nil || k.Run == nil && !content.Has(pointOf(k.Key)) {
			return err
		}
		return add(k)
	}); err != nil {
		return err
	}
	if err := w.commit(batch); err != nil {
		return fmt.Errorf("%s: %w", w.file.Path, err)
	}
	return nil
}
