package run

import (
	"context"
)

// Runner performs replications; a Pool is one.
type Runner interface {
	// Do performs one replication.
	Do(ctx context.Context, job Job) (Result, error)

	// Twice performs one replication twice, in different processes.
	Twice(ctx context.Context, job Job) (first, second Result, err error)

	// Size is how many replications are performed at a time.
	Size() int
}
