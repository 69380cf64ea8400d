// Package seed defines the seed of each replication of each question, and the streams from which
// the questions themselves draw. Nothing else in the program derives a seed from another.
//
// The master seed s is that of --seed, or of a study. A replication draws from the streams that
// package stream derives from its seed, the scenario and a name. Two replications with the same
// seed therefore share every draw that their parameters do not affect (common random numbers).
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
// Questions also draw from streams of their own, under s unless noted:
//
//	space-filling design                       design NAME                     Design
//	base points of a sensitivity               design sensitivity              Design
//	bootstrap of its indices                   bootstrap of sensitivity        Bootstrap
//	values that a window search verifies       window/verification             Verification
//	values at which it looks for what is
//	hidden                                     window/random                   RandomValues
//	rows that a map verifies                   map/row LOW-HIGH                MapRow
//	points of the plane that a map verifies    map/points after RUNS           MapPoints
//	place in its stratum of replication n      stratified/PROBE, under s + n   Stratum
package seed

import (
	"fmt"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// Replication returns the seed of the n-th replication of each design point, or of every run of
// the n-th window search.
func Replication(master uint64, n int) uint64 { return master + uint64(n) }

// OfBasePoint returns the seed of the n-th replication at each point that belongs to a base point
// of a sensitivity analysis. replications is the number of replications per point. The points of
// one base point share their draws; no two base points share any.
func OfBasePoint(master uint64, base, replications, n int) uint64 {
	return master + uint64(base*replications+n)
}

// StratifiedPilots returns the seed of the first pilot replication of a stratified estimate. It
// is below 2^63, so that no pilot's seed exceeds the largest seed.
func StratifiedPilots(master uint64, scenario string) uint64 {
	return stream.New(master, scenario, "stratified/pilots").Uint64() >> 1
}

// TiltPilots returns a function that returns, round by round, the seed of the first pilot
// replication with which an importance estimate chooses its tilts. The estimate does not use
// these seeds, so it is independent of the choice. They are below 2^63.
func TiltPilots(master uint64, scenario string) func() uint64 {
	random := stream.New(master, scenario, "importance/pilots")
	return func() uint64 { return random.Uint64() >> 1 }
}

// Design returns the stream from which a design with the given name is drawn.
func Design(master uint64, scenario, name string) *stream.Stream {
	return stream.New(master, scenario, "design "+name)
}

// Bootstrap returns the stream that resamples the indices of a sensitivity analysis.
func Bootstrap(master uint64, scenario string) *stream.Stream {
	return stream.New(master, scenario, "bootstrap of sensitivity")
}

// Verification returns the stream that draws the values at which a window search compares a
// prediction with a run.
func Verification(master uint64, scenario string) *stream.Stream {
	return stream.New(master, scenario, "window/verification")
}

// RandomValues returns the stream that draws the values at which a window search looks for what no
// instant shows.
func RandomValues(master uint64, scenario string) *stream.Stream {
	return stream.New(master, scenario, "window/random")
}

// MapRow returns the stream that draws the row at which a map compares a strip, from low to high,
// with a window search.
func MapRow(master uint64, scenario string, low, high int64) *stream.Stream {
	return stream.New(master, scenario, fmt.Sprintf("map/row %d-%d", low, high))
}

// MapPoints returns the stream that draws the points at which a map is compared with runs, given
// the number of earlier runs.
func MapPoints(master uint64, scenario string, runs int) *stream.Stream {
	return stream.New(master, scenario, fmt.Sprintf("map/points after %d", runs))
}

// Stratum returns the stream that places a replication of a stratified estimate, given its seed,
// in its stratum of the probe's distribution.
func Stratum(replication uint64, scenario, probe string) *stream.Stream {
	return stream.New(replication, scenario, "stratified/"+probe)
}
