package plane

import (
	"math/big"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/search/edges"
)

// Regions is the answer to a Map. Points are pairs of integers in nanoseconds; x and y are the
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
	Undecided      []search.Interval `json:"undecided"`       // rows outside all strips
	UndecidedShare float64           `json:"undecided_share"` // of the plane
	Runs           int               `json:"runs"`
	Stopped        string            `json:"stopped,omitempty"` // why the map is incomplete
	Method         MapMethod         `json:"method"`

	// Idle are the probes that decide nothing, because the rule whose duration they are met no datagram
	// in any run. The map claims nothing about them.
	Idle []Idle `json:"idle,omitempty"`
}

// Idle is a probe, and the rule whose duration it is.
type Idle struct {
	Probe string `json:"probe"`
	Rule  string `json:"rule"`
}

// ProbeAxis is a probe with its range [From, To).
type ProbeAxis struct {
	Name string `json:"probe"`
	From int64  `json:"from_ns"`
	To   int64  `json:"to_ns"`
}

// Region is a maximal connected area with the same outcome.
type Region struct {
	Name    string   `json:"name"` // A, B, ...: failing regions first, then by decreasing size
	Outcome []string `json:"outcome"`
	Failed  bool     `json:"failed"`
	Points  *big.Int `json:"points"` // its area in square nanoseconds
	Share   float64  `json:"share"`  // of the points of the plane

	// Polygon holds the rings around the region, each a list of [x, y]. The region lies to the left
	// of each ring, so a ring around a hole runs clockwise. Corners within a few nanoseconds of a
	// straight line are omitted; Strips has every point.
	Polygon [][][2]int64 `json:"polygon"`
}

// Boundary is an edge between two regions that is a straight line in the rows [From, To).
type Boundary struct {
	Left     string     `json:"left"` // names of the regions
	Right    string     `json:"right"`
	Line     edges.Line `json:"line"`
	Equation string     `json:"equation"` // the first x of the right region
	From     int64      `json:"from_ns"`  // in y
	To       int64      `json:"to_ns"`
	Fails    bool       `json:"fails"` // exactly one of the two fails
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

// Strip is a range of rows [From, To), all cut by the same lines into pieces of regions.
type Strip struct {
	From    int64        `json:"from_ns"`
	To      int64        `json:"to_ns"`
	Regions []string     `json:"regions"` // from left to right
	Lines   []edges.Line `json:"lines"`   // between them

	pieces []*piece
}

// MapMethod states how the regions were found, and what that proves.
type MapMethod struct {
	Name string `json:"name"`
	Rows int    `json:"rows"` // searches along x

	// LargestGap is the largest number of consecutive rows of a strip that were not searched. A
	// region within this gap is missed if, on every searched row around it, the order of events is
	// the same and every edge stays on its line.
	LargestGap     int64 `json:"largest_unsearched_gap_ns"`
	LargestGapFrom int64 `json:"largest_unsearched_gap_from_ns"`

	// RowGap is the largest interval in x, over all rows, in which a prediction failed; see
	// Method.LargestUnverifiedGap.
	RowGap     int64 `json:"largest_unverified_gap_ns"`
	RowGapFrom int64 `json:"largest_unverified_gap_from_ns"`
	RowGapRow  int64 `json:"largest_unverified_gap_row_ns"`

	// RowBasis is what the completeness of all rows together depends on. Rows make no random runs: see
	// Points.
	RowBasis search.Basis `json:"row_basis"`

	// PlainShare is the share of the range of y covered by strips in which the order of events
	// changes with y too often to be followed. There, the rows in between have the same outcomes,
	// but nothing is known about their signatures.
	PlainShare float64 `json:"plain_share"`

	// Points is how many random points were run in the last check of the map. See Contradictions.
	Points int `json:"points"`

	// PointRuns counts the replications at random points in all checks. PointsDiffered counts those
	// that contradicted the map at that time; their strips were searched again.
	PointRuns      int `json:"point_runs"`
	PointsDiffered int `json:"points_differed"`

	// Contradictions are points at which the final map is wrong: the search along x missed them
	// too.
	Contradictions []Contradiction `json:"contradictions"`
}

// At returns the region of a point. It is false if the point is outside the plane or undecided.
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

// Title returns the outcome of the region for a reader.
func (g *Region) Title() string {
	if len(g.Outcome) == 0 {
		return "clean"
	}
	return strings.Join(g.Outcome, ", ")
}
