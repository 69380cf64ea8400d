package figures

import (
	"context"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Windows shows the cells of a probe as one strip for each row.
type Windows struct {
	rows.Head
	Probe scenarios.ProbeRange
}

// WindowsResult is the result of a [Windows].
type WindowsResult struct {
	noSweeps
	noAnswers
	Of      *Windows
	Windows []*search.Windows // by row
}

// WindowsKind is the kind of [Windows].
var WindowsKind = &Kind{
	Name: "windows", Keys: []string{"probe"}, Required: []string{"probe"},
	New: func(h rows.Head) Figure { return &Windows{Head: h} },
}

// Kind implements [Figure].
func (*Windows) Kind() *Kind { return WindowsKind }

func (g *Windows) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	readProbe(r, s, f, "probe", &g.Probe)
}

func (g *Windows) Check(s *rows.Subject, row rows.Row) error {
	q, err := g.search(s, row)
	if err != nil {
		return err
	}
	return q.Check()
}

func (g *Windows) Steps(*rows.Subject, float64) int { return len(g.Rows) }

// search asks for the windows of a row.
func (g *Windows) search(s *rows.Subject, row rows.Row) (search.Search, error) {
	v, err := s.Of(&g.Head, row)
	return search.Search{Values: v, Seed: s.Seed, Probe: g.Probe, Fail: g.Fail}, err
}

func (g *Windows) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &WindowsResult{Of: g}
	for _, row := range g.Rows {
		q, err := g.search(e.Subject, row)
		if err != nil {
			return nil, err
		}
		w, err := search.FindWindows(ctx, e.Runner, q)
		if err != nil {
			return nil, fmt.Errorf("row %q: %w", row.Label, err)
		}
		r.Windows = append(r.Windows, w)
		e.Progress()
	}
	return r, nil
}

// Figure implements [Result].
func (r *WindowsResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *WindowsResult) Runs() int {
	n := 0
	for _, w := range r.Windows {
		n += w.Runs
	}
	return n
}

// Searches implements [Result].
func (r *WindowsResult) Searches() (list []Search) {
	for i, w := range r.Windows {
		list = append(list, Search{Row: r.Of.Rows[i].Label, Windows: w})
	}
	return list
}

// readProbe reads a probe with its range.
func readProbe(r *strict.Reader, s *rows.Subject, f strict.Fields, key string, to *scenarios.ProbeRange) {
	if t := r.Required(f, key, "NAME=FROM..TO"); t.Value != "" && s.Scenario != nil {
		var err error
		if *to, err = s.Scenario.ParseProbe(t.Value); err != nil {
			r.Each(t.Place, "", err)
		}
	}
}
