package bands_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
)

// The windows by linger are those of the formula, and go over into each other along lines
// but where a cell ends in between: with linger = 0, and where the edge meets the arrival of
// the second client's hello at 110 ms.
func TestBandsByLinger(t *testing.T) {
	testkit.NotShort(t)
	const ms = time.Millisecond
	s := fixture.Scenario(t)
	f, err := design.ParseFactor(s, "linger=0s..140ms/7")
	if err != nil {
		t.Fatal(err)
	}
	done := 0
	b, err := bands.Find(context.Background(), fixture.Pool(t, 2), bands.Question{
		Factor: f.Name, Levels: levels(t, s, nil, f), Seed: 1,
		Probe: scenarios.ProbeRange{Name: "alert-latency", To: 300 * ms},
	}, func() { done++ })
	if err != nil {
		t.Fatal(err)
	}
	var joined []string
	for i, l := range b.Levels {
		edge := 11*ms + 1 + time.Duration(i)*20*ms
		if want := fixture.Windows(0, 10*ms, edge, 300*ms); !slices.Equal(l.Windows.FailureWindows, want) {
			t.Errorf("at %s: %v, want %v", l.Level, l.Windows.FailureWindows, want)
		}
		if l.Joined {
			joined = append(joined, l.Level)
		}
	}
	if want := strings.Fields("20ms 40ms 60ms 120ms"); !slices.Equal(joined, want) {
		t.Errorf("joined to the next are %v, want %v", joined, want)
	}
	if done != 8 || b.Interrupted {
		t.Errorf("%d levels were told, interrupted %v", done, b.Interrupted)
	}
}

