package study

import (
	"encoding/json"

	"github.com/invopop/jsonschema"

	"github.com/dtlssim/dtlssim/scenarios"
)

// SchemaKinds are the kinds of files that there is a schema of.
var SchemaKinds = []string{"scenario", "study"}

// Schema returns the JSON Schema (draft 2020-12) of a kind of files, as JSON.
func Schema(kind string) ([]byte, error) {
	s := scenarios.Schema(schema(studyKeys))
	if kind == "study" {
		s = schema(ownStudyKeys)
		s.Version = jsonschema.Version
		s.Title = "dtlssim study"
	}
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// schema returns the schema of a study with the given keys.
func schema(keys []string) *jsonschema.Schema {
	text := func(description string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "string", Description: description}
	}
	number := func(description string) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "number", Description: description}
	}
	whole := func(description string, least, most json.Number) *jsonschema.Schema {
		return &jsonschema.Schema{Type: "integer", Description: description, Minimum: least, Maximum: most}
	}
	list := func(description string, of *jsonschema.Schema) *jsonschema.Schema {
		one := uint64(1)
		return &jsonschema.Schema{Type: "array", Description: description, Items: of, MinItems: &one}
	}
	set := &jsonschema.Schema{
		Type: "object", Description: "Parameters with their values; of curves, {x} stands for the value of the axis.",
		AdditionalProperties: &jsonschema.Schema{Extras: map[string]any{"type": []string{"string", "number", "boolean"}}},
	}
	kind, scale := text("What it shows."), text("Of curves: the scale of the probability; default linear.")
	for _, k := range kinds {
		kind.Enum = append(kind.Enum, k)
	}
	for _, s := range scales {
		scale.Enum = append(scale.Enum, s)
	}
	figure := scenarios.Object("", figureKeys, []string{"name", "kind", "rows"}, map[string]*jsonschema.Schema{
		"name": text("The name of its files."), "kind": kind, "title": text(""),
		"fail":         text("The outcomes that count as failure, separated by commas; default those of the scenario."),
		"set":          set,
		"probe":        text("Of windows, NAME=FROM..TO; of curves, the parameter whose law the exact curve integrates over; without it there is none."),
		"replications": whole("Of curves and tables, at each point.", "1", "1000000000"),
		"scale":        scale,
		"x": scenarios.Object("Of curves: the axis, with steps+1 values.", axisKeys, axisKeys, map[string]*jsonschema.Schema{
			"label": text(""), "from": number(""), "to": number(""), "steps": whole("", "1", "10000"),
		}),
		"rows": list("One strip, curve or row of a table each.", scenarios.Object("", rowKeys, []string{"label"}, map[string]*jsonschema.Schema{
			"label": text(""), "set": set,
		})),
	})
	required := []string{"title", "figures"}
	if len(keys) > len(studyKeys) {
		required = []string{"name", "title", "scenario", "figures"}
	}
	return scenarios.Object("The windows and sweeps to run, and the figures to draw of them.", keys, required, map[string]*jsonschema.Schema{
		"name": text("The name of its folder."), "title": text(""), "scenario": text("The name of a scenario, or the path of its file."),
		"seed":       whole("Default 1.", "0", "18446744073709551615"),
		"confidence": number("Of the intervals, above 0 and below 1; default 0.95."),
		"figures":    list("", figure),
	})
}
