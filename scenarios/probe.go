package scenarios

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// ProbeRange is a probe and the half-open range [From, To) in which it is varied.
type ProbeRange struct {
	Name     string
	From, To time.Duration // To may be Forever
}

// Forever is the upper end of an open range. It is larger than any duration of a parameter.
const Forever time.Duration = math.MaxInt64

// Open reports whether the range has no upper end.
func (p ProbeRange) Open() bool { return p.To == Forever }

// String returns the range as written on a command line.
func (p ProbeRange) String() string {
	if p.Open() {
		return fmt.Sprintf("%s=%s..", p.Name, p.From)
	}
	return fmt.Sprintf("%s=%s..%s", p.Name, p.From, p.To)
}

// ParseOpenProbe reads what ParseProbe reads, and also NAME=FROM.., a range without an upper end.
func (s *Scenario) ParseOpenProbe(text string) (ProbeRange, error) {
	head, open := strings.CutSuffix(strings.TrimSpace(text), "..")
	if !open {
		return s.ParseProbe(text)
	}
	name, from, ok := strings.Cut(head, "=")
	if p := (ProbeRange{Name: strings.TrimSpace(name), To: Forever}); ok && p.Name != "" &&
		strings.TrimSpace(from) != "" {
		if err := s.CheckProbe(p.Name); err != nil {
			return p, err
		}
		var err error
		p.From, err = distribution.ParseDuration(strings.TrimSpace(from))
		return p, Within(fmt.Sprintf("probe %q", text), err)
	}
	return s.ParseProbe(text)
}

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
	if strings.TrimSpace(low) != "" && strings.TrimSpace(high) == "" {
		return p, fmt.Errorf(
			"probe %q: the range has no end, and only dtlssim window searches such a one: want NAME=FROM..TO", text,
		)
	}
	var err1, err2 error
	p.From, err1 = distribution.ParseDuration(strings.TrimSpace(low))
	p.To, err2 = distribution.ParseDuration(strings.TrimSpace(high))
	switch {
	case err1 != nil || err2 != nil:
		return p, errors.Join(Within(fmt.Sprintf("probe %q", text), err1), Within(fmt.Sprintf("probe %q", text), err2))
	case p.To <= p.From:
		return p, fmt.Errorf("probe %q: the range is empty: FROM must be below TO", text)
	}
	return p, nil
}

// Within prefixes an error with its subject; it prefixes each of several joined errors.
func Within(what string, err error) error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var faults []error
		for _, err := range joined.Unwrap() {
			faults = append(faults, Within(what, err))
		}
		return errors.Join(faults...)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// CheckProbe reports a parameter that does not exist or cannot be varied.
func (s *Scenario) CheckProbe(name string) error {
	p := s.Parameter(name)
	if p == nil {
		return Within("probe", s.Check(name, ""))
	}
	if !p.Probeable() {
		return fmt.Errorf(
			"probe: parameter %s is a %s; only a duration or a latency distribution can be varied", p.Name, p.Type,
		)
	}
	return nil
}
