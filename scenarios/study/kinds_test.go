package study_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// others has a figure of each kind that small has not.
const others = someOthers + `  - {name: map, kind: map, probe: alert-latency=0s..40ms, against: linger=0s..20ms,
     set: {credentials: psk}, rows: [{label: all}]}
  - {name: exact, kind: sensitivity, points: 4, probe: alert-latency, factors: ["linger=0s..20ms"],
     set: {credentials: psk, alert-latency: "10ms+exponential(mean=10ms)"}, rows: [{label: all}]}
`

// someOthers leaves out the two figures that take half of the time.
const someOthers = head + `figures:
  - name: law
    kind: law
    probe: alert-latency
    set: {credentials: psk}
    rows: [{label: all, set: {linger: 5ms, alert-latency: "10ms+exponential(mean=10ms)"}}]
  - {name: bands, kind: bands, probe: alert-latency=0s..40ms, factor: "linger=0s..20ms/2",
     set: {credentials: psk}, rows: [{label: all}]}
  - name: differences
    kind: differences
    replications: 80
    set: {credentials: psk, latency: "5ms+exponential(mean=10ms)"}
    rows: [{label: none}, {label: linger, set: {remedy: linger}}, {label: waits, set: {remedy: client-waits}}]
  - name: estimates
    kind: estimates
    probe: alert-latency
    replications: 40
    seeds: 24
    set: {credentials: psk, linger: 20ms, alert-latency: "10ms+exponential(mean=1ms)"}
    rows: [{label: exact}, {label: conditional, set: {clients: 1, uplink: "uniform(5ms,10ms)"}}]
  - name: survival
    kind: survival
    measure: handshake
    replications: 40
    scale: log
    set: {credentials: psk}
    rows: [{label: little, set: {loss: 0.1}}, {label: much, set: {loss: 0.4}}]
  - {name: distribution, kind: distribution, measure: retransmissions, replications: 40,
     set: {credentials: psk}, rows: [{label: much, set: {loss: 0.4}}]}
  - name: sensitivity
    kind: sensitivity
    points: 8
    replications: 3
    ends: 40
    factors: ["linger=0s..20ms", "gap=50ms..60ms"]
    set: {credentials: psk, alert-latency: "10ms+exponential(mean=10ms)"}
    rows: [{label: all}]
`

// Each of the other kinds gives what the question that it stands for gives, in as many
// steps as are announced.
func TestRunOtherKinds(t *testing.T) {
	testkit.NotShort(t)
	const ms = time.Millisecond
	s := parse(t, others)
	steps := 0
	p := fixture.Pool(t, 2)
	r, err := s.Run(context.Background(), p, 0.5, func() { steps++ })
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + 1 + 3 + 3*40 + (20 + 1 + 20 + 20) + 2*20 + 20 + (4*20 + 8) + 4; steps != want ||
		s.Steps(0.5) != want {
		t.Errorf("%d steps were told and %d announced, want %d", steps, s.Steps(0.5), want)
	}
	of := map[string]figures.Result{}
	for _, f := range r.Figures {
		of[f.Figure().Common().Name] = f
	}
	law, regions := of["law"].(*figures.LatencyDistributionResult), of["map"].(*figures.MapResult).Regions
	estimates, differences := of["estimates"].(*figures.EstimatesResult), of["differences"].(*figures.DifferencesResult)

	// The alert is late from 11.000001 ms and the linger on; half of an exponential distribution's
	// nanosecond more or less is far below the rounding.
	late := func(linger time.Duration) float64 { return math.Exp(-float64(linger+ms+1) / float64(10*ms)) }
	if got, want := law.Probability.Value, late(5*ms); math.Abs(got-want) > 1e-9 {
		t.Errorf("the law fails with %.12g, want %.12g", got, want)
	}
	if got := law.Distribution.String(); got != "10ms+exponential(mean=10ms)" {
		t.Errorf("the law is %s", got)
	}
	if len(regions.Regions) < 3 || regions.Stopped != "" || regions.UndecidedShare > 0 {
		t.Errorf(
			"the map has %d regions, stopped %q, %g undecided", len(regions.Regions), regions.Stopped,
			regions.UndecidedShare,
		)
	}
	for i, level := range of["bands"].(*figures.BandsResult).Bands.Levels {
		want := search.Interval{From: int64(11*ms+1) + int64(10*ms)*int64(i), To: int64(40 * ms)}
		if w := level.Windows.FailureWindows; len(w) != 2 || w[1] != want {
			t.Errorf("with linger=%s sessions fail in %v, want the second %v", level.Level, w, want)
		}
	}
	// With the uplink random too, the alert is late by more than the data's latency and 11 ms.
	if e := estimates.Others[0].Exact; e == nil || math.Abs(e.Value/math.Exp(-21.000001)-1) > 1e-9 {
		t.Errorf("the exact estimate is %+v", e)
	}
	if e := estimates.Others[1]; e.Exact != nil || len(e.Conditional.Values) != 20 {
		t.Errorf("where something else is random there is %+v", e)
	} else {
		for _, p := range e.Conditional.Values {
			if least, most := math.Exp(-21.000001), math.Exp(-16); p < least || p > most {
				t.Errorf("a seed has the probability %g, want one from %g to %g", p, least, most)
			}
		}
	}
	if n := estimates.Rows[1].Points[0].Replications; n != 20 {
		t.Errorf("%d replications of crude Monte Carlo", n)
	}
	c := differences.Comparison
	if c.Baseline != 0 || len(c.Others) != 2 || differences.Sweeps()[0].Results != c.Results {
		t.Fatalf("the comparison is %+v", c)
	}
	for _, o := range c.Others {
		base, other := c.Points[0], c.Points[o.Point]
		if o.Both+o.OnlyBaseline+o.OnlyOther+o.Neither != 40 || o.Both+o.OnlyBaseline != base.Failures ||
			o.Both+o.OnlyOther != other.Failures {
			t.Errorf("the pairs %+v are not those of %d and %d failures", o, base.Failures, other.Failures)
		}
	}
	for name, want := range map[string][]int{"survival": {20, 20}, "distribution": {20}} {
		for point, count := range want {
			var values []int64
			censored := 0
			of[name].(*figures.MeasureResult).Recorder.Each(point, func(value int64, cut bool) {
				values = append(values, value)
				if cut {
					censored++
				}
			})
			if len(values) != count || slices.Max(values) <= slices.Min(values) {
				t.Errorf("%s has of row %d the values %v", name, point, values)
			}
			if name == "survival" && point == 1 && censored == 0 {
				t.Error("with a loss of 0.4 every handshake completed")
			}
		}
	}
	for name, want := range map[string]int{"sensitivity": 8, "exact": 4} {
		a := of[name].(*figures.SensitivityResult)
		if len(a.Outputs) != want ||
			slices.ContainsFunc(a.Outputs, func(o estimate.Outputs) bool { return len(o) != 2+len(a.At) }) {
			t.Errorf("%s has the outputs %v", name, a.Outputs)
		}
	}
	exact := of["exact"].(*figures.SensitivityResult)
	if first, last := exact.Exact[exact.At[0][0]], exact.Exact[exact.At[0][1]]; math.Abs(first.Value-late(0)) > 1e-9 ||
		math.Abs(last.Value-late(20*ms)) > 1e-9 {
		t.Errorf("at the ends of linger the probability is %g and %g", first.Value, last.Value)
	}
	if ends := of["sensitivity"].(*figures.SensitivityResult).Ends; len(ends.Points) != 4 ||
		ends.Points[0].Replications != 20 {
		t.Errorf("the ends are %+v", ends)
	}
}

