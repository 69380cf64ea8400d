package rows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/design"
	"github.com/dtlssim/dtlssim/scenarios/estimate"
	"github.com/dtlssim/dtlssim/scenarios/stat"
)

// Subject is what the figures of a study have in common.
type Subject struct {
	Scenario   *scenarios.Scenario // nil if the file that is being read has a fault in it
	Seed       uint64              // of the first replication
	Confidence float64             // of the intervals

	read map[string]scenarios.Values // settings that have been read; see Values
}

// Inference returns how failure probabilities are estimated.
func (s *Subject) Inference() stat.Inference { return stat.DefaultInference(s.Confidence) }

// Values returns the values of settings of the study's scenario. It reads equal settings once,
// because the settings of a point are needed for its figures, for the specification of its store
// and for running it.
func (s *Subject) Values(set scenarios.Settings) (scenarios.Values, error) {
	key := Text(set)
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

// Of returns the values of a row.
func (s *Subject) Of(h *Head, row Row) (scenarios.Values, error) {
	return s.Values(h.At(row))
}

// point returns the design point whose levels are the settings.
func (s *Subject) point(set scenarios.Settings) (design.Point, error) {
	v, err := s.Values(set)
	return design.Point{Levels: set, Values: v}, err
}

// Text returns settings as a text; equal settings have equal texts.
func Text(set scenarios.Settings) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(set)) {
		text.WriteString(name + "=" + set[name] + "\n")
	}
	return text.String()
}

// Integral asks for the failure probability under settings, which must give the probe a
// distribution.
func (s *Subject) Integral(set scenarios.Settings, probe string, fail scenarios.Predicate) (estimate.Integral, error) {
	if _, ok := set[probe]; !ok {
		return estimate.Integral{}, fmt.Errorf("it does not set the latency distribution of the probe %s", probe)
	}
	v, err := s.Values(set)
	if err != nil {
		return estimate.Integral{}, err
	}
	return estimate.NewIntegral(v, probe, s.Seed, fail, estimate.Tail)
}
