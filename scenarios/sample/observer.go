package sample

import "github.com/dtlssim/dtlssim/scenarios/run"

// Observer is called for each replication of a sweep, one at a time: when the replication ends, or
// when it is read from the sweep's store. Points and replications count from 0. The result is valid
// only until the observer returns. An observer does not store results for later sweeps; a [Store]
// does.
type Observer func(point, replication int, o *run.Result)

// tell passes a replication to the observers.
func (s *Sweep) tell(point, replication int, o *run.Result) {
	for _, hear := range s.Observers {
		hear(point, replication, o)
	}
}
