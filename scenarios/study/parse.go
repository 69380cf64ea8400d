package study

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/explore"
	"github.com/dtlssim/dtlssim/sim/law"
)

// Parse reads a study from YAML. It reports every fault, with file, line and
// column.
func Parse(name string, data []byte) (*Study, error) {
	r := &reader{name: name}
	var s *Study
	if n := r.document(data); n != nil {
		s = r.study(n)
	}
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return s, nil
}

func (r *reader) study(n *yaml.Node) *Study {
	f, ok := r.mapping(n, "the study", "name", "title", "scenario", "seed", "confidence", "figures")
	if !ok {
		return nil
	}
	s := &Study{Name: r.file(f, "name", "folder").value, Title: r.required(f, "title").value, Seed: 1, Confidence: 0.95}
	if t := r.required(f, "scenario"); t.value != "" {
		var err error
		if s.Scenario, err = scenarios.Find(t.value); err != nil {
			r.fault(t.place, "%v", err)
		}
	}
	if t := r.text(f, "seed"); t.given && !t.bad {
		var err error
		if s.Seed, err = strconv.ParseUint(t.value, 10, 64); err != nil {
			r.fault(t.place, "seed %q: want a whole number from 0 to 2^64-1", t.value)
		}
	}
	if t := r.text(f, "confidence"); t.given && !t.bad {
		var err error
		s.Confidence, err = strconv.ParseFloat(t.value, 64)
		if err != nil || !(s.Confidence > 0 && s.Confidence < 1) {
			r.fault(t.place, "confidence %q: want a number above 0 and below 1", t.value)
		}
	}
	names := map[string]bool{}
	for i, n := range r.list(f, "figures") {
		g, at := r.figure(s, n, i)
		if names[g.Name] && g.Name != "" {
			r.fault(at, "there are two figures of the name %q", g.Name)
		}
		names[g.Name] = true
		s.Figures = append(s.Figures, g)
	}
	return s
}

// file reads a name that becomes that of a file or a folder.
func (r *reader) file(f fields, key, what string) text {
	t := r.required(f, key)
	if strings.ContainsAny(t.value, "/\\\x00\n") || strings.HasPrefix(t.value, ".") {
		r.fault(t.place, "%s %q of %s: it names a %s; want neither a slash nor a leading dot", key, t.value, f.what, what)
	}
	return t
}

// figure reads a figure; at is where its name stands.
func (r *reader) figure(s *Study, n *yaml.Node, i int) (g Figure, at place) {
	f, ok := r.mapping(n, fmt.Sprintf("figure %d", i+1),
		"name", "kind", "title", "fail", "set", "probe", "replications", "x", "scale", "rows")
	if !ok {
		return g, f.place
	}
	name := r.file(f, "name", "file")
	g = Figure{Name: name.value, Title: r.text(f, "title").value}
	if g.Name != "" {
		f.what = "figure " + g.Name
	}
	g.Kind = Kind(r.choice(f, "kind", false, kinds...))
	before := len(r.faults)
	if t := r.text(f, "fail"); t.given && s.Scenario != nil {
		var err error
		if g.Fail, err = s.Scenario.ParsePredicate(t.value); err != nil {
			r.each(t.place, "fail: ", err)
		}
	}
	g.Set = r.settings(s, f, g.Kind)
	var labels []place
	for j, n := range r.list(f, "rows") {
		row, ok := r.mapping(n, fmt.Sprintf("row %d of %s", j+1, f.what), "label", "set")
		if !ok {
			continue
		}
		label := r.required(row, "label")
		g.Rows = append(g.Rows, Row{label.value, r.settings(s, row, g.Kind)})
		labels = append(labels, label.place)
	}
	r.particulars(s, f, &g)
	if len(r.faults) == before && s.Scenario != nil && g.Kind != "" {
		r.points(s, &g, labels)
	}
	return g, name.place
}

