package search

import (
	"encoding/json"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// Windows is the answer to a Search. To is scenarios.Forever for a range without an end; so is the
// To of the last cell, and of a failure window that never ends. In JSON, to_ns is then null.
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

	// Rules says what the rules met in the runs. UnmetRules are those that met no datagram in any.
	Rules      run.Rules    `json:"-"`
	UnmetRules []rule.Unmet `json:"unmet_rules,omitempty"`
}

// Cell is a maximal interval [From, To) of probe values with the same signature and outcome. Times
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

// Witness is one of the two replications on either side of an edge.
type Witness struct {
	Repeat string `json:"repeat"`
	Digest string `json:"digest"`
}

// Edge is a bound of a failure window inside the range: of the two replications at At-1 and At, one
// fails and the other does not. For a brute-force scan, the replication below is at the grid value
// before At.
type Edge struct {
	At    int64   `json:"at_ns"`
	Below Witness `json:"below"` // at At-1
	Above Witness `json:"above"` // at At
}

// Method states how windows were found, and what that proves: see Basis.
type Method struct {
	Name string `json:"name"`
	Basis

	// Bisected says that the distance between values with different outcomes was halved down to one
	// nanosecond, and nothing is known of the instants in between: see scenarios.Scenario.Coarse.
	Bisected bool `json:"bisected,omitempty"`

	// Segments is the number of intervals in which the order of instants and all slopes stay the
	// same; 0 for a brute-force scan.
	Segments int `json:"segments"`

	// Verifications counts the runs that only check a prediction: at the far end of every segment,
	// just beyond it, and at seeded random points inside.
	Verifications int `json:"verifications"`

	// PredictionFailures counts the bounds that were found by bisection because a run differed from
	// the prediction: an instant that no run reports came in between.
	PredictionFailures int `json:"prediction_failures"`

	// Failures are the first of these prediction failures.
	Failures []PredictionFailure `json:"failures,omitempty"`

	// LargestUnverifiedGap is the largest interval, in nanoseconds, between neighbouring runs for
	// which nothing is proved: a window that opens and closes within it could have been missed. It
	// is 0 if Proved. For a brute-force scan, it is the step minus 1.
	LargestUnverifiedGap int64 `json:"largest_unverified_gap_ns"`

	// LargestUnverifiedGapFrom is the start of that interval; 0 if there is none.
	LargestUnverifiedGapFrom int64 `json:"largest_unverified_gap_from_ns"`
}

// PredictionFailure is a run that differs from the prediction.
type PredictionFailure struct {
	Segment int64  `json:"segment_from_ns"` // the start of the predicted segment
	At      int64  `json:"at_ns"`           // the first failing value that bisection finds
	Why     string `json:"why"`             // how the run differs
}

// mostFailures is how many prediction failures a Method keeps.
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

// bound returns an upper bound, or nil if there is none.
func bound(to int64) *int64 {
	if time.Duration(to) == scenarios.Forever {
		return nil
	}
	return &to
}
