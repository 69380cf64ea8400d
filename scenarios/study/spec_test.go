package study_test

import (
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/scenarios/study/figures"
)

// The built-in studies parse, and hold what the founding study has to show.
func TestBuiltin(t *testing.T) {
	var names []string
	for _, s := range catalogue.All() {
		names = append(names, s.Name)
	}
	if built := study.Builtin(); !slices.Equal(built, names) {
		t.Errorf("built in are %v, the scenarios are %v", built, names)
	}
	for _, name := range study.Builtin() {
		s, err := study.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name {
			t.Errorf("the study %s calls itself %s", name, s.Name)
		}
		var kinds []string
		for _, f := range s.Figures {
			kinds = append(kinds, f.Kind().Name)
		}
		if n := len(kinds); n < 3 || kinds[0] != "windows" || kinds[1] != "curves" || kinds[n-1] != "table" {
			t.Errorf("%s: its figures are %v", name, kinds)
		}
	}
}

// valid is a study with all keys.
const valid = `name: all-keys
title: All keys
scenario: late-close-notify
seed: 18446744073709551615
confidence: 0.9
figures:
  - name: strips
    kind: windows
    title: Strips
    fail: data-lost, ghost-session
    probe: alert-latency=1ms..50ms
    set: {credentials: psk}
    rows:
      - {label: none, set: {}}
      - {label: linger, set: {linger: 5ms}}
  - name: curve
    kind: curves
    title: Curve
    x: {label: linger (ms), from: 0, to: 1, steps: 4}
    probe: alert-latency
    replications: 40
    scale: log
    set: {credentials: psk, linger: "{x}ms", alert-latency: "10ms+exponential(mean=10ms)"}
    rows:
      - {label: exponential, set: {}}
      - {label: uniform, set: {alert-latency: "uniform(0ms,{x}s)", linger: 3ms}}
  - name: left
    kind: table
    replications: 10
    rows:
      - label: defaults
`

