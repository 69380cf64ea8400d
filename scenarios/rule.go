package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// rule is a rule of a scenario file: which datagrams it is about, and what becomes of
// them.
type rule struct {
	name   string
	when   Settings // choices; the rule does nothing unless the parameters have these values
	match  match
	action sim.Action
	delay  delay
	until  match // of sim.Hold and sim.Replay
	forged forgery
}

// match picks datagrams by what their headers show. A datagram that carries several
// records matches if one of them does.
type match struct {
	from    string // "client" or "server"; empty: either
	client  int    // the association: the number of its client, from 1; 0: any
	record  string // one of recordTypes; empty: any
	epoch   int    // -1: any
	message string // one of messageTypes; empty: any
	nth     int    // of its kind, from 1; 0: every one
}

// recordTypes are the content types by name.
var recordTypes = map[string]uint8{
	"change-cipher-spec": trace.ChangeCipherSpec, "alert": trace.Alert, "handshake": trace.Handshake,
	"application-data": trace.ApplicationData,
}

// messageTypes are the handshake messages by name (RFC 6347 section 4.3.2).
var messageTypes = map[string]uint8{
	"hello-request": 0, "client-hello": 1, "server-hello": 2, "hello-verify-request": 3, "new-session-ticket": 4, "certificate": 11,
	"server-key-exchange": 12, "certificate-request": 13, "server-hello-done": 14, "certificate-verify": 15,
	"client-key-exchange": 16, finished: 20,
}

// finished is the one message that is always encrypted: a handshake record of a later
// epoch.
const finished = "finished"

// delay is a duration of a rule: a parameter, or a law of its own.
type delay struct {
	parameter string
	law       law.Law
}

func (d delay) value(v Values) law.Law {
	if d.parameter == "" {
		return d.law
	}
	if p := v.scenario.Parameter(d.parameter); p.Type == DurationType {
		return law.Constant{Value: v.Duration(d.parameter)}
	}
	return v.Law(d.parameter)
}

// forgery is what an outsider sends who sees a datagram: a record of epoch 0, which
// nothing protects.
type forgery struct {
	record      string // "alert" or "application-data"
	alert       string // its description, as trace.AlertDescriptions has it
	level       string // "warning" or "fatal"
	data        string
	sequence    int
	toTheSender bool
}

// withoutParameter is the parameter that takes a rule's datagram out of the run, and
// withoutNothing its value for none.
const (
	withoutParameter = "without"
	withoutNothing   = "nothing"
)

// chosen tells whether parameters that are choices have the given values.
func (v Values) chosen(values Settings) bool {
	for name, text := range values {
		if v.Choice(name) != text {
			return false
		}
	}
	return true
}

// checkWithout reports a rule that is to be taken out and does nothing as it is.
func (v Values) checkWithout() error {
	for _, r := range v.scenario.rules {
		if v.Choice(withoutParameter) != r.name || v.chosen(r.when) {
			continue
		}
		var wanted []string
		for _, name := range sortedNames(r.when) {
			wanted = append(wanted, name+"="+r.when[name])
		}
		return fmt.Errorf("%s=%s: the rule does nothing to be taken out, unless %s", withoutParameter, r.name, strings.Join(wanted, " and "))
	}
	return nil
}

// withoutOf returns the parameter that takes a rule's datagram out of the run.
func withoutOf(rules []rule) Parameter {
	choices := []string{withoutNothing}
	for _, r := range rules {
		choices = append(choices, r.name)
	}
	return Parameter{
		Name: withoutParameter, Type: ChoiceType, Default: choices[0], Choices: choices, Group: ownGroup,
		Meaning: "takes the datagram that a rule is about out of the run: what it delays or holds is lost, what it copies or forges is not, and what it drops is not",
	}
}

// remedyOf returns the parameter that chooses a remedy.
func remedyOf(s *Scenario) Parameter {
	p := Parameter{Name: remedyParameter, Type: ChoiceType, Default: noRemedy, Choices: []string{noRemedy}, Group: ownGroup}
	var meanings []string
	for _, r := range s.Remedies {
		p.Choices = append(p.Choices, r.Name)
		var sets []string
		for i := range s.Parameters { // in their order
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

// sortedNames returns the keys of a map of names in their order.
func sortedNames[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
