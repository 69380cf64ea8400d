package sample

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// CertainSeeds is the number of seeds under which a replication has to be the same before
// it counts as certain.
const CertainSeeds = 3

// Certain tells whether nothing random decides what a replication does. It performs the
// job under CertainSeeds consecutive seeds, until one shows otherwise, and returns the
// results. A certain replication draws nothing but keys, nonces and signatures, sends no
// datagram through a bottleneck, where the length of a signature counts, and has the same
// outcome and the same instants under each seed. When in doubt, or when one gives no
// result, the answer is no. Measures may differ by the length of signatures: bytes are
// counted.
func Certain(ctx context.Context, runner run.Runner, job run.Job) (bool, []run.Result, error) {
	var results []run.Result
	job.Watch = true
	for range CertainSeeds {
		o, err := runner.Do(ctx, job)
		if err != nil {
			return false, results, err
		}
		results = append(results, o)
		if !alike(&results[0], &o) {
			return false, results, nil
		}
		job.Seed++
	}
	return true, results, nil
}

// alike tells whether nothing random decides what a replication does, as far as it shows,
// and whether it differs from another in nothing but keys, nonces and signatures.
func alike(first, o *run.Result) bool {
	return o.Status == run.Completed && o.Watched != nil && !o.Watched.Random &&
		slices.Equal(first.Outcome, o.Outcome) && first.Signature == o.Signature && first.Virtual == o.Virtual &&
		reflect.DeepEqual(first.Watched, o.Watched)
}

// seekCertain finds the points at which nothing is random, and drops all but their first
// CertainSeeds replications. It performs these replications at every point that is not
// complete, until one shows that something is random; they count like any others.
func (r *Running) seekCertain(ctx context.Context) error {
	size := r.Results.Sweep.Replications
	incomplete := r.missing.points(size)
	known := make([]int, len(r.Results.Points)) // so many of each point, from the first, are no longer missing
	var mu sync.Mutex
	err := run.Spread(ctx, r.runner.Size(), len(incomplete), func(ctx context.Context, k int) error {
		point := incomplete[k]
		certain, performed, err := r.look(ctx, point, &mu)
		mu.Lock()
		defer mu.Unlock()
		p := r.Results.Points[point]
		if known[point], p.Certain = performed, certain; certain {
			p.sumUp()
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		return err
	}
	left, dropped := r.missing.without(size, func(point int) (from int, rest bool) {
		return known[point], !r.Results.Points[point].Certain
	})
	r.missing, r.all = left, r.all-dropped
	if r.progress != nil {
		for range dropped {
			r.progress()
		}
	}
	return nil
}

// look performs the first replications of a point, and tells whether nothing is random
// there, and how many replications it performed. Those that the store already had it
// performs again, but does not count.
func (r *Running) look(ctx context.Context, point int, mu *sync.Mutex) (certain bool, performed int, err error) {
	var first run.Result
	for n := range CertainSeeds {
		i := point*r.Results.Sweep.Replications + n
		job, err := r.Results.Sweep.job(i)
		if err != nil {
			return false, n, err
		}
		job.Watch = true
		o, d, err := r.Results.perform(ctx, r.runner, job)
		if err != nil {
			return false, n, err
		}
		if n == 0 {
			first = o
		}
		if r.missing.has(i) {
			if err := r.Results.take(mu, i, &job, o, d, r.progress); err != nil {
				return false, n, err
			}
		}
		if !alike(&first, &o) {
			return false, n + 1, nil
		}
	}
	return true, CertainSeeds, nil
}

// Certain counts the points at which nothing is random.
func (r *Results) Certain() (n int) {
	for _, p := range r.Points {
		if p.Certain {
			n++
		}
	}
	return n
}
