package scenarios

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/invopop/jsonschema"

	"github.com/dtlssim/dtlssim/sim/law"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// Schema returns a JSON Schema (draft 2020-12) of scenario files, for editors, with that
// of the key study. It says what can be said of a file without knowing its names;
// Parse says the rest.
func Schema(study *jsonschema.Schema) *jsonschema.Schema {
	strings := func(description string) *jsonschema.Schema { return list(description, text("")) }
	s := Object("A scenario of dtlssim.", scenarioKeys, []string{"name", "summary", "probe"}, map[string]*jsonschema.Schema{
		"name":       text("Its name; keys the random streams."),
		"summary":    text("One sentence."),
		"mechanism":  text("How it fails."),
		"prediction": text("Under which condition it should fail, before any run."),
		"findings":   strings("What runs have shown besides."),
		"references": strings("RFC sections, issues, sources."),
		NetworkGroup: section("Other defaults for the network.", NetworkGroup),
		ClientsGroup: section("Other defaults for the clients.", ClientsGroup),
		ServerGroup:  section("Other defaults for the server; model chooses what it is.", ServerGroup),
		NATGroup:     section("Other defaults for a NAT in front of the clients.", NATGroup),
		"parameters": list("Parameters of this scenario alone, for the durations of its rules, and for the choices that these depend on.", Object("", parameterKeys, []string{"name", "type", "meaning"},
			map[string]*jsonschema.Schema{
				"name": text("As --set has it."), "type": words("", ownTypes), "default": text("A duration, a latency law, or one of choices."),
				"choices": list("Of a parameter of type choice: the words that it can be.", text("")),
				"follows": text("The parameter whose value it has unless it is given; a rule about a latency then leaves its datagram alone."),
				"meaning": text("For dtlssim list."),
			})),
		"rules": list("Which datagrams are singled out, and what becomes of them; applied in this order.", ruleSchema()),
		"remedies": list("Names for settings that are meant to help; the parameter remedy chooses one.", Object("", remedyKeys, []string{"name", "set", "helps"},
			map[string]*jsonschema.Schema{
				"name": text(""), "set": settingsSchema("What it sets; a duration that is given otherwise stands."),
				"helps": words("What it leaves of the failure window in which the failing example lies: nothing (yes), less (partly), all (no).", helpings),
				"note":  text("What is to be said of it."),
			})),
		"fail":  list("The outcomes that count as failure unless --fail says otherwise; all, without it.", words("", outcomeNames())),
		"probe": text("The probe of choice with its range, NAME=FROM..TO."),
		"examples": Object("Settings of a run that fails, and of one that is clean.", exampleKeys, nil, map[string]*jsonschema.Schema{
			"failing": settingsSchema(""), "passing": settingsSchema(""), "seed": {Type: "integer", Minimum: number(0), Description: "Of both; default 1."},
		}),
		"cause": Object("What the failing example is owed to.", causeKeys, []string{"text"}, map[string]*jsonschema.Schema{
			"text": text("In words."), "rule": text("The rule about the datagram; without=RULE takes it away."), "set": settingsSchema("What takes it away."),
		}),
		"study": study,
	})
	s.Version = jsonschema.Version
	s.Title = "dtlssim scenario"
	return s
}

// Object returns the schema of a mapping with the given keys and no others.
func Object(description string, keys, required []string, of map[string]*jsonschema.Schema) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type: "object", Description: description, Properties: jsonschema.NewProperties(), Required: required, AdditionalProperties: jsonschema.FalseSchema,
	}
	for _, key := range keys {
		property, ok := of[key]
		if !ok {
			panic(fmt.Sprintf("scenarios: the schema knows nothing of the key %s", key))
		}
		s.Properties.Set(key, property)
	}
	return s
}

func text(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Description: description}
}

func words(description string, accepted []string) *jsonschema.Schema {
	s := text(description)
	for _, w := range accepted {
		s.Enum = append(s.Enum, w)
	}
	return s
}

func whole(description string, least, most int64) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "integer", Description: description, Minimum: number(least), Maximum: number(most)}
}

func number(n int64) json.Number { return json.Number(strconv.FormatInt(n, 10)) }

func list(description string, of *jsonschema.Schema) *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{Type: "array", Description: description, Items: of, MinItems: &one}
}

