package format

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format/hostfile"
	"github.com/dtlssim/dtlssim/scenarios/format/schema"
	"github.com/dtlssim/dtlssim/scenarios/hosts"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/session"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// wordPattern matches what scenarios.IsWord accepts.
const wordPattern = `^[^= \t\n,]+$`

// Schema returns a JSON Schema (draft 2020-12) of scenario files for editors, including the
// schema of the key study. It checks what does not depend on the names in a file; Parse checks
// the rest.
func Schema(study *jsonschema.Schema) *jsonschema.Schema {
	texts := func(description string) *jsonschema.Schema { return schema.List(description, schema.Scalar("")) }
	s := schema.Object(
		"A scenario of dtlssim.",
		scenarioKeys,
		[]string{"name", "summary", "probe"},
		map[string]*jsonschema.Schema{
			"name":                 schema.FileName("Its name; keys the random streams."),
			"summary":              schema.Text("One sentence."),
			"mechanism":            schema.Scalar("How it fails."),
			"prediction":           schema.Scalar("Under which condition it should fail, before any run."),
			"findings":             texts("What runs have shown besides."),
			"references":           texts("RFC sections, issues, sources."),
			scenarios.NetworkGroup: section("Other defaults for the network.", scenarios.NetworkGroup),
			scenarios.ClientsGroup: section("Other defaults for the clients.", scenarios.ClientsGroup),
			scenarios.ServerGroup: section(
				"Other defaults for the server; model chooses what it is.", scenarios.ServerGroup,
			),
			scenarios.NATGroup: section("Other defaults for a NAT in front of the clients.", scenarios.NATGroup),
			scenarios.RunGroup: section("Other defaults for when a run with programs ends.", scenarios.RunGroup),
			"hosts":            hostfile.HostsSchema(),
			"outcomes":         hostfile.OutcomesSchema(),
			"parameters": schema.List(
				"Parameters of this scenario alone, for the durations of its rules, and for the choices that these "+
					"depend on; with hosts, also for whatever has ${NAME}.",
				parameterSchema(),
			),
			"rules": {Description: "Which datagrams are singled out, and what becomes of them; applied in this order."},
			"remedies": schema.List(
				"Names for settings that are meant to help; the parameter remedy chooses one.",
				schema.Object("", remedyKeys, []string{"name", "set", "helps"},
					map[string]*jsonschema.Schema{
						"name": schema.Matching(
							"", wordPattern,
						), "set": schema.Settings("What it sets; a duration that is given otherwise stands."),
						"helps": schema.OneOf(
							"What it leaves of the failure window in which the failing example lies: nothing (yes), "+
								"less (partly), all (no).",
							helpings,
						),
						"note": schema.Scalar("What is to be said of it."),
					}),
			),
			"fail": {Description: "The outcomes and limits of measures (handshake > 500ms) that count as failure " +
				"unless --fail says otherwise; every outcome, without it."},
			"probe": schema.Matching("The default probe with its range, NAME=FROM..TO.", schema.ProbePattern),
			"examples": schema.Object(
				"Settings of a run that fails, and of one that is clean.",
				exampleKeys,
				nil,
				map[string]*jsonschema.Schema{
					"failing": schema.Settings(
						"",
					), "passing": schema.Settings(""), "seed": schema.Whole("Of both; default 1.", 0, math.MaxUint64),
				},
			),
			"cause": causeSchema(),
			"study": study,
		},
	)
	s.Version = jsonschema.Version
	s.Title = "dtlssim scenario"
	own := schema.OneOf("", outcomeNames())
	s.AllOf = []*jsonschema.Schema{{
		If: &jsonschema.Schema{Required: []string{"hosts"}},
		Then: dependent(schema.Matching("The name of a host, or client or server.", wordPattern),
			schema.Matching("", wordPattern)),
		Else: dependent(schema.OneOf("Who sends it.", directions), own),
	}}
	return s
}

