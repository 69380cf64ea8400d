package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Rule is a rule of a scenario: which datagrams it applies to, and what happens to them.
type Rule struct {
	Name   string
	When   Settings // choices; the rule applies only if the parameters have these values
	Match  rule.Match
	Action sim.Action
	Delay  Delay
	Until  rule.Match // for sim.Hold and sim.Replay
	Forged rule.Forgery
}

// Delay is a duration of a rule: a parameter or the rule's own distribution.
type Delay struct {
	Parameter    string
	Distribution distribution.Distribution
}

// Of returns the distribution of the delay for given values.
func (d Delay) Of(v Values) distribution.Distribution {
	if d.Parameter == "" {
		return d.Distribution
	}
	if p := v.base.scenario.Parameter(d.Parameter); p.Type == DurationType {
		return distribution.Constant{Value: v.Duration(d.Parameter)}
	}
	return v.Distribution(d.Parameter)
}

// WithoutParameter is the parameter that removes the datagram of a rule from the run;
// WithoutNothing is its value for no rule.
const (
	WithoutParameter = "without"
	WithoutNothing   = "nothing"
)

// Chosen reports whether the parameters, which are choices, have the given values.
func (v Values) Chosen(values Settings) bool {
	for name, text := range values {
		if v.Choice(name) != text {
			return false
		}
	}
	return true
}

// checkWithout reports an attempt to remove a rule that does not apply anyway.
func (v Values) checkWithout() error {
	for _, r := range v.base.scenario.Rules {
		if v.Choice(WithoutParameter) != r.Name || v.Chosen(r.When) {
			continue
		}
		var wanted []string
		for _, name := range SortedNames(r.When) {
			wanted = append(wanted, name+"="+r.When[name])
		}
		return fmt.Errorf(
			"%s=%s: the rule does nothing to be taken out, unless %s", WithoutParameter, r.Name,
			strings.Join(wanted, " and "),
		)
	}
	return nil
}

// NewWithoutParameter returns the parameter that removes the datagram of a rule from the run.
func NewWithoutParameter(rules []Rule) Parameter {
	choices := []string{WithoutNothing}
	for _, r := range rules {
		choices = append(choices, r.Name)
	}
	return Parameter{
		Name: WithoutParameter, Type: ChoiceType, Default: choices[0], Choices: choices, Group: OwnGroup,
		Meaning: "takes the datagram that a rule is about out of the run: what it delays or holds is lost, what it " +
			"copies or forges is not, and what it drops is not",
	}
}

// NewRemedyParameter returns the parameter that chooses a remedy.
func NewRemedyParameter(s *Scenario) Parameter {
	p := Parameter{
		Name: RemedyParameter, Type: ChoiceType, Default: NoRemedy, Choices: []string{NoRemedy},
		Group: OwnGroup,
	}
	var meanings []string
	for _, r := range s.Remedies {
		p.Choices = append(p.Choices, r.Name)
		var sets []string
		for i := range s.Parameters { // in display order
			q := &s.Parameters[i]
			text, ok := r.Set[q.Name]
			if !ok {
				continue
			}
			set := q.Name + "=" + text
			if q.Type == DurationType {
				set += " unless given"
			}
			sets = append(sets, set)
		}
		meanings = append(meanings, fmt.Sprintf("%s sets %s", r.Name, strings.Join(sets, " and ")))
	}
	p.Meaning = "shorthand: " + strings.Join(meanings, "; ")
	return p
}

// SortedNames returns the keys of a map, sorted.
func SortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Unmet describes the rules of a scenario that met nothing in a run with these values.
func (v Values) Unmet(rules []sim.RuleCount, sent []sim.Sent) (list []rule.Unmet) {
	clients := v.clients()
	for _, c := range rules {
		i := slices.IndexFunc(v.Scenario().Rules, func(r Rule) bool { return r.Name == c.Rule })
		switch {
		case c.Datagrams > 0:
		case i < 0: // of a scenario in Go
			list = append(list, rule.Unmet{
				Rule: c.Rule, Why: "none was selected", Sent: rule.Match{}.Sent(sent, clients),
			})
		default:
			m := v.Scenario().Rules[i].Match
			list = append(list, rule.Unmet{
				Rule: c.Rule, Match: m.String(), Why: v.whyUnmet(m, c.Alike), Sent: m.Sent(sent, clients),
			})
		}
	}
	return list
}

// clients returns the numbers of the clients by their actors; nil if the scenario does not say.
func (v Values) clients() map[string]int {
	if f := v.Scenario().Clients; f != nil {
		return f(v)
	}
	return nil
}

// whyUnmet says why a match selected nothing. alike is how many datagrams of one association match but for
// their position.
func (v Values) whyUnmet(m rule.Match, alike int) string {
	count := len(v.clients())
	if n, ok := v.value("clients").(int64); ok {
		count = int(n)
	}
	switch {
	case alike > 0:
		return fmt.Sprintf("of its kind there were at most %d in an association", alike)
	case count > 0 && m.Client > count:
		return fmt.Sprintf("there are %d clients", count)
	}
	return "no datagram is of this kind"
}
