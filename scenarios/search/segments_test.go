package search_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// imagined is a Runner whose runs are functions of the probe late, without a replication.
type imagined func(x time.Duration) (signature string, lines []trace.Timeline)

func (f imagined) Do(_ context.Context, job run.Job) (run.Result, error) {
	var x time.Duration
	if job.Values.Scenario().Name == fixture.Founding {
		x = job.Values.Distribution("alert-latency").(distribution.Constant).Value
	} else {
		x = job.Values.Duration("pause")
	}
	o := run.Result{Status: run.Completed}
	signature, lines := f(x)
	o.Signature, o.Failed = signature, strings.HasSuffix(signature, "!")
	o.Watched = &sim.Watched{Timelines: lines, Structure: signature}
	return o, nil
}

func (f imagined) Twice(context.Context, run.Job) (first, second run.Result, err error) {
	panic("nobody asks")
}
func (f imagined) Size() int { return 1 }

// affine is an instant at at + slope x, or at the later of the two instants before it.
type affine struct {
	at, slope int64
	later     bool
}

// imagine returns the runs that have these instants at each place, and nothing else. Their
// signature is the order of the instants, equal ones among them; one order in four fails.
func imagine(places [][]affine) imagined {
	return func(x time.Duration) (string, []trace.Timeline) {
		var signature strings.Builder
		var lines []trace.Timeline
		sum := 0
		for p, place := range places {
			times := make([]int64, len(place))
			order := make([]int, len(place))
			for i, a := range place {
				times[i] = a.at + a.slope*int64(x)
				if a.later {
					times[i] = max(times[i-1], times[i-2])
				}
				order[i] = i
			}
			slices.SortStableFunc(order, func(i, j int) int { return int(times[i] - times[j]) })
			line := trace.Timeline{Host: fmt.Sprint(p)}
			for k, i := range order {
				sign := "<"
				if k > 0 && times[i] == times[order[k-1]] {
					sign = "="
					sum += 7
				}
				fmt.Fprint(&signature, sign, i)
				sum += k * i
				line.Times = append(line.Times, time.Duration(times[i]))
			}
			lines = append(lines, line)
		}
		if sum%4 == 0 {
			signature.WriteString("!")
		}
		return signature.String(), lines
	}
}

// Several slopes, ties where instants meet, cells of one nanosecond, and instants that are
// the later of two: the search finds the cells that a run of every value finds, and no
// prediction fails.
func TestSearchOfRandomOrders(t *testing.T) {
	seed := testkit.Seed(t)
	cases := testkit.Cases(t, 50, 150, 3000)
	single := 0
	for i := range cases {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		places := make([][]affine, 1+r.IntN(3))
		for p := range places {
			for k := range 2 + r.IntN(5) {
				a := affine{at: r.Int64N(300), slope: r.Int64N(4)}
				a.later = k > 1 && r.IntN(4) == 0
				places[p] = append(places[p], a)
			}
		}
		s := fixture.Question(t, nil, fmt.Sprintf("alert-latency=%dns..%dns", r.IntN(5), 200+r.IntN(100)))
		runner := imagine(places)
		w := fixture.FindWindows(t, runner, s)
		s1, err := search.Scan(context.Background(), runner, s, 1)
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b search.Cell) bool {
			return a.From == b.From && a.To == b.To && a.Signature == b.Signature && a.Failed == b.Failed
		}
		if !slices.EqualFunc(w.Cells, s1.Cells, same) || !slices.Equal(w.FailureWindows, s1.FailureWindows) ||
			!w.Method.Proved {
			t.Fatalf("case %d of %v: %+v\nsearch %v\nscan   %v", i, places, w.Method, w.Cells, s1.Cells)
		}
		for _, c := range w.Cells {
			if c.To == c.From+1 {
				single++
			}
		}
	}
	if single < cases {
		t.Errorf("only %d cells of one nanosecond", single)
	}
}