// dependent returns the schema of what depends on who sends datagrams, and on what can go wrong.
func dependent(sender, outcome *jsonschema.Schema) *jsonschema.Schema {
	rules := schema.List("", ruleSchema(sender))
	rules.MaxItems = schema.Bound(maxRules)
	s := &jsonschema.Schema{Properties: jsonschema.NewProperties()}
	s.Properties.Set("rules", rules)
	s.Properties.Set("fail", schema.List("", hostfile.Either("", outcome, schema.Matching("", measure.LimitPattern))))
	return s
}

func parameterSchema() *jsonschema.Schema {
	s := schema.Object("", parameterKeys, []string{"name", "type", "meaning"}, map[string]*jsonschema.Schema{
		"name": schema.Matching(
			"As --set has it.", wordPattern,
		), "type": schema.OneOf("", slices.Concat(ownTypes, programTypes, []string{formerDistribution})),
		"default": schema.Scalar("A duration, a latency distribution, or one of choices; with hosts, a whole number " +
			"or a text."),
		"min": schema.Whole("Of a parameter of type count: its least value; default 0.", 0, mostCount),
		"max": schema.Whole("Of a parameter of type count: its largest value.", 0, mostCount),
		"choices": schema.List(
			"Of a parameter of type choice: the words that it can be.", schema.Matching("", wordPattern),
		),
		"follows": schema.Scalar(
			"The parameter whose value it has unless it is given; a rule about a latency then leaves its datagram " +
				"alone.",
		),
		"meaning": schema.Text("For dtlssim list."),
	})
	s.OneOf = schema.Either("default", "follows")
	s.AllOf = []*jsonschema.Schema{schema.Where("type", string(scenarios.ChoiceType), []string{"choices"}, nil)}
	for _, other := range slices.Concat(ownTypes, programTypes, []string{formerDistribution}) {
		var without []string
		if other != string(scenarios.ChoiceType) {
			without = append(without, "choices")
		}
		if other != string(scenarios.CountType) {
			without = append(without, "min", "max")
		}
		s.AllOf = append(s.AllOf, schema.Where("type", other, nil, without))
	}
	return s
}

func causeSchema() *jsonschema.Schema {
	s := schema.Object(
		"The root cause of the failing example.",
		causeKeys,
		[]string{"text"},
		map[string]*jsonschema.Schema{
			"text": schema.Text(
				"In words.",
			), "rule": schema.Scalar("The rule about the datagram; without=RULE takes it away."),
			"set": schema.Settings("What takes it away."),
		},
	)
	s.OneOf = schema.Either("rule", "set")
	return s
}

// section returns the schema of a section that overrides defaults of parameters.
func section(description, group string) *jsonschema.Schema {
	of := map[string]*jsonschema.Schema{}
	var keys []string
	for _, p := range slices.Concat(session.Parameters(nil), hosts.Parameters(nil)) {
		if p.Group == group && of[p.Name] == nil {
			keys = append(keys, p.Name)
			of[p.Name] = valueSchema(&p)
		}
	}
	return schema.Object(description, keys, nil, of)
}

// valueSchema returns the schema of a parameter's value.
func valueSchema(p *scenarios.Parameter) *jsonschema.Schema {
	description := fmt.Sprintf("%s. A %s; default %s.", p.Meaning, p.Type, p.DefaultText())
	switch p.Type {
	case scenarios.ChoiceType:
		return schema.OneOf(description, p.Choices)
	case scenarios.CountType:
		return schema.Whole(description, uint64(p.Min), uint64(p.Max))
	case scenarios.ProbabilityType:
		s := schema.Number(description)
		s.Minimum, s.Maximum = json.Number("0"), json.Number("1")
		return s
	case scenarios.CorrelationType:
		s := schema.Number(description)
		s.Minimum, s.ExclusiveMaximum = json.Number("0"), json.Number("1")
		return s
	case scenarios.DistributionType:
		return schema.Scalar(description + " One of " + strings.Join(distribution.Forms(), ", ") + ".")
	case scenarios.LossType:
		return schema.Scalar(description + " " + loss.Form + ".")
	}
	return schema.Scalar(description)
}

