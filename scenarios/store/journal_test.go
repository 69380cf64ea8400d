package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
)

// some are replications and runs as they are kept.
func some() []kept {
	return []kept{
		{key: key(3, 7), outcome: run.Result{
			Replication: run.Replication{
				Outcome: []string{"ghost-session"}, Failed: true, Virtual: 5, Events: 6, Digest: "0123456789abcdef",
				Measures: map[string]int64{"handshake_ns": 60_000_000},
			},
			Status: run.Completed,
		}},
		{key: key(0, 0), outcome: run.Result{Status: run.Crashed, Dump: "panic: of a test", Flags: " --wall-limit 2s"},
			difference: &sample.Difference{Repeat: "dtlssim run", Record: 3, First: "a", Second: "b"}},
		{run: []byte("sixteen bytes of"), value: []byte{0, 1, 255}},
	}
}

// written returns the bytes of a file of a journal that holds some records, and where
// each ends.
func written(t *testing.T, path string, identity []byte, list []kept) (data []byte, ends []int) {
	t.Helper()
	j, err := openJournal(path, identity)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		body, err := list[i].encode()
		if err == nil {
			err = j.add(body)
		}
		if err == nil {
			data, err = os.ReadFile(journalName(path, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(data))
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	return data, ends
}

// Of a journal that ends anywhere, or goes on with something else from there, the whole
// records are read and nothing else; so of one in which any byte is another.
func TestTornJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	identity := []byte("of this file ...")
	list := some()
	data, ends := written(t, path, identity, list)
	check := func(what string, data []byte, whole int) {
		t.Helper()
		var got []kept
		j := &journal{identity: identity}
		if err := j.read(bytes.NewReader(data), func(k kept) error {
			got = append(got, k)
			return nil
		}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(got) != whole || whole > 0 && !reflect.DeepEqual(got, list[:whole]) {
			t.Fatalf("%s: there are %d records %+v, want the first %d", what, len(got), got, whole)
		}
	}
	for at := range len(data) + 1 {
		whole := 0
		for whole < len(ends) && ends[whole] <= at {
			whole++
		}
		head := data[:at:at]
		check(fmt.Sprintf("torn at %d", at), head, whole)
		check(fmt.Sprintf("zeros from %d", at), append(head, make([]byte, 100)...), whole)
		check(fmt.Sprintf("the beginning again from %d", at), append(head, data[:max(1, ends[0]-1)]...), whole)
		if at < len(data) {
			other := bytes.Clone(data)
			other[at] ^= 0x10
			check(fmt.Sprintf("byte %d is another", at), other, whole)
		}
	}
	j := &journal{identity: []byte("of another file ")}
	if err := j.read(bytes.NewReader(data),
		func(kept) error { return errors.New("a record of another file") }); err != nil {
		t.Error(err)
	}
}

// What is pending beside a store is there when the store is opened next, for reading or
// for writing, once, though it may have been committed before.
func TestPendingIsFoldedIn(t *testing.T) {
	for _, again := range []bool{false, true} {
		for _, reading := range []bool{false, true} {
			path := filepath.Join(t.TempDir(), "study.sqlite")
			sweep := sample.Sweep{
				Replications: 5, Seed: 1, Design: fixture.Design(
					t,
					fixture.Scenario(t),
					nil,
					scenarios.Settings{
						"linger": "0s",
					},
					scenarios.Settings{"linger": "1ms"},
					scenarios.Settings{"linger": "2ms"},
					scenarios.Settings{"linger": "3ms"},
				),
			}
			s, _, err := OpenSweep(path, sweep, run.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			identity := s.queue.journal.identity
			list := append(some(), kept{key: key(9, 1)}) // of a point that is not there
			if again {
				for _, k := range list[:2] {
					if err := s.queue.put(k); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			written(t, path, identity, list)
			if !reading {
				if s, _, err = OpenSweep(path, sweep, run.Limits{}); err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
			r, err := Read(path)
			if err != nil {
				t.Fatal(err)
			}
			var keys []int64
			err = r.Replications(func(r *Replication) error {
				keys = append(keys, key(r.Point, r.Replication))
				return nil
			})
			var runs int
			if err := errors.Join(err, r.db.QueryRow("SELECT count(*) FROM run").Scan(&runs), r.Close()); err != nil {
				t.Fatal(err)
			}
			if want := []int64{key(0, 0), key(3, 7)}; !reflect.DeepEqual(keys, want) || runs != 1 || r.Pending {
				t.Errorf(
					"there are the replications %v and %d runs, pending %v; want %v and 1", keys, runs, r.Pending, want,
				)
			}
			if left, err := filepath.Glob(path + "-*"); err != nil || len(left) > 0 {
				t.Errorf("%v lie beside the store", left)
			}
		}
	}
}
