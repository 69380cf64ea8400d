package format_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/format"
)

// whole is a scenario with every key and every action.
const whole = `name: whole
summary: every key
mechanism: m
prediction: p
findings: [f]
references: [r]
network: {latency: 5ms, loss: 0.01}
clients: {client: waits, clients: 3}
server: {model: listener, filter: handshake}
nat: {nat-mapping: address-dependent, nat-lifetime: 1m}
parameters:
  - {name: late, type: latency distribution, follows: uplink, meaning: m}
  - {name: behind, type: duration, default: 3ms, meaning: m}
rules:
  - {name: slow, match: {from: client, client: 1, record: alert, epoch: 1, nth: 1}, latency: late}
  - {name: slower, match: {message: finished}, delay: exponential(mean=1ms)}
  - {name: lost, match: {from: server, message: server-hello, nth: 2}, drop: true}
  - {name: twice, match: {message: client-hello}, duplicate: behind}
  - {name: held, match: {client: 2}, hold: {until: {record: application-data}, delay: 1ms}}
  - {name: again, match: {epoch: 0}, replay: {after: {client: 2, message: client-hello}}}
  - {name: alert, match: {nth: 9}, forge: {record: alert, alert: close_notify, level: warning, sequence: 7,
     to: sender, delay: behind}}
  - {name: data, match: {nth: 9}, forge: {record: application-data, data: boo}}
remedies:
  - {name: filter, set: {filter: client-hello}, helps: yes, note: n}
fail: [ghost-session]
probe: late=1ms..2ms
examples: {failing: {late: 1ms}, passing: {late: 2ms}, seed: 3}
cause: {text: the alert, rule: slow}
study:
  title: t
  figures: [{name: f, kind: table, replications: 1, rows: [{label: l}]}]
`

