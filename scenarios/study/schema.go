package study

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/format/schema"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
	"github.com/invopop/jsonschema"
)

// SchemaKinds are the kinds of files that have a schema.
var SchemaKinds = []string{"scenario", "study"}

// Schema returns the JSON Schema (draft 2020-12) for a kind of file, as JSON.
func Schema(kind string) ([]byte, error) {
	s := format.Schema(studySchema(studyKeys, "title", "figures"))
	if kind == "study" {
		s = studySchema(ownStudyKeys, "name", "title", "scenario", "figures")
		s.Version = jsonschema.Version
		s.Title = "dtlssim study"
	}
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

// studySchema returns the schema of a study with the given keys, some of them required.
func studySchema(keys []string, required ...string) *jsonschema.Schema {
	confidence := schema.Number("Of the intervals, above 0 and below 1; default 0.95.")
	confidence.ExclusiveMinimum, confidence.ExclusiveMaximum = json.Number("0"), json.Number("1")
	return schema.Object(
		"The windows and sweeps to run, and the figures to draw of them.",
		keys,
		required,
		map[string]*jsonschema.Schema{
			"name": schema.FileName(
				"The name of its folder.",
			), "title": schema.Text(""), "scenario": schema.Text("The name of a scenario, or the path of its file."),
			"seed":       schema.Whole("Default 1.", 0, math.MaxUint64),
			"confidence": confidence,
			"figures":    schema.List("", figureSchema()),
		},
	)
}

func figureSchema() *jsonschema.Schema {
	set := schema.Settings("Parameters with their values; of curves, {x} stands for the value of the axis.")
	s := schema.Object("", figureKeys(), []string{"name", "kind", "rows"}, map[string]*jsonschema.Schema{
		"name": schema.FileName(
			"The name of its files.",
		), "kind": schema.OneOf("What it shows.", figures.KindNames()), "title": schema.Scalar(""),
		"fail": schema.Scalar(
			"The outcomes and limits of measures that count as failure, separated by commas; default those of the " +
				"scenario.",
		),
		"set": set,
		"probe": schema.Scalar(
			"Of windows, maps and bands, NAME=FROM..TO; of a law and of curves, the parameter over whose " +
				"latency distribution it integrates: curves without it have no exact curve.",
		),
		"against": schema.Scalar("Of maps: the probe of the vertical axis, NAME=FROM..TO."),
		"factor":  schema.Scalar("Of bands: NAME=A..B/STEPS, or NAME=v1,v2."),
		"seeds":   schema.Whole("Of estimates: seeds of the conditional method.", 1, figures.MaxReplications),
		"measure": schema.Scalar("Of distributions and survival curves: the name of a measure."),
		"factors": schema.List("Of a sensitivity: NAME=A..B, or NAME=v1,v2.", schema.Text("")),
		"points":  schema.Whole("Of a sensitivity: base points.", 1, figures.MaxSteps),
		"ends": schema.Whole(
			"Of a sensitivity: replications at each end of a factor.", 1, figures.MaxReplications,
		),
		"replications": schema.Whole("Of curves and tables, at each point.", 1, figures.MaxReplications),
		"scale":        schema.OneOf("Of curves: the scale of the probability; default linear.", figures.Scales),
		"x": schema.Object(
			"Of curves: the axis, with steps+1 values.",
			figures.AxisKeys,
			figures.AxisKeys,
			map[string]*jsonschema.Schema{
				"label": schema.Text(
					"",
				), "from": schema.Number(""), "to": schema.Number(""), "steps": schema.Whole("", 1, figures.MaxSteps),
			},
		),
		"rows": schema.List(
			"One strip, curve or row of a table each.",
			schema.Object("", rowKeys, []string{"label"}, map[string]*jsonschema.Schema{
				"label": schema.Text("Each row has another."), "set": set,
			}),
		),
	})
	for _, k := range figures.Kinds() {
		s.AllOf = append(s.AllOf, kindSchema(k))
	}
	return s
}

// figureKeys returns all keys of figures.
func figureKeys() []string { return slices.Concat(commonKeys, figures.Keys(), []string{"rows"}) }

// kindSchema returns the conditions on keys that a kind sets.
func kindSchema(k *figures.Kind) *jsonschema.Schema {
	var excluded []string
	for _, key := range figures.Keys() {
		if !slices.Contains(k.Keys, key) {
			excluded = append(excluded, key)
		}
	}
	return schema.Where("kind", k.Name, k.Required, excluded)
}
