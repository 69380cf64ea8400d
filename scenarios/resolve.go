package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Resolved is settings that have been read. Values share one Resolved if they differ only in the
// durations laid over it.
type Resolved struct {
	scenario *Scenario
	given    Settings // without the remedy's settings
	implied  Settings // set by the remedy
	values   map[string]value

	// parent, unless nil, holds the values that are missing here. A design of a hundred thousand
	// points thus stores its common values once.
	parent *Resolved
	text   map[string]string // canonical, for every parameter; nil if there is a parent
}

// Resolve checks settings and fills in the defaults. It reports every fault.
func (s *Scenario) Resolve(settings Settings) (Values, error) { return s.resolve(settings, nil) }

// Set returns the values with more parameters set, or set differently. It reads only these, and
// reports the same faults as Resolve.
func (v Values) Set(settings Settings) (Values, error) {
	if len(settings) == 0 {
		return v, nil
	}
	return v.base.scenario.resolve(v.Settings().With(settings), v.base)
}

// resolve resolves settings. It does not read again what known, unless nil, already contains.
func (s *Scenario) resolve(settings Settings, known *Resolved) (Values, error) {
	r := &Resolved{scenario: s, given: settings, values: make(map[string]value, len(s.Parameters))}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		text := settings[name]
		if before, ok := known.givenAs(name); ok && before == text {
			r.values[name], _ = known.value(name)
			continue
		}
		parsed, err := s.read(name, text)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		r.values[name] = parsed
	}
	if len(faults) == 0 {
		if err := r.applyRemedy(); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) > 0 {
		return Values{}, errors.Join(faults...)
	}
	for i := range s.Parameters {
		p := &s.Parameters[i]
		if _, ok := r.values[p.Name]; ok {
			continue
		}
		if p.Follows != "" { // an earlier one
			r.values[p.Name] = r.values[p.Follows]
			continue
		}
		if known.hasDefault(p.Name) {
			r.values[p.Name], _ = known.value(p.Name)
			continue
		}
		parsed, err := p.parse(p.Default)
		if err != nil {
			return Values{}, fmt.Errorf("default of parameter %s: %w", p.Name, err)
		}
		r.values[p.Name] = parsed
	}
	v := Values{base: r}
	for i := range s.Parameters {
		if p := &s.Parameters[i]; v.Given(p.Name) {
			faults = append(faults, v.checkModel(p))
		}
	}
	faults = append(faults, v.checkWithout())
	if err := errors.Join(faults...); err != nil {
		return Values{}, err
	}
	if known == nil {
		r.text = make(map[string]string, len(r.values))
		for name, value := range r.values {
			r.text[name] = value.text
		}
		return v, nil
	}
	if r.parent = known; known.parent != nil {
		r.parent = known.parent
	}
	own := map[string]value{}
	for name, value := range r.values {
		if r.parent.values[name].text != value.text {
			own[name] = value
		}
	}
	r.values = own
	return v, nil
}

// value returns the value of a parameter; ok reports whether it has one.
func (r *Resolved) value(name string) (v value, ok bool) {
	if v, ok = r.values[name]; !ok && r.parent != nil {
		v, ok = r.parent.values[name]
	}
	return v, ok
}

// givenAs returns the text given for a parameter. It may be called on nil.
func (r *Resolved) givenAs(name string) (text string, ok bool) {
	if r != nil {
		text, ok = r.given[name]
	}
	return text, ok
}

// hasDefault reports whether a parameter that follows no other has its default value.
func (r *Resolved) hasDefault(name string) bool {
	if r == nil {
		return false
	}
	_, given := r.given[name]
	_, implied := r.implied[name]
	return !given && !implied
}

// Check reports what is wrong with the value of one parameter, regardless of the others.
func (s *Scenario) Check(name, text string) error {
	_, err := s.read(name, text)
	return err
}

// read reads one parameter's value.
func (s *Scenario) read(name, text string) (value, error) {
	p := s.Parameter(name)
	if p == nil {
		return value{}, fmt.Errorf("%s has no parameter %q.%s It has %s", s.Name, name,
			suggest.DidYouMean(name, s.ParameterNames()), strings.Join(s.ParameterNames(), ", "))
	}
	parsed, err := p.parse(text)
	if err != nil {
		return value{}, fmt.Errorf("parameter %s: %w", name, err)
	}
	return parsed, nil
}

// applyRemedy applies the settings of the chosen remedy. If a parameter is also given, both
// values must be equal; for a duration, the given value takes precedence.
func (r *Resolved) applyRemedy() error {
	set, ok := r.values[RemedyParameter]
	if !ok {
		return nil
	}
	r.implied = maps.Clone(r.scenario.Remedy(set.text).Set)
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(r.implied)) {
		if given, ok := r.values[name]; ok {
			if r.scenario.Parameter(name).Type == DurationType {
				delete(r.implied, name)
			} else if err := r.checkRemedy(name, given.text); err != nil {
				return err
			}
		}
	}
	for name, text := range r.implied {
		parsed, err := r.scenario.Parameter(name).parse(text)
		if err != nil {
			faults = append(faults, err)
		}
		r.values[name] = parsed
	}
	return errors.Join(faults...)
}

// checkRemedy reports a given value that differs from the remedy's value.
func (r *Resolved) checkRemedy(name, text string) error {
	if implied := r.implied[name]; text != implied {
		remedy, _ := r.value(RemedyParameter)
		return fmt.Errorf(
			"%s=%s sets %s=%s, and %s=%s is given as well", RemedyParameter, remedy.text, name, implied, name, text,
		)
	}
	return nil
}
