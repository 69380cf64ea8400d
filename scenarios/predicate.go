package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Predicate says which outcomes count as failure, and which limits of measures are outcomes. The
// zero value counts every outcome of a scenario.
type Predicate struct {
	text   string
	names  []string // of outcomes, including limits; empty: all
	limits []Limit
}

// AllOutcomes is the predicate by which every outcome is a failure.
const AllOutcomes = "all"

// ParsePredicate reads names of outcomes and limits of measures (see [Limit]), separated by commas.
// An empty text means those that the scenario counts as failure, AllOutcomes means every outcome.
// It reports every fault.
func (s *Scenario) ParsePredicate(text string) (Predicate, error) {
	p := Predicate{text: strings.TrimSpace(text)}
	if p.text == "" {
		err := p.add(s, s.Fail)
		return p, err
	}
	err := p.add(s, strings.Split(p.text, ","))
	if p.text = strings.Join(p.names, ","); slices.Contains(p.names, AllOutcomes) {
		p.names = nil
	}
	return p, err
}

// add adds outcomes and limits.
func (p *Predicate) add(s *Scenario, items []string) error {
	var known []string
	for _, o := range s.Outcomes {
		known = append(known, o.Name)
	}
	var faults []error
	for _, name := range items {
		name = strings.TrimSpace(name)
		if comparing.MatchString(name) {
			l, err := s.parseLimit(name)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			if name = l.Text(); !slices.Contains(p.names, name) {
				p.limits = append(p.limits, l)
			}
		} else if name != AllOutcomes && !slices.Contains(known, name) {
			faults = append(faults, s.unknownOutcome(name, known))
			continue
		}
		if !slices.Contains(p.names, name) {
			p.names = append(p.names, name)
		}
	}
	return errors.Join(faults...)
}

// unknownOutcome reports a name that is not the name of an outcome.
func (s *Scenario) unknownOutcome(name string, known []string) error {
	if m, declared := s.Measure(name); declared && m.Name == name {
		return fmt.Errorf("%q is a measure, not an outcome: give it a limit, as in %s>%s", name, name, m.Unit.Example())
	}
	return fmt.Errorf("%q is not an outcome of %s.%s They are %s; %s; or a limit of a measure, as in handshake>500ms",
		name, s.Name, suggest.DidYouMean(name, known), strings.Join(known, ", "), AllOutcomes)
}

// Example returns a limit of this unit.
func (u Unit) Example() string {
	switch u {
	case Nanoseconds:
		return "500ms"
	case Bytes:
		return "1500B"
	}
	return "2"
}

// Failed reports whether one of the outcomes counts as failure.
func (p Predicate) Failed(outcome []string) bool {
	for _, o := range outcome {
		if len(p.names) == 0 || slices.Contains(p.names, o) {
			return true
		}
	}
	return false
}

// Exceeded returns the limits that the measures of a run are beyond, in the order of the predicate.
func (p Predicate) Exceeded(measures map[string]int64) []Exceeded {
	var list []Exceeded
	for _, l := range p.limits {
		if e := l.exceeded(measures); e != nil {
			list = append(list, *e)
		}
	}
	return list
}

// Limits returns the limits of the predicate.
func (p Predicate) Limits() []Limit { return p.limits }

// Outcomes returns the outcomes of a scenario, followed by those of the predicate's limits.
func (p Predicate) Outcomes(s *Scenario) []Outcome {
	list := slices.Clone(s.Outcomes)
	for _, l := range p.limits {
		list = append(list, l.Outcome())
	}
	return list
}

// Text returns the predicate as ParsePredicate reads it.
func (p Predicate) Text() string { return p.text }
