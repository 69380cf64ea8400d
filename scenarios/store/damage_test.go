package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

// everything is a small store with rows in every table, as bytes, and the sweep that it is of. Its pages
// are small, so that most bytes of the file are read.
func everything(t testing.TB) (content []byte, of sample.Sweep) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "study.sqlite")
	of = sweep(t, 12)
	of.Verify, of.Seed = true, 497 // replication 4 crashes, 10 differs from its repetition
	s, kept, err := store.OpenSweep(path, of, limits)
	if err != nil {
		t.Fatal(err)
	}
	of.Store = kept
	r, err := sample.RunSweep(context.Background(), instant{}, of, nil)
	if err != nil {
		t.Fatal(err)
	}
	of.Store = nil
	if len(r.Aborted) == 0 || len(r.Differences) == 0 {
		t.Fatal("nothing was aborted, or nothing differs")
	}
	job := fixture.Job(t, "late-close-notify", scenarios.Settings{"credentials": "psk"}, 0)
	runner := s.Runner(instant{})
	for job.Seed = range 3 {
		if _, err := runner.Do(context.Background(), job); err != nil {
			t.Fatal(err)
		}
	}
	w := &search.Windows{
		Params: map[string]string{"linger": "0s"}, Probe: "alert-latency", To: 50, Runs: 9,
		Cells: []search.Cell{
			{To: 10, Failed: true, Outcome: []string{"a", "b"}, Signature: "x"}, {From: 10, To: 50},
		},
		FailureWindows: []search.Interval{{To: 10}},
		Edges: []search.Edge{
			{At: 10, Below: search.Witness{Repeat: "run 9"}, Above: search.Witness{Repeat: "run 10"}},
		},
	}
	err = s.Finish(answers.Answers{
		Searches:  []answers.Search{{Figure: "f", Row: "r", Windows: w}},
		Estimates: answers.EstimatesOf(r, nil),
		Maps:      []answers.Map{{Figure: "m", Row: "r", Regions: &plane.Regions{Runs: 4}}},
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("PRAGMA page_size = 512; VACUUM")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return content, of
}

// answersOf returns everything that can be read from a store.
func answersOf(path string) (string, error) {
	r, err := store.Read(path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	var b strings.Builder
	show := func(values ...any) {
		text, err := json.Marshal(values)
		if err != nil {
			text = fmt.Appendf(nil, "%#v", values) // maps with keys that are no texts
		}
		b.Write(append(text, '\n'))
	}
	var faults []error
	note := func(err error) { faults = append(faults, err) }
	specification, err := r.Specification()
	note(err)
	show(specification)
	programs, err := r.Programs()
	note(err)
	show(programs)
	measures, err := r.Measures()
	note(err)
	outcomes, err := r.Outcomes()
	note(err)
	runs, err := r.Runs()
	note(err)
	layout, err := r.Layout()
	note(err)
	differences, err := r.Differences()
	note(err)
	of, err := r.PartOf()
	note(err)
	show(measures, outcomes, runs, layout, differences, of)
	note(r.Parts(func(p *query.Part) error { show(*p); return nil }))
	note(r.Points(func(p *query.Point) error { show(*p); return nil }))
	note(r.Replications(func(p *query.Replication) error { show(p.Point, p.Replication, p.Result()); return nil }))
	note(r.Aborted(func(a *query.Aborted) error { show(*a); return nil }))
	note(r.MeasuresByPoint(func(p int, m map[string]sample.Measure) error { show(p, m); return nil }))
	for _, view := range []string{"replications", "points", "windows", "cells", "estimates", "searches", "answer"} {
		note(r.View(view, "*", "1, 2, 3", func(names []string) error { show(names); return nil },
			func(cells []any) error { show(cells); return nil }))
	}
	return b.String(), errors.Join(faults...)
}

// A store in which any byte is another is refused, or gives the same answers: to a reader, and to a
// sweep that goes on with it.
func TestDamagedByteIsNoticed(t *testing.T) {
	content, of := everything(t)
	t.Logf("%d bytes", len(content))
	want, r := undamaged(t, content, of)
	n := min(testkit.Cases(t, 50, 80, 1000), len(content)) // DTLSSIM_CASES=100000 tries every byte
	first := int(testkit.Seed(t) % uint64(len(content)))
	noticed := 0
	var mu sync.Mutex
	attack(t, n, func(i int, folder string) {
		at := i
		if n < len(content) {
			at = (first + i*7919) % len(content)
		}
		pattern := []byte{0x01, 0x80, 0xff, 0x10}[i%4]
		damaged := bytes.Clone(content)
		damaged[at] ^= pattern
		if judge(t, folder, i%16 == 0, fmt.Sprintf("byte %d ^ %#x", at, pattern), damaged, of, want, r) {
			mu.Lock()
			noticed++
			mu.Unlock()
		}
	})
	t.Logf("%d of %d were noticed", noticed, n)
	if noticed < n/3 {
		t.Errorf("%d of %d damaged bytes were noticed: the others must be in unused space", noticed, n)
	}
}

// A store that was cut anywhere is refused, or gives the same answers.
func TestCutStoreIsNoticed(t *testing.T) {
	content, of := everything(t)
	want, r := undamaged(t, content, of)
	n := min(testkit.Cases(t, 15, 25, 250), len(content)) // DTLSSIM_CASES=100000 tries every length
	attack(t, n, func(i int, folder string) {
		length := i * len(content) / n
		if i == 0 {
			length = len(content) - 1
		}
		judge(t, folder, true, fmt.Sprintf("cut to %d bytes", length), content[:length], of, want, r)
	})
}

func undamaged(t *testing.T, content []byte, of sample.Sweep) (want string, r *sample.Results) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "study.sqlite")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := answersOf(path)
	if err != nil {
		t.Fatal(err)
	}
	return want, performed(t, context.Background(), "", of, nil)
}

