package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// declared returns the measure of a name for a limit, or why there is none. known is false if the
// measures are not known before a run.
func (s *Scenario) declared(name string) (m measure.Measured, known bool, err error) {
	m, _ = s.Measure(name)
	err = s.CheckMeasure(name)
	if err != nil && slices.ContainsFunc(s.Outcomes, func(o Outcome) bool { return o.Name == name }) {
		err = fmt.Errorf("%s is an outcome, which has no value to compare", name)
	}
	return m, s.Measures != nil, err
}

// Measure returns the declaration of a measure, or of the measure that a censored name is a lower
// bound of; see [measure.Censored].
func (s *Scenario) Measure(name string) (m measure.Measured, declared bool) {
	i := slices.IndexFunc(s.Measures, func(m measure.Measured) bool {
		return m.Name == name || measure.Censored(m.Name) == name
	})
	if i < 0 {
		return measure.Measured{Name: name}, false
	}
	return s.Measures[i], true
}

// Units returns the units of the measures, by name, but not of counts.
func (s *Scenario) Units() map[string]measure.Unit {
	units := map[string]measure.Unit{}
	for _, m := range s.Measures {
		if m.Unit != measure.Count {
			units[m.Name], units[measure.Censored(m.Name)] = m.Unit, m.Unit
		}
	}
	return units
}

// UnitsOf returns the units of the given measures, by name, but not of counts; nil if there are
// none.
func (s *Scenario) UnitsOf(measures map[string]int64) map[string]measure.Unit {
	units := s.Units()
	maps.DeleteFunc(units, func(name string, _ measure.Unit) bool { _, taken := measures[name]; return !taken })
	if len(units) == 0 {
		return nil
	}
	return units
}

// CheckMeasure reports a measure that no run of the scenario reports. It returns nil if the
// measures are not known before a run.
func (s *Scenario) CheckMeasure(name string) error {
	if s.Measures == nil {
		return nil
	}
	var names []string
	for _, m := range s.Measures {
		names = append(names, m.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("%s has no measure %q.%s It has %s", s.Name, name, likelyMeasure(name, names),
		strings.Join(names, ", "))
}

// likelyMeasure suggests a measure for an unknown name. Former names had underscores and
// ended with a unit: read_stalled_ns is now read-stalled.
func likelyMeasure(name string, known []string) string {
	now := strings.ReplaceAll(strings.TrimSuffix(name, "_ns"), "_", "-")
	if slices.Contains(known, now) {
		return fmt.Sprintf(" Did you mean %s?", now)
	}
	return suggest.DidYouMean(name, known)
}