// scalar accepts what YAML makes of a value that is not quoted.
func scalar(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Description: description, Extras: map[string]any{"type": []string{"string", "number", "boolean"}}}
}

func settingsSchema(description string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "object", Description: description, AdditionalProperties: scalar("")}
}

// section returns the schema of a section that gives parameters other defaults.
func section(description, group string) *jsonschema.Schema {
	of := map[string]*jsonschema.Schema{}
	var keys []string
	for _, p := range GroupParameters(group) {
		keys = append(keys, p.Name)
		of[p.Name] = p.schema()
	}
	return Object(description, keys, nil, of)
}

// schema returns the schema of a parameter's value.
func (p *Parameter) schema() *jsonschema.Schema {
	description := fmt.Sprintf("%s. A %s; default %s.", p.Meaning, p.Type, p.DefaultText())
	switch p.Type {
	case ChoiceType:
		return words(description, p.Choices)
	case CountType:
		return whole(description, p.Min, p.Max)
	case LawType:
		return text(description + " One of " + strings.Join(law.Forms(), ", ") + ".")
	case LossType:
		return scalar(description + " " + loss.Form + ".")
	}
	return scalar(description)
}

// ruleSchema is that of a rule.
func ruleSchema() *jsonschema.Schema {
	delay := text("A parameter of the scenario, or a latency law.")
	match := func(description string) *jsonschema.Schema {
		return Object(description, matchKeys, nil, map[string]*jsonschema.Schema{
			"from": words("Who sends it.", directions), "client": whole("Of which client's association, from 1.", 1, maxClients),
			"record": words("The type of one of its records.", sortedNames(recordTypes)), "epoch": whole("The epoch of that record.", 0, 65535),
			"message": words("The handshake message in that record; a Finished is any handshake record of a later epoch than 0.", sortedNames(messageTypes)),
			"nth":     whole("The n-th of its kind alone, from 1, in the first association of a client, each direction by itself.", 1, maxNth),
		})
	}
	s := Object("", ruleKeys, []string{"name", "match"}, map[string]*jsonschema.Schema{
		"name":      text("For the trace, the parameter without, and the stream of its draws."),
		"when":      settingsSchema("Choices; the rule does nothing unless the parameters have these values."),
		"match":     match("Which datagrams it is about: those of which one record has all of this."),
		"latency":   Described(delay, "Takes the place of the datagram's latency."),
		"delay":     Described(delay, "Comes on top of the datagram's latency."),
		"duplicate": Described(delay, "How long behind the datagram a copy of it arrives."),
		"drop":      {Description: "The datagram is lost.", Const: true},
		"hold": Object("The datagram waits until another has arrived.", holdKeys, []string{"until"}, map[string]*jsonschema.Schema{
			"until": match("That other datagram."), "delay": Described(delay, "From its arrival to that of the one that waits; default 0."),
		}),
		"replay": Object("A copy of the datagram is delivered when another has arrived.", replayKeys, []string{"after"}, map[string]*jsonschema.Schema{
			"after": match("That other datagram."), "delay": Described(delay, "From its arrival to that of the copy; default 0."),
		}),
		"forge": Object("An outsider who sees the datagram sends another, of epoch 0, under its addresses.", forgeKeys, []string{"record"}, map[string]*jsonschema.Schema{
			"record": words("", forgedTypes), "alert": words("The alert's description.", sortedNames(trace.AlertDescriptions())),
			"level": words("The alert's level; default fatal.", alertLevels), "data": text("The application data."),
			"sequence": whole(fmt.Sprintf("The record number; default %d.", forgedSequence), 0, maxSequence),
			"to":       words("Whom it goes to; default receiver.", destinations),
			"delay":    Described(delay, "From the datagram that was seen, as it is sent, to the arrival of the forged one; default 0."),
		}),
	})
	for _, action := range actionKeys {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{action}})
	}
	return s
}

// Described returns a schema with another description.
func Described(s *jsonschema.Schema, description string) *jsonschema.Schema {
	c := *s
	c.Description = description
	return &c
}

// outcomeNames returns the names of all outcomes.
func outcomeNames() []string {
	var names []string
	for _, o := range knownOutcomes {
		names = append(names, o.Name)
	}
	return slices.Clip(names)
}
