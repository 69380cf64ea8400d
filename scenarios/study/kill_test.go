package study_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// storeToKill has this binary run the study of TestKilledAgainAndAgain with the store that it
// names.
const storeToKill = "DTLSSIM_TEST_STUDY_STORE"

// toKill has sweeps before, between and behind searches, no two of which share a run.
const toKill = head + `figures:
  - name: before
    kind: table
    replications: 50
    rows: [{label: none}, {label: linger, set: {linger: 5ms}}]
  - name: strips
    kind: windows
    probe: alert-latency=0s..90ms
    rows: [{label: none}, {label: linger, set: {linger: 5ms}}]
  - name: curve
    kind: curves
    x: {label: x, from: 1, to: 3, steps: 2}
    probe: alert-latency
    replications: 1000
    rows: [{label: exponential, set: {linger: 3ms, alert-latency: "exponential(mean={x}ms)"}}]
  - name: behind
    kind: table
    replications: 10000
    rows: [{label: none}, {label: linger, set: {linger: 7ms}}]
`

// made answers jobs without performing them: of a host to which something happens every
// two milliseconds, and once more when the alert is there, and which fails from 31 ms on.
type made struct{ pause time.Duration }

func (made) Size() int { return 2 }

func (m made) Twice(context.Context, run.Job) (a, b run.Result, err error) {
	return a, b, errors.New("nobody asks")
}

func (m made) Do(ctx context.Context, job run.Job) (run.Result, error) {
	time.Sleep(m.pause)
	o := run.Result{Status: run.Completed}
	o.Measures = map[string]int64{"handshake": int64(job.Seed % 997)}
	o.Failed = job.Seed%5 == 0
	if job.Seed%101 == 0 && !job.Watch {
		o.Status, o.Failed, o.Dump = run.Crashed, false, "panic: of a test"
	}
	if !job.Watch {
		return o, ctx.Err()
	}
	x := job.Values.Distribution("alert-latency").(distribution.Constant).Value
	o.Failed = x >= 31*time.Millisecond
	for at := time.Duration(0); at < 100*time.Millisecond; at += 2 * time.Millisecond {
		o.Records = append(
			o.Records, trace.Record{At: at, Host: "server", Kind: trace.Note, Event: trace.Text{Event: "tick"}},
		)
	}
	o.Records = append(
		o.Records, trace.Record{At: x, Host: "server", Kind: trace.Note, Event: trace.Text{Event: "alert"}},
	)
	slices.SortStableFunc(o.Records, func(a, b trace.Record) int { return int(a.At - b.At) })
	o.Digest, o.Signature = trace.Digests(o.Records)
	o.Watched = &sim.Watched{Timelines: trace.Timelines(o.Records), Structure: o.Signature}
	o.Repeat = "dtlssim run " + x.String()
	return o, ctx.Err()
}

// telling tells a pipe, by one byte, that the process has begun ('b') and opened the store
// ('o'), and each replication ('r') and run ('x') that the store has acknowledged.
type telling struct {
	*store.Store
	mu sync.Mutex
}

func (s *telling) tell(what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := os.Stdout.WriteString(what)
	return err
}

func (s *telling) Sweep(figure, row string, sweep sample.Sweep) (sample.Store, error) {
	kept, err := s.Store.Sweep(figure, row, sweep)
	return tellingSweep{kept, s}, err
}

type tellingSweep struct {
	sample.Store
	to *telling
}

func (s tellingSweep) Keep(point, replication int, o run.Result, d *sample.Difference) error {
	if err := s.Store.Keep(point, replication, o, d); err != nil {
		return err
	}
	return s.to.tell("r")
}

func (s *telling) Runner(r run.Runner) run.Runner { return tellingRunner{s.Store.Runner(r), s} }

type tellingRunner struct {
	run.Runner
	to *telling
}

func (r tellingRunner) Do(ctx context.Context, job run.Job) (run.Result, error) {
	o, err := r.Runner.Do(ctx, job)
	if err != nil {
		return o, err
	}
	return o, r.to.tell("x")
}

// runToBeKilled runs the study with a store.
func runToBeKilled(path string) error {
	if err := (&telling{}).tell("b"); err != nil {
		return err
	}
	s, err := study.Parse("test.yaml", []byte(toKill))
	if err != nil {
		return err
	}
	specification, err := s.Specification(run.Limits{})
	if err != nil {
		return err
	}
	kept, err := store.Open(path, specification, 1)
	if err != nil {
		return err
	}
	to := &telling{Store: kept}
	s.Store = to
	if err := to.tell("o"); err != nil {
		return err
	}
	_, err = s.Run(context.Background(), made{300 * time.Microsecond}, 1, nil)
	return errors.Join(err, kept.Close())
}

// live starts a process that runs the study with a store, kills it when it has told so many
// things, and returns all that it told.
func live(t *testing.T, path string, until int) (told []byte) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), storeToKill+"="+path)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	told = make([]byte, until)
	n, _ := io.ReadFull(out, told) // fewer if the study ends first
	if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil && c.ProcessState.Exited() {
		t.Fatal(err)
	}
	return append(told[:n], rest...)
}

