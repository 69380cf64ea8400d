package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/law"
)

// ProbeRange is a probe with the half-open range [From, To) that it is varied in.
type ProbeRange struct {
	Name     string
	From, To time.Duration
}

// String returns the range as a command line has it.
func (p ProbeRange) String() string { return fmt.Sprintf("%s=%s..%s", p.Name, p.From, p.To) }

// ParseProbe reads NAME=FROM..TO, for a parameter that can be varied.
func (s *Scenario) ParseProbe(text string) (ProbeRange, error) {
	name, bounds, ok := strings.Cut(text, "=")
	low, high, ok2 := strings.Cut(bounds, "..")
	p := ProbeRange{Name: strings.TrimSpace(name)}
	if !ok || !ok2 || p.Name == "" {
		example := s.Probe
		if example.Name == "" {
			example = ProbeRange{"latency", 0, 100 * time.Millisecond}
		}
		return p, fmt.Errorf("probe %q: want NAME=FROM..TO, as in %s", text, example)
	}
	if err := s.CheckProbe(p.Name); err != nil {
		return p, err
	}
	var err1, err2 error
	p.From, err1 = law.ParseDuration(strings.TrimSpace(low))
	p.To, err2 = law.ParseDuration(strings.TrimSpace(high))
	switch {
	case err1 != nil || err2 != nil:
		return p, errors.Join(within(fmt.Sprintf("probe %q", text), err1), within(fmt.Sprintf("probe %q", text), err2))
	case p.To <= p.From:
		return p, fmt.Errorf("probe %q: the range is empty: FROM must be below TO", text)
	}
	return p, nil
}

// within says what an error is about.
func within(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// CheckProbe reports a parameter that does not exist, or cannot be varied.
func (s *Scenario) CheckProbe(name string) error {
	p := s.Parameter(name)
	if p == nil {
		return within("probe", s.Check(name, ""))
	}
	if !p.Probeable() {
		return fmt.Errorf("probe: parameter %s is a %s; only a duration or a latency law can be varied", p.Name, p.Type)
	}
	return nil
}
