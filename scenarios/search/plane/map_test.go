package plane_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// ask is the question for a map of a scenario.
func ask(t *testing.T, scenario, x, y string, set scenarios.Settings) plane.Map {
	t.Helper()
	s, err := catalogue.Find(scenario)
	if err != nil {
		t.Fatal(err)
	}
	m := plane.Map{Values: fixture.Values(t, s, set.With(scenarios.Settings{"credentials": "psk"})), Seed: 1}
	if m.X, err = s.ParseProbe(x); err == nil {
		m.Y, err = s.ParseProbe(y)
	}
	if err != nil {
		t.Fatal(err)
	}
	if m.Fail, err = s.ParsePredicate(""); err != nil {
		t.Fatal(err)
	}
	return m
}

func regions(t *testing.T, r run.Runner, m plane.Map) *plane.Regions {
	t.Helper()
	found, err := plane.FindRegions(context.Background(), r, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The founding case against its formula: with d = 0, and the latency of the data Ld = 10 ms,
// it fails for La > P + W + Ld, a line of slope 1, and for La < Ld, where the alert
// overtakes the data.
func TestMapOfLinger(t *testing.T) {
	testkit.NotShort(t)
	const ms = int64(time.Millisecond)
	n := int64(testkit.Budget(100, 100, 200)) * ms
	r := regions(t, fixture.Pool(t, 2), ask(t, "late-close-notify",
		fmt.Sprintf("alert-latency=0s..%dms", n*3/2/ms), fmt.Sprintf("linger=0s..%dms", n/ms), nil))
	for _, b := range r.Boundaries {
		want := edges.Line{Rise: 1, Run: 1, Offset: 11*ms + 1}
		if b.Left == "E" && b.Line != want {
			t.Errorf("the clean region ends at %s for %d..%d, want 11.000001ms + linger", b.Equation, b.From, b.To)
		}
		if b.Right == "E" && b.Line != (edges.Line{Rise: 0, Run: 1, Offset: 10 * ms}) {
			t.Errorf("the clean region begins at %s for %d..%d, want 10ms", b.Equation, b.From, b.To)
		}
	}
	clean := r.Regions[len(r.Regions)-1]
	if clean.Name != "E" || len(clean.Outcome) != 0 {
		t.Fatalf("regions %+v", r.Regions)
	}
	// At each of the rows W = 0 to n - 1 ns, from 10 ms to 11 ms + W, inclusive.
	if clean.Points.Int64() != n*(ms+1)+n*(n-1)/2 {
		t.Errorf("the clean region has %s points", clean.Points)
	}
	if r.UndecidedShare != 0 || len(r.Method.Contradictions) != 0 || r.Method.Points != 300 || r.Runs > 4000 {
		t.Errorf("%g undecided, %d runs, method %+v", r.UndecidedShare, r.Runs, r.Method)
	}
}

// holdMapAgainstRuns finds a map and runs random points of it, and some beside each boundary
// and each level: their outcomes are those of their regions.
func holdMapAgainstRuns(t *testing.T, p run.Runner, m plane.Map, random *rand.Rand, points int) *plane.Regions {
	t.Helper()
	r := regions(t, p, m)
	what := fmt.Sprintf("dtlssim map %s --seed %d --probe %s --probe %s", m.Values.Scenario().Name, m.Seed, m.X, m.Y)
	for _, parameter := range m.Values.Scenario().Parameters {
		if value, ok := m.Values.Setting(parameter.Name); ok {
			what += fmt.Sprintf(" --set '%s=%s'", parameter.Name, value)
		}
	}
	if len(r.Method.Contradictions) > 0 {
		t.Errorf("%s: method %+v", what, r.Method)
	}
	check := func(x, y int64) {
		g, ok := r.At(x, y)
		if !ok {
			return
		}
		v := fixture.With(t, m.Values,
			scenarios.Settings{r.X.Name: time.Duration(x).String(), r.Y.Name: time.Duration(y).String()})
		o, err := p.Do(context.Background(), run.Job{Values: v, Seed: m.Seed})
		if err != nil || o.Status != run.Completed {
			t.Fatalf("%v %s %s", err, o.Status, o.Dump)
		}
		if !slices.Equal(g.Outcome, o.Outcome) {
			t.Errorf("%s: at %s=%s, %s=%s the map says %s, and the run is %v", what,
				r.X.Name, time.Duration(x), r.Y.Name, time.Duration(y), g.Title(), o.Outcome)
		}
	}
	for range points {
		check(r.X.From+random.Int64N(r.X.To-r.X.From), r.Y.From+random.Int64N(r.Y.To-r.Y.From))
	}
	for _, b := range r.Boundaries {
		for range 1 + points/100 {
			y := b.From + random.Int64N(b.To-b.From)
			x := b.Line.At(y)
			check(x-1, y)
			check(x, y)
		}
	}
	for _, l := range r.Levels {
		x := l.From + random.Int64N(l.To-l.From)
		check(x, l.Y-1)
		check(x, l.Y)
	}
	t.Logf("%s: %d regions, %d boundaries, %d rows, %d runs, %.3g undecided", what, len(r.Regions),
		len(r.Boundaries), r.Method.Rows, r.Runs, r.UndecidedShare)
	return r
}

// Maps of many kinds are as runs say.
func TestMapsAgainstRuns(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	points, most := testkit.Budget(20, 50, 200), testkit.Budget(1, 2, 30)
	for i, c := range []struct {
		scenario, x, y string
		set            scenarios.Settings
	}{
		{"late-close-notify", "alert-latency=0s..60ms", "linger=0s..60ms",
			scenarios.Settings{"downlink": "uniform(1ms,20ms)", "clients": "3"}},
		{"finish-stall", "flight5-latency=0s..3s", "flight-interval=200ms..2s", nil},
		{"retransmit-collision", "flight4-latency=0s..3s", "latency=1ms..600ms", nil},
		{"plaintext-alert", "forged-delay=0s..60ms", "latency=1ms..30ms", nil},
		{"late-close-notify", "alert-latency=0s..300ms", "gap=0s..200ms", nil},
		{"plaintext-alert", "forged-delay=0s..200ms", "latency=1ms..50ms", nil},
		{"hello2-poison", "copied-delay=0s..300ms", "latency=1ms..50ms", nil},
		{"deferred-alert", "alert-latency=0s..100ms", "linger=0s..50ms", nil},
	} {
		if i == most {
			break
		}
		if i > 1 && (uint64(i)+seed)%2 > 0 { // a long run has the first two, and half of the others
			continue
		}
		m := ask(t, c.scenario, c.x, c.y, c.set)
		m.Seed = seed + uint64(i)
		r := holdMapAgainstRuns(t, p, m, rand.New(rand.NewPCG(seed, uint64(i))), points)
		if r.UndecidedShare > 0.02 {
			t.Errorf("%s: %g undecided, method %+v", c.scenario, r.UndecidedShare, r.Method)
		}
	}
}

// So are those of clients behind NATs of every kind, whose mappings expire during a session.
func TestMapsBehindNATAgainstRuns(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	for i := range testkit.Cases(t, 1, 1, 5) {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		of := func(values ...string) string { return values[random.IntN(len(values))] }
		set := fixture.RandomNAT(random.IntN)
		x := of(
			"client-pause=0s..80ms", "service=0s..60ms", "uplink=1ms..40ms", "gap=0s..80ms", "alert-latency=0s..80ms",
		)
		m := ask(
			t, "nat-rebinding", x, of("nat-lifetime=1ns..60ms", "nat-lifetime=20ms..60ms", "downlink=1ms..40ms"), set,
		)
		if m.Y.Name != "nat-lifetime" {
			m.Values = fixture.With(t, m.Values, scenarios.Settings{"nat-lifetime": of("15ms", "30ms", "60ms")})
		}
		m.Seed = seed + uint64(i)
		m.MaxRuns = 20_000
		holdMapAgainstRuns(t, p, m, random, testkit.Budget(20, 50, 200))
	}
}

// With the probes in each other's place, the regions have the same outcomes and exactly the
// same points.
func TestMapWithProbesExchanged(t *testing.T) {
	testkit.NotShort(t)
	p := fixture.Pool(t, 2)
	sizes := func(x, y string) (list []string) {
		for _, g := range regions(t, p, ask(t, "deferred-alert", x, y, nil)).Regions {
			list = append(list, fmt.Sprintf("%s %v: %s", g.Title(), g.Failed, g.Points))
		}
		return list
	}
	x, y := "alert-latency=30ms..50ms", "linger=30ms..31ms"
	if testkit.Long() {
		x, y = "alert-latency=20ms..60ms", "linger=30ms..33ms"
	}
	if a, b := sizes(x, y), sizes(y, x); !slices.Equal(a, b) {
		t.Errorf("regions\n%s\nand, with the probes exchanged,\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

// One worker and several give the same bytes.
func TestMapWithAnyNumberOfWorkers(t *testing.T) {
	testkit.NotShort(t)
	m := ask(t, "late-close-notify", "alert-latency=0s..20ms", "linger=0s..8ms", nil)
	if testkit.Long() {
		m = ask(t, "plaintext-data", "forged-delay=0s..20ms", "latency=1ms..20ms", nil)
	}
	var first []byte
	for _, workers := range []int{1, 2} {
		text, err := json.Marshal(regions(t, fixture.Pool(t, workers), m))
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		} else if !bytes.Equal(text, first) {
			t.Errorf("the map with %d workers differs from that with one", workers)
		}
	}
}

// A region that no row has met is found by the random points of the end; the strip is searched
// again, and its lines are found. One that rows cannot see is reported.
func TestRandomPointsMendTheMap(t *testing.T) {
	const ms = time.Millisecond
	m := ask(t, "late-close-notify", "alert-latency=0s..100ms", "linger=0s..100ms", nil)
	r := regions(t, fixture.Plane(func(x, y time.Duration) []string {
		if x >= 30*ms && x < 70*ms && y >= 60*ms && y < 72*ms { // about 5 % of the plane
			return []string{"data-lost"}
		}
		return nil
	}), m)
	if len(r.Regions) != 2 || r.Regions[0].Points.Int64() != int64(40*ms)*int64(12*ms) {
		t.Errorf("regions %+v", r.Regions)
	}
	if r.Method.PointsDiffered == 0 {
		t.Error("no random point differed: the rows have met the region by themselves")
	}
	if len(r.Method.Contradictions) != 0 || r.Method.Points != 600 || r.Method.RowBasis.Proved {
		t.Errorf("method %+v", r.Method)
	}
	// A checkerboard of a nanosecond in a part of the plane: every row is taken for even.
	r = regions(t, fixture.Plane(func(x, y time.Duration) []string {
		if x > 50*ms && (x/2)%2 == 1 && (x%7+y%5)%2 == 1 {
			return []string{"data-lost"}
		}
		return nil
	}), plane.Map{Values: m.Values, Seed: 1, X: m.X, Y: m.Y, Fail: m.Fail, MaxRuns: 5000})
	if len(r.Method.Contradictions) == 0 && r.Stopped == "" {
		t.Errorf("nothing is said of a plane that cannot be searched: %+v", r.Method)
	}
}

func TestSenselessMaps(t *testing.T) {
	m := ask(t, "late-close-notify", "alert-latency=0s..100ms", "linger=0s..100ms", nil)
	for want, change := range map[string]func(*plane.Map){
		"parameter alert-latency is varied twice": func(m *plane.Map) { m.Y = m.X },
		"parameter linger is varied, and set to 3ms as well": func(m *plane.Map) {
			m.Values = fixture.With(t, m.Values, scenarios.Settings{"linger": "3ms"})
		},
		"parameter alert-latency is varied, and set to 3ms as well": func(m *plane.Map) {
			m.Values = fixture.With(t, m.Values, scenarios.Settings{"alert-latency": "3ms"})
		},
		"a resolution of -1ns is out of range":                    func(m *plane.Map) { m.Resolution = -1 },
		"-1 runs at most: want at least 1":                        func(m *plane.Map) { m.MaxRuns = -1 },
		"only a duration or a latency distribution can be varied": func(m *plane.Map) { m.Y.Name = "clients" },
		"parameter handshake-timeout: 0s is out of range: at least 1": func(m *plane.Map) {
			m.Y.Name = "handshake-timeout"
		},
	} {
		bad := m
		change(&bad)
		if err := bad.Check(); err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// What is done when the context ends is shown, and the rest is undecided.
func TestMapInterrupted(t *testing.T) {
	testkit.NotShort(t)
	ctx, cancel := context.WithCancel(context.Background())
	m := ask(t, "late-close-notify", "alert-latency=0s..300ms", "linger=0s..200ms", nil)
	r, err := plane.FindRegions(ctx, fixture.Pool(t, 2), m, func(share float64) {
		if share > 0.02 {
			cancel()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Stopped != plane.Interrupted || r.UndecidedShare <= 0 || r.UndecidedShare >= 1 {
		t.Errorf("stopped %q, %g undecided", r.Stopped, r.UndecidedShare)
	}
}
