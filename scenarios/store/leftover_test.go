package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
)

// left is what a killed process leaves: the content of a store and of the files beside it.
type left map[string][]byte

// snapshot reads a store and the files beside it, but not the index of the log, which SQLite makes
// again.
func snapshot(t *testing.T, path string) left {
	t.Helper()
	files := left{}
	names, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if suffix := strings.TrimPrefix(name, path); suffix != "-shm" {
			if files[suffix], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// in writes the files into an empty folder, with one of them changed, and returns the store's path.
func (l left) in(t *testing.T, folder, change string, to []byte) string {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Error(err)
	}
	for _, name := range old {
		if err := os.Remove(name); err != nil {
			t.Error(err)
		}
	}
	path := filepath.Join(folder, "study.sqlite")
	for suffix, content := range l {
		if suffix == change {
			content = to
		}
		if content == nil {
			continue
		}
		if err := os.WriteFile(path+suffix, content, 0o644); err != nil {
			t.Error(err)
		}
	}
	return path
}

// killedStore is a store as a killed process leaves it, with a log and records that are pending.
func killedStore(t *testing.T) (left, sample.Sweep) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "study.sqlite")
	performed(t, context.Background(), path, sweep(t, 6), nil)
	of := sweep(t, 10)
	s, kept, err := store.OpenSweep(path, of, limits)
	if err != nil {
		t.Fatal(err)
	}
	of.Store = kept
	r, err := sample.RunSweep(context.Background(), instant{}, of, nil)
	if err == nil { // which also waits until all is committed
		err = s.Finish(answers.Answers{Estimates: answers.EstimatesOf(r, nil)})
	}
	if err != nil {
		t.Fatal(err)
	}
	files := snapshot(t, path)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	of.Store = nil
	return files, of
}

// attackLeft damages one of the files that were left, in many ways. A reader refuses the store, or gives
// the same answers; a sweep goes on with it or refuses it, and gives the same result.
func attackLeft(t *testing.T, files left, of sample.Sweep, suffixes []string, n int) {
	t.Helper()
	want, err := answersOf(files.in(t, t.TempDir(), "none", nil))
	if err != nil {
		t.Fatal(err)
	}
	result := performed(t, context.Background(), "", of, nil)
	for _, suffix := range suffixes {
		whole := files[suffix]
		if len(whole) == 0 {
			t.Fatalf("there is no %s", suffix)
		}
		attack(t, n, func(i int, folder string) {
			at := (i*7919 + 13) % len(whole)
			damaged := bytes.Clone(whole)
			what := fmt.Sprintf("%s: byte %d is another", suffix, at)
			switch {
			case i == 0:
				what, damaged = suffix+" is deleted", nil
			case i%4 == 1:
				what, damaged = fmt.Sprintf("%s is cut to %d bytes", suffix, at), damaged[:at]
			default:
				damaged[at] ^= []byte{0x01, 0x80, 0xff, 0x10}[i%4]
			}
			// A kill cuts the records that are pending anywhere. This is no damage: of these, the
			// committed ones are in the store.
			got, err := answersOf(files.in(t, folder, suffix, damaged))
			if err == nil && got != want {
				t.Errorf("%s: the answers are others", what)
			}
			s, kept, err := store.OpenSweep(files.in(t, folder, suffix, damaged), of, limits)
			if err != nil {
				return
			}
			resumed := of
			resumed.Store = kept
			r, err := sample.RunSweep(context.Background(), instant{}, resumed, nil)
			if err := errors.Join(err, s.Close()); err != nil {
				t.Errorf("%s: it was opened, and then %v", what, err)
			} else if !reflect.DeepEqual(r, result) {
				t.Errorf("%s: the sweep gave\n%+v\nwant\n%+v", what, r, result)
			}
		})
	}
}

// A damaged log, or damaged pending records, of a process that was killed.
func TestDamagedLogIsNoticed(t *testing.T) {
	files, of := killedStore(t)
	var pending []string
	for _, suffix := range []string{"-pending-0", "-pending-1"} {
		if len(files[suffix]) > 0 {
			pending = append(pending, suffix)
		}
	}
	attackLeft(t, files, of, append(pending, "-wal"), testkit.Budget(12, 12, 60))
}

// A damaged journal of SQLite, which undoes half a transaction.
func TestDamagedRollbackJournalIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	of := sweep(t, 30)
	performed(t, context.Background(), path, of, nil)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	// With no cache, SQLite writes changed pages to the file before the transaction ends.
	_, err = db.Exec(`PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;
		UPDATE replication SET failed = 1 - failed; UPDATE point SET levels = levels || ' ', parameters = '{}';
		DELETE FROM program; UPDATE outcome SET names = 'x' || names`)
	if err != nil {
		t.Fatal(err)
	}
	files := snapshot(t, path)
	_, err = db.Exec("ROLLBACK")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if whole, err := os.ReadFile(path); err != nil || bytes.Equal(whole, files[""]) {
		t.Fatal("nothing was written before the end of the transaction", err)
	}
	attackLeft(t, files, of, []string{"-journal"}, testkit.Budget(12, 12, 60))
}
