package figures

import (
	"context"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search/bands"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Bands shows the windows of a probe at each level of a factor.
type Bands struct {
	rows.Head
	Probe  scenarios.ProbeRange
	Factor design.Factor
}

// BandsResult is the result of a [Bands].
type BandsResult struct {
	noSweeps
	noAnswers
	Of    *Bands
	Bands *bands.Answer
}

// BandsKind is the kind of [Bands].
var BandsKind = &Kind{
	Name: "bands", Keys: []string{"probe", "factor"}, Required: []string{"probe", "factor"}, Single: true,
	New: func(h rows.Head) Figure { return &Bands{Head: h} },
}

// Kind implements [Figure].
func (*Bands) Kind() *Kind { return BandsKind }

func (g *Bands) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	readProbe(r, s, f, "probe", &g.Probe)
	if t := r.Required(f, "factor", "NAME=A..B/STEPS or NAME=v1,v2"); t.Value != "" && s.Scenario != nil {
		var err error
		if g.Factor, err = design.ParseFactor(s.Scenario, t.Value); err != nil {
			r.Each(t.Place, "", err)
		}
	}
}

func (g *Bands) Check(s *rows.Subject, row rows.Row) error {
	q, err := g.bands(s, row)
	if err != nil {
		return err
	}
	return q.Check()
}

// Settings returns the settings at each level.
func (g *Bands) Settings() (list []scenarios.Settings) {
	for _, level := range g.Factor.Levels {
		list = append(list, g.At(g.Rows[0]).With(scenarios.Settings{g.Factor.Name: level}))
	}
	return list
}

func (g *Bands) Steps(*rows.Subject, float64) int { return len(g.Factor.Levels) }

// bands asks for the bands of a row.
func (g *Bands) bands(s *rows.Subject, row rows.Row) (bands.Question, error) {
	levels, err := bands.AtLevels(s.Scenario, g.At(row), g.Factor)
	return bands.Question{Factor: g.Factor.Name, Levels: levels, Seed: s.Seed, Probe: g.Probe, Fail: g.Fail}, err
}

func (g *Bands) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &BandsResult{Of: g}
	q, err := g.bands(e.Subject, g.Rows[0])
	if err != nil {
		return nil, err
	}
	if r.Bands, err = bands.Find(ctx, e.Runner, q, e.Progress); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// Figure implements [Result].
func (r *BandsResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *BandsResult) Runs() int { return r.Bands.Runs }

// Searches implements [Result].
func (r *BandsResult) Searches() (list []Search) {
	for _, level := range r.Bands.Levels {
		list = append(list, Search{Row: level.Level, Factor: r.Bands.Factor, Windows: level.Windows})
	}
	return list
}