// hiddenWindow returns runs that fail in a window and show no instant.
func hiddenWindow(from, to time.Duration) imagined {
	return func(x time.Duration) (string, []trace.Timeline) {
		lines := []trace.Timeline{{Host: "0", Times: []time.Duration{0}}}
		if x >= from && x < to {
			return "failed!", lines
		}
		return "clean", lines
	}
}

// A window whose two edges no run reports lies inside one segment: both ends of the segment are as
// predicted, and only a run at a random point in between can show it. Each search makes two such
// runs, and six tenths of the range fail, so a search misses the window with probability 0.16. One
// that finds it does not claim a proof.
func TestWindowThatNoInstantShows(t *testing.T) {
	hidden := hiddenWindow(20*time.Microsecond, 80*time.Microsecond)
	seed := testkit.Seed(t)
	const searches = 40
	found := 0
	for n := range searches {
		s := fixture.Question(t, nil, "alert-latency=0s..100us")
		s.Seed = seed + uint64(n)
		w := fixture.FindWindows(t, hidden, s)
		if len(w.FailureWindows) == 0 {
			continue
		}
		if found++; w.Method.Proved || w.Method.PredictionFailures == 0 {
			t.Errorf("seed %d: %+v", s.Seed, w.Method)
		}
	}
	if found < searches/2 {
		t.Errorf("%d of %d searches found the window", found, searches)
	}
}

// An instant that no run reports makes predictions fail, and the answer says which, and
// what could have been missed.
func TestUnreportedInstant(t *testing.T) {
	all := imagine([][]affine{{{at: 0, slope: 1}, {at: 5000, slope: 0}}})
	some := imagined(func(x time.Duration) (string, []trace.Timeline) {
		signature, lines := all(x)
		return signature, []trace.Timeline{{Host: "0", Times: []time.Duration{slices.Min(lines[0].Times)}}}
	})
	s := fixture.Question(t, nil, "alert-latency=0s..100us")
	w := fixture.FindWindows(t, some, s)
	m := w.Method
	if m.Proved || m.PredictionFailures == 0 || m.LargestUnverifiedGap == 0 || len(m.Failures) == 0 ||
		m.Failures[0].At != 5000 ||
		!strings.Contains(m.Failures[0].Why, "another signature") {
		t.Errorf("%+v", m)
	}
	if w = fixture.FindWindows(t, all, s); !w.Method.Proved || len(w.Cells) != 3 || w.Cells[1].From != 5000 ||
		w.Cells[1].To != 5001 {
		t.Errorf("%+v %v", w.Method, w.Cells)
	}
}

// A range without an end is searched until nothing can meet any more, or given up.
func TestOpenEnd(t *testing.T) {
	open := fixture.Question(t, nil, "alert-latency=5ns..10ns")
	open.Probe.To = scenarios.Forever
	w := fixture.FindWindows(t, imagine([][]affine{{{at: 0, slope: 1}, {at: 5000}, {at: 700_000, slope: 0}}}), open)
	last := w.Cells[len(w.Cells)-1]
	if last.From != 700_001 || last.To != int64(scenarios.Forever) || w.To != int64(scenarios.Forever) ||
		!w.Method.Proved {
		t.Errorf("the last cell is %v, the answer ends at %d; %+v", last, w.To, w.Method)
	}
	text, err := json.Marshal(w)
	if err != nil || !strings.Contains(string(text), `"to_ns":null`) ||
		strings.Contains(string(text), fmt.Sprint(w.To)) {
		t.Errorf("%v %s", err, text)
	}

	// What meets beyond the longest duration that a parameter can have is not for ever.
	w = fixture.FindWindows(
		t,
		imagine([][]affine{{{at: 0, slope: 1}, {at: 2 * int64(distribution.MaxDuration)}}}),
		open,
	)
	if w.To != int64(distribution.MaxDuration)+1 || w.Cells[0].To != w.To {
		t.Errorf("%v to %d", w.Cells, w.To)
	}

	endless := imagined(func(x time.Duration) (string, []trace.Timeline) {
		step := x.Truncate(1000)
		return fmt.Sprint(step), []trace.Timeline{{Host: "a", Times: []time.Duration{step, x, step + 1000}}}
	})
	if _, err := search.FindWindows(context.Background(), endless, open); err == nil ||
		!strings.Contains(err.Error(), "give the range one") {
		t.Errorf("error %v", err)
	}
}

