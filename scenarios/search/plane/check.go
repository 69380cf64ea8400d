package plane

import (
	"context"
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
)

// Contradiction is a point of the plane whose replication contradicts the map.
type Contradiction struct {
	X       int64    `json:"x_ns"`
	Y       int64    `json:"y_ns"`
	Region  string   `json:"region"`
	Outcome []string `json:"outcome"` // of the replication
	Repeat  string   `json:"repeat"`
}

const (
	// checkPoints is how many random points are run in the end. If all of them agree, the map is
	// wrong for less than 1 % of the plane, with a confidence of 95 %: 0.99^300 < 0.05.
	checkPoints = 300

	// searchedPoints is the same number where rows are not proved: 0.5 %.
	searchedPoints = 600

	// maxChecks is how often a map is repaired and checked with new points.
	maxChecks = 6
)

// check runs random points of the plane and returns those that contradict the map. It skips
// undecided points.
func (r *Regions) check(ctx context.Context, runner run.Runner, m *Map) ([]Contradiction, error) {
	random := seed.MapPoints(m.Seed, m.Values.Scenario().Name, r.Method.PointRuns)
	var points []point
	n := checkPoints
	if !r.Method.RowBasis.Proved {
		n = searchedPoints
	}
	for range n {
		x := r.X.From + int64(random.Uint64()%uint64(r.X.To-r.X.From))
		y := r.Y.From + int64(random.Uint64()%uint64(r.Y.To-r.Y.From))
		if _, ok := r.At(x, y); ok {
			points = append(points, point{x, y})
		}
	}
	differs := make([]*Contradiction, len(points))
	err := run.Spread(ctx, runner.Size(), len(points), func(ctx context.Context, i int) error {
		x, y := points[i][0], points[i][1]
		row, err := m.search(y)
		if err != nil {
			return err
		}
		v, err := row.Values.With(m.X.Name, time.Duration(x))
		if err != nil {
			return err
		}
		job := run.Job{Values: v, Seed: m.Seed, Fail: m.Fail}
		o, err := runner.Do(ctx, job)
		if err != nil {
			return err
		}
		if o.Status != run.Completed {
			return &run.AbortedError{Aborted: run.NewAborted(&o, job.Command())}
		}
		if region, _ := r.At(x, y); !slices.Equal(region.Outcome, o.Outcome) {
			differs[i] = &Contradiction{
				X: x, Y: y, Region: region.Name, Outcome: o.Outcome, Repeat: job.Command().String(),
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var wrong []Contradiction
	for _, d := range differs {
		if d != nil {
			wrong = append(wrong, *d)
		}
	}
	r.Method.Points = len(points)
	r.Method.PointRuns += len(points)
	r.Method.PointsDiffered += len(wrong)
	r.Method.Contradictions = append([]Contradiction{}, wrong...)
	return wrong, nil
}
