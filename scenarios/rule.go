package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Rule is a rule of a scenario: which datagrams it applies to, and what happens to them.
type Rule struct {
	Name   string
	When   Settings // choices; the rule applies only if the parameters have these values
	Match  Match
	Action sim.Action
	Delay  Delay
	Until  Match // for sim.Hold and sim.Replay
	Forged Forgery
}

// Match selects datagrams by their headers. A datagram with several records matches if one of
// them does.
type Match struct {
	From    string // "client" or "server"; empty: both
	Client  int    // the association: the number of its client, from 1; 0: any
	Record  string // one of RecordTypes; empty: any
	Epoch   int    // -1: any
	Message string // one of MessageTypes; empty: any
	Nth     int    // the n-th of its kind, from 1; 0: all
}

// RecordTypes maps names to content types of records.
var RecordTypes = map[string]uint8{
	"change-cipher-spec": wire.ChangeCipherSpec, "alert": wire.Alert, "handshake": wire.Handshake,
	"application-data": wire.ApplicationData,
}

// MessageTypes maps names to handshake messages (RFC 6347 section 4.3.2).
var MessageTypes = map[string]uint8{
	"hello-request": 0, "client-hello": 1, "server-hello": 2, "hello-verify-request": 3, "new-session-ticket": 4,
	"certificate":         11,
	"server-key-exchange": 12, "certificate-request": 13, "server-hello-done": 14, "certificate-verify": 15,
	"client-key-exchange": 16, Finished: 20,
}

// Finished is the only message that is always encrypted: a handshake record of a later epoch.
const Finished = "finished"

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

// Forgery is what an on-path attacker sends when a datagram passes: an unprotected record of
// epoch 0.
type Forgery struct {
	Record      string // "alert" or "application-data"
	Alert       string // a description in wire.AlertDescriptions
	Level       string // "warning" or "fatal"
	Data        string
	Sequence    int
	ToTheSender bool
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
