package format

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/session"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/suggest"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// The keys of a scenario file, and of its parts.
var (
	scenarioKeys = []string{
		"name", "summary", "mechanism", "prediction", "findings", "references", scenarios.NetworkGroup, scenarios.ClientsGroup, scenarios.ServerGroup, scenarios.NATGroup,
		"parameters", "rules", "remedies", "fail", "probe", "examples", "cause", "study",
	}
	parameterKeys = []string{"name", "type", "default", "follows", "choices", "meaning"}
	matchKeys     = []string{"from", "client", "record", "epoch", "message", "nth"}
	actionKeys    = []string{"latency", "delay", "drop", "duplicate", "hold", "replay", "forge"}
	ruleKeys      = append([]string{"name", "match", "when"}, actionKeys...)
	holdKeys      = []string{"until", "delay"}
	replayKeys    = []string{"after", "delay"}
	forgeKeys     = []string{"record", "alert", "level", "data", "sequence", "to", "delay"}
	remedyKeys    = []string{"name", "set", "helps", "note"}
	causeKeys     = []string{"text", "rule", "set"}
	exampleKeys   = []string{"failing", "passing", "seed"}

	ownTypes     = []string{string(scenarios.DurationType), string(scenarios.DistributionType), string(scenarios.ChoiceType)}
	directions   = []string{"client", "server"}
	helpings     = []string{scenarios.HelpsFully, scenarios.HelpsPartly, scenarios.HelpsNot}
	forgedTypes  = []string{"alert", "application-data"}
	alertLevels  = []string{"fatal", "warning"}
	destinations = []string{"receiver", "sender"}
)

// formerDistribution is what files called a latency distribution before; they still may.
const formerDistribution = "latency distribution"

// Bounds of what a scenario file may hold: beyond them a misprint is more likely than
// a wish.
const (
	maxRules    = 100
	maxNth      = 1_000_000
	maxEpoch    = 1<<16 - 1 // 16 bits (RFC 6347 section 4.1)
	maxSequence = 1<<31 - 1
)

// forgedSequence is the record number of a forged datagram unless it is given: beyond
// those of a handshake, so that it is no replay, and within reach of what comes after.
const forgedSequence = 40

