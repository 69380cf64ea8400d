package format

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/suggest"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// rules reads the rules and adds the parameter that removes the datagram of one of them.
func (d *definition) rules(f strict.Fields) []scenarios.Rule {
	nodes := d.OptionalList(f, "rules")
	if len(nodes) > maxRules {
		d.Fault(strict.PlaceOf(f.Nodes["rules"]), "there are %d rules, at most %d", len(nodes), maxRules)
		nodes = nodes[:maxRules]
	}
	var list []scenarios.Rule
	for i, n := range nodes {
		r, at, ok := d.rule(n, i)
		if !ok {
			continue
		}
		if slices.ContainsFunc(list, func(q scenarios.Rule) bool { return q.Name == r.Name }) {
			d.Fault(at, "there are two rules of the name %q", r.Name)
			continue
		}
		list = append(list, r)
	}
	if len(list) > 0 {
		d.s.Parameters = append(d.s.Parameters, scenarios.NewWithoutParameter(list))
	}
	return list
}

func (d *definition) rule(n *yaml.Node, i int) (r scenarios.Rule, at strict.Place, ok bool) {
	f, ok := d.Mapping(n, fmt.Sprintf("rule %d", i+1), ruleKeys...)
	if !ok {
		return r, f.Place, false
	}
	name := d.Required(f, "name")
	if r.Name = name.Value; r.Name != "" {
		f.What = "rule " + r.Name
	}
	d.word(name, "rule")
	if r.Name == scenarios.WithoutNothing {
		d.Fault(
			name.Place, "rule %q: that is how %s says that no datagram is taken out", r.Name,
			scenarios.WithoutParameter,
		)
	}
	r.Match, r.When = d.match(f, "match"), d.when(f)
	var given []string
	for _, key := range f.Keys {
		if slices.Contains(actionKeys, key) {
			given = append(given, key)
		}
	}
	if len(given) != 1 {
		had := strings.Join(given, " and ")
		if had == "" {
			had = "none"
		}
		d.Fault(f.Place, "%s: want exactly one of %s, not %s", f.What, strings.Join(actionKeys, ", "), had)
		return r, name.Place, r.Name != ""
	}
	key := given[0]
	switch key {
	case "latency":
		r.Action, r.Delay = sim.SetLatency, d.delay(f, key)
	case "delay":
		r.Action, r.Delay = sim.AddDelay, d.delay(f, key)
	case "duplicate":
		r.Action, r.Delay = sim.Duplicate, d.delay(f, key)
	case "drop":
		r.Action = sim.Discard
		if t := d.Text(f, key); !t.Bad && t.Value != "true" {
			d.Fault(t.Place, "drop %q of %s: want true", t.Value, f.What)
		}
	case "hold":
		r.Action = sim.Hold
		if g, ok := d.Mapping(f.Nodes[key], "hold of "+f.What, holdKeys...); ok {
			r.Until, r.Delay = d.match(g, "until"), d.optionalDelay(g, "delay")
		}
	case "replay":
		r.Action = sim.Replay
		if g, ok := d.Mapping(f.Nodes[key], "replay of "+f.What, replayKeys...); ok {
			r.Until, r.Delay = d.match(g, "after"), d.optionalDelay(g, "delay")
		}
	case "forge":
		r.Action = sim.Forge
		if g, ok := d.Mapping(f.Nodes[key], "forge of "+f.What, forgeKeys...); ok {
			r.Forged, r.Delay = d.forgery(g), d.optionalDelay(g, "delay")
		}
	}
	return r, name.Place, r.Name != ""
}