func TestParse(t *testing.T) {
	s, err := study.Parse("valid.yaml", []byte(strings.Replace(valid, "uniform(0ms,{x}s)", "uniform(0ms,1{x}s)", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "all-keys" || s.Title != "All keys" || s.Scenario.Name != "late-close-notify" ||
		s.Seed != math.MaxUint64 ||
		s.Confidence != 0.9 {
		t.Errorf("the study is %+v", s)
	}
	strips, curve, left := s.Figures[0].(*figures.Windows), s.Figures[1].(*figures.Curves),
		s.Figures[2].(*figures.Table)
	if want := (scenarios.ProbeRange{Name: "alert-latency", From: time.Millisecond,
		To: 50 * time.Millisecond}); strips.Probe != want {
		t.Errorf("the probe is %v, want %v", strips.Probe, want)
	}
	if got := strips.Fail.Text(); got != "data-lost,ghost-session" {
		t.Errorf("the predicate is %q", got)
	}
	if got := curve.X.Values(); !slices.Equal(got, []float64{0, 0.25, 0.5, 0.75, 1}) {
		t.Errorf("x has the values %v", got)
	}
	if !curve.LogY || curve.Probe != "alert-latency" || curve.Replications != 40 {
		t.Errorf("the curve is %+v", curve)
	}
	// A row's settings lie over the figure's, and x is put in both.
	want := scenarios.Settings{"credentials": "psk", "linger": "3ms", "alert-latency": "uniform(0ms,10.75s)"}
	if got := curve.At(curve.Rows[1], 0.75); !reflect.DeepEqual(got, want) {
		t.Errorf("at 0.75 the settings are %v, want %v", got, want)
	}
	if got := curve.At(curve.Rows[0], 0.25)["linger"]; got != "0.25ms" {
		t.Errorf("at 0.25 linger is %s", got)
	}
	if left.Replications != 10 || left.Title != "" || len(left.Rows) != 1 || left.Rows[0].Label != "defaults" {
		t.Errorf("the table is %+v", left)
	}
}

// Without seed and confidence they are 1 and 0.95.
func TestDefaults(t *testing.T) {
	s, err := study.Parse("defaults.yaml", []byte(head+"figures:\n"+table))
	if err != nil {
		t.Fatal(err)
	}
	if s.Seed != 1 || s.Confidence != 0.95 {
		t.Errorf("seed %d, confidence %g", s.Seed, s.Confidence)
	}
}

// Parts of the studies below: head is the lines 1 to 3, and a figure that follows it
// and "figures:" begins at line 5.
const (
	head = `name: a
title: b
scenario: late-close-notify
`
	table = `  - name: f
    kind: table
    replications: 3
    rows: [{label: r}]
`
	curves = `  - name: f
    kind: curves
    replications: 3
    probe: alert-latency
    x: {label: x, from: 1, to: 2, steps: 2}
    set: {alert-latency: "{x}ms"}
    rows: [{label: r}]
`
	windows = `  - name: f
    kind: windows
    probe: alert-latency=0s..5ms
    rows: [{label: r}]
`
)

// figure returns a study of one figure, one part of it replaced.
func figure(figure, old, replacement string) string {
	if !strings.Contains(figure, old) {
		panic("the figure does not hold " + old)
	}
	return head + "figures:\n" + strings.Replace(figure, old, replacement, 1)
}

// broken lists studies with the faults that are found in them: line:column, and what
// the message says.
var broken = []struct {
	name string
	yaml string
	want []string
}{
	// What is no YAML, or no mapping.
	{name: "nothing", yaml: "", want: []string{"1:1: the file is empty"}},
	{
		name: "a list", yaml: "[]",
		want: []string{"1:1: the study: want a mapping with the keys name, title, scenario, seed, confidence, figures"},
	},
	{
		name: "a word", yaml: "hello",
		want: []string{"1:1: the study: want a mapping with the keys name, title, scenario, seed, confidence, figures"},
	},
	{name: "two documents", yaml: head + "figures:\n" + table + "---\nname: b\n", want: []string{"1:1: multiple"}},
	{name: "a colon too many", yaml: "name: a: b\n", want: []string{"1:8: mapping values are not allowed"}},
	{name: "a tab", yaml: "name: a\n\ttitle: b\n", want: []string{"2:1: tab character"}},
	{name: "a bracket left open", yaml: "name: [a\n", want: []string{"2:1: ',' or ']'"}},
	{name: "a quote left open", yaml: "name: \"a\n", want: []string{"2:1: unexpected end"}},
	{name: "no text", yaml: "\x00\x01", want: []string{"1:1: control characters are not allowed"}},
	{name: "no UTF-8", yaml: "name: \xff\n", want: []string{"1:1: invalid leading UTF-8"}},
	{name: "an unknown alias", yaml: head + "figures: *x\n", want: []string{"4:10: unknown anchor 'x'"}},
	{
		name: "an alias within itself", yaml: head + "figures: &x [*x]\n",
		want: []string{"4:14: the alias *x is part of what it names"},
	},

	// Keys.
	{name: "an unknown key", yaml: head + "titel: c\nfigures:\n" + table, want: []string{
		`4:1: the study has no key "titel". Did you mean title? The keys are name, title, scenario, seed, ` +
			`confidence, figures`,
	}},
	{
		name: "an unknown key of a figure",
		yaml: figure(table, "kind:", "sort: x\n    kind:"),
		want: []string{
			`6:5: figure 1 has no key "sort". Did you mean set? The keys are name, kind, title, fail, set, probe, ` +
				`replications, x, scale, seeds, measure, factors, points, ends, against, factor, rows`,
		},
	},
	{
		name: "an unknown key of a row", yaml: figure(table, "{label: r}", "{label: r, colour: red}"),
		want: []string{`8:23: row 1 of figure f has no key "colour". The keys are label, set`},
	},
	{
		name: "an unknown key of x",
		yaml: figure(curves, "from: 1", "from: 1, step: 2"),
		want: []string{
			`9:28: x of figure f has no key "step". Did you mean steps? The keys are label, from, to, steps`,
		},
	},
	{
		name: "a key twice", yaml: head + "name: c\nfigures:\n" + table,
		want: []string{"4:1: the study has the key name twice"},
	},
	{name: "several unknown keys", yaml: "nmae: a\ntitle: b\nscenrio: c\n", want: []string{
		`1:1: the study has no key "nmae". Did you mean name?`,
		`3:1: the study has no key "scenrio". Did you mean scenario?`,
		"1:1: name of the study is missing", "1:1: scenario of the study is missing",
		"1:1: figures of the study are missing",
	}},

	// Values of another kind.
	{name: "a text of two lines", yaml: "\"a\n\nb\"\n", want: []string{"1:1: the study: want a mapping with the keys"}},
	{name: "a list for a name", yaml: "name: [a]\ntitle: b\n", want: []string{
		"1:7: name of the study: want a single value", "1:1: scenario of the study is missing",
		"1:1: figures of the study are missing",
	}},
	{
		name: "a list for the seed", yaml: head + "seed: [1]\nfigures:\n" + table,
		want: []string{"4:7: seed of the study: want a single value"},
	},
	{
		name: "a number for the figures", yaml: head + "figures: 3\n",
		want: []string{"4:10: figures of the study: want a list"},
	},
	{
		name: "a mapping for the figures", yaml: head + "figures: {a: b}\n",
		want: []string{"4:10: figures of the study: want a list"},
	},
	{
		name: "a number for a figure",
		yaml: head + "figures: [3]\n",
		want: []string{
			"4:11: figure 1: want a mapping with the keys name, kind, title, fail, set, probe, replications, x, " +
				"scale, seeds, measure, factors, points, ends, against, factor, rows",
		},
	},
	{name: "a number for a row", yaml: figure(table, "{label: r}", "3"),
		want: []string{"8:12: row 1 of figure f: want a mapping with the keys label, set"}},
	{name: "a number for x", yaml: figure(curves, "{label: x, from: 1, to: 2, steps: 2}", "3"),
		want: []string{"9:8: x of figure f: want a mapping with the keys label, from, to, steps"}},
	{
		name: "a list for settings", yaml: figure(table, "replications:", "set: [a]\n    replications:"),
		want: []string{"7:10: set of figure f: want a mapping of parameters to values"},
	},
	{
		name: "a list for a parameter", yaml: figure(table, "replications:", "set: {linger: [a]}\n    replications:"),
		want: []string{"7:19: parameter linger: want a single value"},
	},
	{
		name: "a list for the kind", yaml: figure(table, "kind: table", "kind: [table]"),
		want: []string{"6:11: kind of figure f: want a single value"},
	},
	{
		name: "a list for the scale", yaml: figure(curves, "rows:", "scale: [log]\n    rows:"),
		want: []string{"11:12: scale of figure f: want a single value"},
	},
	{name: "several of another kind", yaml: "name: [a]\ntitle: {b: c}\nfigures: 3\n", want: []string{
		"1:7: name of the study: want a single value", "2:8: title of the study: want a single value",
		"1:1: scenario of the study is missing",
		"3:10: figures of the study: want a list",
	}},

	// What the study says of itself.
	{name: "all is missing", yaml: "{}", want: []string{
		"1:1: name of the study is missing", "1:1: title of the study is missing",
		"1:1: scenario of the study is missing",
		"1:1: figures of the study are missing: want at least one",
	}},
	{
		name: "no name", yaml: "title: b\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{"1:1: name of the study is missing"},
	},
	{
		name: "an empty title", yaml: "name: a\ntitle: \"\"\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{"2:8: title of the study is empty"},
	},
	{
		name: "a name that leads elsewhere",
		yaml: "name: ../a\ntitle: b\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{`1:7: name "../a" of the study: it names a`},
	},
	{
		name: "a name that leads elsewhere, what it names",
		yaml: "name: ../a\ntitle: b\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{`1:7: name "../a" of the study: it names a folder; want neither a slash nor a leading dot`},
	},
	{
		name: "a name that a report needs", yaml: "name: Index.html\ntitle: b\nscenario: late-close-notify\nfigures:\n" +
			table,
		want: []string{
			`1:7: name "Index.html" of the study: it names a folder; want another, because a report writes a file of ` +
				`that name`,
		},
	},
	{
		name: "a name with a control character",
		yaml: "name: \"a\\e[2J\"\ntitle: b\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{`1:7: name "a\x1b[2J" of the study: it names a folder; want no control character`},
	},
	{
		name: "a name that ends with a space",
		yaml: "name: \"a \"\ntitle: b\nscenario: late-close-notify\nfigures:\n" + table,
		want: []string{`1:7: name "a " of the study: it names a folder; want no space at either end`},
	},
	{
		name: "a name too long for a file", yaml: figure(table, "name: f", "name: "+strings.Repeat("é", 101)),
		want: []string{`5:11: name of figure 1: it names a file and has 202 bytes; want at most 200`},
	},
	{name: "an unknown scenario", yaml: "name: a\ntitle: b\nscenario: late-clos-notify\nfigures:\n" + table,
		want: []string{`3:11: there is no scenario "late-clos-notify". Did you mean late-close-notify?`}},
	{
		name: "a negative seed", yaml: head + "seed: -1\nfigures:\n" + table,
		want: []string{`4:7: seed "-1": want a whole number from 0 to 2^64-1`},
	},
	{
		name: "a seed too large", yaml: head + "seed: 18446744073709551616\nfigures:\n" + table,
		want: []string{"4:7: want a whole number from 0 to 2^64-1"},
	},
	{
		name: "a confidence in per cent", yaml: head + "confidence: 95\nfigures:\n" + table,
		want: []string{`4:13: confidence "95": want a number above 0 and below 1`},
	},
	{
		name: "a confidence in words", yaml: head + "confidence: high\nfigures:\n" + table,
		want: []string{`4:13: confidence "high"`},
	},
	{name: "no figures", yaml: head, want: []string{"1:1: figures of the study are missing: want at least one"}},
	{
		name: "an empty list of figures", yaml: head + "figures: []\n",
		want: []string{"4:10: figures of the study: want at least one"},
	},
	{name: "a figure that is nothing", yaml: head + "figures:\n" + table + "  -\n", want: []string{
		"9:4: figure 2: want a mapping with the keys name, kind, title, fail, set, probe, replications, x, scale, " +
			"seeds, measure, factors, points, ends, against, factor, rows",
	}},
	{name: "a figure without keys", yaml: head + "figures: [{}]\n", want: []string{
		"4:11: name of figure 1 is missing", "4:11: kind of figure 1 is missing", "4:11: rows of figure 1 are missing",
	}},

	// Figures.
	{name: "an unknown kind", yaml: figure(table, "table", "tabel"), want: []string{
		`6:11: kind of figure f: "tabel" is not one of windows, curves, table, estimates, differences, ` +
			`distribution, survival, sensitivity, law, map, bands. Did you mean table?`,
	}},
	{
		name: "no kind",
		yaml: figure(table, "    kind: table\n", ""),
		want: []string{
			"5:5: kind of figure f is missing: want one of windows, curves, table, estimates, differences, " +
				"distribution, survival, sensitivity, law, map, bands",
		},
	},
	{
		name: "a figure's name that leads elsewhere", yaml: figure(table, "name: f", "name: a/f"),
		want: []string{`5:11: name "a/f" of figure 1: it names a file; want neither a slash nor a leading dot`},
	},
	{
		name: "two figures of one name", yaml: head + "figures:\n" + table + table,
		want: []string{`9:11: there are two figures of the name "f"`},
	},
	{name: "an unknown outcome", yaml: figure(table, "replications:", "fail: data-los\n    replications:"),
		want: []string{`7:11: fail: "data-los" is not an outcome of late-close-notify. Did you mean data-lost?`}},
	{
		name: "no rows", yaml: figure(table, "    rows: [{label: r}]\n", ""),
		want: []string{"5:5: rows of figure f are missing: want at least one"},
	},
	{
		name: "an empty list of rows", yaml: figure(table, "[{label: r}]", "[]"),
		want: []string{"8:11: rows of figure f: want at least one"},
	},
	{
		name: "a row without label", yaml: figure(table, "{label: r}", "{set: {}}"),
		want: []string{"8:12: label of row 1 of figure f is missing"},
	},
	{
		name: "a row with an empty label", yaml: figure(table, "{label: r}", "{label: \"\"}"),
		want: []string{"8:20: label of row 1 of figure f is empty"},
	},
	{
		name: "two rows of one label", yaml: figure(table, "[{label: r}]", "[{label: r}, {label: s}, {label: r}]"),
		want: []string{`8:44: there are two rows of the label "r"`},
	},
	{
		name: "a row without keys", yaml: figure(table, "{label: r}", "{}"),
		want: []string{"8:12: label of row 1 of figure f is missing"},
	},
	{
		name: "zero replications", yaml: figure(table, "3", "0"),
		want: []string{`7:19: replications "0": want a whole number from 1 to 1000000000`},
	},
	{
		name: "replications with a fraction", yaml: figure(table, "3", "1.5"),
		want: []string{`7:19: replications "1.5": want a whole number from 1 to 1000000000`},
	},
	{name: "replications without number", yaml: figure(table, "3", "many"), want: []string{
		`7:19: replications "many": want a whole number from 1 to 1000000000`,
	}},
	{name: "too many replications", yaml: figure(table, "3", "1000000001"), want: []string{
		`7:19: replications "1000000001": want a whole number from 1 to 1000000000`,
	}},
	{
		name: "no replications", yaml: figure(table, "    replications: 3\n", ""),
		want: []string{"5:5: replications of figure f is missing"},
	},
	{name: "a table with what has no meaning for it",
		yaml: figure(
			table, "rows:", "x: {label: x, from: 1, to: 2, steps: 2}\n    probe: linger\n    scale: log\n    rows:",
		),
		want: []string{
			"8:8: x has no meaning for a figure of kind table", "9:12: probe has no meaning for a figure of kind table",
			"10:12: scale has no meaning for a figure of kind table",
		}},
	{
		name: "windows with what has no meaning for them",
		yaml: figure(windows, "rows:", "replications: 3\n    scale: log\n    rows:"),
		want: []string{"8:19: replications has no meaning for a figure of kind windows", "9:12: scale has no meaning"},
	},

	// Settings.
	{name: "an unknown parameter", yaml: figure(table, "rows:", "set: {lingr: 3ms}\n    rows:"),
		want: []string{`8:11: late-close-notify has no parameter "lingr". Did you mean linger? It has latency,`}},
	{name: "an unknown parameter of a row", yaml: figure(table, "{label: r}", "{label: r, set: {lingr: 3ms}}"),
		want: []string{`8:29: late-close-notify has no parameter "lingr"`}},
	{
		name: "bad values",
		yaml: figure(table, "rows:", "set: {linger: 5, client: wait, clients: 0, latency: unifrm(1ms)}\n    rows:"),
		want: []string{
			`8:19: parameter linger: "5" is not a duration`, `8:30: parameter client: "wait" is not one of ` +
				`closes-first, waits, acknowledged, vanishes. Did you mean waits?`,
			"8:45: parameter clients: 0 is out of range: 1 to 1000", "8:57: Did you mean uniform(from,to)?",
		},
	},
	{
		name: "an empty value", yaml: figure(table, "rows:", "set: {linger: }\n    rows:"),
		want: []string{`8:19: parameter linger: "" is not a duration`},
	},
	{
		name: "a parameter twice", yaml: figure(table, "rows:", "set: {linger: 1ms, linger: 2ms}\n    rows:"),
		want: []string{"8:24: parameter linger is set twice"},
	},
	{name: "an axis where there is none", yaml: figure(table, "rows:", "set: {linger: \"{x}ms\"}\n    rows:"),
		want: []string{`8:19: "{x}ms": {x} stands for the axis of curves; this figure is of kind table`}},
	{
		name: "an axis where there is none, of an unknown parameter",
		yaml: figure(table, "rows:", "set: {lingr: \"{x}ms\"}\n    rows:"),
		want: []string{
			`8:18: "{x}ms": {x} stands for the axis of curves`, `8:11: late-close-notify has no parameter "lingr"`,
		},
	},
	{
		name: "names of two lines",
		yaml: figure(table, "name: f\n    kind: table", "name: \"f\\ng\"\n    kind: pie\n    set: {\"a\\nb\": [c]}"),
		want: []string{"5:11: it names a file", `6:11: kind of figure f\ng: "pie"`, "7:19: want a single value"},
	},
	{
		name: "a remedy at odds with a parameter",
		yaml: figure(table, "{label: r}", "{label: r, set: {remedy: recognise, first-record: reject}}"),
		want: []string{
			`8:20: row "r": remedy=recognise sets first-record=discard, and first-record=reject is given as well`,
		},
	},

	// Probes of windows.
	{
		name: "windows without probe", yaml: figure(windows, "    probe: alert-latency=0s..5ms\n", ""),
		want: []string{"5:5: probe of figure f is missing"},
	},
	{
		name: "windows without probe, what is wanted", yaml: figure(windows, "    probe: alert-latency=0s..5ms\n", ""),
		want: []string{"5:5: NAME=FROM..TO"},
	},
	{
		name: "a probe without range", yaml: figure(windows, "=0s..5ms", ""),
		want: []string{`7:12: probe "alert-latency": want NAME=FROM..TO, as in`},
	},
	{
		name: "a probe with an empty range", yaml: figure(windows, "0s..5ms", "5ms..5ms"),
		want: []string{"7:12: the range is empty: FROM must be below TO"},
	},
	{name: "an unknown probe", yaml: figure(windows, "alert-latency", "alert-latncy"),
		want: []string{
			`7:12: probe: late-close-notify has no parameter "alert-latncy". Did you mean alert-latency? It has ` +
				`latency,`,
		}},
	{name: "a probe that is set", yaml: figure(windows, "{label: r}", "{label: r, set: {alert-latency: 3ms}}"),
		want: []string{`8:20: row "r": probe: parameter alert-latency is varied, and set to 3ms as well`}},
	{name: "a probe of a choice", yaml: figure(windows, "alert-latency", "client"),
		want: []string{
			"7:12: probe: parameter client is a choice; only a duration or a latency distribution can be varied",
		}},

	// Curves.
	{
		name: "curves without x", yaml: figure(curves, "    x: {label: x, from: 1, to: 2, steps: 2}\n", ""),
		want: []string{"5:5: x of figure f is missing"},
	},
	{
		name: "an exact curve where something else is random", yaml: figure(curves, "set: {", "set: {loss: 0.2, "),
		want: []string{"11:20: row \"r\": not only alert-latency is random, but"},
	},
	{
		name: "an axis that runs backwards", yaml: figure(curves, "from: 1", "from: 2"),
		want: []string{"9:25: x: from must be below to"},
	},
	{
		name: "an axis without steps", yaml: figure(curves, "steps: 2", "steps: 0"),
		want: []string{`9:42: steps "0": want a whole number from 1 to 10000`},
	},
	{
		name: "an axis that begins with a word", yaml: figure(curves, "from: 1", "from: low"),
		want: []string{`9:25: from "low": want a number`},
	},
	{name: "an axis of words", yaml: figure(curves, "from: 1, to: 2", "from: low, to: .inf"), want: []string{
		`9:25: from "low": want a number`, `9:34: to ".inf": want a number`,
	}},
	{
		name: "an axis without label", yaml: figure(curves, "label: x, ", ""),
		want: []string{"9:8: label of x of figure f is missing"},
	},
	{name: "an axis without keys", yaml: figure(curves, "{label: x, from: 1, to: 2, steps: 2}", "{}"), want: []string{
		"9:8: label of x of figure f is missing", "9:8: from of x of figure f is missing",
		"9:8: to of x of figure f is missing",
		"9:8: steps of x of figure f is missing",
	}},
	{
		name: "an axis with a label only",
		yaml: figure(curves, "{label: x, from: 1, to: 2, steps: 2}", "{label: x}"),
		want: []string{
			"9:8: from of x of figure f is missing", "9:8: to of x of figure f is missing",
			"9:8: steps of x of figure f is missing",
		},
	},
	{name: "an axis of too many steps", yaml: figure(curves, "steps: 2", "steps: 300000000"), want: []string{
		`9:42: steps "300000000": want a whole number from 1 to 10000`,
	}},
	{name: "an axis of one step too many", yaml: figure(curves, "steps: 2", "steps: 10001"), want: []string{
		`9:42: steps "10001": want a whole number from 1 to 10000`,
	}},
	{
		name: "an unknown scale", yaml: figure(curves, "rows:", "scale: lg\n    rows:"),
		want: []string{`11:12: scale of figure f: "lg" is not one of linear, log. Did you mean log?`},
	},
	{name: "a distribution that is not set", yaml: figure(curves, "alert-latency: \"{x}ms\"", "linger: \"{x}ms\""),
		want: []string{`11:20: row "r": it does not set the latency distribution of the probe alert-latency`}},
	{
		name: "values of x that are out of range", yaml: figure(curves, "from: 1", "from: -1"),
		want: []string{`11:20: row "r": parameter alert-latency: latency distribution "-1ms": -1ms is negative`},
	},
	{
		name: "an unknown distribution's probe",
		yaml: figure(curves, "probe: alert-latency", "probe: alert-latncy"),
		want: []string{
			`8:12: probe: late-close-notify has no parameter "alert-latncy". Did you mean alert-latency? It has ` +
				`latency,`,
		},
	},
	{
		name: "a probe that is no distribution",
		yaml: figure(curves, "probe: alert-latency", "probe: client") + "    fail: data-lost\n",
		want: []string{"8:12: probe: parameter client is a choice; only over a latency distribution can be integrated"},
	},

	// Several faults of several kinds.
	{name: "many", yaml: `name: ../a
title: b
scenario: late-close-notify
seed: x
confidence: 0
figures:
  - name: one
    kind: pie
  - name: two
    kind: windows
    probe: alert-latency
    set: {lingr: 1ms}
    rows: [{label: r, set: {client: wait}}]
  - name: two
    kind: curves
    probe: alert-latency
    replications: -3
    x: {label: x, from: a, to: 2, steps: 1}
    scale: lg
    rows: [{label: r}]
`, want: []string{
		`1:7: name "../a"`, `4:7: seed "x"`, `5:13: confidence "0"`, `8:11: kind of figure one: "pie"`,
		"7:5: rows of figure one are missing",
		`11:12: probe "alert-latency"`, `12:11: no parameter "lingr"`, "13:37: parameter client",
		`14:11: two figures of the name "two"`, `17:19: replications "-3"`, `18:25: from "a"`,
		`19:12: scale of figure two: "lg"`,
	}},
	{name: "two rows that do not resolve", yaml: figure(
		table, "[{label: r}]",
		"[{label: r, set: {remedy: recognise, first-record: stack}}, {label: s, set: {remedy: client-waits, client: "+
			"closes-first}}]",
	),
		want: []string{`8:20: row "r": remedy=recognise`, `8:79: row "s": remedy=client-waits`}},
}

// Every fault is reported with its file, line and column, and nothing else is.
func TestBrokenStudies(t *testing.T) {
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			s, err := study.Parse("folder/file.yaml", []byte(c.yaml))
			if err == nil || s != nil {
				t.Fatalf("it is accepted: %+v", s)
			}
			lines := strings.Split(err.Error(), "\n")
			for _, want := range c.want {
				place, message, _ := strings.Cut(want, ": ")
				if !slices.ContainsFunc(lines, func(line string) bool {
					rest, ok := strings.CutPrefix(line, "folder/file.yaml:"+place+": ")
					return ok && strings.Contains(rest, message)
				}) {
					t.Errorf("no fault at %s says %q", place, message)
				}
			}
			if len(lines) != len(c.want) {
				t.Errorf("%d faults, want %d", len(lines), len(c.want))
			}
			if t.Failed() {
				t.Logf("it says:\n%v\nabout:\n%s", err, c.yaml)
			}
		})
	}
}

var placed = regexp.MustCompile(`(?s)^f\.yaml:[1-9]\d*:[1-9]\d*: .`)

// Whatever a file holds, parsing it ends with a study that can be counted, or with
// faults that each have their place.
func FuzzParse(f *testing.F) {
	for _, c := range broken {
		f.Add([]byte(c.yaml))
	}
	f.Add([]byte(valid))
	for _, name := range study.Builtin() {
		source, err := study.Source(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := study.Parse("f.yaml", data)
		if err == nil {
			if len(s.Figures) == 0 || s.Scenario == nil || s.Steps(1) < 1 {
				t.Errorf("accepted: %+v", s)
			}
			return
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) == 0 {
			t.Fatalf("no list of faults: %v", err)
		}
		for _, fault := range joined.Unwrap() {
			if !placed.MatchString(fault.Error()) {
				t.Errorf("a fault without its place: %q", fault)
			}
		}
	})
}

// An exact curve over a recorded latency would be a probability of something that is
// no matter of chance. Other distributions may be recordings.
func TestNoExactCurveOverARecording(t *testing.T) {
	path := filepath.Join(t.TempDir(), "recording.txt")
	if err := os.WriteFile(path, []byte("0s,5ms\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := study.Parse(
		"f.yaml",
		[]byte(figure(curves, `alert-latency: "{x}ms"`, `alert-latency: "replay(`+path+`)", linger: "{x}ms"`)),
	)
	if err == nil || !strings.Contains(err.Error(), `f.yaml:11:20: row "r": trace(`) {
		t.Errorf("error %v", err)
	}
	if _, err := study.Parse("f.yaml",
		[]byte(figure(curves, `alert-latency: "{x}ms"`, `alert-latency: "{x}ms", latency: "replay(`+path+
			`)"`))); err != nil {
		t.Errorf("another law that is a recording: %v", err)
	}
}
