package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Predicate says which outcomes count as failure, and which limits of measures are outcomes. The
// zero value counts every outcome of a scenario.
type Predicate struct {
	text   string
	names  []string // of outcomes, including limits; empty: all
	limits []measure.Limit
}

// AllOutcomes is the predicate by which every outcome is a failure.
const AllOutcomes = "all"

// ParsePredicate reads names of outcomes and limits of measures (see [measure.Limit]), separated by commas.
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
		if measure.IsLimit(name) {
			l, err := measure.ParseLimit(name, s.declared)
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
func (p Predicate) Exceeded(measures map[string]int64) []measure.Exceeded {
	var list []measure.Exceeded
	for _, l := range p.limits {
		if e := l.Exceeded(measures); e != nil {
			list = append(list, *e)
		}
	}
	return list
}

// Limits returns the limits of the predicate.
func (p Predicate) Limits() []measure.Limit { return p.limits }

// Outcomes returns the outcomes of a scenario, followed by those of the predicate's limits.
func (p Predicate) Outcomes(s *Scenario) []Outcome {
	list := slices.Clone(s.Outcomes)
	for _, l := range p.limits {
		list = append(list, Outcome{l.Text(), l.Meaning()})
	}
	return list
}

// Text returns the predicate as ParsePredicate reads it.
func (p Predicate) Text() string { return p.text }

// Watch adds the comparisons of the predicate's limits to the instants of a run. A duration is
// compared with every part that could be the largest. A count is a fact of the run, like the order of its
// instants.
func (p Predicate) Watch(w *sim.Watched, o *Observation) {
	for _, l := range p.limits {
		value, taken := o.Measures[l.Measure.Name]
		_, censored := o.Measures[measure.Censored(l.Measure.Name)]
		if l.Measure.Unit != measure.Nanoseconds {
			w.Compared(fmt.Sprintf("limit %s: %d, %t, %t", l.Text(), value, taken, censored), nil)
			continue
		}
		list := []sim.Quantity{{Value: time.Duration(l.Value), What: "the limit"}}
		parts := o.Parts[l.Measure.Name]
		if len(parts) == 0 && taken {
			parts = []int64{value}
		}
		for _, part := range parts { // in any order
			list = append(list, sim.Quantity{Value: time.Duration(part), What: "a part"})
		}
		w.Compared(fmt.Sprintf("limit %s, censored %t", l.Text(), censored), list)
	}
}

// Unordered returns the limits on measures that are not known to follow from the order of instants; a
// search proves nothing about them. See [measure.Measured].
func (p Predicate) Unordered() (list []measure.Limit) {
	for _, l := range p.limits {
		if !l.Measure.Ordered {
			list = append(list, l)
		}
	}
	return list
}

// CountsBytes reports whether a limit is on a number of bytes, which varies with the length of
// signatures.
func (p Predicate) CountsBytes() bool {
	return slices.ContainsFunc(p.limits, func(l measure.Limit) bool { return l.Measure.Unit == measure.Bytes })
}
