package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/store/query"
)

func TestMain(m *testing.M) {
	testkit.Main(m, run.ServeIfAsked)
}

// instant answers every job at once, with an answer that its seed decides.
type instant struct{}

func (instant) Size() int { return 2 }

func (r instant) Do(ctx context.Context, job run.Job) (run.Result, error) {
	o := run.Result{Status: run.Completed}
	n := int64(job.Seed)
	o.Virtual, o.Events, o.Digest = 60_000_000_000+n*1_000_003, 40+int(n%7), strings.Repeat("0123456789abcdef", 4)
	o.Measures = map[string]int64{
		"handshake":       100_000_000 + n*1009,
		"client-bytes":    1700 + n%300,
		"retransmissions": n % 20,
	}
	switch {
	case job.Seed%501 == 0:
		o.Status, o.Dump, o.Measures = run.Crashed, "panic: of a test", nil
	case job.Seed%10 < 2:
		o.Outcome, o.Failed = []string{"ghost-session", "next-handshake-failed"}, true
		o.Measures["accept-blocked"] = n
	}
	return o, ctx.Err()
}

func (r instant) Twice(ctx context.Context, job run.Job) (first, second run.Result, err error) {
	first, err = r.Do(ctx, job)
	second = first
	if job.Seed%100 == 7 {
		second.Status = run.TimedOut
	}
	return first, second, err
}

var limits = run.Limits{Wall: run.DefaultWallLimit, Memory: run.DefaultMemoryLimit}

func sweep(t testing.TB, replications int) sample.Sweep {
	return sample.Sweep{
		Replications: replications, Seed: 1,
		Design: fixture.Design(
			t, fixture.Scenario(t), scenarios.Settings{"credentials": "psk"}, scenarios.Settings{"linger": "0s"},
			scenarios.Settings{"linger": "10ms"},
		),
	}
}

// run performs a sweep with the store at a path, if there is one.
func performed(t testing.TB, ctx context.Context, path string, s sample.Sweep, progress func()) *sample.Results {
	t.Helper()
	if path != "" {
		kept, of, err := store.OpenSweep(path, s, limits)
		if err != nil {
			t.Fatal(err)
		}
		s.Store = of
		defer func() {
			if err := kept.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	r, err := sample.RunSweep(ctx, instant{}, s, progress)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func same(t *testing.T, got, want *sample.Results) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the sweep gave\n%+v\nwant\n%+v", got, want)
	}
}

// An observer hears of each replication once, whether it is performed or taken from the
// store, and of none that the sweep does not ask for.
func TestObserverHearsOfStoredReplications(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	for _, replications := range []int{4, 7, 5} { // stored: none, some, more than are asked for
		s := sweep(t, replications)
		heard := map[[2]int]int{}
		failures := 0
		s.Observers = []sample.Observer{func(point, replication int, o *run.Result) {
			heard[[2]int{point, replication}]++
			if o.Failed {
				failures++
			}
		}}
		r := performed(t, context.Background(), path, s, nil)
		want := 0
		for point, p := range r.Points {
			want += p.Failures
			for n := range replications {
				if heard[[2]int{point, n}] != 1 {
					t.Errorf("of replication %d of point %d it heard %d times", n, point, heard[[2]int{point, n}])
				}
			}
		}
		if len(heard) != len(r.Points)*replications || failures != want || failures == 0 {
			t.Errorf(
				"it heard of %d replications with %d failures, want %d with %d", len(heard), failures,
				len(r.Points)*replications, want,
			)
		}
	}
}

// A sweep that was interrupted and begun again gives what an uninterrupted one does;
// so does one to which replications are added, and one that asks for fewer.
func TestResumedSweepIsTheSame(t *testing.T) {
	testkit.NotShort(t)
	for _, verify := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "study ?#%.sqlite")
		of := func(n int) sample.Sweep {
			s := sweep(t, n)
			s.Verify = verify
			return s
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := 0
		part := performed(t, ctx, path, of(2000), func() {
			if done++; done == 700 {
				cancel()
			}
		})
		if !part.Interrupted {
			t.Fatal("it was not interrupted")
		}
		for _, n := range []int{2000, 2000, 3000, 100} {
			same(
				t, performed(t, context.Background(), path, of(n), nil),
				performed(t, context.Background(), "", of(n), nil),
			)
		}
	}
}

