package figures

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/scenarios/study/curve"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Curves shows failure probability against x, with a curve for each row: by Monte Carlo and, given
// a probe, exactly from its failure windows.
type Curves struct {
	rows.Head
	X            Axis
	LogY         bool   // logarithmic scale of the probability
	Replications int    // at each point
	Probe        string // the exact curve integrates over it; empty: no exact curve
}

// CurvesResult is the result of a [Curves].
type CurvesResult struct {
	noSearches
	noAnswers
	Of     *Curves
	Rows   []*sample.Results // by row, with a point for each value of x
	Exact  [][]float64       // by row and value of x; nil without a probe
	Traces []curve.Trace     // by row: the exact curve between these values as well; nil without a probe
	Basis  search.Basis      // of the windows from which Exact comes

	// Idle says why there is no exact curve although there is a probe; nil if there is.
	Idle *estimate.IdleError

	exactRuns int
}

// CurvesKind is the kind of [Curves].
var CurvesKind = &Kind{
	Name: "curves", Keys: []string{"probe", "replications", "x", "scale"}, Required: []string{"replications", "x"},
	New: func(h rows.Head) Figure { return &Curves{Head: h} },
}

// Kind implements [Figure].
func (*Curves) Kind() *Kind { return CurvesKind }

func (g *Curves) Read(r *strict.Reader, s *rows.Subject, f strict.Fields) {
	if t := r.Text(f, "probe"); t.Value != "" && s.Scenario != nil {
		g.Probe = t.Value
		checkDistribution(r, s, t)
	}
	g.Replications = r.Count(f, "replications", MaxReplications)
	g.LogY = r.Choice(f, "scale", true, Scales...) == "log"
	if n := f.Nodes["x"]; n != nil {
		g.X = readAxis(r, n, f.What)
	} else {
		r.Fault(f.Place, "x of %s is missing", f.What)
	}
}

// Check checks the points of a curve in turn and reports the first one with a fault.
func (g *Curves) Check(s *rows.Subject, row rows.Row) error {
	if !slices.ContainsFunc(
		slices.Collect(maps.Values(g.Head.At(row))), func(v string) bool { return strings.Contains(v, "{x}") },
	) {
		return fmt.Errorf("no parameter of it depends on the axis: want {x} in one")
	}
	for _, x := range g.X.Values() {
		set := g.At(row, x)
		if _, err := s.Values(set); err != nil {
			return err
		}
		if g.Probe == "" {
			continue
		}
		q, err := s.Integral(set, g.Probe, g.Fail)
		if err == nil {
			err = q.CheckExact()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (g *Curves) Settings() (list []scenarios.Settings) {
	for _, row := range g.Rows {
		list = append(list, g.design(row)...)
	}
	return list
}

func (g *Curves) Steps(_ *rows.Subject, budget float64) int {
	return len(g.Rows) * (g.X.Steps + 1) * rows.Scaled(g.Replications, budget)
}

// At returns the settings of a row at a value of x.
func (g *Curves) At(r rows.Row, x float64) scenarios.Settings {
	text := strconv.FormatFloat(x, 'g', 10, 64)
	set := scenarios.Settings{}
	for name, value := range g.Head.At(r) {
		set[name] = strings.ReplaceAll(value, "{x}", text)
	}
	return set
}

// design returns the settings of a row at each value of x.
func (g *Curves) design(row rows.Row) (design []scenarios.Settings) {
	for _, x := range g.X.Values() {
		design = append(design, g.At(row, x))
	}
	return design
}

func (g *Curves) Run(ctx context.Context, e *rows.Execution) (Result, error) {
	r := &CurvesResult{Of: g}
	for _, row := range g.Rows {
		sweep, err := e.Sweep(ctx, &g.Head, row, g.Replications, g.design(row)...)
		if err != nil {
			return nil, err
		}
		r.Rows = append(r.Rows, sweep)
	}
	if g.Probe == "" {
		return r, nil
	}
	a, err := g.exact(ctx, e)
	if errors.As(err, &r.Idle) {
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("exact curve: %w", err)
	}
	r.Exact, r.Traces, r.Basis, r.exactRuns = a.At, a.Traces, a.Basis, a.Runs
	return r, nil
}

// Figure implements [Result].
func (r *CurvesResult) Figure() Figure { return r.Of }

// Runs implements [Result].
func (r *CurvesResult) Runs() int { return done(r.Rows) + r.exactRuns }

// Sweeps implements [Result].
func (r *CurvesResult) Sweeps() (list []Sweep) {
	for i, results := range r.Rows {
		s := Sweep{Row: r.Of.Rows[i].Label, Results: results, X: r.Of.X.Values()}
		if r.Exact != nil {
			s.Exact, s.Missed = r.Exact[i], r.Basis.Missed()
		}
		list = append(list, s)
	}
	return list
}

// Lost implements [Result].
func (r *CurvesResult) Lost() Lost { return lostOf(r.Sweeps()) }

// Axis is the horizontal axis of curves, with Steps+1 values from From to To.
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

// AxisKeys are the keys of an axis; Scales are the scales of the vertical axis.
var (
	AxisKeys = []string{"label", "from", "to", "steps"}
	Scales   = []string{"linear", "log"}
)

func readAxis(r *strict.Reader, n *yaml.Node, of string) Axis {
	f, ok := r.Mapping(n, "x of "+of, AxisKeys...)
	if !ok {
		return Axis{}
	}
	a := Axis{Label: r.Required(f, "label").Value, Steps: r.Count(f, "steps", MaxSteps)}
	var ok1, ok2 bool
	a.From, ok1 = r.Number(f, "from")
	a.To, ok2 = r.Number(f, "to")
	if ok1 && ok2 && a.From >= a.To {
		r.Fault(strict.PlaceOf(f.Nodes["from"]), "x: from must be below to")
	}
	return a
}

// exact computes the failure probability along each curve by integrating the windows of the probe
// over its distribution there.
func (g *Curves) exact(ctx context.Context, e *rows.Execution) (*curve.Answer, error) {
	q := curve.Question{
		X: g.X.Values(), Rows: len(g.Rows), Probe: g.Probe, Seed: e.Seed, Fail: g.Fail, Log: g.LogY,
		Values: func(row int, x float64) (scenarios.Values, error) {
			return e.Scenario.Resolve(g.At(g.Rows[row], x))
		},
	}
	return q.Find(ctx, e.Runner)
}
