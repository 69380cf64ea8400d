package study_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// compiled returns the published schema of a kind of files.
func compiled(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	data, err := study.Schema(kind)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	const name = "urn:dtlssim:schema"
	if err := c.AddResource(name, document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON converts YAML to what a validator of JSON Schema takes.
func asJSON(t *testing.T, source []byte) any {
	t.Helper()
	var v any
	if err := yaml.Load(source, &v); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// Every scenario of the catalogue is valid by the published schema, and so is a study of
// its own.
func TestSchemaAcceptsWhatIsRight(t *testing.T) {
	s := compiled(t, "scenario")
	for _, scenario := range catalogue.All() {
		if err := s.Validate(asJSON(t, scenario.Source)); err != nil {
			t.Errorf("%s: %v", scenario.Name, err)
		}
	}
	if err := compiled(t, "study").Validate(asJSON(t, []byte(valid))); err != nil {
		t.Error(err)
	}
}

// What the reader takes quoted or not, or as a number where a text is wanted, the schema
// takes too: it refuses nothing that is read.
func TestSchemaAcceptsWhatIsRead(t *testing.T) {
	const source = `
name: scalars
summary: 5
findings: [7]
network: {latency: 0, mtu: "576", loss: "0.5", duplicate: "0.5", bandwidth: unlimited, down: never}
clients: {clients: "1"}
parameters:
  - {name: x, type: choice, choices: [1, 2], default: 1, meaning: 5}
  - {name: y, type: duration, default: 0, meaning: m}
rules:
  - {name: 1, when: {x: 2}, match: {nth: "1", epoch: "0"}, drop: "true"}
  - {name: 2, match: {nth: 1}, delay: 0}
remedies:
  - {name: 3, set: {}, helps: no, note: 5}
probe: y=0..1s
examples: {seed: "18446744073709551615"}
study:
  title: 5
  confidence: "0.9"
  figures:
    - {name: 1, kind: table, title: 5, replications: "3", rows: [{label: 1}, {label: 2, set: {perturb: 3}}]}
    - {name: 2, kind: curves, replications: 1, x: {label: 1, from: "0", to: 1, steps: "1"},
       set: {perturb: "{x}"}, rows: [{label: 1}]}
`
	if _, err := study.Parse("scalars.yaml", []byte(source)); err != nil {
		t.Fatal(err)
	}
	if err := compiled(t, "scenario").Validate(asJSON(t, []byte(source))); err != nil {
		t.Error(err)
	}
}

// The schema finds what can be found without knowing the names in a file, at the place
// at which it stands.
func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	s := compiled(t, "scenario")
	founding, err := catalogue.Find("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, at string }{
		{"summary: >-", "sumary: >-", ""},
		{"probe: alert-latency=0s..300ms", "", ""},
		{"server: {model: sequential}", "server: {model: sequental}", "/server/model"},
		{"server: {model: sequential}", "server: {modle: sequential}", "/server"},
		{"server: {model: sequential}", "server: {perturb: 1001}", "/server/perturb"},
		{"server: {model: sequential}", "server: {perturb: 1.5}", "/server/perturb"},
		{"    latency: alert-latency", "    latency: alert-latency\n    drop: true", "/rules/0"},
		{"    latency: alert-latency", "", "/rules/0"},
		{"record: alert, epoch: 1", "record: alart, epoch: 1", "/rules/0/match/record"},
		{"record: alert, epoch: 1", "record: alert, epoch: -1", "/rules/0/match/epoch"},
		{"type: latency distribution", "type: law", "/parameters/0/type"},
		{"helps: partly", "helps: some", "/remedies/0/helps"},
		{"fail: [unexpected-message", "fail: [unexpected-mesage", "/fail/0"},
		{"kind: windows", "kind: window", "/study/figures/0/kind"},
		{"  seed: 1", "  seed: -1", "/study/seed"},
		{"name: late-close-notify", "name: ../late-close-notify", "/name"},
		{"probe: alert-latency=0s..300ms", "probe: alert-latency", "/probe"},
		{"server: {model: sequential}", "network: {loss: many, duplicate: 1.5}", "/network/duplicate"},
		{"server: {model: sequential}", "network: {correlation: 1}", "/network/correlation"},
		{"follows: uplink", "follows: uplink, default: 1ms", "/parameters/0"},
		{"follows: uplink, ", "", "/parameters/0"},
		{"follows: uplink", "choices: [a], follows: uplink", "/parameters/0/choices"},
		{"type: latency distribution", "type: choice", "/parameters/0"},
		{"name: alert\n", "name: an alert\n", "/rules/0/name"},
		{"match: {client: 1, from: client, record: alert, epoch: 1, nth: 1}", "match: {}", "/rules/0/match"},
		{"nth: 1}\n    latency: alert-latency", "nth: 1}\n    forge: {record: alert}", "/rules/0/forge"},
		{"nth: 1}\n    latency: alert-latency", "nth: 1}\n    forge: {record: application-data, level: fatal}",
			"/rules/0/forge/level"},
		{", rule: alert}", "}", "/cause"},
		{", rule: alert}", ", rule: alert, set: {linger: 1s}}", "/cause"},
		{"confidence: 0.95", "confidence: 95", "/study/confidence"},
		{"    - name: leftover\n      kind: table", "    - name: leftover\n      kind: windows", "/study/figures/10"},
		{"    - name: leftover\n      kind: table", "    - name: leftover\n      scale: log\n      kind: table",
			"/study/figures/10/scale"},
	} {
		source := string(founding.Source)
		if !strings.Contains(source, c.old) {
			t.Fatalf("the founding scenario does not contain %q", c.old)
		}
		err := s.Validate(asJSON(t, []byte(strings.Replace(source, c.old, c.new, 1))))
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			t.Errorf("%q for %q is accepted: %v", c.new, c.old, err)
			continue
		}
		for len(invalid.Causes) > 0 {
			invalid = invalid.Causes[0]
		}
		if at := "/" + strings.Join(invalid.InstanceLocation, "/"); strings.TrimSuffix(at, "/") != c.at {
			t.Errorf("%q for %q is told at %s, want %s: %v", c.new, c.old, at, c.at, err)
		}
	}
}

// The schema takes hosts with programs in every form that the reader takes, and refuses what is
// wrong with them.
func TestSchemaOfHosts(t *testing.T) {
	const source = `
name: programs
summary: s
hosts:
  server: {program: [./s, 5], processing: 1ms, env: {A: 1}, dir: ., signals: [{at: 1s, signal: TERM}]}
  client: {program: s, runs: 2, gap: 0, input: text, files: [a], role: client, address: 192.0.2.3}
  more: {program: [s], runs: "${n}", every: 1s, after: 1s, input: [{at: 0, text: 5}, {end: true}], files: {a: b}}
  last: {program: [s], at: [0, 1s]}
outcomes:
  - {name: a, meaning: m, when: {host: client, run: "1", output: x, exit: 0}}
  - {name: b, meaning: m, when: {any: [{not: {host: more, exit: "!= 0"}}, {all: [{host: more, exit: never}]}]}}
parameters:
  - {name: n, type: count, default: 1, min: 1, max: "9", meaning: m}
  - {name: t, type: text, default: "", meaning: m}
rules: [{name: r, match: {from: more}, drop: true}]
fail: [a, "client-time > 1s"]
run: {settle: 1s}
probe: latency=0..1s
`
	s := compiled(t, "scenario")
	if _, err := format.Parse("f", []byte(source)); err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(asJSON(t, []byte(source))); err != nil {
		t.Error(err)
	}
	for old, with := range map[string]string{
		"role: client": "role: clint", "processing: 1ms": "procesing: 1ms", "run: \"1\"": "run: 0",
		"{host: client, run": "{not: {host: client, exit: 0}, host: client, run", "signal: TERM": "signals: TERM",
		"  server:": "  2server:", "min: 1, max: \"9\"": "choices: [a]", "default: \"\"": "default: \"\", min: 1",
		"{settle: 1s}": "{settel: 1s}",
	} {
		text := strings.Replace(source, old, with, 1)
		if _, err := format.Parse("f", []byte(text)); err == nil {
			t.Errorf("%q is read", with)
		}
		if err := s.Validate(asJSON(t, []byte(text))); err == nil {
			t.Errorf("%q is valid", with)
		}
	}
}
