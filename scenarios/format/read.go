package format

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/strict"
	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/scenarios/session"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
)

// The keys of a scenario file and of its parts.
var (
	scenarioKeys = []string{
		"name", "summary", "mechanism", "prediction", "findings", "references", scenarios.NetworkGroup,
		scenarios.ClientsGroup, scenarios.ServerGroup, scenarios.NATGroup, scenarios.RunGroup, "hosts", "outcomes",
		"parameters", "rules", "remedies", "fail", "probe", "examples", "cause", "study",
	}
	parameterKeys = []string{"name", "type", "default", "follows", "choices", "min", "max", "meaning"}
	matchKeys     = []string{"from", "client", "record", "epoch", "message", "nth"}
	actionKeys    = []string{"latency", "delay", "drop", "duplicate", "hold", "replay", "forge"}
	ruleKeys      = append([]string{"name", "match", "when"}, actionKeys...)
	holdKeys      = []string{"until", "delay"}
	replayKeys    = []string{"after", "delay"}
	forgeKeys     = []string{"record", "alert", "level", "data", "sequence", "to", "delay"}
	remedyKeys    = []string{"name", "set", "helps", "note"}
	causeKeys     = []string{"text", "rule", "set"}
	exampleKeys   = []string{"failing", "passing", "seed"}

	ownTypes = []string{
		string(scenarios.DurationType),
		string(scenarios.DistributionType),
		string(scenarios.ChoiceType),
	}
	programTypes = []string{string(scenarios.CountType), string(scenarios.TextType)} // only with hosts
	directions   = []string{"client", "server"}
	helpings     = []string{scenarios.HelpsFully, scenarios.HelpsPartly, scenarios.HelpsNot}
	forgedTypes  = []string{"alert", "application-data"}
	alertLevels  = []string{"fatal", "warning"}
	destinations = []string{"receiver", "sender"}
)

// formerDistribution is the former name of the type of latency distributions in files. It is
// still accepted.
const formerDistribution = "latency law"

// Limits of a scenario file. A value beyond them is more likely a typing error than intended.
const (
	maxRules    = 100
	maxNth      = 1_000_000
	maxEpoch    = 1<<16 - 1 // 16 bits (RFC 6347 section 4.1)
	maxSequence = 1<<31 - 1
	mostCount   = 1_000_000_000
)

// forgedSequence is the default record number of a forged datagram. It is above the numbers of a
// handshake, so the record is not a replay, but close enough that later records are still
// accepted.
const forgedSequence = 40

// Parse reads a scenario from YAML. It reports every fault with file, line and column.
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

