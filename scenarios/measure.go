package scenarios

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Unit is the unit of a measure.
type Unit string

// The units of measures.
const (
	Count       Unit = ""
	Nanoseconds Unit = "ns"
	Bytes       Unit = "B"
)

// Text returns a value with its unit: "1.06s", "7", "1500 B".
func (u Unit) Text(value int64) string {
	switch u {
	case Nanoseconds:
		return time.Duration(value).String()
	case Bytes:
		return strconv.FormatInt(value, 10) + " B"
	}
	return strconv.FormatInt(value, 10)
}

// Measured is a measure that the runs of a scenario report. It has one name everywhere, without its
// unit: on the command line, in files, in JSON and in stores.
type Measured struct {
	Name    string
	Unit    Unit
	Meaning string

	// Ordered states that the measure follows from the order of the instants that a run reports: a
	// count changes only where this order does, and a duration, or each of the parts of which it is
	// the largest (Observation.Largest), is a sum of differences of instants. Only then does a search
	// prove where the measure crosses a limit.
	Ordered bool
}

// Quantity is a value of a measure. In JSON it is a plain number.
type Quantity struct {
	Value int64
	Unit  Unit
}

// String returns the value with its unit.
func (q Quantity) String() string { return q.Unit.Text(q.Value) }

// MarshalJSON implements json.Marshaler.
func (q Quantity) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, q.Value, 10), nil }

// Measure returns the declaration of a measure, or of the measure that a censored name is a lower
// bound of; see [Censored].
func (s *Scenario) Measure(name string) (m Measured, declared bool) {
	i := slices.IndexFunc(s.Measures, func(m Measured) bool { return m.Name == name || Censored(m.Name) == name })
	if i < 0 {
		return Measured{Name: name}, false
	}
	return s.Measures[i], true
}

// Units returns the units of the measures, by name, but not of counts.
func (s *Scenario) Units() map[string]Unit {
	units := map[string]Unit{}
	for _, m := range s.Measures {
		if m.Unit != Count {
			units[m.Name], units[Censored(m.Name)] = m.Unit, m.Unit
		}
	}
	return units
}

// UnitsOf returns the units of the given measures, by name, but not of counts; nil if there are
// none.
func (s *Scenario) UnitsOf(measures map[string]int64) map[string]Unit {
	units := s.Units()
	maps.DeleteFunc(units, func(name string, _ Unit) bool { _, taken := measures[name]; return !taken })
	if len(units) == 0 {
		return nil
	}
	return units
}

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
	return fmt.Errorf("%s has no measure %q.%s It has %s", s.Name, name, likelyMeasure(name, names),
		strings.Join(names, ", "))
}

// likelyMeasure suggests a measure for a name that is none. Former names had underscores and
// ended with a unit: read_stalled_ns is now read-stalled.
func likelyMeasure(name string, known []string) string {
	now := strings.ReplaceAll(strings.TrimSuffix(name, "_ns"), "_", "-")
	if slices.Contains(known, now) {
		return fmt.Sprintf(" Did you mean %s?", now)
	}
	return suggest.DidYouMean(name, known)
}

// Censored returns the name of the measure that a replication reports when it knows only a lower
// bound of another: handshake-censored for handshake.
func Censored(measure string) string { return measure + "-censored" }