// senders returns what a rule can call the sender of a datagram.
func (d *definition) senders() []string {
	list := slices.Clone(directions)
	if d.network != nil {
		for i := range d.network.Hosts {
			if name := d.network.Hosts[i].Name; !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// match reads which datagrams a rule applies to.
func (d *definition) match(f strict.Fields, key string) rule.Match {
	m := rule.Match{Epoch: -1}
	n := f.Nodes[key]
	if n == nil {
		d.Fault(
			f.Place, "%s of %s is missing: want a mapping with some of the keys %s", key, f.What,
			strings.Join(matchKeys, ", "),
		)
		return m
	}
	g, ok := d.Mapping(n, key+" of "+f.What, matchKeys...)
	if !ok {
		return m
	}
	if len(g.Keys) == 0 {
		d.Fault(g.Place, "%s is empty: want some of the keys %s", g.What, strings.Join(matchKeys, ", "))
	}
	if g.Nodes["from"] != nil {
		m.From = d.Choice(g, "from", false, d.senders()...)
	}
	if g.Nodes["record"] != nil {
		m.Record = d.Choice(g, "record", false, scenarios.SortedNames(rule.RecordTypes)...)
	}
	if g.Nodes["message"] != nil {
		m.Message = d.Choice(g, "message", false, scenarios.SortedNames(rule.MessageTypes)...)
	}
	if g.Nodes["client"] != nil {
		m.Client = d.Count(g, "client", network.MaxClients)
	}
	if g.Nodes["nth"] != nil {
		m.Nth = d.Count(g, "nth", maxNth)
	}
	if t := d.Text(g, "epoch"); t.Given && !t.Bad {
		m.Epoch = d.Whole(t, "epoch", 0, maxEpoch)
	}
	switch {
	case m.Message != "" && m.Record != "" && m.Record != "handshake":
		d.Fault(g.Place, "%s: a message is in a record of type handshake, not %s", g.What, m.Record)
	case m.Message == rule.Finished && m.Epoch == 0:
		d.Fault(g.Place, "%s: a Finished is never of epoch 0", g.What)
	case m.Message != "" && m.Message != rule.Finished && m.Epoch > 0:
		d.Fault(g.Place, "%s: of the messages of a later epoch only a Finished can be told", g.What)
	}
	return m
}

// delay reads a duration of a rule.
func (d *definition) delay(f strict.Fields, key string) scenarios.Delay {
	t := d.Required(f, key)
	if t.Value == "" {
		return scenarios.Delay{Distribution: distribution.Constant{}}
	}
	return d.duration(t, key, f.What)
}

// duration reads the name of a parameter, or a latency distribution. key and of say whose it is.
func (d *definition) duration(t strict.Text, key, of string) scenarios.Delay {
	if d.s.Parameter(t.Value) != nil {
		if err := d.s.CheckDelay(t.Value); err != nil {
			d.Fault(t.Place, "%s of %s: %v", key, of, err)
		}
		return scenarios.Delay{Parameter: t.Value}
	}
	l, err := distribution.Parse(t.Value)
	if err != nil {
		d.Fault(t.Place, "%s %q of %s: want a parameter or a latency distribution.%s %v", key, t.Value, of,
			suggest.DidYouMean(t.Value, d.s.ParameterNames()), err)
		return scenarios.Delay{Distribution: distribution.Constant{}}
	}
	return scenarios.Delay{Distribution: l}
}

func (d *definition) optionalDelay(f strict.Fields, key string) scenarios.Delay {
	if f.Nodes[key] == nil {
		return scenarios.Delay{Distribution: distribution.Constant{}}
	}
	return d.delay(f, key)
}

// forgery reads what an on-path attacker sends.
func (d *definition) forgery(f strict.Fields) rule.Forgery {
	g := rule.Forgery{
		Record: d.Choice(f, "record", false, forgedTypes...), Data: "forged", Sequence: forgedSequence,
		ToTheSender: d.Choice(f, "to", true, destinations...) == "sender",
	}
	if t := d.Text(f, "sequence"); t.Given && !t.Bad {
		g.Sequence = d.Whole(t, "sequence", 0, maxSequence)
	}
	if g.Record == "alert" {
		g.Alert = d.Choice(f, "alert", false, scenarios.SortedNames(wire.AlertDescriptions())...)
		g.Level = d.Choice(f, "level", true, alertLevels...)
	}
	if t := d.Text(f, "data"); t.Given {
		g.Data = t.Value
	}
	only := map[string]string{
		"alert": "alert",
		"level": "alert",
		"data":  "application-data",
	} // valid only for records of that type
	for _, key := range f.Keys {
		if record, ok := only[key]; ok && g.Record != "" && g.Record != record {
			d.Fault(strict.PlaceOf(f.Nodes[key]), "%s has no meaning for a forged record of type %s", key, g.Record)
		}
	}
	return g
}
