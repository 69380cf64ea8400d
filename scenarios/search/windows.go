package search

import (
	"encoding/json"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
)

// Windows is the answer to a Search. Of a range without an end, To is scenarios.Forever,
// as it is of the last cell, and of a failure window that never ends; in JSON, to_ns is
// null then.
type Windows struct {
	Scenario       string            `json:"scenario"`
	Seed           uint64            `json:"seed"`
	Params         map[string]string `json:"params"`
	Probe          string            `json:"probe"`
	From           int64             `json:"from_ns"`
	To             int64             `json:"to_ns"`
	Cells          []Cell            `json:"cells"`
	FailureWindows []Interval        `json:"failure_windows"`
	Edges          []Edge            `json:"edges"`
	Runs           int               `json:"runs"`
	Method         Method            `json:"method"`
}

// Cell is a maximal interval [From, To) of probe values of one signature and outcome. Times
// are in nanoseconds.
type Cell struct {
	From      int64    `json:"from_ns"`
	To        int64    `json:"to_ns"`
	Outcome   []string `json:"outcome"`
	Failed    bool     `json:"failed"`
	Signature string   `json:"signature"`
}

// Interval is a half-open interval [From, To) in nanoseconds.
type Interval struct {
	From int64 `json:"from_ns"`
	To   int64 `json:"to_ns"`
}

// Witness is one of the two replications beside an edge.
type Witness struct {
	Repeat string `json:"repeat"`
	Digest string `json:"digest"`
}

// Edge is a bound of a failure window inside the range: of the two replications
// at At-1 and at At, one fails and the other does not. Of a brute-force scan, the one below
// is at the value of the grid before At.
type Edge struct {
	At    int64   `json:"at_ns"`
	Below Witness `json:"below"` // at At-1
	Above Witness `json:"above"` // at At
}

// Method states how windows were found, and what that proves.
//
// If Proved, no window in the range was missed, however short: on each of the segments
// that the cells consist of, the order of all instants that a run's course depends on is the
// same on each host, as the slopes of their times show, and so the signature is. That depends on
// the replications to report every such instant (sim.Watched), of which the verifications
// are a test.
type Method struct {
	Name   string `json:"name"`
	Proved bool   `json:"proved"`

	// Segments is how many intervals of one order of instants and one slope of each there
	// are; 0 of a brute-force scan.
	Segments int `json:"segments"`

	// Verifications counts the runs that only check a prediction:
	// at the far end of every segment, just beyond it, and at
	// seeded random points inside.
	Verifications int `json:"verifications"`

	// PredictionFailures counts those that differ from the prediction, because an
	// instant that no run reports came in between. There the bound was found by bisection.
	PredictionFailures int `json:"prediction_failures"`

	// Failures are the first of them.
	Failures []PredictionFailure `json:"failures,omitempty"`

	// LargestUnverifiedGap is the largest interval, in nanoseconds, between
	// neighbouring runs of which nothing is proved: a window that opens and closes within
	// it could have been missed. It is 0 if Proved. Of a brute-force scan it is the step less 1.
	LargestUnverifiedGap int64 `json:"largest_unverified_gap_ns"`

	// LargestUnverifiedGapFrom is where that interval begins; 0 if there is none.
	LargestUnverifiedGapFrom int64 `json:"largest_unverified_gap_from_ns"`
}

// PredictionFailure is a run that differs from the prediction.
type PredictionFailure struct {
	Segment int64  `json:"segment_from_ns"` // where the segment begins that the prediction is of
	At      int64  `json:"at_ns"`           // the first value, as far as bisection finds it, at which it does not hold
	Why     string `json:"why"`             // in what the run differs
}

// mostFailures is how many prediction failures a Method has.
const mostFailures = 20

// MarshalJSON implements json.Marshaler.
func (c Cell) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		From      int64    `json:"from_ns"`
		To        *int64   `json:"to_ns"`
		Outcome   []string `json:"outcome"`
		Failed    bool     `json:"failed"`
		Signature string   `json:"signature"`
	}{c.From, bound(c.To), c.Outcome, c.Failed, c.Signature})
}

// MarshalJSON implements json.Marshaler.
func (i Interval) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		From int64  `json:"from_ns"`
		To   *int64 `json:"to_ns"`
	}{i.From, bound(i.To)})
}

// MarshalJSON implements json.Marshaler.
func (w Windows) MarshalJSON() ([]byte, error) {
	type plain Windows
	return json.Marshal(struct {
		plain
		To *int64 `json:"to_ns"`
	}{plain(w), bound(w.To)})
}

// bound returns an upper bound, or nil for one that there is not.
func bound(to int64) *int64 {
	if time.Duration(to) == scenarios.Forever {
		return nil
	}
	return &to
}