// attack calls do n times, on two goroutines, each with a folder of its own.
func attack(t *testing.T, n int, do func(i int, folder string)) {
	var w sync.WaitGroup
	for worker := range 2 {
		folder := t.TempDir()
		w.Go(func() {
			for i := worker; i < n; i += 2 {
				do(i, folder)
			}
		})
	}
	w.Wait()
}

// judge reports an answer of a damaged store that is another one, and whether the damage was noticed.
// resume is set to let a sweep go on with it in any case.
func judge(
	t *testing.T, folder string, resume bool, what string, content []byte, of sample.Sweep, want string,
	r *sample.Results,
) (noticed bool) {
	path := filepath.Join(folder, "study.sqlite")
	write := func() {
		old, err := filepath.Glob(path + "*")
		if err != nil {
			t.Error(err)
		}
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				t.Error(err)
			}
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Error(err)
		}
	}
	write()
	got, err := answersOf(path)
	switch {
	case err != nil:
		noticed = true
		if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: the error does not name the store: %v", what, err)
		}
	case got != want:
		i := 0
		for i < min(len(got), len(want)) && got[i] == want[i] {
			i++
		}
		t.Errorf("%s: the answers differ at %.300q, want %.300q", what, got[max(0, i-50):], want[max(0, i-50):])
	}
	if noticed && !resume { // the sweep verifies it in the same way
		return true
	}
	write()
	s, kept, err := store.OpenSweep(path, of, limits)
	if err != nil {
		return true
	}
	of.Store = kept
	resumed, err := sample.RunSweep(context.Background(), instant{}, of, nil)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Errorf("%s: it was opened, and then %v", what, err)
	} else if !reflect.DeepEqual(resumed, r) {
		t.Errorf("%s: the sweep gave\n%+v\nwant\n%+v", what, resumed, r)
	}
	return noticed
}
