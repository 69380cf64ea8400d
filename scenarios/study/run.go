package study

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
)

// Result is what running a study gave.
type Result struct {
	Study   *Study
	Figures []FigureResult
	Runs    int // replications
}

// FigureResult is what was run for one figure. Which fields are set depends on its
// kind.
type FigureResult struct {
	Figure  *Figure
	Windows []*explore.Windows // of WindowsKind, by row
	Sweeps  []*explore.Results // of CurvesKind and TableKind, by row
	Exact   [][]float64        // of CurvesKind, by row and value of x; nil without a probe

	runs int // replications that the exact curves took
}

// Steps returns how many replications and window searches a run of the study
// takes.
func (s *Study) Steps(budget float64) int {
	n := 0
	for i := range s.Figures {
		f := &s.Figures[i]
		switch f.Kind {
		case WindowsKind:
			n += len(f.Rows)
		case CurvesKind:
			n += len(f.Rows) * (f.X.Steps + 1) * f.scaled(budget)
		case TableKind:
			n += len(f.Rows) * f.scaled(budget)
		}
	}
	return n
}

// leastReplications is what a reduced budget leaves of a figure's replications, if
// it had as many.
const leastReplications = 20

func (f *Figure) scaled(budget float64) int {
	n := int(math.Round(float64(f.Replications) * budget))
	return max(n, min(leastReplications, f.Replications))
}

// Run runs a study. budget scales the numbers of replications. progress, if it is
// not nil, is told each step that is done. When ctx ends, the result holds the
// figures that were complete by then, with the error of ctx.
func (s *Study) Run(ctx context.Context, runner explore.Runner, budget float64, progress func()) (*Result, error) {
	r := &Result{Study: s}
	if progress == nil {
		progress = func() {}
	}
	for i := range s.Figures {
		f, err := s.runFigure(ctx, runner, &s.Figures[i], budget, progress)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return r, err
		}
		r.Runs += f.runs
		for _, w := range f.Windows {
			r.Runs += w.Runs
		}
		for _, sweep := range f.Sweeps {
			r.Runs += sweep.Done
		}
		r.Figures = append(r.Figures, f)
	}
	return r, nil
}

func (s *Study) runFigure(ctx context.Context, runner explore.Runner, f *Figure, budget float64, progress func()) (FigureResult, error) {
	r := FigureResult{Figure: f}
	for _, row := range f.Rows {
		if f.Kind == WindowsKind {
			w, err := explore.FindWindows(ctx, runner, explore.Search{
				Scenario: s.Scenario, Settings: f.Set.With(row.Set), Seed: s.Seed, Probe: f.Probe, Fail: f.Fail,
			})
			if err != nil {
				return r, fmt.Errorf("figure %s, row %q: %w", f.Name, row.Label, err)
			}
			r.Windows = append(r.Windows, w)
			progress()
			continue
		}
		sweep := explore.Sweep{
			Scenario: s.Scenario, Seed: s.Seed, Replications: f.scaled(budget), Fail: f.Fail,
		}
		if f.Kind == CurvesKind {
			for _, x := range f.X.Values() {
				sweep.Design = append(sweep.Design, f.At(row, x))
			}
		} else {
			sweep.Design = []scenarios.Settings{f.Set.With(row.Set)}
		}
		result, err := explore.RunSweep(ctx, runner, sweep, progress)
		if err != nil {
			return r, fmt.Errorf("figure %s, row %q: %w", f.Name, row.Label, err)
		}
		r.Sweeps = append(r.Sweeps, result)
	}
	if f.Kind == CurvesKind && f.Probe.Name != "" {
		var err error
		if r.Exact, r.runs, err = s.exact(ctx, runner, f); err != nil {
			return r, fmt.Errorf("figure %s, exact curve: %w", f.Name, err)
		}
	}
	return r, nil
}

// tail is the probability of each of the law's tails beyond the searched range of the
// exact curve: far below what a figure shows.
const tail = 1e-9

// exact computes the failure probability at each point of each curve from the
// windows of the probe and its law there. Points that differ in nothing but that
// law share their windows.
func (s *Study) exact(ctx context.Context, runner explore.Runner, f *Figure) (curves [][]float64, runs int, err error) {
	type group struct {
		search  explore.Search // in a range for the laws of all of its points
		windows *explore.Windows
	}
	groups := map[string]*group{}
	key := func(set scenarios.Settings) string {
		text := ""
		for _, name := range slices.Sorted(maps.Keys(set)) {
			text += name + "=" + set[name] + "\n"
		}
		return text
	}
	at := func(row Row, x float64) (explore.Integral, *group, error) {
		q, err := explore.NewIntegral(s.Scenario, f.At(row, x), f.Probe.Name, s.Seed, f.Fail, tail)
		if err != nil {
			return q, nil, err
		}
		k := key(q.Search.Settings)
		if groups[k] == nil {
			groups[k] = &group{search: q.Search}
		}
		return q, groups[k], nil
	}
	values := f.X.Values()
	for _, row := range f.Rows {
		for _, x := range values {
			q, g, err := at(row, x)
			if err != nil {
				return nil, runs, err
			}
			g.search.Probe.From = min(g.search.Probe.From, q.Search.Probe.From)
			g.search.Probe.To = max(g.search.Probe.To, q.Search.Probe.To)
		}
	}
	curves = make([][]float64, len(f.Rows))
	for i, row := range f.Rows {
		for _, x := range values {
			q, g, err := at(row, x)
			if err != nil {
				return nil, runs, err
			}
			if g.windows == nil {
				if g.windows, err = explore.FindWindows(ctx, runner, g.search); err != nil {
					return nil, runs, err
				}
				runs += g.windows.Runs
			}
			p, _ := g.windows.Exact(q.Law)
			curves[i] = append(curves[i], p)
		}
	}
	return curves, runs, nil
}
