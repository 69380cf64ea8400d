package figures

import (
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
)

// Values returns what settings of the study's scenario come to. The same settings are read
// once, when the study's file is: those of a point stand in its figures, in the
// specification of its store and in what is run.
func (s *Subject) Values(set scenarios.Settings) (scenarios.Values, error) {
	key := settingsText(set)
	if v, ok := s.read[key]; ok {
		return v, nil
	}
	v, err := s.Scenario.Resolve(set)
	if err != nil {
		return v, err
	}
	if s.read == nil {
		s.read = map[string]scenarios.Values{}
	}
	s.read[key] = v
	return v, nil
}

// of returns the values of a row.
func (s *Subject) of(h *Head, row Row) (scenarios.Values, error) {
	return s.Values(h.at(row))
}

// point returns the design point of settings, all of which are its levels.
func (s *Subject) point(set scenarios.Settings) (design.Point, error) {
	v, err := s.Values(set)
	return design.Point{Levels: set, Values: v}, err
}

// settingsText returns settings as a text that equal ones share.
func settingsText(set scenarios.Settings) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		text.WriteString(name + "=" + set[name] + "\n")
	}
	return text.String()
}
