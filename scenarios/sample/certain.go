package sample

import (
	"context"
	"reflect"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/seed"
)

// CertainSeeds is under how many seeds a replication has to be the same for Certain.
const CertainSeeds = 3

// Certain tells whether nothing random decides what a replication at a design point
// does, and returns one. It performs replications under the first CertainSeeds seeds of
// the sweep: none of them may draw anything but keys, nonces and signatures, send a
// datagram through a bottleneck, where the length of a signature counts, or differ from
// the others in an outcome or an instant. It is false when in doubt, and when one gave no
// result. Measures may differ by the length of signatures: bytes are counted.
func Certain(ctx context.Context, runner run.Runner, s Sweep, point int) (bool, run.Result, error) {
	var first run.Result
	for n := range CertainSeeds {
		job := run.Job{Values: s.Design[point].Values, Seed: seed.Replication(s.Seed, n), Fail: s.Fail, Watch: true}
		o, err := runner.Do(ctx, job)
		if err != nil {
			return false, o, err
		}
		if o.Status != run.Completed || o.Watched == nil || o.Watched.Random {
			return false, o, nil
		}
		if n == 0 {
			first = o
		}
		if !alike(&first, &o) {
			return false, o, nil
		}
	}
	return true, first, nil
}

// alike tells whether two replications differ in nothing but keys, nonces and signatures.
func alike(a, b *run.Result) bool {
	return slices.Equal(a.Outcome, b.Outcome) && a.Signature == b.Signature && a.Virtual == b.Virtual &&
		reflect.DeepEqual(a.Watched, b.Watched)
}

// AllCertain tells whether nothing random decides what the replications of a sweep do, at
// any of its design points.
func AllCertain(ctx context.Context, runner run.Runner, s Sweep) (bool, error) {
	for point := range s.Design {
		if certain, _, err := Certain(ctx, runner, s, point); !certain || err != nil {
			return false, err
		}
	}
	return true, nil
}
