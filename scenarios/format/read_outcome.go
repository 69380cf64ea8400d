package format

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/hostfile"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
)

// mostNested is how deep conditions can be nested.
const mostNested = 20

// outcomes reads what can go wrong.
func (d *definition) outcomes(f strict.Fields) {
	if f.Nodes["outcomes"] == nil {
		d.Fault(f.Place, "outcomes of the scenario are missing: want a list of what can go wrong, as in "+
			`{name: failed, meaning: the client failed, when: {host: client, exit: "!= 0"}}`)
		return
	}
	for i, n := range d.List(f, "outcomes") {
		g, ok := d.Mapping(n, fmt.Sprintf("outcome %d", i+1), hostfile.OutcomeKeys...)
		if !ok {
			continue
		}
		name := d.Required(g, "name")
		if name.Value != "" {
			g.What = "outcome " + name.Value
		}
		d.word(name, "outcome")
		o := hosts.Outcome{Outcome: scenarios.Outcome{Name: name.Value, Meaning: d.Required(g, "meaning").Value}}
		switch {
		case strings.ContainsAny(o.Name, "<>"):
			d.Fault(name.Place, "name %q of an outcome: want no < or >, which a limit of a measure has", o.Name)
		case o.Name == scenarios.AllOutcomes || o.Name == scenarios.Clean:
			d.Fault(name.Place, "name %q of an outcome: the word has a meaning of its own", o.Name)
		case slices.ContainsFunc(d.s.Outcomes, func(p scenarios.Outcome) bool { return p.Name == o.Name }):
			d.Fault(name.Place, "there are two outcomes of the name %q", o.Name)
		}
		if n := g.Nodes["when"]; n != nil {
			o.When = d.condition(n, "when of "+g.What, 0)
		} else {
			d.Fault(g.Place, "when of %s is missing: want a condition, as in {host: server, output: TEXT}", g.What)
		}
		d.network.Outcomes, d.s.Outcomes = append(d.network.Outcomes, o), append(d.s.Outcomes, o.Outcome)
	}
}

// condition reads a condition on what programs did.
func (d *definition) condition(n *yaml.Node, what string, depth int) (c hosts.Condition) {
	f, ok := d.Mapping(n, what, hostfile.ConditionKeys...)
	if !ok {
		return c
	}
	if depth > mostNested {
		d.Fault(f.Place, "%s is nested more than %d deep", what, mostNested)
		return c
	}
	for _, key := range hostfile.Connectives {
		if f.Nodes[key] != nil && len(f.Keys) > 1 {
			d.Fault(f.Place, "%s: %s stands alone: put it into the list of all, beside the rest", what, key)
			return c
		}
	}
	list := func(key string) (list []hosts.Condition) {
		for i, n := range d.List(f, key) {
			list = append(list, d.condition(n, fmt.Sprintf("condition %d of %s of %s", i+1, key, what), depth+1))
		}
		return list
	}
	switch {
	case f.Nodes["not"] != nil:
		not := d.condition(f.Nodes["not"], "not of "+what, depth+1)
		return hosts.Condition{Not: &not}
	case f.Nodes["all"] != nil:
		return hosts.Condition{All: list("all")}
	case f.Nodes["any"] != nil:
		return hosts.Condition{Any: list("any")}
	}
	host := d.Required(f, "host")
	c.Host = host.Value
	if f.Nodes["run"] != nil {
		c.Run = d.Count(f, "run", network.MaxClients)
	}
	fault := func(t strict.Text, err error) {
		if err != nil {
			d.Each(t.Place, what+": ", err)
		}
	}
	var err error
	if f.Nodes["output"] != nil {
		if t := d.Required(f, "output"); t.Value != "" {
			c.Output, err = hosts.ParsePattern(t.Value)
			fault(t, err)
		}
	}
	if f.Nodes["exit"] != nil {
		if t := d.Required(f, "exit"); t.Value != "" {
			c.Exit, err = hosts.ParseExit(t.Value)
			fault(t, err)
		}
	}
	if f.Nodes["output"] == nil && f.Nodes["exit"] == nil {
		d.Fault(f.Place, "%s: want output, exit, or both", what)
	}
	if c.Host != "" && d.sound {
		fault(host, c.Check(d.network))
	}
	return c
}
