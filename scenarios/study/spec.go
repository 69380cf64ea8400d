// Package study reads and runs studies: lists of window searches and sweeps, and
// the figures to be drawn from them, in a YAML file. It draws nothing.
package study

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Kind says what a figure shows.
type Kind string

// The kinds.
const (
	WindowsKind Kind = "windows" // the cells of a probe, a strip for each row
	CurvesKind  Kind = "curves"  // failure probability against x: Monte Carlo, and exact from the windows
	TableKind   Kind = "table"   // outcomes and failure probability of each row
)

var kinds = []string{string(WindowsKind), string(CurvesKind), string(TableKind)}

// Study is a study as its file describes it, checked.
type Study struct {
	Name       string
	Title      string
	Scenario   *scenarios.Scenario
	Seed       uint64
	Confidence float64
	Figures    []Figure
}

// Figure is one figure or table of a study, and what has to be run for it.
type Figure struct {
	Name         string
	Kind         Kind
	Title        string
	Fail         scenarios.Predicate
	Set          scenarios.Settings   // of every row; of curves, "{x}" stands for the value of X
	Rows         []Row                // strips, curves, or rows of the table
	Probe        scenarios.ProbeRange // of windows; of curves only its name: what the exact curve integrates over
	Replications int                  // of curves and tables, at each point
	X            Axis                 // of curves
	LogY         bool                 // of curves: logarithmic scale of the probability
}

