package network

import (
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// payload returns the record that an on-path attacker sends.
func payload(f rule.Forgery) []byte {
	if f.Record == "alert" {
		level := byte(1)
		if f.Level == "fatal" {
			level = 2
		}
		description := wire.AlertDescriptions()[f.Alert]
		return wire.PlainRecord(wire.Alert, uint64(f.Sequence), []byte{level, description})
	}
	return wire.PlainRecord(wire.ApplicationData, uint64(f.Sequence), []byte(f.Data))
}

// matches reports whether a datagram meets the conditions of a match, except Nth.
func (numbers Clients) matches(m rule.Match, p *sim.Packet) bool {
	client := numbers[p.Sender]
	switch {
	case m.From == "client" && client == 0, m.From == "server" && (client != 0 || p.Forged()):
		return false
	case m.From != "" && m.From != "client" && m.From != "server" && !m.FromHost(p.Sender):
		return false
	case m.Client != 0 && m.Client != client && m.Client != numbers[p.Receiver]:
		return false
	}
	return p.Datagram.Contains(func(r *wire.Record) bool {
		switch {
		case m.Record != "" && r.ContentType != rule.RecordTypes[m.Record],
			m.Epoch >= 0 && int(r.Epoch) != m.Epoch:
			return false
		case m.Message == "":
			return true
		case r.ContentType != wire.Handshake:
			return false
		case r.Epoch > 0:
			return m.Message == rule.Finished
		}
		return r.Message == rule.MessageTypes[m.Message]
	})
}

func (numbers Clients) compileMatch(m rule.Match) sim.Match {
	return sim.Match{Is: func(p *sim.Packet) bool { return numbers.matches(m, p) }, Nth: m.Nth}
}

// compileRules returns the rules of a link, with the durations from the parameters. It omits
// rules whose When does not hold. It also omits a rule whose parameter follows another and is not
// given: the datagram then has the same latency as without the rule, from the same draw. It keeps
// such a rule if the parameter without names it.
func (numbers Clients) compileRules(v scenarios.Values, rules []scenarios.Rule) []sim.Rule {
	var list []sim.Rule
	for _, r := range rules {
		if !v.Chosen(r.When) {
			continue
		}
		without := v.Has(scenarios.WithoutParameter) && v.Choice(scenarios.WithoutParameter) == r.Name
		if p := v.Scenario().Parameter(r.Delay.Parameter); p != nil && p.Follows != "" && !v.Given(p.Name) && !without {
			continue
		}
		compiled := sim.Rule{
			Name: r.Name, Match: numbers.compileMatch(r.Match), Action: r.Action, Delay: r.Delay.Of(v),
			Until: numbers.compileMatch(r.Until), Without: without,
		}
		if r.Action == sim.Forge {
			compiled.Forged = func(*sim.Packet) sim.Forgery {
				return sim.Forgery{Payload: payload(r.Forged), Reversed: r.Forged.ToTheSender}
			}
		}
		list = append(list, compiled)
	}
	return list
}
