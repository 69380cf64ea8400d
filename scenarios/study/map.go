package study

import (
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search/plane"
)

// MapKind shows the plane of two probes, cut into regions of one outcome.
const MapKind Kind = "map"

var mapKind = kind{
	name: MapKind, keys: []string{"probe", "against"}, required: []string{"probe", "against"}, single: true,
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		r.probe(s, f, "probe", &g.Probe)
		r.probe(s, f, "against", &g.Against)
	},
	check: func(s *Study, g *Figure, row Row) error {
		m, err := s.regions(g, row)
		if err != nil {
			return err
		}
		return m.Check()
	},
	steps: func(*Study, *Figure, float64) int { return 1 },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		question, err := r.study.regions(g, g.Rows[0])
		if err != nil {
			return f, err
		}
		f.Regions, err = plane.FindRegions(r.ctx, r.runner, question, nil)
		if err != nil {
			return f, err
		}
		if err := r.ctx.Err(); err != nil {
			return f, err
		}
		f.runs = f.Regions.Runs
		r.progress()
		return f, nil
	},
}

// regions asks for the regions of a row.
func (s *Study) regions(g *Figure, row Row) (plane.Map, error) {
	v, err := s.of(g, row)
	return plane.Map{Values: v, Seed: s.Seed, X: g.Probe, Y: g.Against, Fail: g.Fail}, err
}

// BandsKind shows the windows of a probe at each level of a factor.
const BandsKind Kind = "bands"

var bandsKind = kind{
	name: BandsKind, keys: []string{"probe", "factor"}, required: []string{"probe", "factor"}, single: true,
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		r.probe(s, f, "probe", &g.Probe)
		if t := r.Required(f, "factor", "NAME=A..B/STEPS or NAME=v1,v2"); t.Value != "" && s.Scenario != nil {
			var err error
			if g.Factor, err = design.ParseFactor(s.Scenario, t.Value); err != nil {
				r.Each(t.Place, "", err)
			}
		}
	},
	check: func(s *Study, g *Figure, row Row) error {
		b, err := s.bands(g, row)
		if err != nil {
			return err
		}
		return b.Check()
	},
	steps: func(_ *Study, g *Figure, _ float64) int { return len(g.Factor.Levels) },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		question, err := r.study.bands(g, g.Rows[0])
		if err != nil {
			return f, err
		}
		f.Bands, err = plane.FindBands(r.ctx, r.runner, question, r.progress)
		if err != nil {
			return f, err
		}
		if err := r.ctx.Err(); err != nil {
			return f, err
		}
		f.runs = f.Bands.Runs
		return f, nil
	},
}

// bands asks for the bands of a row.
func (s *Study) bands(g *Figure, row Row) (plane.Bands, error) {
	v, err := s.of(g, row)
	return plane.Bands{Values: v, Seed: s.Seed, Probe: g.Probe, Factor: g.Factor, Fail: g.Fail}, err
}