// particulars reads what only some kinds of figures have.
func (r *reader) particulars(s *Study, f fields, g *Figure) {
	has := map[Kind][]string{
		WindowsKind: {"probe"},
		CurvesKind:  {"probe", "replications", "x", "scale"},
		TableKind:   {"replications"},
	}
	for _, key := range []string{"probe", "replications", "x", "scale"} {
		n := f.nodes[key]
		wanted := false
		for _, k := range has[g.Kind] {
			wanted = wanted || k == key
		}
		if n != nil && !wanted && g.Kind != "" {
			r.fault(placeOf(n), "%s has no meaning for a figure of kind %s", key, g.Kind)
		}
	}
	switch g.Kind {
	case WindowsKind:
		if t := r.required(f, "probe", "NAME=FROM..TO"); t.value != "" && s.Scenario != nil {
			var err error
			if g.Probe, err = explore.ParseProbe(s.Scenario, t.value); err != nil {
				r.each(t.place, "", err)
			}
		}
	case CurvesKind:
		if t := r.required(f, "probe", "the parameter whose law the exact curve integrates over"); t.value != "" && s.Scenario != nil {
			g.Probe.Name = t.value
			p := s.Scenario.Parameter(t.value)
			switch {
			case p == nil:
				_, err := s.Scenario.Resolve(scenarios.Settings{t.value: ""})
				r.fault(t.place, "probe: %v", err)
			case p.Type != scenarios.LawType:
				r.fault(t.place, "probe: parameter %s is a %s; the exact curve integrates over a latency law", p.Name, p.Type)
			}
		}
		g.Replications = r.count(f, "replications", maxReplications)
		g.LogY = r.choice(f, "scale", true, "linear", "log") == "log"
		if n := f.nodes["x"]; n != nil {
			g.X = r.axis(n, f.what)
		} else {
			r.fault(f.place, "x of %s is missing", f.what)
		}
	case TableKind:
		g.Replications = r.count(f, "replications", maxReplications)
	}
}

func (r *reader) axis(n *yaml.Node, of string) Axis {
	f, ok := r.mapping(n, "x of "+of, "label", "from", "to", "steps")
	if !ok {
		return Axis{}
	}
	a := Axis{Label: r.required(f, "label").value, Steps: r.count(f, "steps", maxSteps)}
	var ok1, ok2 bool
	a.From, ok1 = r.number(f, "from")
	a.To, ok2 = r.number(f, "to")
	if ok1 && ok2 && a.From >= a.To {
		r.fault(placeOf(f.nodes["from"]), "x: from must be below to")
	}
	return a
}

// settings reads assignments; those without "{x}" are checked one by one.
func (r *reader) settings(s *Study, f fields, kind Kind) scenarios.Settings {
	set := scenarios.Settings{}
	for _, a := range r.assignments(f, "set") {
		name, value := a.name.value, a.value.value
		if _, ok := set[name]; ok {
			r.fault(a.name.place, "parameter %s is set twice", name)
		}
		set[name] = value
		templated := strings.Contains(value, "{x}")
		if templated && kind != CurvesKind && kind != "" {
			r.fault(a.value.place, "%q: {x} stands for the axis of curves; this figure is of kind %s", value, kind)
		}
		if s.Scenario == nil {
			continue
		}
		at := a.value.place
		if s.Scenario.Parameter(name) == nil {
			at = a.name.place
		} else if templated {
			continue
		}
		if _, err := s.Scenario.Resolve(scenarios.Settings{name: value}); err != nil {
			r.each(at, "", err)
		}
	}
	return set
}

// each reports every fault of a joined error at one place.
func (r *reader) each(at place, prefix string, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		r.fault(at, "%s%s", prefix, line)
	}
}

// points holds the settings of every point of a figure against the scenario.
func (r *reader) points(s *Study, g *Figure, at []place) {
	for i, row := range g.Rows {
		if g.Kind == WindowsKind {
			search := explore.Search{Scenario: s.Scenario, Settings: g.Set.With(row.Set), Probe: g.Probe}
			if err := search.Check(); err != nil {
				r.each(at[i], fmt.Sprintf("row %q: ", row.Label), err)
			}
			continue
		}
		values := []float64{0}
		if g.Kind == CurvesKind {
			values = g.X.Values()
		}
		for _, x := range values {
			set := g.At(row, x)
			v, err := s.Scenario.Resolve(set)
			if err != nil {
				r.each(at[i], fmt.Sprintf("row %q: ", row.Label), err)
				break
			}
			if g.Kind != CurvesKind {
				continue
			}
			if _, ok := set[g.Probe.Name]; !ok {
				r.fault(at[i], "row %q: it does not set the law of the probe %s", row.Label, g.Probe.Name)
				break
			}
			if err := law.CheckIntegrable(v.Law(g.Probe.Name)); err != nil {
				r.fault(at[i], "row %q: probe %s: %v", row.Label, g.Probe.Name, err)
				break
			}
		}
	}
}