// The founding scenario without an end: the alert that is later than all else makes a
// ghost for ever, and a gap longer than any does no harm.
func TestOpenEndOfTheFoundingScenario(t *testing.T) {
	p := fixture.Pool(t, 2)
	for probe, want := range map[string][]search.Interval{
		"alert-latency=0s..": fixture.Windows(0, 10*time.Millisecond, 11*time.Millisecond+1, scenarios.Forever),
		"gap=0s..":           fixture.Windows(),
	} {
		s := fixture.Question(t, nil, "gap=0s..1s")
		var err error
		if s.Probe, err = s.Values.Scenario().ParseOpenProbe(probe); err != nil {
			t.Fatal(err)
		}
		if w := fixture.FindWindows(t, p, s); !slices.Equal(w.FailureWindows, want) ||
			w.To != int64(scenarios.Forever) ||
			!w.Method.Proved {
			t.Errorf("%s: %v up to %d; %+v", probe, w.FailureWindows, w.To, w.Method)
		}
	}
}

// A brute-force scan finds what is on its grid, and refuses what would never end.
func TestScan(t *testing.T) {
	p := fixture.Pool(t, 2)
	s := fixture.Question(t, nil, "alert-latency=0s..20ms")
	w, err := search.Scan(context.Background(), p, s, 300*time.Microsecond)
	if err != nil {
		t.Fatal(err)
	}
	const us = time.Microsecond
	if want := fixture.Windows(0, 10200*us, 11100*us, 20*time.Millisecond); !slices.Equal(w.FailureWindows, want) {
		t.Errorf("failure windows %v, want %v", w.FailureWindows, want)
	}
	if w.Runs != 67 || w.Method.Name != "brute-force scan, every 300µs" || w.Method.LargestUnverifiedGap != 299_999 ||
		w.Method.Proved ||
		len(w.Edges) != 2 {
		t.Errorf("%d runs, %+v, %d edges", w.Runs, w.Method, len(w.Edges))
	}
	if e := w.Edges[0]; !strings.Contains(e.Below.Repeat, "alert-latency=9.9ms") ||
		!strings.Contains(e.Above.Repeat, "alert-latency=10.2ms") {
		t.Errorf("the witnesses are %+v", e)
	}
	open := s
	open.Probe.To = scenarios.Forever
	for want, ask := range map[string]func() error{
		"is not above 0":             func() error { return s.CheckScan(0) },
		"never ends":                 func() error { return open.CheckScan(time.Second) },
		"are 20000000 runs; at most": func() error { return s.CheckScan(1) },
	} {
		if err := ask(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// aborting is a runner whose runs at 3 ns and above are aborted, those at larger values
// earlier.
type aborting struct {
	imagined
	turn chan bool // closed when the run at 4 ns has ended
}

func (a aborting) Size() int { return 2 }

func (a aborting) Do(ctx context.Context, job run.Job) (run.Result, error) {
	x := job.Values.Distribution("alert-latency").(distribution.Constant).Value
	if x < 3 {
		return a.imagined.Do(ctx, job)
	}
	if x == 3 {
		<-a.turn
	} else {
		defer close(a.turn)
	}
	return run.Result{Status: run.Crashed, Dump: x.String()}, nil
}

// The fault that a search returns does not depend on which run ends first.
func TestFaultOfASearch(t *testing.T) {
	a := aborting{imagined: imagine([][]affine{{{at: 0, slope: 1}, {at: 1, slope: 0}}})}
	a.turn = make(chan bool)
	s := fixture.Question(t, nil, "alert-latency=3ns..5ns")
	_, err := search.FindWindows(context.Background(), a, s)
	var aborted *run.AbortedError
	if !errors.As(err, &aborted) || aborted.Dump != "3ns" {
		t.Errorf("error %v, want that of the run at 3 ns", err)
	}
}