// A scenario from a file has the parameters of all scenarios with the file's defaults,
// and its own.
func TestParseWhole(t *testing.T) {
	s, err := format.Parse("whole.yaml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"latency": "5ms", "uplink": "5ms", "loss": "0.01", "client": "waits", "clients": "3", "model": "listener",
		"filter":      "handshake",
		"nat-mapping": "address-dependent", "nat-lifetime": "1m0s", "late": "5ms", "behind": "3ms",
		"without": "nothing", "remedy": "none",
		"gap": "100ms",
	} {
		if got := v.Text()[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if want := (scenarios.ProbeRange{Name: "late", From: time.Millisecond, To: 2 * time.Millisecond}); s.Probe != want {
		t.Errorf("the probe is %v", s.Probe)
	}
	if without := s.Parameter("without").Choices; len(without) != 9 || without[1] != "slow" {
		t.Errorf("what may be taken out is %v", without)
	}
	if p, err := s.ParsePredicate(""); err != nil || !p.Failed([]string{"ghost-session"}) ||
		p.Failed([]string{"data-lost"}) {
		t.Errorf("what counts as failure is %v, %v", p, err)
	}
	if !s.HasStudy || string(s.Source) != whole || s.Reference() != "whole.yaml" {
		t.Error("it forgets its file")
	}
	if repeat := v.Repeat(7, scenarios.Predicate{}); repeat.String() != "dtlssim run whole.yaml --seed 7" {
		t.Errorf("it repeats with %s", repeat)
	}
}

// A rule that does nothing as the parameters are cannot be taken out.
func TestWithoutARuleThatDoesNothing(t *testing.T) {
	s, err := catalogue.Find("plaintext-alert")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Resolve(scenarios.Settings{"without": "fatal-to-server"})
	if err == nil ||
		!strings.HasPrefix(err.Error(), "without=fatal-to-server: the rule does nothing to be taken out, unless ") {
		t.Errorf("error %v", err)
	}
}

// head is the part that every broken scenario has; its faults stand below.
const head = "name: a\nsummary: b\nprobe: latency=1ms..2ms\n"

// oneRule is a scenario with one rule, whose fields stand at line 5, column 5.
func oneRule(fields string) string { return head + "rules:\n  - " + fields + "\n" }

var brokenScenarios = []struct {
	name, yaml string
	want       []string // LINE:COLUMN: the whole message
}{
	{"nothing", "", []string{"1:1: the file is empty"}},
	{"a list", "[]", []string{"1:1: the scenario: want a mapping with the keys name, summary,…"}},
	{"no YAML", "a: [", []string{"…"}},
	{"nothing that must be there", "mechanism: m\n", []string{
		"1:1: name of the scenario is missing", "1:1: summary of the scenario is missing",
		"1:1: probe of the scenario is missing: want NAME=FROM..TO",
	}},
	{"an empty name", "name:\nsummary: b\nprobe: latency=1ms..2ms\n", []string{"1:6: name of the scenario is empty"}},
	{"a name with a slash", "name: a/b\nsummary: b\nprobe: latency=1ms..2ms\n",
		[]string{`1:7: name "a/b" of the scenario: it names a scenario; want neither a slash nor a leading dot`}},
	{"a misprinted key", head + "rule: []\n",
		[]string{`4:1: the scenario has no key "rule". Did you mean rules? The keys are name,…`}},
	{"a key twice", head + "name: c\n", []string{"4:1: the scenario has the key name twice"}},
	{"a list for a text", "name: [a]\nsummary: b\nprobe: latency=1ms..2ms\n",
		[]string{"1:7: name of the scenario: want a single value"}},
	{"a text for a list", head + "findings: f\n", []string{"4:11: findings of the scenario: want a list"}},
	{"a mapping in a list of texts", head + "findings: [{a: b}]\n",
		[]string{"4:12: element 1 of findings of the scenario: want a single value"}},

	{"an unknown parameter of the network", head + "network: {latncy: 1ms}\n",
		[]string{`4:11: network has no key "latncy". Did you mean latency? The keys are latency, uplink,…`}},
	{"a parameter in the wrong section", head + "network: {linger: 1ms}\n",
		[]string{`4:11: network has no key "linger". The keys are latency, uplink,…`}},
	{"a bad distribution", head + "network: {latency: 5}\n", []string{`4:20: latency: latency distribution "5":…`}},
	{"a bad choice", head + "server: {model: sequental}\n",
		[]string{`4:17: model: "sequental" is not one of sequential, listener, concurrent. Did you mean sequential?`}},
	{"a count out of range", head + "clients: {clients: 1001}\n",
		[]string{"4:20: clients: 1001 is out of range: 1 to 1000"}},
	{"a bad duration of the NAT", head + "nat: {nat-lifetime: 0s}\n",
		[]string{"4:21: nat-lifetime: 0s is out of range: at least 1ns"}},

	{"a parameter of a name that is taken",
		head + "parameters: [{name: linger, type: duration, default: 1s, meaning: m}]\n",
		[]string{`4:21: parameter "linger": every scenario has one of that name`}},
	{
		"two parameters of one name",
		head + "parameters:\n  - {name: x, type: duration, default: 1s, meaning: m}\n  - {name: x, type: duration, " +
			"default: 1s, meaning: m}\n",
		[]string{`6:12: there are two parameters of the name "x"`},
	},
	{"a parameter of an unknown type", head + "parameters: [{name: x, type: law, default: 1s, meaning: m}]\n",
		[]string{`4:30: type of parameter x: "law" is not one of duration, latency distribution…`}},
	{"a choice without choices", head + "parameters: [{name: x, type: choice, default: a, meaning: m}]\n", []string{
		"4:14: choices of parameter x are missing: want a list of words",
	}},
	{
		"a misspelt choice",
		head + "parameters: [{name: x, type: chioce, choices: [a], default: a, meaning: m}]\n",
		[]string{
			`4:30: type of parameter x: "chioce" is not one of duration, latency distribution, choice. Did you mean ` +
				`choice?`,
		},
	},
	{"a parameter without a default", head + "parameters: [{name: x, type: duration, meaning: m}]\n", []string{
		"4:14: parameter x: want either a default or follows, the parameter whose value it has unless it is given",
	}},
	{"a bad default", head + "parameters: [{name: x, type: duration, default: soon, meaning: m}]\n",
		[]string{`4:49: default of parameter x: "soon" is not a duration…`}},
	{
		"a parameter that follows nobody",
		head + "parameters: [{name: x, type: latency distribution, follows: downlonk, meaning: m}]\n",
		[]string{
			`4:21: parameter x follows "downlonk", and no parameter before it has that name. Did you mean downlink?`,
		},
	},
	{"a parameter that follows one of another type",
		head + "parameters: [{name: x, type: duration, follows: uplink, meaning: m}]\n",
		[]string{"4:21: parameter x is a duration and follows uplink, a latency distribution"}},
	{"a parameter that follows itself",
		head + "parameters: [{name: x, type: latency distribution, follows: x, meaning: m}]\n",
		[]string{`4:21: parameter x follows "x", and no parameter before it has that name`}},

	{"a rule without a name", oneRule("{match: {nth: 1}, drop: true}"), []string{"5:5: name of rule 1 is missing"}},
	{"a rule of two words", oneRule(`{name: "a,b", match: {nth: 1}, drop: true}`),
		[]string{`5:12: name "a,b" of a rule: want neither spaces, commas nor equals signs`}},
	{"a rule of a name that is taken", oneRule("{name: nothing, match: {nth: 1}, drop: true}"),
		[]string{`5:12: rule "nothing": that is how without says that no datagram is taken out`}},
	{
		"a rule without a match",
		oneRule("{name: r, drop: true}"),
		[]string{
			"5:5: match of rule r is missing: want a mapping with some of the keys from, client, record, epoch, " +
				"message, nth",
		},
	},
	{"a rule that does nothing", oneRule("{name: r, match: {nth: 1}}"),
		[]string{"5:5: rule r: want exactly one of latency, delay, drop, duplicate, hold, replay, forge, not none"}},
	{"a rule that does two things", oneRule("{name: r, match: {nth: 1}, drop: true, delay: 1ms}"), []string{
		"5:5: rule r: want exactly one of latency, delay, drop, duplicate, hold, replay, forge, not drop and delay",
	}},
	{"two rules of one name",
		head + "rules:\n  - {name: r, match: {nth: 1}, drop: true}\n  - {name: r, match: {nth: 2}, drop: true}\n",
		[]string{`6:12: there are two rules of the name "r"`}},
	{"a match of nothing", oneRule("{name: r, match: {}, drop: true}"),
		[]string{"5:22: match of rule r is empty: want some of the keys from, client, record, epoch, message, nth"}},
	{"a match of an unknown message", oneRule("{name: r, match: {message: client-helo}, drop: true}"), []string{
		`5:32: message of match of rule r: "client-helo" is not one of certificate, certificate-request,…`,
	}},
	{"a match from nowhere", oneRule("{name: r, match: {from: clients}, drop: true}"),
		[]string{`5:29: from of match of rule r: "clients" is not one of client, server. Did you mean client?`}},
	{"a match of no client", oneRule("{name: r, match: {client: 0}, drop: true}"),
		[]string{`5:31: client "0": want a whole number from 1 to 1000`}},
	{"a match of a bad epoch", oneRule("{name: r, match: {epoch: -1}, drop: true}"),
		[]string{`5:30: epoch "-1": want a whole number from 0 to 65535`}},
	{"a message in an alert", oneRule("{name: r, match: {record: alert, message: client-hello}, drop: true}"), []string{
		"5:22: match of rule r: a message is in a record of type handshake, not alert",
	}},
	{"a Finished in the clear", oneRule("{name: r, match: {message: finished, epoch: 0}, drop: true}"),
		[]string{"5:22: match of rule r: a Finished is never of epoch 0"}},
	{"a hello of a later epoch", oneRule("{name: r, match: {message: client-hello, epoch: 1}, drop: true}"), []string{
		"5:22: match of rule r: of the messages of a later epoch only a Finished can be told",
	}},
	{"a drop that is no drop", oneRule("{name: r, match: {nth: 1}, drop: no}"),
		[]string{`5:38: drop "no" of rule r: want true`}},
	{"a delay that is neither", oneRule("{name: r, match: {nth: 1}, delay: latensy}"), []string{
		`5:39: delay "latensy" of rule r: want a parameter or a latency distribution. Did you mean latency?…`,
	}},
	{"a delay by a choice", oneRule("{name: r, match: {nth: 1}, delay: credentials}"), []string{
		"5:39: delay of rule r: parameter credentials is a choice; want a duration or a latency distribution",
	}},
	{"a hold without an end", oneRule("{name: r, match: {nth: 1}, hold: {delay: 1ms}}"), []string{
		"5:38: until of hold of rule r is missing: want a mapping with some of the keys from, client, record, " +
			"epoch, message, nth",
	}},
	{"a replay with the wrong key", oneRule("{name: r, match: {nth: 1}, replay: {until: {nth: 2}}}"), []string{
		`5:41: replay of rule r has no key "until". The keys are after, delay`,
		"5:40: after of replay of rule r is missing:…",
	}},
	{"a forged handshake", oneRule("{name: r, match: {nth: 1}, forge: {record: handshake}}"), []string{
		`5:48: record of forge of rule r: "handshake" is not one of alert, application-data`,
	}},
	{"a forged alert without its name", oneRule("{name: r, match: {nth: 1}, forge: {record: alert}}"),
		[]string{"5:39: alert of forge of rule r is missing: want one of access_denied,…"}},
	{"a forged alert with data",
		oneRule("{name: r, match: {nth: 1}, forge: {record: alert, alert: close_notify, data: x}}"),
		[]string{"5:82: data has no meaning for a forged record of type alert"}},
	{"a forged record of a bad number",
		oneRule("{name: r, match: {nth: 1}, forge: {record: application-data, sequence: x}}"),
		[]string{`5:76: sequence "x": want a whole number from 0 to 2147483647`}},

	{"a remedy of a name that is taken", head + "remedies: [{name: none, set: {linger: 1s}, helps: no}]\n",
		[]string{`4:19: remedy "none": that is how remedy says that there is none`}},
	{"two remedies of one name",
		head + "remedies:\n  - {name: r, set: {linger: 1s}, helps: no}\n  - {name: r, set: {linger: 2s}, helps: no}\n",
		[]string{`6:12: there are two remedies of the name "r"`}},
	{"a remedy of two words", head + "remedies: [{name: a b, set: {linger: 1s}, helps: no}]\n",
		[]string{`4:19: name "a b" of a remedy: want neither spaces, commas nor equals signs`}},
	{"a remedy that sets nothing", head + "remedies: [{name: r, helps: no}]\n",
		[]string{"4:12: set of remedy r is missing: want the parameters that it sets"}},
	{"a remedy that helps somehow", head + "remedies: [{name: r, set: {linger: 1s}, helps: maybe}]\n",
		[]string{`4:48: helps of remedy r: "maybe" is not one of yes, partly, no`}},
	{"a remedy that sets what there is not", head + "remedies: [{name: r, set: {lnger: 1s}, helps: no}]\n",
		[]string{`4:28: a has no parameter "lnger". Did you mean linger? It has…`}},
	{"a remedy for another model", head + "remedies: [{name: r, set: {filter: none}, helps: no}]\n", []string{
		"4:19: remedy r: parameter filter does not apply to a server of model sequential, only to listener and " +
			"concurrent",
	}},
	{
		"two remedies for another model",
		head + "remedies:\n  - {name: r, set: {filter: none}, helps: no}\n  - {name: s, set: {tombstone: 1s}, " +
			"helps: no}\n",
		[]string{
			"5:12: remedy r: parameter filter does not apply…", "6:12: remedy s: parameter tombstone does not apply…",
		},
	},
	{"an unknown outcome", head + "fail: [ghost-sesion]\n",
		[]string{`4:8: fail: "ghost-sesion" is not an outcome of a. Did you mean ghost-session? They are…`}},
	{"a probe without a range", "name: a\nsummary: b\nprobe: latency\n",
		[]string{`3:8: probe "latency": want NAME=FROM..TO, as in latency=0s..100ms`}},
	{"a probe of nothing", "name: a\nsummary: b\nprobe: latncy=1ms..2ms\n",
		[]string{`3:8: probe: a has no parameter "latncy". Did you mean latency?…`}},
	{"a probe of a choice", "name: a\nsummary: b\nprobe: model=1ms..2ms\n",
		[]string{"3:8: probe: parameter model is a choice; only a duration or a latency distribution can be varied"}},
	{"a probe below the least value of its parameter", "name: a\nsummary: b\nprobe: handshake-timeout=0s..1s\n",
		[]string{`3:8: probe "handshake-timeout=0s..1s": parameter handshake-timeout: 0s is out of range: at ` +
			`least 1ns`}},
	{"a probe of another model", "name: a\nsummary: b\nprobe: tombstone=0s..1s\n",
		[]string{`3:8: probe "tombstone=0s..1s": parameter tombstone does not apply to a server of model sequential, ` +
			`only to listener and concurrent`}},
	{"a cause that contradicts the failing example",
		oneRule("{name: r, when: {client: waits}, match: {nth: 1}, drop: true}") +
			"examples: {failing: {client: vanishes}}\ncause: {text: t, rule: r}\n",
		[]string{"1:1: the cause: without=r: the rule does nothing to be taken out, unless client=waits"}},
	{"an example that sets what there is not", head + "examples: {failing: {x: 1}}\n",
		[]string{`4:22: a has no parameter "x".…`}},
	{"an example for another model", head + "examples: {failing: {tombstone: 1s}}\n", []string{
		"4:21: failing: parameter tombstone does not apply to a server of model sequential, only to listener and " +
			"concurrent",
	}},
	{"a cause of no rule", head + "cause: {text: t, rule: r}\n",
		[]string{`4:24: cause: a has no parameter "without".…`}},
	{"a cause of both kinds",
		oneRule("{name: r, match: {nth: 1}, drop: true}") + "cause: {text: t, rule: r, set: {linger: 1s}}\n",
		[]string{"6:8: cause: want either the rule whose datagram it is, or set, the parameters that take it away"}},
	{"faults everywhere", `name: .x
summary: [b]
server: {model: x}
rules: [{name: r, match: {nth: 0}, drop: maybe}]
probe: y
`, []string{
		`1:7: name ".x" of the scenario:…`, "2:10: summary of the scenario: want a single value",
		`3:17: model: "x" is not one of…`,
		`4:32: nth "0": want a whole number from 1 to 1000000`, `4:42: drop "maybe" of rule r: want true`,
		`5:8: probe "y": want NAME=FROM..TO…`,
	}},
}

// Every fault of a broken scenario is told, once, at its line and column, and nothing
// else is.
func TestBrokenScenarios(t *testing.T) {
	for _, c := range brokenScenarios {
		t.Run(c.name, func(t *testing.T) {
			s, err := format.Parse("dir/file.yaml", []byte(c.yaml))
			if err == nil || s != nil {
				t.Fatalf("it is accepted: %+v", s)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(c.want) {
				t.Errorf("%d faults, want %d", len(lines), len(c.want))
			}
			for _, want := range c.want {
				found := false
				for _, line := range lines {
					if rest, ok := strings.CutPrefix(line, "dir/file.yaml:"); ok {
						start, open := strings.CutSuffix(want, "…")
						found = found || rest == want || (open && strings.HasPrefix(rest, start))
					}
				}
				if !found {
					t.Errorf("nothing says %q", want)
				}
			}
			if t.Failed() {
				t.Logf("it says:\n%v\nabout:\n%s", err, c.yaml)
			}
		})
	}
}

var placedFault = regexp.MustCompile(`(?s)^f\.yaml:[1-9]\d*:[1-9]\d*: .`)

// Whatever a file holds, reading it ends with a scenario whose defaults resolve, or with
// faults that each have their place.
func FuzzParseScenario(f *testing.F) {
	for _, c := range brokenScenarios {
		f.Add([]byte(c.yaml))
	}
	f.Add([]byte(whole))
	for _, s := range catalogue.All() {
		f.Add(s.Source)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := format.Parse("f.yaml", data)
		if err == nil {
			if _, err := s.Resolve(nil); err != nil {
				t.Errorf("its defaults do not resolve: %v", err)
			}
			return
		}
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || len(joined.Unwrap()) == 0 {
			t.Fatalf("no list of faults: %v", err)
		}
		for _, fault := range joined.Unwrap() {
			if !placedFault.MatchString(fault.Error()) {
				t.Errorf("a fault without its place: %q", fault)
			}
		}
	})
}

// The README names every scenario and every outcome, and its example of a file is one.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	for _, s := range catalogue.All() {
		if !strings.Contains(readme, "| `"+s.Name+"` |") {
			t.Errorf("it does not name the scenario %s", s.Name)
		}
	}
	for _, o := range catalogue.All()[0].Outcomes {
		if row := "| `" + o.Name + "` | " + o.Meaning + " |"; !strings.Contains(readme, row) {
			t.Errorf("it has no row %s", row)
		}
	}
	_, example, _ := strings.Cut(readme, "    name: my-server\n")
	example, _, _ = strings.Cut(example, "\n\n")
	example = "name: my-server\n" + strings.ReplaceAll(strings.TrimPrefix(example, "    "), "\n    ", "\n")
	if _, err := format.Parse("README.md", []byte(example)); err != nil {
		t.Errorf("its example: %v\n%s", err, example)
	}
}
