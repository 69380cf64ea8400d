package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/answers"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Map shows the plane of two probes, cut into regions with one outcome each.
type Map struct {
	rows.Head
	Probe   scenarios.ProbeRange // on the horizontal axis
	Against scenarios.ProbeRange // on the vertical axis
}

// MapResult is the result of a [Map].
type MapResult struct {
	noSearches
	noSweeps
	Of      *Map
	Regions *plane.Regions
}

// MapKind is the kind of [Map].
var MapKind = &Kind{
	Name: "map", Keys: []string{"probe", "against"}, Required: []string{"probe", "against"}, Single: true,
	New: func(h rows.Head) Figure { return &Map{Head: h} },
}

// Kind implements [Figure].
func (*Map) Kind() *Kind { return MapKind }

func (g *Map) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	readProbe(r, s, f, "probe", &g.Probe)
	readProbe(r, s, f, "against", &g.Against)
}

func (g *Map) Check(s *rows.Subject, row rows.Row) error {
	q, err := g.regions(s, row)
	if err != nil {
		return err
	}
	return q.Check()
}

func (*Map) Steps(*rows.Subject, float64) int { return 1 }

// regions asks for the regions of a row.
func (g *Map) regions(s *rows.Subject, row rows.Row) (plane.Map, error) {
	v, err := s.Of(&g.Head, row)
	return plane.Map{Values: v, Seed: s.Seed, X: g.Probe, Y: g.Against, Fail: g.Fail}, err
}

func (g *Map) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &MapResult{Of: g}
	q, err := g.regions(e.Subject, g.Rows[0])
	if err != nil {
		return nil, err
	}
	if r.Regions, err = plane.FindRegions(ctx, e.Runner, q, nil); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e.Progress()
	return r, nil
}

// Figure implements [Result].
func (r *MapResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *MapResult) Runs() int { return r.Regions.Runs }

func (r *MapResult) Answers() answers.Answers {
	return answers.Answers{Maps: []answers.Map{{Row: r.Of.Rows[0].Label, Regions: r.Regions}}}
}
