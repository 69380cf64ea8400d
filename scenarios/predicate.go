package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Predicate says which outcomes count as failure.
type Predicate struct {
	text  string
	names []string // empty: all
}

// AllOutcomes is the predicate by which every outcome is a failure.
const AllOutcomes = "all"

// ParsePredicate reads names of outcomes separated by commas. An empty text means the outcomes
// that the scenario counts as failure, AllOutcomes means every outcome. It reports every unknown
// name.
func (s *Scenario) ParsePredicate(text string) (Predicate, error) {
	p := Predicate{text: strings.TrimSpace(text)}
	switch p.text {
	case "":
		p.names = s.Fail
		return p, nil
	case AllOutcomes:
		return p, nil
	}
	var known []string
	for _, o := range s.Outcomes {
		known = append(known, o.Name)
	}
	var faults []error
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(known, name):
			faults = append(faults, fmt.Errorf("%q is not an outcome of %s.%s They are %s; or %s", name, s.Name,
				suggest.DidYouMean(name, known), strings.Join(known, ", "), AllOutcomes))
		case !slices.Contains(p.names, name):
			p.names = append(p.names, name)
		}
	}
	p.text = strings.Join(p.names, ",")
	return p, errors.Join(faults...)
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

// Text returns the predicate as ParsePredicate reads it.
func (p Predicate) Text() string { return p.text }