// A process that writes is killed, again and again, after as many acknowledgements as the
// seed draws, and in some lives as soon as it has begun, or has opened the file. What it
// acknowledged is there, and then the study gives what an uninterrupted one does.
func TestKilledAgainAndAgain(t *testing.T) {
	testkit.NotShort(t)
	kills, most := testkit.Budget(3, 5, 50), testkit.Budget(200, 600, 1200)
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	path := filepath.Join(t.TempDir(), "study.sqlite")
	acknowledged := 0
	for i := range kills {
		until := 1 + i // in the first life when it has begun, in the second when the file is open
		if i > 1 && random.IntN(8) > 0 {
			until = 3 + random.IntN(most)
		}
		told := live(t, path, until)
		acknowledged += bytes.Count(told, []byte("r"))
		if i%2 == 0 && i < kills-1 { // it is the next writer that finds what is pending
			continue
		}
		replications, runs := countKept(t, path)
		if searched := bytes.Count(told, []byte("x")); replications < acknowledged || runs < searched {
			t.Fatalf("after life %d there are %d replications and %d runs; %d and at least %d were acknowledged", i,
				replications, runs, acknowledged, searched)
		}
	}
	replications, runs := countKept(t, path)
	t.Logf("%d replications and %d runs after %d lives", replications, runs, kills)
	if acknowledged == 0 || runs == 0 && !testing.Short() {
		t.Error("the lives were too short")
	}
	s := parse(t, toKill)
	want, err := s.Run(context.Background(), made{}, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := keep(t, path, s, made{}, 1)
	same(t, got, want)
	from, err := study.FromStore(path)
	if err != nil {
		t.Fatal(err)
	}
	same(t, from, want)
}

// keep runs a study with a store, to its end.
func keep(t *testing.T, path string, s *study.Study, runner run.Runner, budget float64) *study.Result {
	t.Helper()
	specification, err := s.Specification(run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(path, specification, budget)
	if err != nil {
		t.Fatal(err)
	}
	s.Store = kept
	defer func() { s.Store = nil }()
	r, err := s.Run(context.Background(), runner, budget, nil)
	if err == nil {
		err = kept.Finish(answers.Answers{})
	}
	if err := errors.Join(err, kept.Close()); err != nil {
		t.Fatal(err)
	}
	return r
}

// countKept returns how many replications and runs a store holds; none of a file that is
// none yet.
func countKept(t *testing.T, path string) (replications, runs int) {
	t.Helper()
	r, err := store.Read(path) // which folds in what is pending
	if err != nil {
		var mismatch *layout.MismatchError
		if errors.As(err, &mismatch) {
			return 0, 0
		}
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var integrity string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
		t.Fatalf("the file is damaged: %s %v", integrity, err)
	}
	if err := db.QueryRow("SELECT (SELECT count(*) FROM replication), (SELECT count(*) FROM run)").Scan(&replications,
		&runs); err != nil {
		t.Fatal(err)
	}
	return replications, runs
}

// same holds two results of one study together.
func same(t *testing.T, got, want *study.Result) {
	t.Helper()
	show := func(r *study.Result) (text string) {
		for _, f := range r.Figures {
			text += f.Figure().Common().Name + "\n"
			for _, found := range f.Searches() {
				text += fmt.Sprintf("%s %s %+v\n", found.Row, found.Factor, *found.Windows)
			}
			for _, of := range f.Sweeps() {
				s := of.Results
				for _, p := range s.Points {
					q := *p
					q.Values = scenarios.Values{} // of which %v shows addresses
					text += fmt.Sprintf("%+v %v\n", q, p.Values.Text())
				}
				text += fmt.Sprintf(
					"%s %v %v %+v %+v %d of %d, %v\n", of.Row, of.X, of.Exact, s.Aborted, s.Differences, s.Done,
					s.Total, s.Virtual,
				)
			}
			switch f := f.(type) {
			case *figures.LatencyDistributionResult:
				text += fmt.Sprintf("%g %g %g\n", f.Probability.Value, f.Probability.Low, f.Probability.High)
			case *figures.MapResult:
				regions, err := json.Marshal(f.Regions)
				if err != nil {
					t.Fatal(err)
				}
				text += string(regions)
			case *figures.BandsResult:
				bands, err := json.Marshal(f.Bands)
				if err != nil {
					t.Fatal(err)
				}
				text += string(bands)
			case *figures.EstimatesResult:
				for _, e := range f.Others {
					if e.Conditional != nil {
						text += fmt.Sprintf("%+v\n", *e.Conditional)
					} else {
						text += fmt.Sprintf("%+v\n", *e.Exact.Windows)
					}
				}
			case *figures.DifferencesResult:
				text += fmt.Sprintf("%+v\n", f.Comparison.Others[0].Both)
			case *figures.MeasureResult:
				for row := range f.Of.Rows {
					f.Recorder.Each(row, func(value int64, censored bool) { text += fmt.Sprint(value, censored, " ") })
				}
			case *figures.SensitivityResult:
				text += fmt.Sprintf("%v %v %+v\n", f.Outputs, f.Exact, *f.Bases)
			}
		}
		return fmt.Sprintf("%s%d replications", text, r.Runs)
	}
	now, then := strings.Split(show(got), "\n"), strings.Split(show(want), "\n")
	for i := range min(len(now), len(then)) {
		if now[i] != then[i] {
			t.Errorf("the study gave, in line %d,\n%s\nwant\n%s", i+1, now[i], then[i])
			return
		}
	}
	if len(now) != len(then) {
		t.Errorf("the study gave %d lines, want %d", len(now), len(then))
	}
}
