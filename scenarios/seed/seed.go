// Package seed is the plan of seeds: which seed each replication of each question has, and
// from which streams the questions themselves draw. Nothing else in the program derives a
// seed from another.
//
// The master seed s is that of --seed, or of a study. A replication draws from the streams
// that package stream derives from its seed, the scenario and a name. So two replications
// of one seed share every draw that their parameters leave alone (common random numbers).
// Seeds are whole numbers modulo 2^64; replications count from 0.
//
//	question                                   seed of a run
//	run, each run of a window search           s
//	explain: each run of each search           the ExampleSeed of the scenario
//	bands, map: each run of each row           s
//	sweep, measure, study, compare, estimate
//	  (crude Monte Carlo, and --check):
//	  replication n of every point             s + n             Replication
//	  with --verify, both times                s + n             Replication
//	  whether anything is random: replication
//	  n, of CertainSeeds, of every point       s + n             Replication
//	estimate, conditional and exact; compare
//	  by the conditional method: each run of
//	  the n-th window search                   s + n             Replication
//	estimate, stratified: replication n        s + n             Replication
//	  its pilot replication n                  p + n             StratifiedPilots
//	estimate, importance: replication n,
//	  tilted or, every tenth, not              s + n             Replication
//	  pilot replication n of round k           q(k) + n          TiltPilots
//	sensitivity: replication n at each of the
//	  points of base point j, of r each        s + j r + n       OfBasePoint
//	  at the ends of the factors               s + n             Replication
//	  exact: each run of a window search       s
//
// What a question draws besides comes from streams of its own, under s unless said:
//
//	design that fills a space                  design NAME                     Design
//	base points of a sensitivity               design sensitivity              Design
//	bootstrap of its indices                   bootstrap of sensitivity        Bootstrap
//	values that a window search verifies       window/verification             Verification
//	rows that a map verifies                   map/row LOW-HIGH                MapRow
//	points of the plane that a map verifies    map/points after RUNS           MapPoints
//	place in its stratum of replication n      stratified/PROBE, under s + n   Stratum
package seed

import (
	"fmt"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// Replication returns the seed of the n-th replication of each design point, or of all
// runs of the n-th window search.
func Replication(master uint64, n int) uint64 { return master + uint64(n) }

// OfBasePoint returns the seed of the n-th replication at each of the points that belong to
// a base point of a sensitivity analysis, of so many replications each: these points share
// what they draw, and no two base points do.
func OfBasePoint(master uint64, base, replications, n int) uint64 {
	return master + uint64(base*replications+n)
}

// StratifiedPilots returns the seed of the first pilot replication of a stratified
// estimate. It is below 2^63, so that none of them is beyond the largest seed.
func StratifiedPilots(master uint64, scenario string) uint64 {
	return stream.New(master, scenario, "stratified/pilots").Uint64() >> 1
}

// TiltPilots returns a function that returns the seed of the first pilot replication of one
// round after another, in which an importance estimate looks for tilts. They are not those
// of the estimate, so that it is independent of the choice, and below 2^63.
func TiltPilots(master uint64, scenario string) func() uint64 {
	random := stream.New(master, scenario, "importance/pilots")
	return func() uint64 { return random.Uint64() >> 1 }
}

// Design returns the stream that a design of a name is drawn from.
func Design(master uint64, scenario, name string) *stream.Stream {
	return stream.New(master, scenario, "design "+name)
}

// Bootstrap returns the stream that the indices of a sensitivity analysis are resampled
// from.
func Bootstrap(master uint64, scenario string) *stream.Stream {
	return stream.New(master, scenario, "bootstrap of sensitivity")
}

// Verification returns the stream of the values at which a window search compares a
// prediction with a run.
func Verification(master uint64, scenario string) *stream.Stream {
	return stream.New(master, scenario, "window/verification")
}

// MapRow returns the stream of the row at which a map compares a strip, from low to high,
// with a window search.
func MapRow(master uint64, scenario string, low, high int64) *stream.Stream {
	return stream.New(master, scenario, fmt.Sprintf("map/row %d-%d", low, high))
}

// MapPoints returns the stream of the points at which a map is compared with runs, after so
// many that were run before.
func MapPoints(master uint64, scenario string, runs int) *stream.Stream {
	return stream.New(master, scenario, fmt.Sprintf("map/points after %d", runs))
}

// Stratum returns the stream that places a replication of a stratified estimate, by its
// seed, in its stratum of the distribution of a probe.
func Stratum(replication uint64, scenario, probe string) *stream.Stream {
	return stream.New(replication, scenario, "stratified/"+probe)
}
