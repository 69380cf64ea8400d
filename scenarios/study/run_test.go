package study_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

func parse(t *testing.T, text string) *study.Study {
	t.Helper()
	s, err := study.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// small has a figure of each kind.
const small = head + `seed: 3
figures:
  - name: strips
    kind: windows
    probe: alert-latency=0s..50ms
    set: {credentials: psk}
    rows:
      - {label: none}
      - {label: linger, set: {linger: 5ms}}
      - {label: only lost data, set: {remedy: recognise}}
  - name: curve
    kind: curves
    x: {label: linger (ms), from: 0, to: 10, steps: 2}
    probe: alert-latency
    replications: 60
    set: {credentials: psk, linger: "{x}ms"}
    rows:
      - {label: wide, set: {alert-latency: "uniform(10ms,40ms)"}}
      - {label: uniform, set: {alert-latency: "uniform(10ms,30ms)"}}
  - name: left
    kind: table
    fail: data-lost
    replications: 10
    set: {credentials: psk, alert-latency: 30ms}
    rows:
      - {label: none}
      - {label: recognise, set: {remedy: recognise}}
`

// A study runs on real workers: each figure has what its kind promises, every step
// is told, and the answer does not depend on the number of workers.
func TestRun(t *testing.T) {
	testkit.NotShort(t)
	s := parse(t, small)
	steps := 0
	counted := counting{fixture.Pool(t, 2), make(chan struct{}, 10_000)}
	r, err := s.Run(context.Background(), counted, 0.5, func() { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 + 2*3*30 + 2*10; steps != want || s.Steps(0.5) != want {
		t.Errorf("%d steps were told and %d announced, want %d", steps, s.Steps(0.5), want)
	}
	if r.Study != s || len(r.Figures) != 3 {
		t.Fatalf("%d figures", len(r.Figures))
	}
	strips, curve, left := r.Figures[0].(*figures.WindowsResult), r.Figures[1].(*figures.CurvesResult),
		r.Figures[2].(*figures.TableResult)

	if len(strips.Windows) != 3 || len(strips.Searches()) != 3 || strips.Sweeps() != nil {
		t.Fatalf("the strips are %+v", strips)
	}
	const ms = int64(time.Millisecond)
	for i, want := range [][]search.Interval{
		{{From: 0, To: 10 * ms}, {From: 11*ms + 1, To: 50 * ms}},
		{{From: 0, To: 10 * ms}, {From: 16*ms + 1, To: 50 * ms}},
	} {
		if got := strips.Windows[i].FailureWindows; !reflect.DeepEqual(got, want) {
			t.Errorf("row %d fails in %v, want %v", i, got, want)
		}
	}

	if len(curve.Rows) != 2 || len(curve.Exact) != 2 || curve.Searches() != nil {
		t.Fatalf("the curves are %+v", curve)
	}
	for i, sweep := range curve.Rows {
		if len(sweep.Points) != 3 || len(curve.Exact[i]) != 3 {
			t.Fatalf("curve %d has %d points and %d exact ones, want 3", i, len(sweep.Points), len(curve.Exact[i]))
		}
		for j, p := range sweep.Points {
			if p.Replications != 30 || p.Completed() != 30 ||
				p.Values.TextOf("linger") != []string{"0s", "5ms", "10ms"}[j] {
				t.Errorf("curve %d, point %d: %+v", i, j, p)
			}
			// Six standard deviations: the seed is fixed, this only holds two answers together.
			if e := stat.Wilson(p.Failures, p.Completed(), 1-2e-9); curve.Exact[i][j] < e.Low ||
				curve.Exact[i][j] > e.High {
				t.Errorf("curve %d, point %d: Monte Carlo %v, exact %g", i, j, e, curve.Exact[i][j])
			}
		}
	}

	if len(left.Rows) != 2 || left.Searches() != nil || left.Sweeps()[0].Exact != nil {
		t.Fatalf("the table is %+v", left)
	}
	// The ghost is there, but the table counts lost data only.
	none, recognise := left.Rows[0].Points[0], left.Rows[1].Points[0]
	if none.Failures != 0 || none.Outcomes["ghost-session"] != 10 || recognise.Outcomes["clean"] != 10 {
		t.Errorf("the table is %+v and %+v", none, recognise)
	}
	// Those of the windows, of the sweeps and of the exact curves are all counted.
	if asked := len(counted.asked); r.Runs != asked {
		t.Errorf("%d replications are counted, and %d were run", r.Runs, asked)
	}
	rest := 2*3*30 + 2*10
	for _, w := range strips.Windows {
		rest += w.Runs
	}
	if r.Runs <= rest {
		t.Errorf("%d replications are counted, %d of them without the exact curves", r.Runs, rest)
	}

	again, err := s.Run(context.Background(), fixture.Pool(t, 1), 0.5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(r, again) {
		t.Error("with one worker the result is another one than with two")
	}
}

// A budget scales the numbers of replications, and leaves twenty of each, or as many
// as there were.
func TestBudget(t *testing.T) {
	s := parse(t, small)
	for budget, want := range map[float64]int{
		1:    3 + 2*3*60 + 2*10,
		2:    3 + 2*3*120 + 2*20,
		0.5:  3 + 2*3*30 + 2*10,
		1e-9: 3 + 2*3*20 + 2*10,
	} {
		if got := s.Steps(budget); got != want {
			t.Errorf("budget %g: %d steps, want %d", budget, got, want)
		}
	}
}

// With everything but the alert constant, the founding scenario fails when the alert
// overtakes the data, below 10 ms, and when it is late, above 11 ms and the linger.
// The exact curve is what the distribution says of that, whatever the distribution.
func TestExactCurveAgainstClosedForm(t *testing.T) {
	testkit.NotShort(t)
	more := ""
	if testkit.Long() {
		more = `      - {label: exponential, set: {alert-latency: "7ms+exponential(mean={x}ms)"}}
      - {label: uniform, set: {alert-latency: "uniform({x}ms,20ms)"}}
      - {label: lognormal, set: {alert-latency: "lognormal(median=9ms,sigma=0.{x})"}}
      - {label: Pareto, set: {alert-latency: "pareto(minimum=9500us,shape={x}.5)"}}
      - {label: Weibull and linger, set: {alert-latency: "weibull(scale=12ms,shape={x})", linger: "{x}ms"}}
      - {label: before the window, set: {alert-latency: "{x}ms"}}
`
	}
	s := parse(t, head+`figures:
  - name: curve
    kind: curves
    x: {label: x, from: 1, to: 4, steps: 3}
    probe: alert-latency
    replications: 1
    set: {credentials: psk, service: 1ms, latency: 10ms}
    rows:
      - {label: normal, set: {alert-latency: "normal(mean=10ms,sigma={x}ms)"}}
      - {label: in the window, set: {alert-latency: "10.{x}ms"}}
`+more)
	p := fixture.Pool(t, 2)
	r, err := s.Run(context.Background(), p, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Figures[0].(*figures.CurvesResult)
	for i, row := range f.Of.Rows {
		for j, x := range f.Of.X.Values() {
			set := f.Of.At(row, x)
			l, err := distribution.Parse(set["alert-latency"])
			if err != nil {
				t.Fatal(err)
			}
			edge := 11 * time.Millisecond
			if text, ok := set["linger"]; ok {
				linger, err := time.ParseDuration(text)
				if err != nil {
					t.Fatal(err)
				}
				edge += linger
			}
			want := l.Below(float64(10*time.Millisecond)) + 1 - l.Below(float64(edge+1))
			if got := f.Exact[i][j]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s at %g: exact %.12g, closed form %.12g", row.Label, x, got, want)
			}
		}
	}
}

// A distribution whose tail reaches beyond the range that the exact curve searches.
func TestExactCurveOfAHeavyTail(t *testing.T) {
	s := parse(
		t,
		figure(
			curves, `{alert-latency: "{x}ms"}`, `{credentials: psk, alert-latency: "pareto(minimum=10ms,shape={x})"}`,
		),
	)
	r, err := s.Run(context.Background(), fixture.Pool(t, 2), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Figures[0].(*figures.CurvesResult)
	for j, shape := range f.Of.X.Values() {
		// A shape of 1 leaves 2.8e-9 beyond the range of 1000 hours.
		want := math.Pow(10/11.000001, shape)
		if got := f.Exact[0][j]; math.Abs(got-want) > 5e-9 {
			t.Errorf("shape %g: exact %g, closed form %g", shape, got, want)
		}
	}
}

// counting counts what a runner is asked.
type counting struct {
	run.Runner
	asked chan struct{}
}

func (c counting) Do(ctx context.Context, job run.Job) (run.Result, error) {
	c.asked <- struct{}{}
	return c.Runner.Do(ctx, job)
}

// Points that differ in nothing but the distribution of the probe share their windows: twenty
// more points cost twenty more replications, and no more searches.
func TestPointsShareWindows(t *testing.T) {
	p := fixture.Pool(t, 2)
	asked := func(steps string) int {
		s := parse(t, figure(curves, "steps: 2", "steps: "+steps))
		curves := s.Figures[0].(*figures.Curves)
		curves.Set["credentials"] = "psk"
		curves.Replications = 1
		c := counting{p, make(chan struct{}, 10_000)}
		if _, err := s.Run(context.Background(), c, 1, nil); err != nil {
			t.Fatal(err)
		}
		return len(c.asked)
	}
	few, many := asked("1"), asked("21")
	if many-few != 20 {
		t.Errorf("%d runs for 2 points, %d for 22; want 20 more", few, many)
	}
}

// When the context ends, the figures that were complete are there, with the error of
// the context.
func TestCancelled(t *testing.T) {
	testkit.NotShort(t)
	s := parse(t, small)
	p := fixture.Pool(t, 2)
	for _, c := range testkit.Few([]struct{ after, figures int }{
		{0, 0},              // before anything
		{1, 0},              // within the windows
		{3 + 10, 1},         // within the curves' sweeps
		{3 + 2*3*30 - 1, 1}, // with the exact curve to come
		{3 + 2*3*30 + 5, 2}, // within the table
	}, 3, 3) {
		ctx, cancel := context.WithCancel(context.Background())
		steps := 0
		if c.after == 0 {
			cancel()
		}
		r, err := s.Run(ctx, p, 0.5, func() {
			if steps++; steps == c.after {
				cancel()
			}
		})
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("after %d steps: error %v, want that of the context", c.after, err)
		}
		if r == nil || r.Study != s || len(r.Figures) != c.figures {
			t.Errorf("after %d steps: the result is %+v, want %d figures", c.after, r, c.figures)
		}
	}
	// The pool is as good as new.
	if r, err := s.Run(context.Background(), p, 0.01, nil); err != nil || len(r.Figures) != 3 {
		t.Errorf("after that: %v", err)
	}
}
