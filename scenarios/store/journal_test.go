package store

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store/journal"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// some are replications and runs as they are kept.
func some() []kept {
	return []kept{
		{key: layout.Key(3, 7), outcome: run.Result{
			Replication: run.Replication{
				Outcome: []string{"ghost-session"}, Failed: true, Virtual: 5, Events: 6, Digest: "0123456789abcdef",
				Measures: map[string]int64{"handshake": 60_000_000},
			},
			Status: run.Completed,
		}},
		{key: layout.Key(0, 0),
			outcome: run.Result{
				Status: run.Crashed, Dump: "panic: of a test", Flags: []string{"--wall-limit", "2s"},
			},
			difference: &sample.Difference{Repeat: "dtlssim run", Record: 3, First: "a", Second: "b"}},
		{run: []byte("sixteen bytes of"), value: []byte{0, 1, 255}},
	}
}

// leave leaves records beside a store, as a process does that is killed.
func leave(t *testing.T, path string, identity []byte, list []kept) {
	t.Helper()
	j, err := journal.Open(path, identity)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		body, err := list[i].encode()
		if err == nil {
			err = j.Add(body)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// identityOf returns the identity of the file of a store.
func identityOf(t *testing.T, s *Store) (identity []byte) {
	t.Helper()
	if err := s.file.DB.QueryRow("SELECT file FROM specification").Scan(&identity); err != nil {
		t.Fatal(err)
	}
	return identity
}

// A record of the journal gives back what it was made of.
func TestRecordsAreReadBack(t *testing.T) {
	for _, want := range some() {
		body, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decode(body); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
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
			identity := identityOf(t, s)
			list := append(some(), kept{key: layout.Key(9, 1)}) // of a point that is not there
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
			leave(t, path, identity, list)
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
			err = r.Replications(func(r *query.Replication) error {
				keys = append(keys, layout.Key(r.Point, r.Replication))
				return nil
			})
			var runs int
			err = errors.Join(err, r.file.DB.QueryRow("SELECT count(*) FROM run").Scan(&runs), r.Close())
			if err != nil {
				t.Fatal(err)
			}
			want := []int64{layout.Key(0, 0), layout.Key(3, 7)}
			if !reflect.DeepEqual(keys, want) || runs != 1 || r.Pending {
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
