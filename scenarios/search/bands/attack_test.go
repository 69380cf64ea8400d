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

// Bands of random scenarios, parameters, probes and factors are what runs say at each level, at random
// values and next to the bounds of cells, and each level is proved.
func TestRandomBandsAgainstRuns(t *testing.T) {
	seed := testkit.Seed(t)
	p := fixture.Pool(t, 2)
	for i := range testkit.Cases(t, 1, 2, 25) {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		s, probes, set := fixture.RandomPlane(r.IntN)
		factor := design.Factor{Name: probes[1].Name}
		for range 3 {
			length := probes[1].To - probes[1].From
			factor.Levels = append(factor.Levels, (probes[1].From + time.Duration(r.Int64N(int64(length)))).String())
		}
		points, err := bands.AtLevels(s, set, factor)
		if err != nil {
			t.Fatal(err)
		}
		question := bands.Question{
			Factor: factor.Name, Levels: points, Seed: seed%1_000_000 + uint64(i), Probe: probes[0],
		}
		if question.Check() != nil { // a probe that another parameter excludes
			continue
		}
		b, err := bands.Find(context.Background(), p, question, nil)
		if err != nil {
			t.Fatal(err)
		}
		for k, l := range b.Levels {
			w := l.Windows
			// Nothing is claimed about the duration of a rule that met no datagram.
			if idle := search.IdleProbe(s, probes[0].Name, w.Rules) != ""; w.Method.Proved == idle {
				t.Errorf("%s, %v, %s=%s, %s: %+v", s.Name, set, factor.Name, l.Level, probes[0], w.Method)
			}
			var values []int64
			for range 10 {
				values = append(values, w.From+r.Int64N(w.To-w.From))
			}
			for _, c := range w.Cells[1:] {
				if len(values) < 30 {
					values = append(values, c.From-1, c.From, c.From+1)
				}
			}
			for _, x := range values {
				if x >= w.To {
					continue
				}
				v := fixture.With(t, points[k].Values, scenarios.Settings{b.Probe: time.Duration(x).String()})
				o, err := p.Do(context.Background(), run.Job{Values: v, Seed: question.Seed})
				if err != nil || o.Status != run.Completed {
					t.Fatalf("%v %s %s", err, o.Status, o.Dump)
				}
				at := 0
				for w.Cells[at].To <= x {
					at++
				}
				if c := w.Cells[at]; !slices.Equal(o.Outcome, c.Outcome) || o.Signature != c.Signature {
					t.Errorf("the cell is %v, and the run is %v\n%s", c.Outcome, o.Outcome, o.Repeat)
				}
			}
		}
	}
}

// Bands of servers in Go: the levels of one that states that its timers are known are proved, unless a
// run shows one that is not.
func TestBandsOfOwnServers(t *testing.T) {
	p := fixture.Pool(t, 2)
	for _, c := range fixture.OwnServers {
		s := fixture.Find(t, c.Scenario)
		factor := design.Factor{Name: "pause", Levels: []string{"0s", "15ms"}}
		question := bands.Question{
			Factor: "pause", Levels: levels(t, s, scenarios.Settings{"timers": c.Timers}, factor), Seed: 1, Probe: s.Probe,
		}
		b, err := bands.Find(context.Background(), p, question, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range b.Levels {
			m := l.Windows.Method
			if m.Proved != (c.WhyNot == "") || !strings.Contains(m.WhyNot, c.WhyNot) || (m.RandomRuns > 0) == m.Proved {
				t.Errorf("%+v: %+v", c, m)
			}
			// The message is dropped if it comes 300 to 400 ms after the handshake.
			from := 150*time.Millisecond - []time.Duration{0, 7500 * time.Microsecond}[i]
			if c.Timers == "declared" {
				from++ // at the instant of a deadline that is an event, a message is in time
			}
			want := fixture.Windows(from, from+50*time.Millisecond)
			if !slices.Equal(l.Windows.FailureWindows, want) {
				t.Errorf("%+v, %s: %v, want %v", c, l.Level, l.Windows.FailureWindows, want)
			}
		}
	}
}
