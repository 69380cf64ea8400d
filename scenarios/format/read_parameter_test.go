package format_test

import (
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// choosing is a scenario whose rules depend on a choice.
const choosing = `
name: choosing
summary: drops a hello, or none
clients: {clients: "1"}
server: {credentials: psk}
parameters:
  - {name: dropped, type: choice, choices: [first, second, none], default: first, meaning: which hello is lost}
rules:
  - {name: first, when: {dropped: first}, match: {from: client, message: client-hello, nth: 1}, drop: true}
  - {name: second, when: {dropped: second, model: sequential}, match: {from: client, message: client-hello,
     nth: 2}, drop: true}
probe: gap=0s..1s
`

// A scenario may have choices of its own, on which its rules depend.
func TestRulesDependOnChoices(t *testing.T) {
	s, err := format.Parse("choosing.yaml", []byte(choosing))
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Parameter("dropped"); p.Type != scenarios.ChoiceType || p.Unit() != "first|second|none" ||
		p.Default != "first" {
		t.Errorf("%+v", p)
	}
	for _, c := range []struct {
		set  scenarios.Settings
		want string // the rule, by which hello is lost
	}{
		{nil, "ClientHello epoch=0 seq=0: rule first"},
		{scenarios.Settings{"dropped": "second"}, "ClientHello epoch=0 seq=1: rule second"},
		{scenarios.Settings{"dropped": "second", "model": "listener"}, ""}, // every choice counts
		{scenarios.Settings{"dropped": "none"}, ""},
	} {
		v, err := s.Resolve(c.set)
		if err != nil {
			t.Fatal(err)
		}
		var lost string
		s.Run(v, sim.Config{Scenario: s.Name, Seed: 1, Trace: func(r *trace.Record) {
			if strings.HasPrefix(r.Detail(), "rule ") {
				lost = r.Label() + ": " + r.Detail()
			}
		}})
		if lost != c.want {
			t.Errorf("%v: lost %q, want %q", c.set, lost, c.want)
		}
	}
}

// A rule about a latency that follows another applies as soon as the parameter is given:
// by the user, or by the remedy that the user chose.
func TestRuleOfARemedysParameter(t *testing.T) {
	s, err := format.Parse("hurried.yaml", []byte(`
name: hurried
summary: a remedy that sets the latency of one datagram
clients: {clients: 1}
server: {credentials: psk}
parameters:
  - {name: alert-latency, type: latency distribution, follows: uplink, meaning: latency of the alert}
rules:
  - {name: alert, match: {from: client, record: alert}, latency: alert-latency}
remedies:
  - {name: hurry, set: {alert-latency: 3ms}, helps: partly}
probe: alert-latency=0s..1s
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set  scenarios.Settings
		want bool
	}{
		{nil, false},
		{scenarios.Settings{"alert-latency": "3ms"}, true},
		{scenarios.Settings{"remedy": "hurry"}, true},
		{scenarios.Settings{"remedy": "none"}, false},
	} {
		v, err := s.Resolve(c.set)
		if err != nil {
			t.Fatal(err)
		}
		applied := false
		s.Run(v, sim.Config{Scenario: s.Name, Seed: 1, Trace: func(r *trace.Record) {
			applied = applied || strings.Contains(r.Detail(), "rule alert")
		}})
		if applied != c.want {
			t.Errorf("%v: the rule was applied: %v, want %v", c.set, applied, c.want)
		}
	}
}

// Every fault of choices, and of what depends on them, is told with its place.
func TestBadChoices(t *testing.T) {
	const parameter = "{name: dropped, type: choice, choices: [first, second, none], default: first, meaning: which " +
		"hello is lost}"
	for _, c := range []struct{ old, new, want string }{
		{parameter, "{name: dropped, type: choice, default: first, meaning: x}",
			"7:5: choices of parameter dropped are missing"},
		{parameter, "{name: dropped, type: choice, choices: [], default: first, meaning: x}", "7:"},
		{parameter, "{name: dropped, type: choice, choices: [first, first, second], default: first, meaning: x}",
			`7:52: there are two choices "first" of parameter dropped`},
		{parameter, "{name: dropped, type: choice, choices: [first, second, a b], default: first, meaning: x}",
			`7:60: choice "a b" of parameter dropped: want a word`},
		{parameter, "{name: dropped, type: choice, choices: [first, second], default: frist, meaning: x}",
			`default of parameter dropped: "frist" is not one of first, second. Did you mean first?`},
		{parameter, "{name: dropped, type: duration, choices: [first], default: 1s, meaning: x}",
			"7:46: choices have no meaning for parameter dropped, a duration"},
		{"when: {dropped: first}", "when: {dropped: frist}",
			`parameter dropped: "frist" is not one of first, second, none. Did you mean first?`},
		{"when: {dropped: first}", "when: {droped: first}",
			`choosing has no parameter "droped". Did you mean dropped?`},
		{"when: {dropped: first}", "when: {gap: 1s}", "when of rule first: parameter gap is a duration; want choices"},
		{"when: {dropped: first}", "when: first", "when of rule first: want a mapping of parameters to values"},
	} {
		text := strings.Replace(choosing, c.old, c.new, 1)
		if text == choosing {
			t.Fatalf("%q is not in the scenario", c.old)
		}
		if _, err := format.Parse("choosing.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.new, err, c.want)
		}
	}
}
