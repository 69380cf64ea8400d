package explore

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/law"
)

// ParseProbe reads NAME=FROM..TO, for a parameter that can be varied.
func ParseProbe(s *scenarios.Scenario, text string) (scenarios.ProbeRange, error) {
	name, bounds, ok := strings.Cut(text, "=")
	low, high, ok2 := strings.Cut(bounds, "..")
	p := scenarios.ProbeRange{Name: strings.TrimSpace(name)}
	if !ok || !ok2 || p.Name == "" {
		return p, fmt.Errorf("probe %q: want NAME=FROM..TO, as in %s", text, s.Probe)
	}
	if err := checkProbe(s, p.Name); err != nil {
		return p, err
	}
	var err1, err2 error
	p.From, err1 = parseBound(low)
	p.To, err2 = parseBound(high)
	switch {
	case err1 != nil || err2 != nil:
		return p, errors.Join(within(fmt.Sprintf("probe %q", text), err1), within(fmt.Sprintf("probe %q", text), err2))
	case p.To <= p.From:
		return p, fmt.Errorf("probe %q: the range is empty: FROM must be below TO", text)
	}
	return p, nil
}

func parseBound(text string) (time.Duration, error) {
	return law.ParseDuration(strings.TrimSpace(text))
}

// within says what an error is about.
func within(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// checkProbe reports a parameter that does not exist, or cannot be varied.
func checkProbe(s *scenarios.Scenario, name string) error {
	p := s.Parameter(name)
	if p == nil {
		_, err := s.Resolve(scenarios.Settings{name: "0s"})
		return within("probe", err)
	}
	if !p.Probeable() {
		return fmt.Errorf("probe: parameter %s is a %s; only a duration or a latency law can be varied", p.Name, p.Type)
	}
	return nil
}

// Check reports what makes the question senseless.
func (s *Search) Check() error {
	if err := checkProbe(s.Scenario, s.Probe.Name); err != nil {
		return err
	}
	if s.Probe.To <= s.Probe.From {
		return fmt.Errorf("probe: the range %s..%s is empty", s.Probe.From, s.Probe.To)
	}
	if text, ok := s.Settings[s.Probe.Name]; ok {
		return fmt.Errorf("probe: parameter %s is varied, and set to %s as well", s.Probe.Name, text)
	}
	_, err := s.Scenario.Resolve(s.Settings.With(scenarios.Settings{s.Probe.Name: s.Probe.From.String()}))
	return err
}
