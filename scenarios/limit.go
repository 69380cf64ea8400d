package scenarios

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Limit compares a measure with a limit: handshake>500ms. In a predicate it is one more outcome: a
// run whose measure is beyond the limit has an outcome of the name Text, besides those of its
// scenario.
//
// A censored measure belongs to something that never ended. It was not ready in time, however early
// the attempt was given up, so it is above every limit and below none. A run that does not take the
// measure is neither.
type Limit struct {
	Measure Measured
	Than    Comparison
	Value   int64 // in the unit of the measure
}

// Comparison is one of >, >=, < and <=.
type Comparison string

// The comparisons.
const (
	Above   Comparison = ">"
	AtLeast Comparison = ">="
	Below   Comparison = "<"
	AtMost  Comparison = "<="
)

// Text returns the limit in the form that ParsePredicate reads, without spaces.
func (l Limit) Text() string { return l.Measure.Name + string(l.Than) + l.value() }

// value returns the limit's value in the form that ParsePredicate reads.
func (l Limit) value() string { return strings.ReplaceAll(l.Measure.Unit.Text(l.Value), " ", "") }

// Outcome returns the outcome of a run whose measure is beyond the limit.
func (l Limit) Outcome() Outcome {
	words := map[Comparison]string{
		Above: "more than", AtLeast: "at least", Below: "less than", AtMost: "at most",
	}[l.Than]
	meaning := fmt.Sprintf("the measure %s was %s %s", l.Measure.Name, words, l.value())
	if l.upper() && l.Measure.Unit == Nanoseconds {
		meaning += ", or did not end"
	}
	return Outcome{Name: l.Text(), Meaning: meaning}
}

// upper reports whether large values are beyond the limit.
func (l Limit) upper() bool { return l.Than == Above || l.Than == AtLeast }

// Exceeded is a measure that is beyond a limit, or of which it is only known that it never ended.
type Exceeded struct {
	Limit    string `json:"limit"`
	Measure  string `json:"measure"`
	Unit     Unit   `json:"unit"`
	Value    int64  `json:"value"`
	Censored bool   `json:"censored,omitempty"` // it never ended: Value is a lower bound
}

// String returns the measure with its value and the limit: "handshake 1.06s > 500ms".
func (e Exceeded) String() string {
	condition := strings.TrimPrefix(e.Limit, e.Measure)
	value := strings.TrimLeft(condition, "<>=")
	condition = strings.TrimSuffix(condition, value)
	if e.Censored {
		return fmt.Sprintf("%s not over after %s, so it is %s %s", e.Measure, e.Unit.Text(e.Value), condition, value)
	}
	return fmt.Sprintf("%s %s %s %s", e.Measure, e.Unit.Text(e.Value), condition, value)
}

// exceeded returns how the measures of a run are beyond the limit, or nil.
func (l Limit) exceeded(measures map[string]int64) *Exceeded {
	value, taken := measures[l.Measure.Name]
	least, censored := measures[Censored(l.Measure.Name)]
	e := &Exceeded{Limit: l.Text(), Measure: l.Measure.Name, Unit: l.Measure.Unit, Value: value, Censored: censored}
	beyond := false
	switch {
	case censored:
		e.Value = max(value, least)
		beyond = l.upper()
	case !taken:
	case l.Than == Above:
		beyond = value > l.Value
	case l.Than == AtLeast:
		beyond = value >= l.Value
	case l.Than == Below:
		beyond = value < l.Value
	case l.Than == AtMost:
		beyond = value <= l.Value
	}
	if !beyond {
		return nil
	}
	return e
}