// Two levels with cells of the same signatures are not joined if the edges between them bend.
func TestBandsThatBend(t *testing.T) {
	const ms = time.Millisecond
	s := fixture.Scenario(t)
	edge := func(y time.Duration) time.Duration { return 10*ms + y*y/(100*ms) }
	runner := fixture.Plane(func(x, y time.Duration) []string {
		if x >= edge(y) {
			return []string{"data-lost"}
		}
		return nil
	})
	b, err := bands.Find(context.Background(), runner, bands.Question{
		Seed: 1, Probe: scenarios.ProbeRange{Name: "alert-latency", To: 300 * ms},
		Factor: "linger", Levels: levels(t, s, nil, design.Factor{Name: "linger", Levels: []string{"20ms", "40ms"}}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b.Levels[0].Joined {
		t.Error("a curve is drawn as a line")
	}
}

// Levels that are no durations are not joined; a level of a choice is as good as any.
func TestBandsByRemedy(t *testing.T) {
	const ms = time.Millisecond
	s := fixture.Scenario(t)
	b, err := bands.Find(context.Background(), fixture.Pool(t, 1), bands.Question{
		Seed: 1, Probe: scenarios.ProbeRange{Name: "alert-latency", From: 10 * ms, To: 300 * ms},
		Factor: "remedy", Levels: levels(t, s, nil,
			design.Factor{Name: "remedy", Levels: []string{"none", "linger", "recognise"}}),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]search.Interval{fixture.Windows(11*ms+1, 300*ms), fixture.Windows(61*ms+1, 300*ms),
		fixture.Windows()} {
		if l := b.Levels[i]; l.Joined || !slices.Equal(l.Windows.FailureWindows, want) {
			t.Errorf("at %s: %v, joined %v, want %v", l.Level, l.Windows.FailureWindows, l.Joined, want)
		}
	}
	linger := design.Factor{Name: "linger", Levels: []string{"2ms"}}
	bad := bands.Question{
		Factor: "linger", Levels: levels(t, s, nil, linger), Probe: scenarios.ProbeRange{Name: "linger", To: ms},
	}
	if err := bad.Check(); err == nil || !strings.Contains(err.Error(), "is the probe, and varied as well") {
		t.Errorf("error %v", err)
	}
	if _, err := bands.AtLevels(s, scenarios.Settings{"linger": "1ms"}, linger); err == nil ||
		!strings.Contains(err.Error(), "set to 1ms as well") {
		t.Errorf("error %v", err)
	}
	// What is set may make sense at the levels alone.
	levels(
		t, s, scenarios.Settings{"backlog": "3"},
		design.Factor{Name: "model", Levels: []string{"listener", "concurrent"}},
	)
}

// levels returns the levels of bands.
func levels(t *testing.T, s *scenarios.Scenario, set scenarios.Settings, factor design.Factor) []design.Point {
	t.Helper()
	points, err := bands.AtLevels(s, set, factor)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

// Behind NATs of every kind, whose mappings expire during a session, bands are as runs say: at
// each level, and between two that are joined, but for the nanoseconds by which lines round.
func TestBandsBehindNATAgainstRuns(t *testing.T) {
	testkit.NotShort(t)
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	s := fixture.Find(t, "nat-rebinding")
	joined := 0
	for i := range testkit.Cases(t, 1, 1, 8) {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		of := func(values ...string) string { return values[random.IntN(len(values))] }
		set := fixture.RandomNAT(random.IntN)
		f, err := design.ParseFactor(s, of("nat-lifetime=5ms..65ms/4", "service=1ms..41ms/4", "uplink=3ms..23ms/4"))
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != "nat-lifetime" {
			set["nat-lifetime"] = of("35ms", "70ms", "100ms")
		}
		question := bands.Question{Factor: f.Name, Levels: levels(t, s, set, f), Seed: seed + uint64(i)}
		probe := of("client-pause=0s..100ms", "downlink=1ms..60ms", "gap=0s..90ms")
		if question.Probe, err = s.ParseProbe(probe); err != nil {
			t.Fatal(err)
		}
		b, err := bands.Find(context.Background(), p, question, nil)
		if err != nil {
			t.Fatal(err)
		}
		check := func(level time.Duration, x int64, c search.Cell) {
			v := fixture.With(t, question.Levels[0].Values, scenarios.Settings{
				f.Name: level.String(), b.Probe: time.Duration(x).String(),
			})
			o, err := p.Do(context.Background(), run.Job{Values: v, Seed: question.Seed})
			if err != nil || o.Status != run.Completed {
				t.Fatalf("%v %s %s", err, o.Status, o.Dump)
			}
			if !slices.Equal(o.Outcome, c.Outcome) || o.Signature != c.Signature {
				t.Errorf("at %s=%s, %s=%s the cell is %v, and the run is %v\n%s", f.Name, level, b.Probe,
					time.Duration(x), c.Outcome, o.Outcome, o.Repeat)
			}
		}
		for k, l := range b.Levels {
			if !l.Windows.Method.Proved {
				t.Errorf("%s=%s: %+v", f.Name, l.Level, l.Windows.Method)
			}
			y, err := time.ParseDuration(l.Level)
			if err != nil {
				t.Fatal(err)
			}
			cells := l.Windows.Cells
			for range testkit.Budget(1, 2, 10) {
				c := cells[random.IntN(len(cells))]
				check(y, c.From, c)
				check(y, c.To-1, c)
				check(y, c.From+random.Int64N(c.To-c.From), c)
			}
			if !l.Joined {
				continue
			}
			joined++
			next, err := time.ParseDuration(b.Levels[k+1].Level)
			if err != nil {
				t.Fatal(err)
			}
			above := b.Levels[k+1].Windows.Cells
			for range testkit.Budget(1, 2, 10) {
				at := random.Int64N(int64(next - y))
				between := func(low, high int64) int64 { // on the straight line
					return low + int64(float64(high-low)*float64(at)/float64(next-y))
				}
				j := random.IntN(len(cells))
				from, to := between(cells[j].From, above[j].From)+2, between(cells[j].To, above[j].To)-2
				if from < to {
					check(y+time.Duration(at), from+random.Int64N(to-from), cells[j])
				}
			}
		}
	}
	t.Logf("%d pairs of levels are joined", joined)
}
