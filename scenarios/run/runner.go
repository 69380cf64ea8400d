package run

import (
	"context"
)

// Runner performs replications. [Pool] implements it.
type Runner interface {
	// Do performs one replication.
	Do(ctx context.Context, job Job) (Result, error)

	// Twice performs one replication twice, in different processes.
	Twice(ctx context.Context, job Job) (first, second Result, err error)

	// Size returns how many replications are performed in parallel.
	Size() int
}