// Parse reads a scenario from YAML. It reports every fault, with file, line and
// column.
func Parse(file string, source []byte) (*scenarios.Scenario, error) {
	r := &strict.Reader{File: file}
	var s *scenarios.Scenario
	if n := r.Document(source); n != nil {
		s = Read(r, n, source)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Read reads a scenario from the document of a YAML file, and leaves its faults with the
// reader. It returns nil if there is nothing to go on with.
func Read(r *strict.Reader, n *yaml.Node, source []byte) *scenarios.Scenario {
	f, ok := r.Mapping(n, "the scenario", scenarioKeys...)
	if !ok {
		return nil
	}
	d := &definition{Reader: r, s: &scenarios.Scenario{
		Name: r.FileName(f, "name", "scenario").Value, Summary: r.Required(f, "summary").Value,
		ExampleSeed: 1, File: r.File, Source: source, HasStudy: f.Nodes["study"] != nil,
		Outcomes: session.Outcomes, Measures: session.Measures,
		Explanation: scenarios.Explanation{
			Mechanism: r.Text(f, "mechanism").Value, Prediction: r.Text(f, "prediction").Value,
			Findings: values(r.Texts(f, "findings")), References: values(r.Texts(f, "references")),
		},
	}}
	d.parameters(f)
	rules := d.rules(f)
	d.remedies(f)
	d.particulars(f)
	s := d.s
	s.Rules = rules
	s.Run = func(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
		return session.Run(v, c, rules)
	}
	return s
}

func values(texts []strict.Text) []string {
	var list []string
	for _, t := range texts {
		list = append(list, t.Value)
	}
	return list
}

// definition is a scenario that is being read.
type definition struct {
	*strict.Reader
	s *scenarios.Scenario
}

// parameters reads the scenario's own parameters, and the defaults of the others.
func (d *definition) parameters(f strict.Fields) {
	var own []scenarios.Parameter
	places := map[string]strict.Place{}
	for i, n := range d.OptionalList(f, "parameters") {
		p, at, ok := d.parameter(n, i)
		if !ok {
			continue
		}
		taken := func(q scenarios.Parameter) bool { return q.Name == p.Name }
		switch {
		case p.Name == "":
		case slices.ContainsFunc(session.Parameters(nil), taken), p.Name == scenarios.RemedyParameter, p.Name == scenarios.WithoutParameter:
			d.Fault(at, "parameter %q: every scenario has one of that name", p.Name)
			continue
		case slices.ContainsFunc(own, taken):
			d.Fault(at, "there are two parameters of the name %q", p.Name)
			continue
		}
		places[p.Name] = at
		own = append(own, p)
	}
	d.s.Parameters = session.Parameters(own)
	for i := range d.s.Parameters { // in their order: one that is followed stands before
		p := &d.s.Parameters[i]
		if p.Follows != "" && p.Group == scenarios.OwnGroup {
			switch q := d.s.Parameter(p.Follows); {
			case q == nil || slices.IndexFunc(d.s.Parameters, func(o scenarios.Parameter) bool { return o.Name == q.Name }) >= i:
				d.Fault(places[p.Name], "parameter %s follows %q, which is no parameter of the network and none that stands before", p.Name, p.Follows)
				p.Follows, p.Default = "", "0s"
			case q.Type != p.Type:
				d.Fault(places[p.Name], "parameter %s is a %s and follows %s, a %s", p.Name, p.Type, q.Name, q.Type)
				p.Follows, p.Default = "", "0s"
			}
		}
	}
	for _, group := range []string{scenarios.NetworkGroup, scenarios.ClientsGroup, scenarios.ServerGroup, scenarios.NATGroup} {
		d.defaults(f, group)
	}
}

// defaults reads a section that gives parameters other defaults.
func (d *definition) defaults(f strict.Fields, group string) {
	n := f.Nodes[group]
	if n == nil {
		return
	}
	var keys []string
	for _, p := range session.GroupParameters(group) {
		keys = append(keys, p.Name)
	}
	section, ok := d.Mapping(n, group, keys...)
	if !ok {
		return
	}
	for _, key := range section.Keys {
		t := d.Text(section, key)
		if t.Bad {
			continue
		}
		p := d.s.Parameter(key)
		if err := p.Check(t.Value); err != nil {
			d.Each(t.Place, key+": ", err)
			continue
		}
		p.Default, p.Follows = t.Value, ""
	}
}

// rules reads the rules, and adds the parameter that takes the datagram of one out.
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
		d.Fault(name.Place, "rule %q: that is how %s says that no datagram is taken out", r.Name, scenarios.WithoutParameter)
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

// match reads which datagrams a rule is about.
func (d *definition) match(f strict.Fields, key string) scenarios.Match {
	m := scenarios.Match{Epoch: -1}
	n := f.Nodes[key]
	if n == nil {
		d.Fault(f.Place, "%s of %s is missing: want a mapping with some of the keys %s", key, f.What, strings.Join(matchKeys, ", "))
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
		m.From = d.Choice(g, "from", false, directions...)
	}
	if g.Nodes["record"] != nil {
		m.Record = d.Choice(g, "record", false, scenarios.SortedNames(scenarios.RecordTypes)...)
	}
	if g.Nodes["message"] != nil {
		m.Message = d.Choice(g, "message", false, scenarios.SortedNames(scenarios.MessageTypes)...)
	}
	if g.Nodes["client"] != nil {
		m.Client = d.Count(g, "client", session.MaxClients)
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
	case m.Message == scenarios.Finished && m.Epoch == 0:
		d.Fault(g.Place, "%s: a Finished is never of epoch 0", g.What)
	case m.Message != "" && m.Message != scenarios.Finished && m.Epoch > 0:
		d.Fault(g.Place, "%s: of the messages of a later epoch only a Finished can be told", g.What)
	}
	return m
}

// delay reads a duration of a rule: the name of a parameter, or a latency distribution.
func (d *definition) delay(f strict.Fields, key string) scenarios.Delay {
	t := d.Required(f, key)
	if t.Value == "" {
		return scenarios.Delay{Distribution: distribution.Constant{}}
	}
	if p := d.s.Parameter(t.Value); p != nil {
		if !p.Probeable() {
			d.Fault(t.Place, "%s of %s: parameter %s is a %s; want a duration or a latency distribution", key, f.What, p.Name, p.Type)
		}
		return scenarios.Delay{Parameter: t.Value}
	}
	l, err := distribution.Parse(t.Value)
	if err != nil {
		d.Fault(t.Place, "%s %q of %s: want a parameter or a latency distribution.%s %v", key, t.Value, f.What,
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
func (d *definition) forgery(f strict.Fields) scenarios.Forgery {
	g := scenarios.Forgery{
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
	only := map[string]string{"alert": "alert", "level": "alert", "data": "application-data"} // for records of that type
	for _, key := range f.Keys {
		if record, ok := only[key]; ok && g.Record != "" && g.Record != record {
			d.Fault(strict.PlaceOf(f.Nodes[key]), "%s has no meaning for a forged record of type %s", key, g.Record)
		}
	}
	return g
}

// remedies reads the remedies, and adds the parameter that chooses one.
func (d *definition) remedies(f strict.Fields) {
	var places []strict.Place
	for i, n := range d.OptionalList(f, "remedies") {
		g, ok := d.Mapping(n, fmt.Sprintf("remedy %d", i+1), remedyKeys...)
		if !ok {
			continue
		}
		name := d.Required(g, "name")
		if name.Value != "" {
			g.What = "remedy " + name.Value
		}
		d.word(name, "remedy")
		r := scenarios.Remedy{Name: name.Value, Helps: d.Choice(g, "helps", false, helpings...), Note: d.Text(g, "note").Value, Set: d.settings(g, "set")}
		switch {
		case name.Value == scenarios.NoRemedy:
			d.Fault(name.Place, "remedy %q: that is how %s says that there is none", scenarios.NoRemedy, scenarios.RemedyParameter)
		case d.s.Remedy(name.Value).Name != "":
			d.Fault(name.Place, "there are two remedies of the name %q", name.Value)
		case len(r.Set) == 0 && g.Nodes["set"] == nil:
			d.Fault(g.Place, "set of %s is missing: want the parameters that it sets", g.What)
		default:
			d.s.Remedies, places = append(d.s.Remedies, r), append(places, name.Place)
		}
	}
	if len(d.s.Remedies) == 0 {
		return
	}
	d.s.Parameters = append(d.s.Parameters, scenarios.NewRemedyParameter(d.s))
	sound := d.Faults() == 0 // else what does not resolve has been told
	for i, r := range d.s.Remedies {
		if _, err := d.s.Resolve(scenarios.Settings{scenarios.RemedyParameter: r.Name}); err != nil && sound {
			d.Each(places[i], "remedy "+r.Name+": ", err)
		}
	}
}

// settings reads parameters with their values, each of which is checked.
func (d *definition) settings(f strict.Fields, key string) scenarios.Settings {
	set := scenarios.Settings{}
	for _, a := range d.Assignments(f, key) {
		at := a.Value.Place
		if d.s.Parameter(a.Name.Value) == nil {
			at = a.Name.Place
		}
		if err := d.s.Check(a.Name.Value, a.Value.Value); err != nil {
			d.Each(at, "", err)
			continue
		}
		if _, ok := set[a.Name.Value]; ok {
			d.Fault(a.Name.Place, "parameter %s is set twice", a.Name.Value)
		}
		set[a.Name.Value] = a.Value.Value
	}
	return set
}

// particulars reads the predicate, the probe, the examples and the cause.
func (d *definition) particulars(f strict.Fields) {
	for _, t := range d.Texts(f, "fail") {
		if _, err := d.s.ParsePredicate(t.Value); err != nil || t.Value == scenarios.AllOutcomes || t.Value == "" {
			if err == nil {
				err = fmt.Errorf("%q is not the name of an outcome", t.Value)
			}
			d.Each(t.Place, "fail: ", err)
			continue
		}
		d.s.Fail = append(d.s.Fail, t.Value)
	}
	if t := d.Required(f, "probe", "NAME=FROM..TO"); t.Value != "" {
		var err error
		if d.s.Probe, err = d.s.ParseProbe(t.Value); err != nil {
			d.Each(t.Place, "", err)
		}
	}
	if n := f.Nodes["examples"]; n != nil {
		if g, ok := d.Mapping(n, "examples", exampleKeys...); ok {
			d.s.Failing, d.s.Passing = d.whole(g, "failing"), d.whole(g, "passing")
			if t := d.Text(g, "seed"); t.Given && !t.Bad {
				d.s.ExampleSeed = d.Seed(t)
			}
		}
	}
	if n := f.Nodes["cause"]; n != nil {
		d.cause(n)
	}
}

// whole reads settings that must do together.
func (d *definition) whole(f strict.Fields, key string) scenarios.Settings {
	before := d.Faults()
	set := d.settings(f, key)
	if _, err := d.s.Resolve(set); err != nil && d.Faults() == before {
		at := f.Place
		if n := f.Nodes[key]; n != nil {
			at = strict.PlaceOf(n)
		}
		d.Each(at, key+": ", err)
	}
	return set
}

func (d *definition) cause(n *yaml.Node) {
	f, ok := d.Mapping(n, "cause", causeKeys...)
	if !ok {
		return
	}
	d.s.Cause.Text = d.Required(f, "text").Value
	rule := d.Text(f, "rule")
	switch {
	case rule.Given == (f.Nodes["set"] != nil):
		d.Fault(f.Place, "cause: want either the rule whose datagram it is, or set, the parameters that take it away")
	case rule.Given && !rule.Bad:
		if err := d.s.Check(scenarios.WithoutParameter, rule.Value); err != nil {
			d.Each(rule.Place, "cause: ", err)
		}
		d.s.Cause.Set = scenarios.Settings{scenarios.WithoutParameter: rule.Value}
	default:
		d.s.Cause.Set = d.settings(f, "set")
	}
}