// Watch adds the comparisons of the predicate's limits to the instants of a run. A duration is
// compared with every part that could be the largest. A count is a fact of the run, like the order of its
// instants.
func (p Predicate) Watch(w *sim.Watched, o *Observation) {
	for _, l := range p.limits {
		value, taken := o.Measures[l.Measure.Name]
		_, censored := o.Measures[Censored(l.Measure.Name)]
		if l.Measure.Unit != Nanoseconds {
			w.Compared(fmt.Sprintf("limit %s: %d, %t, %t", l.Text(), value, taken, censored), nil)
			continue
		}
		list := []sim.Quantity{{Value: time.Duration(l.Value), What: "the limit"}}
		parts := o.Parts[l.Measure.Name]
		if len(parts) == 0 && taken {
			parts = []int64{value}
		}
		for _, part := range parts { // in any order
			list = append(list, sim.Quantity{Value: time.Duration(part), What: "a part"})
		}
		w.Compared(fmt.Sprintf("limit %s, censored %t", l.Text(), censored), list)
	}
}

// Unordered returns the limits on measures that are not known to follow from the order of instants; a
// search proves nothing about them. See [Measured].
func (p Predicate) Unordered() (list []Limit) {
	for _, l := range p.limits {
		if !l.Measure.Ordered {
			list = append(list, l)
		}
	}
	return list
}

// CountsBytes reports whether a limit is on a number of bytes, which varies with the length of
// signatures.
func (p Predicate) CountsBytes() bool {
	return slices.ContainsFunc(p.limits, func(l Limit) bool { return l.Measure.Unit == Bytes })
}

// comparing matches a measure, a comparison and a limit, each of which may be missing.
var comparing = regexp.MustCompile(`^([^<>=!]*)([<>=!]+)(.*)$`)

// LimitPattern is a regular expression for a limit.
const LimitPattern = `^[^<>=,]+(>|>=|<|<=)[^<>=,]+$`

// limitForm shows how a limit is written.
const limitForm = "want MEASURE>LIMIT, as in handshake>500ms"

// parseLimit reads a limit.
func (s *Scenario) parseLimit(text string) (Limit, error) {
	parts := comparing.FindStringSubmatch(text)
	name, than, limit := strings.TrimSpace(parts[1]), Comparison(parts[2]), strings.TrimSpace(parts[3])
	var faults []error
	if !slices.Contains([]Comparison{Above, AtLeast, Below, AtMost}, than) {
		faults = append(faults, fmt.Errorf("%q: %s is not one of >, >=, < and <=", text, than))
	}
	m, _ := s.Measure(name)
	switch {
	case name == "":
		faults = append(faults, fmt.Errorf("%q: the measure is missing: %s", text, limitForm))
	case slices.ContainsFunc(s.Outcomes, func(o Outcome) bool { return o.Name == name }) && s.CheckMeasure(name) != nil:
		faults = append(faults, fmt.Errorf("%q: %s is an outcome, which has no value to compare", text, name))
	default:
		faults = append(faults, Within(strconv.Quote(text), s.CheckMeasure(name)))
	}
	if limit == "" {
		faults = append(faults, fmt.Errorf("%q: the limit is missing: %s", text, limitForm))
	}
	if err := errors.Join(faults...); err != nil {
		return Limit{}, err
	}
	if s.Measures == nil { // the measures are not known before a run
		m.Unit = Count
		if _, err := strconv.ParseInt(limit, 10, 64); err != nil {
			m.Unit = Nanoseconds
		}
	}
	value, err := m.Unit.parse(limit)
	if err != nil {
		return Limit{}, fmt.Errorf("%q: %s is a %s: %w", text, name, m.Unit.kind(), err)
	}
	return Limit{Measure: m, Than: than, Value: value}, nil
}

// kind says what has this unit.
func (u Unit) kind() string {
	switch u {
	case Nanoseconds:
		return "duration"
	case Bytes:
		return "number of bytes"
	}
	return "count"
}

// parse reads a value of this unit: a duration with its unit, a whole number, or a whole number of
// bytes, which may end with B.
func (u Unit) parse(text string) (int64, error) {
	if u == Nanoseconds {
		d, err := distribution.ParseDuration(text)
		return int64(d), err
	}
	digits := text
	if u == Bytes {
		digits = strings.TrimSpace(strings.TrimSuffix(text, string(Bytes)))
	}
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || value < 0 {
		return 0, fmt.Errorf("%q is not a whole number from 0 on", text)
	}
	return value, nil
}
