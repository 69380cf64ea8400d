package curve_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/study/curve"
)

func TestMain(m *testing.M) { testkit.Main(m, run.ServeIfAsked) }

// find finds the curve of one row, with settings that depend on x, from 0 in steps of 5.
func find(t *testing.T, log bool, steps int, settings func(x string) scenarios.Settings) *curve.Answer {
	t.Helper()
	s := fixture.Scenario(t)
	fail, err := s.ParsePredicate("")
	if err != nil {
		t.Fatal(err)
	}
	q := curve.Question{
		Rows: 1, Probe: "alert-latency", Seed: 1, Fail: fail, Log: log,
		Values: func(_ int, x float64) (scenarios.Values, error) {
			set := settings(fmt.Sprintf("%.10g", x))
			set["credentials"] = "psk" // costs less
			return s.Resolve(set)
		},
	}
	for i := range steps + 1 {
		q.X = append(q.X, float64(5*i))
	}
	a, err := q.Find(context.Background(), fixture.Pool(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// at returns the value of a trace at x, by the straight line between its points. It is NaN where the
// trace is not known.
func at(t curve.Trace, x float64) float64 {
	for _, piece := range t {
		for i := 1; i < len(piece.Points) && piece.Known; i++ {
			a, b := piece.Points[i-1], piece.Points[i]
			if a.X <= x && x <= b.X && a.X < b.X {
				return a.Y + (b.Y-a.Y)*(x-a.X)/(b.X-a.X)
			}
		}
	}
	return math.NaN()
}

// Between the points of the design the curve is the function: the windows end at 10 ms and begin
// again at linger + 11.000001 ms. At a linger of 1 ms a Pareto latency of at least 2 ms more than 10
// ms is beyond that in all but a millionth of the cases; a line from 0 to 5 ms would say 0.84.
func TestCurveFollowsTheFunction(t *testing.T) {
	testkit.NotShort(t)
	for _, log := range testkit.Few([]bool{true, false}, 1, 1) {
		a := find(t, log, 2, func(x string) scenarios.Settings {
			return scenarios.Settings{"linger": x + "ms", "alert-latency": "10ms+pareto(minimum=2ms,shape=1.5)"}
		})
		exact := func(x float64) float64 { return min(1, math.Pow(2/(x+1.000001), 1.5)) }
		if got := at(a.Traces[0], 1); math.Abs(got-0.9999985) > 0.002 {
			t.Errorf("at 1 ms the curve is at %.9f", got)
		}
		for x := 0.05; x < 10; x += 0.0071 {
			got, want := at(a.Traces[0], x), exact(x)
			apart := math.Abs(got - want)
			if log {
				apart = math.Abs(math.Log10(got/want)) / 1.1 // the decades that the curve takes
			}
			if !(apart < 0.0015) {
				t.Fatalf("log %t: at %g the curve is at %.6f, want %.6f", log, x, got, want)
			}
		}
		if n := len(a.Traces[0][0].Points); len(a.Traces[0]) != 1 || n < 10 || n > 300 {
			t.Errorf("%d pieces, the first of %d points", len(a.Traces[0]), n)
		}
	}
}

// A constant that moves over the edges of windows jumps there, to the last digit of x, also over a
// gap of 1.000001 ms that lies between two points of the design.
func TestCurveJumpsAtEdges(t *testing.T) {
	testkit.NotShort(t)
	a := find(t, false, 12, func(x string) scenarios.Settings { return scenarios.Settings{"alert-latency": x + "ms"} })
	jumps := map[float64]bool{}
	points := a.Traces[0][0].Points
	for i := 1; i < len(points); i++ {
		if points[i].X == points[i-1].X {
			jumps[math.Round(points[i].X*1e6)/1e6] = true
		} else if points[i].Y != points[i-1].Y {
			t.Errorf("the curve is inclined between %v and %v", points[i-1], points[i])
		}
	}
	if len(a.Traces[0]) != 1 || len(jumps) != 2 || !jumps[10] || !jumps[11.000001] {
		t.Errorf("the curve of a constant jumps at %v: %v", jumps, a.Traces[0])
	}
	if a.Runs > 200 {
		t.Errorf("%d runs: the windows are those of one search", a.Runs)
	}
}

// Where there is nothing between the points of the design, or nothing exact, the curve says so.
func TestCurveThatIsNotKnownBetweenPoints(t *testing.T) {
	testkit.NotShort(t)
	a := find(t, false, 2, func(x string) scenarios.Settings {
		var number float64
		if _, err := fmt.Sscan(x, &number); err != nil {
			t.Fatal(err)
		}
		set := scenarios.Settings{"alert-latency": "10ms+exponential(mean=10ms)", "linger": "5ms"}
		if number != math.Trunc(number/5)*5 {
			set["latency"] = "exponential(mean=10ms)" // between the points, something else is random
		} else {
			set["service"] = time.Duration(number * float64(time.Millisecond)).String()
		}
		return set
	})
	for _, piece := range a.Traces[0] {
		if piece.Known || len(piece.Points) != 2 {
			t.Errorf("known %t: %v", piece.Known, piece.Points)
		}
	}
	if len(a.Traces[0]) != 2 {
		t.Errorf("%d pieces, want 2", len(a.Traces[0]))
	}
}
