package scenarios

import (
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// payload returns the record that an on-path attacker sends.
func payload(f forgery) []byte {
	if f.record == "alert" {
		level := byte(1)
		if f.level == "fatal" {
			level = 2
		}
		description := trace.AlertDescriptions()[f.alert]
		return trace.PlainRecord(trace.Alert, uint64(f.sequence), []byte{level, description})
	}
	return trace.PlainRecord(trace.ApplicationData, uint64(f.sequence), []byte(f.data))
}

// matches tells whether a datagram is one that the match is about, but for which of its
// kind it is.
func matches(m match, p *sim.Packet) bool {
	client := clientNumber(p.Sender)
	switch {
	case m.from == "client" && client == 0, m.from == "server" && (client != 0 || p.Forged()):
		return false
	case m.client != 0 && m.client != client && m.client != clientNumber(p.Receiver):
		return false
	}
	return trace.Contains(p.Payload, func(r trace.DTLSRecord) bool {
		switch {
		case m.record != "" && r.ContentType != recordTypes[m.record], m.epoch >= 0 && int(r.Epoch) != m.epoch:
			return false
		case m.message == "":
			return true
		case r.ContentType != trace.Handshake:
			return false
		case r.Epoch > 0:
			return m.message == finished
		}
		return r.Message == messageTypes[m.message]
	})
}

func compileMatch(m match) sim.Match {
	return sim.Match{Is: func(p *sim.Packet) bool { return matches(m, p) }, Nth: m.nth}
}

// compileRules returns the rules of a link, with the durations that the parameters
// give. A rule that depends on other choices does nothing. A rule whose parameter
// follows another, and is not given otherwise, leaves the datagram alone: it has the
// latency that it would have without the rule, by the same draw.
func compileRules(v Values, rules []rule) []sim.Rule {
	var list []sim.Rule
	for _, r := range rules {
		if !v.chosen(r.when) {
			continue
		}
		without := v.Has(withoutParameter) && v.Choice(withoutParameter) == r.name
		if p := v.Scenario().Parameter(r.delay.parameter); p != nil && p.Follows != "" && !v.Given(p.Name) && !without {
			continue
		}
		compiled := sim.Rule{
			Name: r.name, Match: compileMatch(r.match), Action: r.action, Delay: r.delay.value(v), Until: compileMatch(r.until), Without: without,
		}
		if r.action == sim.Forge {
			compiled.Forged = func(*sim.Packet) sim.Forgery {
				return sim.Forgery{Payload: payload(r.forged), Reversed: r.forged.toTheSender}
			}
		}
		list = append(list, compiled)
	}
	return list
}
