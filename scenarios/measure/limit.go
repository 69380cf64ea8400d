package measure

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
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

// Text returns the limit in the form that ParseLimit reads, without spaces.
func (l Limit) Text() string { return l.Measure.Name + string(l.Than) + l.value() }

// value returns the limit's value in the form that ParseLimit reads.
func (l Limit) value() string { return strings.ReplaceAll(l.Measure.Unit.Text(l.Value), " ", "") }

// Meaning says what a run shows whose measure is beyond the limit.
func (l Limit) Meaning() string {
	words := map[Comparison]string{
		Above: "more than", AtLeast: "at least", Below: "less than", AtMost: "at most",
	}[l.Than]
	meaning := fmt.Sprintf("the measure %s was %s %s", l.Measure.Name, words, l.value())
	if l.upper() && l.Measure.Unit == Nanoseconds {
		meaning += ", or did not end"
	}
	return meaning
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

// Exceeded returns how the measures of a run are beyond the limit, or nil.
func (l Limit) Exceeded(measures map[string]int64) *Exceeded {
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

// comparing matches a measure, a comparison and a limit, each of which may be missing.
var comparing = regexp.MustCompile(`^([^<>=!]*)([<>=!]+)(.*)$`)

// LimitPattern is a regular expression for a limit.
const LimitPattern = `^[^<>=,]+(>|>=|<|<=)[^<>=,]+$`

// limitForm shows how a limit is written.
const limitForm = "want MEASURE>LIMIT, as in handshake>500ms"

// IsLimit reports whether a text is meant as a limit.
func IsLimit(text string) bool { return comparing.MatchString(text) }

// ParseLimit reads a limit. declared returns the measure of a name, or why there is none; known is
// false if the measures are not known before a run. It reports every fault.
func ParseLimit(text string, declared func(name string) (m Measured, known bool, err error)) (Limit, error) {
	parts := comparing.FindStringSubmatch(text)
	if parts == nil {
		return Limit{}, fmt.Errorf("%q: %s", text, limitForm)
	}
	name, than, limit := strings.TrimSpace(parts[1]), Comparison(parts[2]), strings.TrimSpace(parts[3])
	var faults []error
	if !slices.Contains([]Comparison{Above, AtLeast, Below, AtMost}, than) {
		faults = append(faults, fmt.Errorf("%q: %s is not one of >, >=, < and <=", text, than))
	}
	m, known, err := declared(name)
	switch {
	case name == "":
		faults = append(faults, fmt.Errorf("%q: the measure is missing: %s", text, limitForm))
	case err != nil:
		faults = append(faults, fmt.Errorf("%q: %w", text, err))
	}
	if limit == "" {
		faults = append(faults, fmt.Errorf("%q: the limit is missing: %s", text, limitForm))
	}
	if err := errors.Join(faults...); err != nil {
		return Limit{}, err
	}
	if !known {
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
