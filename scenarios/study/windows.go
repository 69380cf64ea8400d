package study

import (
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// WindowsKind shows the cells of a probe, a strip for each row.
const WindowsKind Kind = "windows"

var windows = kind{
	name: WindowsKind, keys: []string{"probe"}, required: []string{"probe"},
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		r.probe(s, f, "probe", &g.Probe)
	},
	check: func(s *Study, g *Figure, row Row) error {
		question, err := s.search(g, row)
		if err != nil {
			return err
		}
		return question.Check()
	},
	steps: func(_ *Study, g *Figure, _ float64) int { return len(g.Rows) },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		for _, row := range g.Rows {
			question, err := r.study.search(g, row)
			if err != nil {
				return f, err
			}
			w, err := search.FindWindows(r.ctx, r.runner, question)
			if err != nil {
				return f, fmt.Errorf("row %q: %w", row.Label, err)
			}
			f.Windows = append(f.Windows, w)
			r.progress()
		}
		return f, nil
	},
}

// probe reads a probe with its range.
func (r *reader) probe(s *Study, f strict.Fields, key string, to *scenarios.ProbeRange) {
	if t := r.Required(f, key, "NAME=FROM..TO"); t.Value != "" && s.Scenario != nil {
		var err error
		if *to, err = s.Scenario.ParseProbe(t.Value); err != nil {
			r.Each(t.Place, "", err)
		}
	}
}

// search asks for the windows of a row.
func (s *Study) search(g *Figure, row Row) (search.Search, error) {
	v, err := s.of(g, row)
	return search.Search{Values: v, Seed: s.Seed, Probe: g.Probe, Fail: g.Fail}, err
}