// A store that does not fit is refused with the reason, and not touched.
func TestWhatDoesNotFitIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	performed(t, context.Background(), path, sweep(t, 10), nil)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(*sample.Sweep)
		sql    string
		want   string
	}{
		{name: "seed", change: func(s *sample.Sweep) { s.Seed = 2 }, want: "seed: 1 there, 2 here"},
		{name: "parameter", change: func(s *sample.Sweep) {
			for i := range s.Design {
				s.Design[i].Values = fixture.With(t, s.Design[i].Values, scenarios.Settings{"clients": "3"})
			}
		}, want: "parameter clients: 2 there, 3 here"},
		{name: "verify", change: func(s *sample.Sweep) { s.Verify = true }, want: "verify: false there, true here"},
		{name: "levels", change: func(s *sample.Sweep) { s.Design = s.Design[:1] },
			want: "factors: linger=0s,10ms (2) there, linger=0s (1) here"},
		{name: "layout", sql: "PRAGMA user_version = 7",
			want: "has the layout 7; this dtlssim reads and writes the layout 4. A later dtlssim wrote it: use that " +
				"one"},
		{name: "former layout", sql: "PRAGMA user_version = 3",
			want: "has the layout 3; this dtlssim reads and writes the layout 4. " +
				"An earlier dtlssim wrote it: read it with that one, or move it away and run the same command again, " +
				"which makes a new store"},
		{name: "application", sql: "PRAGMA application_id = 7",
			want: "is no store of dtlssim: it is an SQLite file of another program"},
		{name: "text", want: "is no store of dtlssim: it is no SQLite file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "study.sqlite")
			content := whole
			if c.name == "text" {
				content = []byte(strings.Repeat("no database ", 100))
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			if c.sql != "" {
				db, err := sql.Open("sqlite", path)
				if err != nil {
					t.Fatal(err)
				}
				_, err = db.Exec(c.sql)
				if err := errors.Join(err, db.Close()); err != nil {
					t.Fatal(err)
				}
			}
			before, _ := os.ReadFile(path)
			s := sweep(t, 10)
			if c.change != nil {
				c.change(&s)
			}
			_, _, err := store.OpenSweep(path, s, limits)
			var mismatch *layout.MismatchError
			if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			if strings.Contains(c.name, "layout") {
				if _, err := store.Read(path); !errors.As(err, &mismatch) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("reading it: %v, want one that says %q", err, c.want)
				}
			}
		})
	}
}

// late times every fifth replication out.
type late struct{ instant }

func (r late) Do(ctx context.Context, job run.Job) (run.Result, error) {
	o, err := r.instant.Do(ctx, job)
	if job.Seed%5 == 0 {
		o = run.Result{Status: run.TimedOut}
	}
	return o, err
}

// The views and the reader count what timed out as the sweep does.
func TestTimedOutIsCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	s := sweep(t, 20)
	kept, of, err := store.OpenSweep(path, s, limits)
	if err != nil {
		t.Fatal(err)
	}
	s.Store = of
	r, err := sample.RunSweep(context.Background(), late{}, s, nil)
	if err := errors.Join(err, kept.Close()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	reader, err := store.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	err = reader.Points(func(p *query.Point) error {
		var inView, replications int
		err := db.QueryRow("SELECT timed_out, (SELECT count(*) FROM replications WHERE point = ?1 AND status = "+
			"'timed-out') FROM points WHERE point = ?1", p.Point).
			Scan(&inView, &replications)
		if want := r.Points[p.Point].TimedOut; want != 4 || p.TimedOut != want || inView != want ||
			replications != want {
			t.Errorf(
				"point %d: %d timed out, the reader counts %d, the view %d, its replications %d", p.Point, want,
				p.TimedOut, inView, replications,
			)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A second writer is refused while the first writes; a reader is not.
func TestSecondWriterIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "study.sqlite")
	first, _, err := store.OpenSweep(path, sweep(t, 10), limits)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := store.OpenSweep(path, sweep(t, 10), limits); !errors.Is(err, layout.ErrLocked) {
		t.Errorf("a second writer: %v", err)
	}
	r, err := store.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := r.Specification(); err != nil || s.Sweep.Seed != 1 {
		t.Errorf("a reader: %+v %v", s, err)
	}
	if err := errors.Join(r.Close(), first.Close()); err != nil {
		t.Error(err)
	}
}

// A million replications stay below 200 MiB on disk: 200 bytes each.
func TestSize(t *testing.T) {
	testkit.NotShort(t)
	path := filepath.Join(t.TempDir(), "study.sqlite")
	n := testkit.Budget(10_000, 10_000, 150_000)
	performed(t, context.Background(), path, sweep(t, n), nil)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes a replication", info.Size()/int64(2*n))
	if info.Size() > int64(200*2*n) {
		t.Errorf("%d replications take %d bytes", 2*n, info.Size())
	}
}

// What it costs to keep a replication. The parent also counts it, which costs the same
// without a store.
func BenchmarkKeep(b *testing.B) {
	b.Run("without", func(b *testing.B) { performed(b, context.Background(), "", sweep(b, b.N/2+1), nil) })
	b.Run("with", func(b *testing.B) {
		performed(b, context.Background(), filepath.Join(b.TempDir(), "study.sqlite"), sweep(b, b.N/2+1), nil)
	})
}