// ruleSchema returns the schema of a rule.
func ruleSchema(sender *jsonschema.Schema) *jsonschema.Schema {
	delay := schema.Text("A parameter of the scenario, or a latency distribution.")
	s := schema.Object("", ruleKeys, []string{"name", "match"}, map[string]*jsonschema.Schema{
		"name":      schema.Matching("For the trace, the parameter without, and the stream of its draws.", wordPattern),
		"when":      schema.Settings("Choices; the rule does nothing unless the parameters have these values."),
		"match":     matchSchema("Which datagrams it is about: those of which one record has all of this.", sender),
		"latency":   schema.Described(delay, "Takes the place of the datagram's latency."),
		"delay":     schema.Described(delay, "Comes on top of the datagram's latency."),
		"duplicate": schema.Described(delay, "How long behind the datagram a copy of it arrives."),
		"drop":      {Description: "The datagram is lost.", Enum: []any{true, "true"}},
		"hold": schema.Object(
			"The datagram waits until another has arrived.",
			holdKeys,
			[]string{"until"},
			map[string]*jsonschema.Schema{
				"until": matchSchema(
					"That other datagram.", sender,
				), "delay": schema.Described(delay, "From its arrival to that of the one that waits; default 0."),
			},
		),
		"replay": schema.Object(
			"A copy of the datagram is delivered when another has arrived.",
			replayKeys,
			[]string{"after"},
			map[string]*jsonschema.Schema{
				"after": matchSchema(
					"That other datagram.", sender,
				), "delay": schema.Described(delay, "From its arrival to that of the copy; default 0."),
			},
		),
		"forge": forgerySchema(delay),
	})
	s.OneOf = schema.Either(actionKeys...)
	return s
}

func matchSchema(description string, sender *jsonschema.Schema) *jsonschema.Schema {
	s := schema.Object(description, matchKeys, nil, map[string]*jsonschema.Schema{
		"from": sender, "client": schema.Whole("Of which client's association, from 1.", 1, network.MaxClients),
		"record": schema.OneOf(
			"The type of one of its records.", scenarios.SortedNames(rule.RecordTypes),
		), "epoch": schema.Whole("The epoch of that record.", 0, maxEpoch),
		"message": schema.OneOf(
			"The handshake message in that record; a Finished is any handshake record of a later epoch than 0.",
			scenarios.SortedNames(rule.MessageTypes),
		),
		"nth": schema.Whole(
			"The n-th of its kind alone, from 1, in the first association of a client, each direction by itself.", 1,
			maxNth,
		),
	})
	s.MinProperties = schema.Bound(1)
	return s
}

func forgerySchema(delay *jsonschema.Schema) *jsonschema.Schema {
	s := schema.Object(
		"An on-path attacker who sees the datagram sends another, of epoch 0, under its addresses.",
		forgeKeys,
		[]string{"record"},
		map[string]*jsonschema.Schema{
			"record": schema.OneOf(
				"", forgedTypes,
			), "alert": schema.OneOf("The alert's description.", scenarios.SortedNames(wire.AlertDescriptions())),
			"level": schema.OneOf(
				"The alert's level; default fatal.", alertLevels,
			), "data": schema.Scalar("The application data."),
			"sequence": schema.Whole(fmt.Sprintf("The record number; default %d.", forgedSequence), 0, maxSequence),
			"to":       schema.OneOf("Whom it goes to; default receiver.", destinations),
			"delay": schema.Described(
				delay, "From the datagram that was seen, as it is sent, to the arrival of the forged one; default 0.",
			),
		},
	)
	s.AllOf = []*jsonschema.Schema{
		schema.Where("record", "alert", []string{"alert"}, []string{"data"}),
		schema.Where("record", "application-data", nil, []string{"alert", "level"}),
	}
	return s
}

// outcomeNames returns the names of all outcomes.
func outcomeNames() []string {
	var names []string
	for _, o := range outcome.All {
		names = append(names, o.Name)
	}
	return names
}
