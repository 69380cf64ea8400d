package hosts

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Text is a text of a scenario file in which ${NAME} stands for the value of a parameter, and
// ${NAME:UNIT} for a duration as a number of that unit. $${ stands for ${ itself.
type Text struct{ parts []part }

// part is a piece of a text: a parameter if it has a name, otherwise literal.
type part struct{ literal, parameter, unit string }

// units are the units in which a text can have a duration.
var units = map[string]time.Duration{
	"h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond, "us": time.Microsecond,
	"ns": time.Nanosecond,
}

// ParseText reads a text.
func ParseText(text string) (Text, error) {
	var t Text
	literal := func(s string) {
		if n := len(t.parts); n > 0 && t.parts[n-1].parameter == "" {
			t.parts[n-1].literal += s
		} else if s != "" {
			t.parts = append(t.parts, part{literal: s})
		}
	}
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			literal(rest)
			return t, nil
		}
		if strings.HasSuffix(before, "$") {
			literal(before[:len(before)-1] + "${")
			rest = after
			continue
		}
		inside, behind, closed := strings.Cut(after, "}")
		if !closed {
			return t, fmt.Errorf("%q: ${ has no }; for a ${ of the text itself, write $${", text)
		}
		literal(before)
		p := part{}
		p.parameter, p.unit, _ = strings.Cut(inside, ":")
		if p.parameter == "" {
			return t, fmt.Errorf("%q: want the name of a parameter in ${}", text)
		}
		if _, known := units[p.unit]; strings.Contains(inside, ":") && !known {
			return t, fmt.Errorf("%q: want one of the units h, m, s, ms, us and ns behind the colon in ${%s}", text,
				inside)
		}
		t.parts = append(t.parts, p)
		rest = behind
	}
}

// Check reports parameters in the text that the scenario does not have, or whose value is not known
// before a run.
func (t Text) Check(s *scenarios.Scenario) error {
	for _, p := range t.parts {
		if p.parameter == "" {
			continue
		}
		q := s.Parameter(p.parameter)
		switch {
		case q == nil:
			return fmt.Errorf("${%s}: %s has no parameter %q.%s For a ${ that a program gets, write $${", p.parameter,
				s.Name, p.parameter, suggest.DidYouMean(p.parameter, s.ParameterNames()))
		case q.Type == scenarios.DistributionType:
			return fmt.Errorf("${%s}: it is a %s, which has no single value: want a duration", p.parameter, q.Type)
		case p.unit != "" && q.Type != scenarios.DurationType:
			return fmt.Errorf("${%s:%s}: it is a %s; only a duration has a unit", p.parameter, p.unit, q.Type)
		}
	}
	return nil
}

// Given reports whether the text is not empty.
func (t Text) Given() bool { return len(t.parts) > 0 }

// Of returns the text for the given values.
func (t Text) Of(v scenarios.Values) string {
	var b strings.Builder
	for _, p := range t.parts {
		switch {
		case p.parameter == "":
			b.WriteString(p.literal)
		case p.unit == "":
			b.WriteString(v.TextOf(p.parameter))
		default:
			b.WriteString(number(v.Duration(p.parameter), units[p.unit]))
		}
	}
	return b.String()
}

// number returns a duration as an exact decimal number of units, or rounded down to 15 places.
func number(d, unit time.Duration) string {
	whole, rest := d/unit, d%unit
	text := strconv.FormatInt(int64(whole), 10)
	if rest == 0 {
		return text
	}
	text += "."
	for places := 0; rest != 0 && places < 15; places++ {
		rest *= 10
		text += strconv.FormatInt(int64(rest/unit), 10)
		rest %= unit
	}
	return text
}

// sole returns the parameter that is the whole text; empty if it is not one.
func (t Text) sole() string {
	if len(t.parts) == 1 && t.parts[0].unit == "" {
		return t.parts[0].parameter
	}
	return ""
}

// ParameterIn returns the parameter of a text that is nothing but ${NAME}, or NAME itself.
func ParameterIn(text string) string {
	if t, err := ParseText(text); err == nil && t.sole() != "" {
		return t.sole()
	}
	return text
}

// Literal returns a text without parameters.
func Literal(text string) Text { return Text{[]part{{literal: text}}} }
