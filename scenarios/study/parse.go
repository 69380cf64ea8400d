package study

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/dtlssim/dtlssim/scenarios/study/rows"
)

// Parse reads a study from YAML: from its own file, which names a scenario, or from the file of a
// scenario. It reports every fault, with file, line and column.
func Parse(file string, data []byte) (*Study, error) {
	r := &reader{strict.Reader{File: file}, catalogue.Load}
	s := r.parse(data)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

func (r *reader) parse(data []byte) (s *Study) {
	if n := r.Document(data); n != nil {
		if holdsScenario(n) {
			s = r.scenario(n, data)
		} else {
			s = r.study(n)
		}
	}
	if s != nil {
		s.File, s.Text = r.File, data
	}
	return s
}

// LoadScenario reads a scenario, referenced by name or by path, together with the study that its
// file may contain.
func LoadScenario(reference string) (*scenarios.Scenario, error) {
	if !catalogue.IsFile(reference) {
		return catalogue.Find(reference)
	}
	data, err := strict.ReadFile(reference)
	if err != nil {
		return nil, err
	}
	r := &reader{strict.Reader{File: reference}, catalogue.Load}
	var sc *scenarios.Scenario
	if n := r.Document(data); n != nil {
		if sc = format.Read(&r.Reader, n, data); sc != nil && sc.HasStudy {
			r.within(sc, n)
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return sc, nil
}

// holdsScenario reports whether a file describes a scenario, not only a study: it has keys that
// only scenarios have.
func holdsScenario(n *yaml.Node) bool {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if slices.Contains([]string{"summary", "probe", "rules", "hosts", "study"}, n.Content[i].Value) {
			return true
		}
	}
	return false
}

// reader reads a study.
type reader struct {
	strict.Reader
	load func(reference string) (*scenarios.Scenario, error) // for a study that names a scenario
}

// The keys of a study within a scenario's file, of a study in its own file, and of their parts.
var (
	commonKeys = []string{
		"name", "kind", "title", "fail", "set",
	} // of a figure of every kind; rows come after the keys of its kind
	rowKeys      = []string{"label", "set"}
	studyKeys    = []string{"title", "seed", "confidence", "figures"}
	ownStudyKeys = []string{"name", "title", "scenario", "seed", "confidence", "figures"}
)

// study reads a file that contains only a study.
func (r *reader) study(n *yaml.Node) *Study {
	f, ok := r.Mapping(n, "the study", ownStudyKeys...)
	if !ok {
		return nil
	}
	s := &Study{Name: r.FileName(f, "name", "folder").Value}
	if t := r.Required(f, "scenario"); t.Value != "" {
		var err error
		if s.Scenario, err = r.load(t.Value); err != nil {
			r.Each(t.Place, "", err)
		}
	}
	r.rest(f, s)
	return s
}

// scenario reads a scenario's file with its study.
func (r *reader) scenario(n *yaml.Node, data []byte) *Study {
	sc := format.Read(&r.Reader, n, data)
	switch {
	case sc == nil:
		return nil
	case !sc.HasStudy:
		r.Fault(strict.Place{}, "the file holds a scenario without a study: the key study is missing")
		return nil
	}
	if r.File == "" { // it is built in
		sc.File = ""
	}
	return r.within(sc, n)
}

// within reads the study in the document of a scenario's file.
func (r *reader) within(sc *scenarios.Scenario, document *yaml.Node) *Study {
	f, ok := r.Mapping(strict.Child(document, "study"), "the study", studyKeys...)
	if !ok {
		return nil
	}
	s := &Study{Name: sc.Name, Subject: rows.Subject{Scenario: sc}}
	r.rest(f, s)
	return s
}

// rest reads what every study has.
func (r *reader) rest(f strict.Fields, s *Study) {
	s.Title, s.Seed, s.Confidence = r.Required(f, "title").Value, 1, 0.95
	if t := r.Text(f, "seed"); t.Given && !t.Bad {
		s.Seed = r.Seed(t)
	}
	if t := r.Text(f, "confidence"); t.Given && !t.Bad {
		var err error
		s.Confidence, err = strconv.ParseFloat(t.Value, 64)
		if err != nil || !(s.Confidence > 0 && s.Confidence < 1) {
			r.Fault(t.Place, "confidence %q: want a number above 0 and below 1", t.Value)
		}
	}
	names := map[string]bool{}
	for i, n := range r.List(f, "figures") {
		g, name := r.figure(s, n, i)
		if names[name.Value] && name.Value != "" {
			r.Fault(name.Place, "there are two figures of the name %q", name.Value)
		}
		names[name.Value] = true
		if g != nil {
			s.Figures = append(s.Figures, g)
		}
	}
}

// figure reads a figure and its name; the figure is nil if its kind is unknown.
func (r *reader) figure(s *Study, n *yaml.Node, i int) (g figures.Figure, name strict.Text) {
	f, ok := r.Mapping(n, fmt.Sprintf("figure %d", i+1), figureKeys()...)
	if !ok {
		return nil, strict.Text{Place: f.Place}
	}
	name = r.FileName(f, "name", "file")
	h := rows.Head{Name: name.Value, Title: r.Text(f, "title").Value}
	if h.Name != "" {
		f.What = "figure " + h.Name
	}
	k := figures.KindOf(r.Choice(f, "kind", false, figures.KindNames()...))
	before := r.Faults()
	if t := r.Text(f, "fail"); s.Scenario != nil && !t.Bad {
		var err error
		if h.Fail, err = s.Scenario.ParsePredicate(t.Value); err != nil {
			r.Each(t.Place, "fail: ", err)
		}
	}
	h.Set = r.settings(s, f, k)
	var labels []strict.Place
	for j, n := range r.List(f, "rows") {
		row, ok := r.Mapping(n, fmt.Sprintf("row %d of %s", j+1, f.What), rowKeys...)
		if !ok {
			continue
		}
		label := r.Required(row, "label")
		if label.Value != "" &&
			slices.ContainsFunc(h.Rows, func(o rows.Row) bool { return o.Label == label.Value }) {
			r.Fault(label.Place, "there are two rows of the label %q", label.Value)
		}
		h.Rows = append(h.Rows, rows.Row{Label: label.Value, Set: r.settings(s, row, k)})
		labels = append(labels, label.Place)
	}
	if k == nil {
		return nil, name
	}
	for _, key := range figures.Keys() {
		if n := f.Nodes[key]; n != nil && !slices.Contains(k.Keys, key) {
			r.Fault(strict.PlaceOf(n), "%s has no meaning for a figure of kind %s", key, k.Name)
		}
	}
	g = k.New(h)
	g.Read(&r.Reader, &s.Subject, f)
	if r.Faults() == before && s.Scenario != nil {
		r.rows(s, k, g, labels)
	}
	return g, name
}

// settings reads assignments; it checks those without "{x}" one by one.
func (r *reader) settings(s *Study, f strict.Fields, k *figures.Kind) scenarios.Settings {
	set := scenarios.Settings{}
	for _, a := range r.Assignments(f, "set") {
		name, value := a.Name.Value, a.Value.Value
		if _, ok := set[name]; ok {
			r.Fault(a.Name.Place, "parameter %s is set twice", name)
		}
		set[name] = value
		templated := strings.Contains(value, "{x}")
		if templated && k != nil && !slices.Contains(k.Keys, "x") {
			r.Fault(a.Value.Place, "%q: {x} stands for the axis of curves; this figure is of kind %s", value, k.Name)
		}
		if s.Scenario == nil {
			continue
		}
		at := a.Value.Place
		if s.Scenario.Parameter(name) == nil {
			at = a.Name.Place
		} else if templated {
			continue
		}
		if err := s.Scenario.Check(name, value); err != nil {
			r.Each(at, "", err)
		}
	}
	return set
}

// rows checks each row of a figure against the scenario; at has the places of their labels.
func (r *reader) rows(s *Study, k *figures.Kind, g figures.Figure, at []strict.Place) {
	all := g.Common().Rows
	if k.Single && len(all) > 1 {
		r.Fault(at[1], "a figure of kind %s has one row", k.Name)
	}
	if len(all) < k.LeastRows {
		r.Fault(at[0], "a figure of kind %s has %d rows at least", k.Name, k.LeastRows)
	}
	for i, row := range all {
		if slices.ContainsFunc(all[:i], func(other rows.Row) bool { return other.Label == row.Label }) {
			r.Fault(at[i], "there are two rows of the label %q", row.Label)
		}
		if err := g.Check(&s.Subject, row); err != nil {
			r.Each(at[i], fmt.Sprintf("row %q: ", row.Label), err)
		}
	}
}