// Of the other kinds too, a store gives the same, performs nothing the second time, and
// has the whole result.
func TestStoreGivesTheSameOfOtherKinds(t *testing.T) {
	testkit.OnlyLong(t)
	t.Chdir(t.TempDir())
	const budget = 0.5
	s := parse(t, others)
	p := fixture.Pool(t, 2)
	want, err := s.Run(context.Background(), p, budget, nil)
	if err != nil {
		t.Fatal(err)
	}
	same(t, keep(t, "a.sqlite", s, p, budget), want)
	counted := counting{p, make(chan struct{}, 100_000)}
	same(t, keep(t, "a.sqlite", s, counted, budget), want)
	if len(counted.asked) != 0 {
		t.Errorf("the second time %d runs were performed", len(counted.asked))
	}
	read, err := study.FromStore("a.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	same(t, read, want)
}

// The other kinds report what is wrong in them, with its place.
func TestBrokenOtherKinds(t *testing.T) {
	for _, c := range []struct{ name, old, broken, want string }{
		{"a law without probe",
			"    probe: alert-latency\n    set: {credentials: psk}\n    rows: [{label: all, set: {linger",
			"    set: {credentials: psk}\n    rows: [{label: all, set: {linger", "probe of figure law is missing"},
		{"a law of a choice", "probe: alert-latency\n    set", "probe: client\n    set",
			"only over a latency distribution can be integrated"},
		{"a law that is not set", `, alert-latency: "10ms+exponential(mean=10ms)"}}]
  - {name: bands`, "}}]\n  - {name: bands", "does not set the latency distribution of the probe"},
		{"two rows of a map", "set: {credentials: psk}, rows: [{label: all}]}\n  - {name: exact",
			"rows: [{label: a}, {label: b}]}\n  - {name: exact", "a figure of kind map has one row"},
		{"a map of one parameter", "against: linger=0s..20ms", "against: alert-latency=0s..20ms", "varied twice"},
		{"a map without its second probe", ", against: linger=0s..20ms", "", "against of figure map is missing"},
		{"bands of an unknown factor", `factor: "linger`, `factor: "lingr`, "Did you mean linger?"},
		{"one row to compare", ", {label: linger, set: {remedy: linger}}, {label: waits, set: {remedy: client-waits}}]",
			"]", "a figure of kind differences has 2 rows at least"},
		{"an unknown measure", "measure: handshake", "measure: handshak", `has no measure "handshak"`},
		{"no factors", `    factors: ["linger=0s..20ms", "gap=50ms..60ms"]` + "\n", "",
			"factors of figure sensitivity are missing"},
		{"a factor that is no range", `"gap=50ms..60ms"`, `"gap=60ms"`, "gap"},
		{"an exact sensitivity with replications", "points: 4, probe: alert-latency",
			"points: 4, replications: 3, probe: alert-latency",
			"replications has no meaning where a probe makes the probabilities exact"},
		{"an exact sensitivity with something else random", "rows: [{label: all}]}\n$",
			"rows: [{label: all, set: {loss: 0.1}}]}\n", "not only alert-latency is random"},
		{"what does not apply to the kind", "kind: bands,", "kind: bands, points: 3,",
			"points has no meaning for a figure of kind bands"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := others
			if old, ends := strings.CutSuffix(c.old, "$"); ends {
				text = strings.TrimSuffix(text, old) + c.broken
			} else {
				text = strings.Replace(text, c.old, c.broken, 1)
			}
			if text == others {
				t.Fatal("nothing is broken")
			}
			_, err := study.Parse("f.yaml", []byte(text))
			if err == nil || !strings.Contains(err.Error(), c.want) || !placed.MatchString(err.Error()) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
