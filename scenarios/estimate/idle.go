package estimate

import (
	"context"
	"fmt"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// IdleError says that there is no probability over a probe: it decides nothing, because the rule whose
// duration it is met no datagram in any run.
type IdleError struct {
	Probe, Rule string
	Unmet       []rule.Unmet
}

// Error implements error.
func (e *IdleError) Error() string {
	text := e.Reason()
	for _, u := range e.Unmet {
		if u.Rule == e.Rule {
			text += "; " + u.String()
		}
	}
	return text
}

// Reason says why, without what there was to meet.
func (e *IdleError) Reason() string {
	return fmt.Sprintf("there is no probability over %s: it is the duration of rule %s, which met no datagram "+
		"in any run, so nothing depends on it", e.Probe, e.Rule)
}

// CheckIdle returns an *IdleError if a probe decides nothing. rules has what the
// rules met in all runs of the answer, also under other seeds and at other design points; runner may
// repeat one of them, to say what there was to meet.
func CheckIdle(
	ctx context.Context, s *scenarios.Scenario, probe string, rules *run.Collector, runner run.Runner,
) error {
	rule := search.IdleProbe(s, probe, rules.Rules())
	if rule == "" {
		return nil
	}
	return &IdleError{Probe: probe, Rule: rule, Unmet: rules.Unmet(ctx, runner)}
}
