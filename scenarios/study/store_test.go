package study_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/store"
	"github.com/dtlssim/dtlssim/scenarios/store/layout"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// With a store a study gives what it does without, on real workers too: the first time,
// the second, at which nothing is performed, and read from the file alone, without the
// files of the study and of its scenario.
func TestStoreGivesTheSame(t *testing.T) {
	testkit.NotShort(t)
	t.Chdir(t.TempDir())
	write(t, "own.yaml", strings.Replace(testSource(t), "late-close-notify", "own", 1))
	write(t, "study.yaml", strings.Replace(small, "late-close-notify", "own.yaml", 1))
	s, err := study.Load("study.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pool := fixture.Pool(t, 2)
	want, err := s.Run(context.Background(), pool, 0.5, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, keep(t, "a.sqlite", s, pool, 0.5), want)
	counted := counting{pool, make(chan struct{}, 10_000)}
	same(t, keep(t, "a.sqlite", s, counted, 0.5), want)
	if len(counted.asked) != 0 {
		t.Errorf("the second time %d runs were performed", len(counted.asked))
	}
	if err := errors.Join(os.Remove("own.yaml"), os.Remove("study.yaml")); err != nil {
		t.Fatal(err)
	}
	read, err := study.FromStore("a.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	same(t, read, want)
	if read.Study.Title != s.Title || read.Study.Scenario.File != "own.yaml" || read.Study.Store != nil {
		t.Errorf("the study that was read is %+v", read.Study)
	}
}

// More replications are added to a finished study by a larger budget; a file that has
// more than are asked for leaves them aside.
func TestBudgetAddsReplications(t *testing.T) {
	testkit.NotShort(t)
	path := filepath.Join(t.TempDir(), "a.sqlite")
	s := parse(t, strings.Replace(toKill, "replications: 50\n", "replications: 300\n", 1))
	performed := -1
	for _, c := range []struct {
		budget float64
		more   int // that are performed, at least one of them a search's if it is negative
	}{{0.1, -1}, {0.2, 2*30 + 3*100 + 2*1000}, {0.1, 0}, {0.2, 0}} {
		counted := counting{made{}, make(chan struct{}, 100_000)}
		got := keep(t, path, s, counted, c.budget)
		want, err := s.Run(context.Background(), made{}, c.budget, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
		if performed = len(counted.asked); c.more >= 0 && performed != c.more {
			t.Errorf("budget %g: %d runs were performed, want %d", c.budget, performed, c.more)
		}
		read, err := study.FromStore(path)
		if err != nil {
			t.Fatal(err)
		}
		same(t, read, want)
	}
}

// A store of another specification is refused, and says in what it differs.
func TestStoreOfAnotherStudyIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.sqlite")
	law := filepath.Join(dir, "law.txt")
	write(t, law, "1ms\n2ms\n")
	own := filepath.Join(dir, "own.yaml")
	write(t, own, testSource(t))
	text := strings.Replace(
		strings.Replace(toKill, "late-close-notify", own, 1),
		"rows: [{label: none}, {label: linger, set: {linger: 5ms}}]",
		"rows: [{label: law, set: {latency: 'empirical("+law+")'}}]", 1,
	)
	keep(t, path, parse(t, text), made{}, 0.1)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open := func(text string, limits run.Limits) error {
		t.Helper()
		specification, err := parse(t, text).Specification(limits)
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Open(path, specification, 1)
		var mismatch *layout.MismatchError
		if !errors.As(err, &mismatch) {
			t.Fatalf("error %v, want a refusal", err)
		}
		return err
	}
	for want, err := range map[string]error{
		`line 7 is "replications: 50" there, "replications: 51" here`: open(strings.Replace(text, "replications: 50\n",
			"replications: 51\n", 1), run.Limits{}),
		"it is of: the study a there, the study other here": open(strings.Replace(text, "name: a",
			"name: other", 1), run.Limits{}),
		"wall limit: 0s there, 1ns here": open(text, run.Limits{Wall: 1}),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it says %q, want %q", err, want)
		}
	}
	write(t, own, "# another\n"+testSource(t))
	if err := open(text, run.Limits{}); !strings.Contains(
		err.Error(),
		`the scenario's file says something else: line 1 is "# The founding question: when does a late close_notify `+
			`break the next session, how" there, "# another" here`,
	) {
		t.Errorf("it says %q", err)
	}
	write(t, own, testSource(t))
	write(t, law, "1ms\n3ms\n")
	if err := open(text, run.Limits{}); !strings.Contains(err.Error(), "the file "+law+" says something else") {
		t.Errorf("it says %q", err)
	}
	if _, err := study.FromStore(path); err == nil ||
		!strings.Contains(err.Error(), "these files say something else now: "+law) {
		t.Errorf("reading it: %v", err)
	}
	if _, _, err := store.OpenSweep(path, sweepOf(t), run.Limits{}); err == nil ||
		!strings.Contains(err.Error(), "it is of: the study a there, a sweep here") {
		t.Errorf("a sweep: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the file was changed: %v", err)
	}
}

// A study that is not finished is not read from its store, and the error says how to go
// on; nor is a sweep.
func TestUnfinishedStoreIsNotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b.sqlite")
	s := parse(t, toKill)
	specification, err := s.Specification(run.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(path, specification, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Store = kept
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	if _, err := s.Run(ctx, made{}, 1, func() {
		if steps++; steps == 700 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = study.FromStore(path)
	var missing *store.MissingError
	if want := "is of a study that is not finished. This goes on with it: dtlssim study test.yaml --store '" + path +
		"'"; !errors.As(err, &missing) ||
		!strings.HasSuffix(err.Error(), want) {
		t.Errorf("error %v, want one that ends in %q", err, want)
	}

	path = filepath.Join(t.TempDir(), "sweep.sqlite")
	of, _, err := store.OpenSweep(path, sweepOf(t), run.Limits{})
	if err == nil {
		err = of.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := study.FromStore(path); err == nil ||
		!strings.Contains(err.Error(), "is the store of a sweep, not of a study") {
		t.Errorf("a sweep: %v", err)
	}
}

// sweepOf is a sweep of one point.
func sweepOf(t *testing.T) sample.Sweep {
	return sample.Sweep{
		Design: fixture.Design(t, fixture.Scenario(t), nil, scenarios.Settings{"linger": "1ms"}), Replications: 1,
		Seed: 1,
	}
}

// testSource is the file of the founding scenario.
func testSource(t *testing.T) string { return string(fixture.Scenario(t).Source) }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
