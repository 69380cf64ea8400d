package design

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// FindPoint returns the index of the only design point with these levels, which may omit factors.
func FindPoint(design []Point, levels scenarios.Settings) (int, error) {
	found, names := []int{}, []string{}
	for i, p := range design {
		names = append(names, LevelsText(p.Levels))
		matches := true
		for name, value := range levels {
			level, ok := p.Levels[name]
			matches = matches && ok && level == value
		}
		if matches {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return 0, fmt.Errorf(
			"%s is no design point.%s There are %s",
			LevelsText(levels),
			suggest.DidYouMean(LevelsText(levels), names),
			strings.Join(names[:min(len(names), MaxFaults)], "; "),
		)
	}
	return 0, fmt.Errorf(
		"%s is more than one design point: there are %s",
		LevelsText(levels),
		strings.Join(names[:min(len(names), MaxFaults)], "; "),
	)
}

// FindBaseline returns the index of the point given by a text NAME=VALUE,...
func FindBaseline(design []Point, text string) (int, error) {
	parts, err := SplitLevels(text)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", text, err)
	}
	levels, err := scenarios.ParseSettings(parts)
	if err != nil {
		return 0, err
	}
	return FindPoint(design, levels)
}

// RemedyFactor returns the text of a factor of remedies: none, and either the remedies that the
// text lists, separated by commas, or all remedies of the scenario.
func RemedyFactor(s *scenarios.Scenario, text string) (string, error) {
	known := s.RemedyNames()
	if len(known) == 0 {
		return "", fmt.Errorf("%s has no remedies", s.Name)
	}
	if text == "all" {
		text = strings.Join(known[1:], ",")
	}
	return "remedy=" + known[0] + "," + text, nil
}

// LevelsText returns the levels of a design point, sorted by name.
func LevelsText(levels scenarios.Settings) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		parts = append(parts, name+"="+levels[name])
	}
	return strings.Join(parts, ", ")
}
