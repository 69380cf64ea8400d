package explore_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/scenarios/internal/testkit"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

func TestParseFactor(t *testing.T) {
	s := testkit.Scenario(t)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"linger=0ms..60ms/3", []string{"0s", "20ms", "40ms", "60ms"}},
		{"linger=0..1ns/1", []string{"0s", "1ns"}},
		{"linger=60ms..0ms/2", []string{"60ms", "30ms", "0s"}},
		{"clients=1..5/2", []string{"1", "3", "5"}},
		{"loss=0..0.3/3", []string{"0", "0.1", "0.2", "0.3"}},
		{"latency=10ms..20ms/1", []string{"10ms", "20ms"}},
		{"remedy=none, linger", []string{"none", "linger"}},
		{"latency=10ms,uniform(5ms,15ms),5ms+exponential(mean=1ms)", []string{"10ms", "uniform(5ms,15ms)", "5ms+exponential(mean=1ms)"}},
	} {
		f, err := explore.ParseFactor(s, c.text)
		if err != nil || !slices.Equal(f.Levels, c.want) {
			t.Errorf("%s: %v %v, want %v", c.text, f.Levels, err, c.want)
		}
	}
	for text, want := range map[string]string{
		"linger":                     "want NAME=A..B/STEPS or NAME=v1,v2",
		"linger=":                    "want NAME=A..B/STEPS or NAME=v1,v2",
		"linter=0ms..1ms/2":          "Did you mean linger?",
		"linger=0ms..1ms":            "a range is A..B/STEPS",
		"linger=0ms..1ms/0":          "out of range",
		"linger=0ms..1ms/1000000":    "out of range",
		"linger=0ms..x/2":            "not a duration",
		"linger=1ms,,2ms":            "empty level",
		"latency=uniform(5ms,15ms":   "parentheses do not match",
		"latency=uniform(5ms)":       "want the arguments uniform(from,to), not 1",
		"clients=1..4/2":             "do not divide",
		"clients=1..x/2":             "not a range of whole numbers",
		"client=waits..waits/2":      "only a list of levels",
		"loss=0..2/2":                "out of range",
		"remedy=none,lingr":          "Did you mean linger?",
		"handshake-timeout=0s..1s/1": "out of range",
	} {
		if f, err := explore.ParseFactor(s, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, error %v; want one that says %q", text, f.Levels, err, want)
		}
	}
}

func TestFactorial(t *testing.T) {
	got, err := explore.Factorial(nil, []explore.Factor{{"a", []string{"1", "2"}}, {"b", []string{"x", "y"}}})
	want := []scenarios.Settings{{"a": "1", "b": "x"}, {"a": "1", "b": "y"}, {"a": "2", "b": "x"}, {"a": "2", "b": "y"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v, want %v", got, err, want)
	}
	if _, err := explore.Factorial(scenarios.Settings{"a": "1"}, []explore.Factor{{"a", nil}}); err == nil {
		t.Error("a parameter is set and varied, and nobody says so")
	}
}

// A sweep is the same with any number of workers, and its first failure is the one
// of the least seed.
func TestSweepDoesNotDependOnWorkers(t *testing.T) {
	var results []*explore.Results
	for _, workers := range []int{1, 3} {
		r, err := explore.RunSweep(context.Background(), testkit.Pool(t, workers), explore.Sweep{
			Scenario: testkit.Scenario(t), Replications: 100, Seed: 7, Verify: workers == 3,
			Settings: scenarios.Settings{"credentials": "psk", "latency": "uniform(5ms,15ms)"},
			Design:   []scenarios.Settings{{"linger": "0s"}, {"linger": "3ms"}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Differences) > 0 {
			t.Errorf("verification found %+v", r.Differences)
		}
		results = append(results, r)
	}
	if !reflect.DeepEqual(results[0].Points, results[1].Points) {
		t.Errorf("one worker: %+v\nthree: %+v", results[0].Points, results[1].Points)
	}
	if a, b := results[0].Points[0].Failures, results[0].Points[1].Failures; a <= b || b == 0 {
		t.Errorf("%d failures without linger, %d with 3 ms", a, b)
	}
}

// An interrupted sweep holds what was done.
func TestInterruptedSweep(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	done := 0
	r, err := explore.RunSweep(ctx, testkit.Pool(t, 2), explore.Sweep{
		Scenario: testkit.Scenario(t), Replications: 100_000, Seed: 1, Design: []scenarios.Settings{{"credentials": "psk"}},
	}, func() {
		if done++; done == 20 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Done < 20 || r.Done > 100 || r.Points[0].Replications != r.Done {
		t.Errorf("interrupted %v after %d, %d counted", r.Interrupted, r.Done, r.Points[0].Replications)
	}
}

// faulty is a runner whose second run of seed 3 differs from the first.
type faulty struct{ explore.Runner }

func (f faulty) Twice(ctx context.Context, job worker.Job) (first, second worker.Outcome, err error) {
	first, second, err = f.Runner.Twice(ctx, job)
	if err == nil && job.Seed == 3 {
		job.Settings = job.Settings.With(scenarios.Settings{"service": "2ms"})
		second, err = f.Do(ctx, job)
	}
	return first, second, err
}

// Verification reports the first record at which two traces part.
func TestVerifyReportsTheFirstDifference(t *testing.T) {
	r, err := explore.RunSweep(context.Background(), faulty{testkit.Pool(t, 2)}, explore.Sweep{
		Scenario: testkit.Scenario(t), Replications: 5, Seed: 1, Verify: true, Design: []scenarios.Settings{{"credentials": "psk"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Differences) != 1 {
		t.Fatalf("differences: %+v, want one", r.Differences)
	}
	d := r.Differences[0]
	if !strings.Contains(d.Repeat, "--seed 3") || !strings.HasPrefix(d.First, "0.071000000 server") ||
		!strings.HasPrefix(d.Second, "0.072000000 server") {
		t.Errorf("the difference is reported as %+v", d)
	}
}
