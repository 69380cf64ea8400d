package explore

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// Runner performs replications; a worker.Pool is one.
type Runner interface {
	// Do performs one replication.
	Do(ctx context.Context, job worker.Job) (worker.Outcome, error)

	// Twice performs one replication twice, in different processes.
	Twice(ctx context.Context, job worker.Job) (first, second worker.Outcome, err error)

	// Size is how many replications are performed at a time.
	Size() int
}
