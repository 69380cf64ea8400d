package study

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// CurvesKind shows failure probability against x: Monte Carlo, and exact from the
// windows.
const CurvesKind Kind = "curves"

var curves = kind{
	name: CurvesKind, keys: []string{"probe", "replications", "x", "scale"}, required: []string{"replications", "x"},
	read: func(r *reader, s *Study, f strict.Fields, g *Figure) {
		if t := r.Text(f, "probe"); t.Value != "" && s.Scenario != nil {
			g.Probe.Name = t.Value
			r.distributionParameter(s, t)
		}
		g.Replications = r.Count(f, "replications", maxReplications)
		g.LogY = r.Choice(f, "scale", true, scales...) == "log"
		if n := f.Nodes["x"]; n != nil {
			g.X = r.axis(n, f.What)
		} else {
			r.Fault(f.Place, "x of %s is missing", f.What)
		}
	},
	check: checkCurve,
	steps: func(_ *Study, g *Figure, budget float64) int { return len(g.Rows) * (g.X.Steps + 1) * g.scaled(budget) },
	run: func(r *execution, g *Figure) (FigureResult, error) {
		f := FigureResult{Figure: g}
		for _, row := range g.Rows {
			var settings []scenarios.Settings
			for _, x := range g.X.Values() {
				settings = append(settings, g.At(row, x))
			}
			if err := r.sweep(&f, row, settings...); err != nil {
				return f, err
			}
		}
		if g.Probe.Name == "" {
			return f, nil
		}
		var err error
		if f.Exact, f.runs, err = r.exact(g); err != nil {
			return f, fmt.Errorf("exact curve: %w", err)
		}
		return f, nil
	},
}

// Axis is the horizontal axis of curves: Steps+1 values from From to To.
type Axis struct {
	Label    string
	From, To float64
	Steps    int
}

// Values returns the values of the axis.
func (a Axis) Values() []float64 {
	v := make([]float64, a.Steps+1)
	for i := range v {
		v[i] = a.From + (a.To-a.From)*float64(i)/float64(a.Steps)
	}
	return v
}

// At returns the settings of a row at a value of x.
func (f *Figure) At(r Row, x float64) scenarios.Settings {
	text := strconv.FormatFloat(x, 'g', 10, 64)
	set := scenarios.Settings{}
	for name, value := range f.Set.With(r.Set) {
		set[name] = strings.ReplaceAll(value, "{x}", text)
	}
	return set
}

// The keys of an axis, and the scales of the other.
var (
	axisKeys = []string{"label", "from", "to", "steps"}
	scales   = []string{"linear", "log"}
)

func (r *reader) axis(n *yaml.Node, of string) Axis {
	f, ok := r.Mapping(n, "x of "+of, axisKeys...)
	if !ok {
		return Axis{}
	}
	a := Axis{Label: r.Required(f, "label").Value, Steps: r.Count(f, "steps", maxSteps)}
	var ok1, ok2 bool
	a.From, ok1 = r.Number(f, "from")
	a.To, ok2 = r.Number(f, "to")
	if ok1 && ok2 && a.From >= a.To {
		r.Fault(strict.PlaceOf(f.Nodes["from"]), "x: from must be below to")
	}
	return a
}

// checkCurve holds every point of a curve against the scenario, up to the first that is
// at fault.
func checkCurve(s *Study, g *Figure, row Row) error {
	if !slices.ContainsFunc(slices.Collect(maps.Values(g.Set.With(row.Set))), func(v string) bool { return strings.Contains(v, "{x}") }) {
		return fmt.Errorf("no parameter of it depends on the axis: want {x} in one")
	}
	for _, x := range g.X.Values() {
		set := g.At(row, x)
		if _, err := s.values(set); err != nil {
			return err
		}
		if g.Probe.Name == "" {
			continue
		}
		q, err := s.integral(g, set)
		if err == nil {
			err = q.CheckExact()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// exact computes the failure probability at each point of each curve from the
// windows of the probe and its law there. Points that differ in nothing but that
// law share their windows.
func (r *execution) exact(f *Figure) (curves [][]float64, runs int, err error) {
	s := r.study
	type group struct {
		search  search.Search // in a range for the laws of all of its points
		windows *search.Windows
	}
	groups := map[string]*group{}
	at := func(row Row, x float64) (estimate.Integral, *group, error) {
		v, err := s.values(f.At(row, x))
		if err != nil {
			return estimate.Integral{}, nil, err
		}
		q, err := estimate.NewIntegral(v, f.Probe.Name, s.Seed, f.Fail, estimate.Tail)
		if err != nil {
			return q, nil, err
		}
		k := settingsText(q.Search.Values.Settings())
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
				if g.windows, err = search.FindWindows(r.ctx, r.runner, g.search); err != nil {
					return nil, runs, err
				}
				runs += g.windows.Runs
			}
			p, _ := g.windows.Exact(q.Distribution)
			curves[i] = append(curves[i], p)
		}
	}
	return curves, runs, nil
}
