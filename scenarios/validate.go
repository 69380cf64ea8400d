package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Asked is a parameter that the runs of a scenario read.
type Asked struct {
	Name string
	Type Type
	By   string // who reads it, such as "the server"
}

// Validate reports every fault of a scenario's declaration before anything runs: a parameter that
// runs read but that does not exist or has another type; a wrong default or reference to another
// parameter; a remedy, rule, outcome, example, cause or default probe that does not fit the
// parameters. Registering a scenario and reading one from a file both call it.
func (s *Scenario) Validate() error {
	var faults []error
	fault := func(err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	if !IsWord(s.Name) {
		fault(fmt.Errorf("name %q of a scenario: want neither spaces, commas nor equals signs", s.Name))
	}
	if s.Run == nil {
		fault(errors.New("it has no function Run"))
	}
	for i := range s.Parameters {
		fault(s.CheckParameter(i))
	}
	for _, a := range s.Asks {
		fault(s.checkAsked(a))
	}
	if len(faults) > 0 { // everything else depends on the parameters
		return errors.Join(faults...)
	}
	_, err := s.Resolve(nil)
	fault(Within("the defaults", err))
	fault(s.checkChoices(RemedyParameter, NoRemedy, len(s.Remedies), func(i int) string { return s.Remedies[i].Name }))
	for _, r := range s.Remedies {
		fault(s.CheckRemedy(r))
	}
	fault(s.checkChoices(WithoutParameter, WithoutNothing, len(s.Rules), func(i int) string { return s.Rules[i].Name }))
	for _, r := range s.Rules {
		fault(Within("rule "+r.Name, s.CheckDelay(r.Delay.Parameter)))
		fault(Within("when of rule "+r.Name, s.CheckWhen(r.When)))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	for _, name := range s.Fail {
		_, err := s.ParsePredicate(name)
		fault(Within("fail", err))
	}
	_, err = s.Resolve(s.Failing)
	fault(Within("the failing example", err))
	_, err = s.Resolve(s.Passing)
	fault(Within("the passing example", err))
	_, err = s.Resolve(s.Failing.With(s.Cause.Set))
	fault(Within("the cause", err))
	if s.Probe != (ProbeRange{}) {
		fault(s.CheckDefaultProbe(s.Probe))
	}
	return errors.Join(faults...)
}

// IsWord reports whether a text can be a name or a value in --set and --vary, which separate them
// by equals signs and commas.
func IsWord(text string) bool { return text != "" && !strings.ContainsAny(text, "= \t\n,") }

// CheckParameter reports what is wrong with the declaration of the parameter at an index. A
// parameter can follow only an earlier one of the same type.
func (s *Scenario) CheckParameter(i int) error {
	p := &s.Parameters[i]
	earlier := &Scenario{Parameters: s.Parameters[:i]}
	switch {
	case !IsWord(p.Name):
		return fmt.Errorf("name %q of a parameter: want neither spaces, commas nor equals signs", p.Name)
	case earlier.Parameter(p.Name) != nil:
		return fmt.Errorf("there are two parameters of the name %q", p.Name)
	case p.Type == ChoiceType && (len(p.Choices) == 0 || slices.ContainsFunc(p.Choices, notWord)):
		return fmt.Errorf("choices %q of parameter %s: want words with neither spaces, commas nor equals signs",
			p.Choices, p.Name)
	case (p.Default == "") == (p.Follows == "") && (p.Type != TextType || p.Default != ""):
		return fmt.Errorf("parameter %s: want either a default, or another parameter that it follows", p.Name)
	case p.Follows == "":
		return Within("default of parameter "+p.Name, p.Check(p.Default))
	}
	switch q := earlier.Parameter(p.Follows); {
	case q == nil:
		return fmt.Errorf("parameter %s follows %q, and no parameter before it has that name%s", p.Name, p.Follows,
			hint(p.Follows, earlier))
	case q.Type != p.Type:
		return fmt.Errorf("parameter %s is a %s and follows %s, a %s", p.Name, p.Type, q.Name, q.Type)
	}
	return nil
}

// hint suggests a parameter of a scenario with a similar name; empty if none is similar.
func hint(name string, s *Scenario) string {
	if text := suggest.DidYouMean(name, s.ParameterNames()); text != "" {
		return "." + text
	}
	return ""
}

func notWord(text string) bool { return !IsWord(text) }

// checkAsked reports a parameter that is read but does not exist or has another type.
func (s *Scenario) checkAsked(a Asked) error {
	switch p := s.Parameter(a.Name); {
	case p == nil:
		return fmt.Errorf("%s asks for parameter %s, a %s, and the scenario has none of that name%s", a.By, a.Name,
			a.Type, hint(a.Name, s))
	case p.Type != a.Type:
		return fmt.Errorf("%s asks for parameter %s as a %s, and it is a %s", a.By, a.Name, a.Type, p.Type)
	}
	return nil
}

// checkChoices reports a parameter whose choices are not none and one name for each remedy or
// rule.
func (s *Scenario) checkChoices(parameter, none string, count int, name func(i int) string) error {
	p := s.Parameter(parameter)
	if p == nil && count == 0 {
		return nil
	}
	want := []string{none}
	for i := range count {
		want = append(want, name(i))
	}
	if p == nil || p.Type != ChoiceType || !slices.Equal(p.Choices, want) {
		return fmt.Errorf("want a parameter %s, a choice of %s", parameter, strings.Join(want, ", "))
	}
	return nil
}

// CheckRemedy reports what is wrong with the settings of a remedy, which must be a choice of the
// parameter remedy.
func (s *Scenario) CheckRemedy(r Remedy) error {
	var faults []error
	for _, name := range SortedNames(r.Set) {
		faults = append(faults, Within("remedy "+r.Name, s.Check(name, r.Set[name])))
	}
	if err := errors.Join(faults...); err != nil { // otherwise Resolve reports them again
		return err
	}
	_, err := s.Resolve(Settings{RemedyParameter: r.Name})
	return Within("remedy "+r.Name, err)
}

// CheckDelay reports a parameter that cannot be the duration of a rule. An empty name means no
// parameter.
func (s *Scenario) CheckDelay(name string) error {
	if name == "" {
		return nil
	}
	p := s.Parameter(name)
	if p == nil {
		return s.Check(name, "")
	}
	if !p.Probeable() {
		return fmt.Errorf("parameter %s is a %s; want a duration or a latency distribution", p.Name, p.Type)
	}
	return nil
}

// CheckWhen reports choices that a rule cannot depend on.
func (s *Scenario) CheckWhen(when Settings) error {
	var faults []error
	for _, name := range SortedNames(when) {
		err := s.Check(name, when[name])
		if p := s.Parameter(name); err == nil && p.Type != ChoiceType {
			err = fmt.Errorf("parameter %s is a %s; want choices", name, p.Type)
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// CheckDefaultProbe reports a default probe that cannot be searched with the other parameters at
// their defaults, at either end of its range.
func (s *Scenario) CheckDefaultProbe(p ProbeRange) error {
	if err := s.CheckProbe(p.Name); err != nil {
		return err
	}
	if p.To <= p.From {
		return fmt.Errorf("probe %q: the range is empty: FROM must be below TO", p)
	}
	v, err := s.Resolve(nil)
	if err != nil {
		return err
	}
	ends := []time.Duration{p.From}
	if !p.Open() {
		ends = append(ends, p.To-1)
	}
	for _, end := range ends {
		if _, err := v.With(p.Name, end); err != nil {
			return Within(fmt.Sprintf("probe %q", p), err)
		}
	}
	return nil
}
