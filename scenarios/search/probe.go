package search

import (
	"fmt"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Check returns an error if the search makes no sense.
func (s *Search) Check() error {
	if err := s.Values.Scenario().CheckProbe(s.Probe.Name); err != nil {
		return err
	}
	if s.Probe.From > distribution.MaxDuration {
		return fmt.Errorf("probe: %s is out of range: at most %s", s.Probe.From, distribution.MaxDuration)
	}
	if s.Probe.To <= s.Probe.From {
		return fmt.Errorf("probe: the range %s..%s is empty", s.Probe.From, s.Probe.To)
	}
	if text, given := s.Values.Setting(s.Probe.Name); given {
		return fmt.Errorf("probe: parameter %s is varied, and set to %s as well", s.Probe.Name, text)
	}
	_, err := s.Values.With(s.Probe.Name, s.Probe.From)
	return err
}
