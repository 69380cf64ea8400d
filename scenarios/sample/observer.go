package sample

import "github.com/dtlssim/dtlssim/scenarios/run"

// Observer hears of each replication of a sweep, one at a time: as it ends, or as it is
// taken from the store of the sweep. Points and replications count from 0. What it is
// shown is valid until it returns. It stores nothing for others; that is what a [Store]
// does.
type Observer func(point, replication int, o *run.Result)

// tell tells the observers of a replication.
func (s *Sweep) tell(point, replication int, o *run.Result) {
	for _, hear := range s.Observers {
		hear(point, replication, o)
	}
}