// Read reads a scenario from the document of a YAML file and adds its faults to the reader. It
// returns nil if it cannot continue.
func Read(r *strict.Reader, n *yaml.Node, source []byte) *scenarios.Scenario {
	f, ok := r.Mapping(n, "the scenario", scenarioKeys...)
	if !ok {
		return nil
	}
	d := &definition{Reader: r, s: &scenarios.Scenario{
		Name: r.FileName(f, "name", "scenario").Value, Summary: r.Required(f, "summary").Value,
		ExampleSeed: 1, File: r.File, Source: source, HasStudy: f.Nodes["study"] != nil,
		Explanation: scenarios.Explanation{
			Mechanism: r.Text(f, "mechanism").Value, Prediction: r.Text(f, "prediction").Value,
			Findings: values(r.Texts(f, "findings")), References: values(r.Texts(f, "references")),
		},
	}}
	s := d.s
	if f.Nodes["hosts"] != nil {
		d.network = &hosts.Network{}
	}
	d.parameters(f)
	if d.network != nil {
		d.hosts(f)
		d.outcomes(f)
	}
	s.Rules = d.rules(f)
	d.remedies(f)
	if d.network != nil {
		d.network.Rules = s.Rules
		s.Measures, s.TimersUnknown = d.network.Measures(), d.network.TimersUnknown()
		s.Coarse = true
		s.Files, s.Clients, s.Run = d.network.Files, d.network.Clients, d.network.Run
	} else {
		s.Outcomes, s.Measures, s.TimersKnown = outcome.All, outcome.Measures, true
		s.Run = func(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
			return session.Run(v, c, s.Rules)
		}
		for _, key := range []string{"outcomes", scenarios.RunGroup} {
			if n := f.Nodes[key]; n != nil {
				d.Fault(strict.PlaceOf(n), "%s has no meaning without hosts, which have programs", key)
			}
		}
	}
	d.particulars(f)
	if r.Faults() == 0 {
		if err := s.Validate(); err != nil {
			r.Each(f.Place, "", err)
		}
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

// definition is a scenario being read.
type definition struct {
	*strict.Reader
	s       *scenarios.Scenario
	network *hosts.Network // nil: sessions of package session
	sound   bool           // the hosts have no fault
}

// all returns the parameters of a scenario of this kind, with its own.
func (d *definition) all(own []scenarios.Parameter) []scenarios.Parameter {
	if d.network != nil {
		return hosts.Parameters(own)
	}
	return session.Parameters(own)
}

// parameters reads the scenario's own parameters and the defaults of the others.
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
		case slices.ContainsFunc(d.all(nil), taken),
			p.Name == scenarios.RemedyParameter,
			p.Name == scenarios.WithoutParameter:
			d.Fault(at, "parameter %q: every scenario has one of that name", p.Name)
			continue
		case slices.ContainsFunc(own, taken):
			d.Fault(at, "there are two parameters of the name %q", p.Name)
			continue
		}
		places[p.Name] = at
		own = append(own, p)
	}
	d.s.Parameters = d.all(own)
	if d.s.Asks = session.Asks(); d.network != nil {
		d.s.Asks = hosts.Asks()
	}
	for i := range d.s.Parameters {
		p := &d.s.Parameters[i]
		if p.Follows == "" || p.Group != scenarios.OwnGroup {
			continue
		}
		if err := d.s.CheckParameter(i); err != nil {
			d.Each(places[p.Name], "", err)
			p.Follows, p.Default = "", fallback(p)
		}
	}
	for _, group := range []string{scenarios.NetworkGroup, scenarios.ClientsGroup, scenarios.ServerGroup,
		scenarios.NATGroup, scenarios.RunGroup} {
		d.defaults(f, group)
	}
}

// defaults reads a section that overrides defaults of parameters.
func (d *definition) defaults(f strict.Fields, group string) {
	n := f.Nodes[group]
	if n == nil {
		return
	}
	var keys []string
	for _, p := range d.all(nil) {
		if p.Group == group {
			keys = append(keys, p.Name)
		}
	}
	switch {
	case len(keys) > 0:
	case d.network != nil:
		d.Fault(strict.PlaceOf(n), "%s has no meaning beside hosts, which have programs", group)
		return
	default:
		return // reported elsewhere
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

// remedies reads the remedies and adds the parameter that chooses one.
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
		r := scenarios.Remedy{
			Name: name.Value, Helps: d.Choice(g, "helps", false, helpings...), Note: d.Text(g, "note").Value,
			Set: d.settings(g, "set"),
		}
		switch {
		case name.Value == scenarios.NoRemedy:
			d.Fault(
				name.Place, "remedy %q: that is how %s says that there is none", scenarios.NoRemedy,
				scenarios.RemedyParameter,
			)
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
	sound := d.Faults() == 0 // otherwise failures to resolve have been reported
	for i, r := range d.s.Remedies {
		if err := d.s.CheckRemedy(r); err != nil && sound {
			d.Each(places[i], "", err)
		}
	}
}

// settings reads parameters and their values, and checks each value.
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
		p, err := d.s.ParsePredicate(t.Value)
		names := strings.Split(p.Text(), ",")
		if err == nil && (t.Value == "" || slices.Contains(names, scenarios.AllOutcomes)) {
			err = fmt.Errorf("%q is not the name of an outcome, or a limit of a measure", t.Value)
		}
		if err != nil {
			d.Each(t.Place, "fail: ", err)
			continue
		}
		d.s.Fail = append(d.s.Fail, names...)
	}
	if t := d.Required(f, "probe", "NAME=FROM..TO"); t.Value != "" {
		var err error
		if d.s.Probe, err = d.s.ParseProbe(t.Value); err == nil && d.Faults() == 0 {
			err = d.s.CheckDefaultProbe(d.s.Probe)
		}
		if err != nil {
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

// whole reads settings that must be valid together.
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