// Row is one strip, curve or row of a table.
type Row struct {
	Label string
	Set   scenarios.Settings
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

// Builtin returns the names of the built-in studies.
func Builtin() []string {
	entries, err := fs.ReadDir(builtin, "builtin")
	if err != nil {
		panic(err) // the folder is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Load reads a study: a built-in one by its name, or a file.
func Load(name string) (*Study, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// Source returns the text of a study: of a built-in one by its name, or of a file.
func Source(name string) ([]byte, error) {
	if slices.Contains(Builtin(), name) {
		return builtin.ReadFile(path.Join("builtin", name+".yaml"))
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(name, "/.") {
		hint := ""
		if s := suggest.Nearest(name, Builtin()); s != "" {
			hint = fmt.Sprintf("; did you mean %s?", s)
		}
		return nil, fmt.Errorf("there is no built-in study and no file %q%s; built in: %s", name, hint, strings.Join(Builtin(), ", "))
	}
	return data, err
}

// text is a scalar with its place in the file.
type text struct {
	value        string
	line, column int
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *text) UnmarshalYAML(n *yaml.Node) error {
	*t = text{n.Value, n.Line, n.Column}
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("want a single value")
	}
	return nil
}

// assignments is a mapping of scalars, in order, with their places.
type assignments []struct{ name, value text }

// UnmarshalYAML implements yaml.Unmarshaler.
func (a *assignments) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("want a mapping of parameters to values")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var pair struct{ name, value text }
		if err := errors.Join(pair.name.UnmarshalYAML(n.Content[i]), pair.value.UnmarshalYAML(n.Content[i+1])); err != nil {
			return fmt.Errorf("parameter %s: %w", n.Content[i].Value, err)
		}
		*a = append(*a, pair)
	}
	return nil
}

// file mirrors the YAML.
type file struct {
	Name       text         `yaml:"name"`
	Title      text         `yaml:"title"`
	Scenario   text         `yaml:"scenario"`
	Seed       text         `yaml:"seed"`
	Confidence text         `yaml:"confidence"`
	Figures    []fileFigure `yaml:"figures"`
}

type fileFigure struct {
	Name         text        `yaml:"name"`
	Kind         text        `yaml:"kind"`
	Title        text        `yaml:"title"`
	Fail         text        `yaml:"fail"`
	Set          assignments `yaml:"set"`
	Probe        text        `yaml:"probe"`
	Replications text        `yaml:"replications"`
	X            *fileAxis   `yaml:"x"`
	Scale        text        `yaml:"scale"`
	Rows         []fileRow   `yaml:"rows"`
}

type fileAxis struct {
	Label text `yaml:"label"`
	From  text `yaml:"from"`
	To    text `yaml:"to"`
	Steps text `yaml:"steps"`
}

type fileRow struct {
	Label text        `yaml:"label"`
	Set   assignments `yaml:"set"`
}

// reader collects the faults of one file.
type reader struct {
	name   string
	faults []error
}

// fault reports a fault at a place; at the beginning of the file if the place is
// not known, because what belongs there is missing.
func (r *reader) fault(at text, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("%s:%d:%d: %s", r.name, max(1, at.line), max(1, at.column), fmt.Sprintf(format, args...)))
}

// Parse reads a study from YAML. It reports every fault, with file, line and
// column.
func Parse(name string, data []byte) (*Study, error) {
	r := &reader{name: name}
	var f file
	if err := yaml.Load(data, &f, yaml.WithKnownFields()); err != nil {
		var many *yaml.LoadErrors
		var one *yaml.LoadError
		switch {
		case errors.As(err, &many):
			for _, e := range many.Errors {
				r.fault(text{line: e.Mark.Line, column: e.Mark.Column}, "%s", e.Message)
			}
		case errors.As(err, &one):
			r.fault(text{line: one.Mark.Line, column: one.Mark.Column}, "%s", one.Message)
		default:
			r.fault(text{}, "%v", err)
		}
		return nil, errors.Join(r.faults...)
	}
	s := r.study(&f)
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return s, nil
}

func (r *reader) study(f *file) *Study {
	s := &Study{Name: r.required(f.Name, "name"), Title: r.required(f.Title, "title"), Seed: 1, Confidence: 0.95}
	if strings.ContainsAny(s.Name, "/\\") || strings.HasPrefix(s.Name, ".") {
		r.fault(f.Name, "name %q: it names a folder; want neither a slash nor a leading dot", s.Name)
	}
	var err error
	if s.Scenario, err = scenarios.Find(r.required(f.Scenario, "scenario")); err != nil {
		r.fault(f.Scenario, "%v", err)
		return s
	}
	if f.Seed.value != "" {
		if s.Seed, err = strconv.ParseUint(f.Seed.value, 10, 64); err != nil {
			r.fault(f.Seed, "seed %q: want a whole number from 0 to 2^64-1", f.Seed.value)
		}
	}
	if f.Confidence.value != "" {
		s.Confidence, err = strconv.ParseFloat(f.Confidence.value, 64)
		if err != nil || !(s.Confidence > 0 && s.Confidence < 1) {
			r.fault(f.Confidence, "confidence %q: want a number above 0 and below 1", f.Confidence.value)
		}
	}
	if len(f.Figures) == 0 {
		r.fault(text{}, "figures: want at least one")
	}
	for i := range f.Figures {
		s.Figures = append(s.Figures, r.figure(s, &f.Figures[i]))
	}
	for i := range s.Figures {
		for j := range i {
			if s.Figures[i].Name == s.Figures[j].Name {
				r.fault(f.Figures[i].Name, "there are two figures of the name %q", s.Figures[i].Name)
			}
		}
	}
	return s
}

// required returns a value that must be there.
func (r *reader) required(t text, key string) string {
	if t.value == "" {
		r.fault(t, "%s is missing or empty", key)
	}
	return t.value
}

func (r *reader) figure(s *Study, f *fileFigure) Figure {
	g := Figure{Name: r.required(f.Name, "name of a figure"), Kind: Kind(f.Kind.value), Title: f.Title.value}
	if strings.ContainsAny(g.Name, "/\\") || strings.HasPrefix(g.Name, ".") {
		r.fault(f.Name, "figure name %q: it names a file; want neither a slash nor a leading dot", g.Name)
	}
	if !slices.Contains(kinds, f.Kind.value) {
		r.fault(f.Kind, "kind %q of figure %s: want one of %s", f.Kind.value, g.Name, strings.Join(kinds, ", "))
		return g
	}
	var err error
	if g.Fail, err = s.Scenario.ParsePredicate(f.Fail.value); err != nil {
		r.fault(f.Fail, "fail: %v", err)
	}
	g.Set = r.settings(s.Scenario, f.Set, g.Kind)
	for _, row := range f.Rows {
		g.Rows = append(g.Rows, Row{r.required(row.Label, "label of a row"), r.settings(s.Scenario, row.Set, g.Kind)})
	}
	if len(g.Rows) == 0 {
		r.fault(f.Name, "rows of figure %s: want at least one", g.Name)
	}
	switch g.Kind {
	case WindowsKind:
		if g.Probe, err = explore.ParseProbe(f.Probe.value); err != nil {
			r.fault(f.Probe, "%v", err)
		}
		r.unwanted(f.Replications, "replications", g.Kind)
		r.unwanted(f.Scale, "scale", g.Kind)
	case CurvesKind:
		g.Probe.Name = r.required(f.Probe, "probe, whose law the exact curve integrates over,")
		g.Replications = r.count(f.Replications, "replications")
		g.LogY = r.scale(f.Scale)
		if f.X == nil {
			r.fault(f.Name, "x of figure %s is missing", g.Name)
			return g
		}
		g.X = r.axis(f.X)
	case TableKind:
		g.Replications = r.count(f.Replications, "replications")
		r.unwanted(f.Probe, "probe", g.Kind)
		r.unwanted(f.Scale, "scale", g.Kind)
	}
	if f.X != nil && g.Kind != CurvesKind {
		r.fault(f.X.Label, "x has no meaning for a figure of kind %s", g.Kind)
	}
	if len(r.faults) == 0 {
		r.resolve(s, &g, f)
	}
	return g
}

// resolve holds the settings of every point of a figure against the scenario.
func (r *reader) resolve(s *Study, g *Figure, f *fileFigure) {
	for i, row := range g.Rows {
		at := f.Rows[i].Label
		if g.Kind == WindowsKind {
			search := explore.Search{Scenario: s.Scenario, Settings: g.Set.With(row.Set), Probe: g.Probe}
			if err := search.Check(); err != nil {
				r.fault(at, "row %q: %v", row.Label, err)
			}
			continue
		}
		values := []float64{0}
		if g.Kind == CurvesKind {
			values = g.X.Values()
		}
		for _, x := range values {
			set := g.At(row, x)
			if _, err := s.Scenario.Resolve(set); err != nil {
				r.fault(at, "row %q: %v", row.Label, err)
				break
			}
			if g.Kind == CurvesKind {
				if _, ok := set[g.Probe.Name]; !ok {
					r.fault(at, "row %q: it does not set the law of the probe %s", row.Label, g.Probe.Name)
					break
				}
			}
		}
	}
}

// settings reads assignments; those without "{x}" are checked one by one.
func (r *reader) settings(s *scenarios.Scenario, a assignments, kind Kind) scenarios.Settings {
	set := scenarios.Settings{}
	for _, pair := range a {
		name, value := pair.name.value, pair.value.value
		if _, ok := set[name]; ok {
			r.fault(pair.name, "parameter %s is set twice", name)
		}
		set[name] = value
		if strings.Contains(value, "{x}") {
			if kind != CurvesKind {
				r.fault(pair.value, "%q: {x} stands for the axis of curves; this figure is of kind %s", value, kind)
			}
			continue
		}
		if s.Parameter(name) == nil {
			_, err := s.Resolve(scenarios.Settings{name: value})
			r.fault(pair.name, "%v", err)
		} else if _, err := s.Resolve(scenarios.Settings{name: value}); err != nil {
			r.fault(pair.value, "%v", err)
		}
	}
	return set
}

func (r *reader) unwanted(t text, key string, kind Kind) {
	if t.line > 0 {
		r.fault(t, "%s has no meaning for a figure of kind %s", key, kind)
	}
}

func (r *reader) count(t text, key string) int {
	n, err := strconv.Atoi(t.value)
	if err != nil || n < 1 {
		r.fault(t, "%s %q: want a whole number of at least 1", key, t.value)
	}
	return n
}

func (r *reader) scale(t text) (logarithmic bool) {
	switch t.value {
	case "", "linear":
	case "log":
		return true
	default:
		r.fault(t, "scale %q: want one of linear, log", t.value)
	}
	return false
}

func (r *reader) axis(f *fileAxis) Axis {
	a := Axis{Label: r.required(f.Label, "label of x"), Steps: r.count(f.Steps, "steps")}
	number := func(t text, key string) float64 {
		v, err := strconv.ParseFloat(t.value, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			r.fault(t, "%s %q: want a number", key, t.value)
		}
		return v
	}
	a.From, a.To = number(f.From, "from"), number(f.To, "to")
	if a.From >= a.To {
		r.fault(f.From, "x: from must be below to")
	}
	return a
}
