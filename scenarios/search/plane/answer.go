package plane

import (
	"math/big"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// Regions is the answer to a Map. Points are pairs of whole nanoseconds; x and y are the
// values of the two probes.
type Regions struct {
	Scenario       string            `json:"scenario"`
	Seed           uint64            `json:"seed"`
	Params         map[string]string `json:"params"`
	X              ProbeAxis         `json:"x"`
	Y              ProbeAxis         `json:"y"`
	Regions        []Region          `json:"regions"`
	Boundaries     []Boundary        `json:"boundaries"`
	Levels         []Level           `json:"levels"`
	Strips         []Strip           `json:"strips"`
	Undecided      []search.Interval `json:"undecided"`       // rows that no strip has
	UndecidedShare float64           `json:"undecided_share"` // of the plane
	Runs           int               `json:"runs"`
	Stopped        string            `json:"stopped,omitempty"` // why the map is not whole
	Method         MapMethod         `json:"method"`
}

// ProbeAxis is a probe with its range [From, To).
type ProbeAxis struct {
	Name string `json:"probe"`
	From int64  `json:"from_ns"`
	To   int64  `json:"to_ns"`
}

// Region is a maximal connected area of one outcome.
type Region struct {
	Name    string   `json:"name"` // A, B, ...: those that fail first, and the larger first
	Outcome []string `json:"outcome"`
	Failed  bool     `json:"failed"`
	Points  *big.Int `json:"points"` // of the plane: its area in square nanoseconds
	Share   float64  `json:"share"`  // of the points of the plane

	// Polygon is the rings around the region, each a list of [x, y]: with the region on
	// the left, so that a ring around a hole runs clockwise. A corner that is within a few
	// nanoseconds of a straight line is left out; Strips has every point.
	Polygon [][][2]int64 `json:"polygon"`
}

// Boundary is an edge between two regions: the rows [From, To) in which it is a line.
type Boundary struct {
	Left     string     `json:"left"` // names of the regions
	Right    string     `json:"right"`
	Line     edges.Line `json:"line"`
	Equation string     `json:"equation"` // the first x of the right region
	From     int64      `json:"from_ns"`  // in y
	To       int64      `json:"to_ns"`
	Fails    bool       `json:"fails"` // one of the two fails, and the other does not
}

// Level is a value of y at which one region ends and another begins, for x in [From, To).
type Level struct {
	Below string `json:"below"`
	Above string `json:"above"`
	Y     int64  `json:"at_ns"` // the first row of the region above
	From  int64  `json:"from_ns"`
	To    int64  `json:"to_ns"`
	Fails bool   `json:"fails"`
}

// Strip is the rows [From, To), all of them cut by the same lines into pieces of regions.
type Strip struct {
	From    int64        `json:"from_ns"`
	To      int64        `json:"to_ns"`
	Regions []string     `json:"regions"` // from left to right
	Lines   []edges.Line `json:"lines"`   // between them

	pieces []*piece
}

// MapMethod states how regions were found, and what that proves.
type MapMethod struct {
	Name string `json:"name"`
	Rows int    `json:"rows"` // searches along x

	// LargestGap is the largest number of rows in turn of a strip that were not searched: a
	// region that opens and closes within it, while the order of events on every row
	// around it stays what it is and every edge stays on its line, would have been missed.
	LargestGap     int64 `json:"largest_unsearched_gap_ns"`
	LargestGapFrom int64 `json:"largest_unsearched_gap_from_ns"`

	// RowGap is the largest of the rows' own intervals in x in which a prediction failed; see
	// Method.LargestUnverifiedGap.
	RowGap     int64 `json:"largest_unverified_gap_ns"`
	RowGapFrom int64 `json:"largest_unverified_gap_from_ns"`
	RowGapRow  int64 `json:"largest_unverified_gap_row_ns"`

	// PlainShare counts the rows, as a share of the range of y, of strips in which the order of
	// events changes too often with y to be followed: rows in between have the same outcomes
	// there, and nothing is known of their signatures.
	PlainShare float64 `json:"plain_share"`

	// Points of the plane, drawn at random, were run in the end and compared with the map:
	// so many agreed in a row.
	Points int `json:"points"`

	// PointRuns counts the replications of all such points, PointsDiffered those that
	// were not as the map had it: strips were searched again for them.
	PointRuns      int `json:"point_runs"`
	PointsDiffered int `json:"points_differed"`

	// Contradictions are points at which the final map is wrong: the search along x has missed
	// them too.
	Contradictions []Contradiction `json:"contradictions"`
}

// At returns the region of a point, and false if it is outside the plane or undecided.
func (r *Regions) At(x, y int64) (*Region, bool) {
	i, ok := slices.BinarySearchFunc(r.Strips, y, func(s Strip, y int64) int {
		switch {
		case s.To <= y:
			return -1
		case s.From > y:
			return 1
		}
		return 0
	})
	if !ok || x < r.X.From || x >= r.X.To {
		return nil, false
	}
	s := &r.Strips[i]
	at := 0
	for at < len(s.Lines) && x >= s.Lines[at].At(y) {
		at++
	}
	return r.region(s.Regions[at]), true
}

func (r *Regions) region(name string) *Region {
	i := slices.IndexFunc(r.Regions, func(g Region) bool { return g.Name == name })
	return &r.Regions[i]
}

// Title is the outcome of the region as a reader sees it.
func (g *Region) Title() string {
	if len(g.Outcome) == 0 {
		return "clean"
	}
	return strings.Join(g.Outcome, ", ")
}
