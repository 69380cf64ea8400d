package benchmark

import (
	"context"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// Result is the cost of the simulation: sessions with each kind of credentials, and replications
// on workers.
type Result struct {
	Sessions   []Session
	Throughput Throughput
}

// Throughput is the rate at which workers perform replications of late-close-notify.
type Throughput struct {
	Workers, Replications int
	PerSecond             float64 // replications per second of wall time
	Simulated             float64 // simulated seconds per second of wall time
	PeakMemory            int64   // of a worker, in bytes
}

// PerSecondAndWorker returns the number of replications per second and worker.
func (t *Throughput) PerSecondAndWorker() float64 { return t.PerSecond / float64(t.Workers) }

// batch is the number of sessions in a round.
const batch = 100

// Run measures sessions in this process (see [Measure]), then replications on the workers. It
// closes the workers.
func Run(ctx context.Context, workers *run.Pool, rounds, replications int) (*Result, error) {
	var r Result
	for _, name := range stack.Credentials {
		s, err := Measure(ctx, name, rounds, batch)
		if err != nil {
			return nil, err
		}
		r.Sessions = append(r.Sessions, s)
	}
	var err error
	r.Throughput, err = throughput(ctx, workers, replications)
	return &r, err
}

func throughput(ctx context.Context, workers *run.Pool, replications int) (Throughput, error) {
	t := Throughput{Workers: workers.Size(), Replications: replications}
	s, err := catalogue.Find("late-close-notify")
	if err != nil {
		return t, err
	}
	defaults, err := s.Resolve(nil)
	if err != nil {
		return t, err
	}
	start := time.Now()
	r, err := sample.RunSweep(ctx, workers, sample.Sweep{
		Design: design.Single(defaults), Replications: replications, Seed: 1,
	}, nil)
	if err != nil {
		return t, err
	}
	wall := time.Since(start).Seconds()
	workers.Close()
	t.PerSecond, t.Simulated, t.PeakMemory = float64(r.Done)/wall, r.Virtual.Seconds()/wall, workers.PeakMemory()
	return t, ctx.Err()
}
