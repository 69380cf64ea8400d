package sample

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/dtlssim/dtlssim/scenarios/run"
)

// CertainSeeds is the number of seeds under which a replication must be the same to count as
// certain.
const CertainSeeds = 3

// Certain reports whether nothing random affects a replication. It performs the job under up to
// CertainSeeds consecutive seeds, stops at the first sign of randomness, and returns the results. A
// certain replication draws nothing but keys, nonces and signatures, sends no datagram through a
// bottleneck (where the length of a signature matters), and has the same outcome and the same
// instants under each seed. If there is any doubt, or if a replication gives no result, the answer
// is no. Measures that count bytes may still vary with the length of signatures.
func Certain(ctx context.Context, runner run.Runner, job run.Job) (bool, []run.Result, error) {
	var results []run.Result
	job.Watch = true
	for range CertainSeeds {
		o, err := runner.Do(ctx, job)
		if err != nil {
			return false, results, err
		}
		results = append(results, o)
		if !alike(&results[0], &o) || job.Fail.CountsBytes() {
			return false, results, nil
		}
		job.Seed++
	}
	return true, results, nil
}

// alike reports whether a replication shows no sign of randomness and differs from the first one in
// nothing but keys, nonces and signatures.
func alike(first, o *run.Result) bool {
	return o.Status == run.Completed && o.Watched != nil && !o.Watched.Random &&
		slices.Equal(first.Outcome, o.Outcome) && first.Signature == o.Signature && first.Virtual == o.Virtual &&
		reflect.DeepEqual(first.Watched, o.Watched)
}

// seekCertain finds the points where nothing is random and drops all but their first CertainSeeds
// replications. At every incomplete point, it performs these first replications until one shows
// that something is random. They count like any other replications.
func (r *Running) seekCertain(ctx context.Context) error {
	size := r.Results.Sweep.Replications
	incomplete := r.missing.points(size)
	known := make([]int, len(r.Results.Points)) // by point: how many first ones are no longer missing
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

// look performs the first replications of a point. It reports whether nothing is random there, and
// how many replications it performed. It repeats those that are already in the store, but does not
// count them again.
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
