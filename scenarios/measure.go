package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Measured is a measure that the runs of a scenario report.
type Measured struct{ Name, Meaning string }

// CheckMeasure reports a measure that no run of the scenario reports. It returns nil if the
// measures are not known before a run.
func (s *Scenario) CheckMeasure(name string) error {
	if s.Measures == nil {
		return nil
	}
	var names []string
	for _, m := range s.Measures {
		names = append(names, m.Name)
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf(
		"%s has no measure %q.%s It has %s", s.Name, name, suggest.DidYouMean(name, names), strings.Join(names, ", "),
	)
}

// Censored returns the name of the measure that a replication reports when it knows only a lower
// bound of another: handshake_censored_ns for handshake_ns.
func Censored(measure string) string {
	name, isTime := strings.CutSuffix(measure, "_ns")
	if isTime {
		return name + "_censored_ns"
	}
	return measure + "_censored"
}
