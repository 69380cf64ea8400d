package format_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
)

// programs is a scenario with every key of hosts and outcomes.
const programs = `name: programs
summary: every key
network: {latency: 5ms, unreachable: no}
nat: {nat-lifetime: 1m}
run: {settle: 1s, time-limit: 10m}
hosts:
  server:
    program: ["./server", "-port", "4433", "-mtu", "${mtu}", "$${HOME}"]
    processing: exponential(mean=${mean})
    address: 192.0.2.1
    env: {WAIT: "${wait:ms}", PATH: /bin}
    dir: .
    signals: [{at: 10s, signal: TERM}, {at: "${wait}", signal: SIGUSR1}]
  other: {program: sleep, role: server, address: 192.0.2.9}
  client:
    program: [sh, -c, "echo x | client ${flags}"]
    processing: late
    runs: ${count}
    gap: wait
    after: 5ms
    input: [{text: "a\n"}, {at: 1s, text: "${mtu}"}, {at: "${wait}", end: true}]
    files: {keys/ca.pem: ca.pem}
  beat: {program: [true], runs: 3, every: 1s, files: [a, b/c], input: hello}
  late: {program: [true], at: [0s, wait, "uniform(0s,1s)"]}
outcomes:
  - {name: one, meaning: m, when: {host: server, output: "-0x7700"}}
  - {name: two, meaning: m, when: {all: [{host: client, run: 2, exit: "!= 0"}, {not: {host: beat, exit: never}}]}}
  - {name: three, meaning: m, when: {any: [{host: late, exit: signal KILL}, {host: other, output: /a+b/, exit: 1}]}}
parameters:
  - {name: late, type: latency distribution, follows: uplink, meaning: m}
  - {name: wait, type: duration, default: 1500us, meaning: m}
  - {name: mtu-told, type: choice, choices: [a, b], default: a, meaning: m}
  - {name: count, type: count, default: 2, min: 1, max: 9, meaning: m}
  - {name: flags, type: text, default: "", meaning: m}
rules:
  - {name: alert, match: {from: client, client: 1, record: alert, nth: 1}, latency: late}
  - {name: of-host, match: {from: beat}, drop: true}
remedies:
  - {name: flagged, set: {flags: -x -y}, helps: yes}
fail: [one, two, client-time > 3s]
probe: late=0s..1s
examples: {failing: {late: 1ms}, passing: {late: 2ms}}
cause: {text: the alert, rule: alert}
`

// wellFormed is programs without what is in it only to be wrong.
func wellFormed() string {
	return strings.NewReplacer("exponential(mean=${mean})", "exponential(mean=1ms)").Replace(programs)
}

// A file with hosts has the parameters of the network, of runs, and its own, and its own outcomes.
func TestParsePrograms(t *testing.T) {
	s, err := format.Parse("dir/programs.yaml", []byte(wellFormed()))
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Resolve(scenarios.Settings{"remedy": "flagged"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"latency": "5ms", "unreachable": "no", "nat-lifetime": "1m0s", "settle": "1s", "time-limit": "10m0s",
		"count": "2", "flags": "-x -y", "without": "nothing",
	} {
		if got := v.TextOf(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"model", "clients", "endpoint-mtu", "stack"} {
		if s.Parameter(name) != nil {
			t.Errorf("it has the parameter %s of sessions", name)
		}
	}
	if got := s.OutcomeNames(); !slices.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("the outcomes are %v", got)
	}
	if s.TimersKnown || s.TimersUnknown !=
		"the program ./server reads clocks and may compare times that the simulation does not see" {
		t.Errorf("about timers it says %t, %q", s.TimersKnown, s.TimersUnknown)
	}
	clients := s.Clients(v)
	if len(clients) != 8 || clients["client-2"] != 2 || clients["beat-1"] != 3 || clients["late-3"] != 8 {
		t.Errorf("the clients are %v", clients)
	}
}

// broken returns the file with one text in place of another.
func broken(t *testing.T, old, with string) string {
	t.Helper()
	if strings.Count(wellFormed(), old) != 1 {
		t.Fatalf("%q stands there %d times", old, strings.Count(wellFormed(), old))
	}
	return strings.Replace(wellFormed(), old, with, 1)
}

// Each fault of a file with hosts has one message, with its place.
func TestBrokenHosts(t *testing.T) {
	for _, test := range []struct{ old, with, want string }{
		{"exponential(mean=1ms)", "exponential(mean=${mean})",
			`9:17: processing "exponential(mean=${mean})" of host server: want a parameter or a latency…`},
		{"processing: late", "processing: count",
			"17:17: processing of host client: parameter count is a count; want a duration or a latency distribution"},
		{`"${mtu}", "$${HOME}"`, `"${mtu-tld}"`,
			`8:52: element 5 of program of host server: ${mtu-tld}: programs has no parameter "mtu-tld". Did you ` +
				"mean mtu-told? For a ${ that a program gets, write $${"},
		{`"$${HOME}"`, `"${HOME}"`,
			`8:62: element 6 of program of host server: ${HOME}: programs has no parameter "HOME".…`},
		{`"${wait:ms}"`, `"${late}"`, "11:17: variable WAIT of host server: ${late}: it is a latency distribution,…"},
		{"signal: TERM", "signal: TREM", `13:33: signal 1 of host server: there is no signal "TREM". There are ABRT,…`},
		{"[sh, -c, \"echo x | client ${flags}\"]", "sh -c x",
			`16:14: program of host client: want a list, the program and its arguments; a shell reads…`},
		{"runs: ${count}", "runs: wait",
			"18:11: runs of host client: parameter wait is a duration; want a count from at least 1 to at most 1000"},
		{"runs: ${count}", "runs: 0", `18:11: runs of host client "0": want a whole number from 1 to 1000`},
		{"every: 1s", "every: 1s, gap: 1s", "23:52: host beat has every and gap: want either every,…"},
		{"runs: 3, every: 1s,", "every: 1s,",
			"23:34: every of host beat: its program runs once; want runs, how often it runs"},
		{"at: [0s,", "runs: 2, at: [0s,", "24:33: runs of host late: at says already when its program starts"},
		{"files: [a, b/c]", "files: [../a/..]",
			`23:55: files of host beat: ".." leaves the private directory: want a…`},
		{"keys/ca.pem:", "/keys:",
			`22:13: files of host client: "/keys" leaves the private directory: want a relative…`},
		{"dir: .", "dir: .\n    files: [x]", "13:12: host server has files and a dir:…"},
		{"{text: \"a\\n\"}", "{at: 1s}", "21:13: input 1 of host client: want a text, or end: true"},
		{"{text: \"a\\n\"}", "{end: true}", "21:26: input 2 of host client: nothing follows the end of file of the…"},
		{"address: 192.0.2.1\n", "address: 192.0.2.9\n",
			"14:3: host other: its address 192.0.2.9 is that of the host server"},
		{"address: 192.0.2.9}", "address: 10.0.0.1}",
			`14:50: address "10.0.0.1" of host other: want one from 192.0.2.1 to 192.0.2.253`},
		{", address: 192.0.2.9", "",
			"1:1: host other: a second server needs an address of its own: want one of 192.0.2.0/24"},
		{"  late: {program", "  late-1: {program",
			`24:3: name "late-1" of a host: want none that ends with a hyphen and…`},
		{"  late: {program", "  network: {program", `24:3: name "network" of a host: the simulation itself uses it`},
		{"{host: server, output:", "{host: srver, output:",
			`26:42: when of outcome one: there is no host "srver". There…`},
		{"run: 2, exit:", "runs: 2, exit:", `27:57: condition 1 of all of when of outcome two has no key "runs". Did…`},
		{"host: client, run: 2", "host: beat, run: 4",
			"27:49: condition 1 of all of when of outcome two: run 4 of beat:…"},
		{`exit: "!= 0"`, `exit: "!= O"`,
			`27:71: condition 1 of all of when of outcome two: exit "!= O": want an exit code…`},
		{"output: /a+b/", "output: /a(b/",
			"28:99: condition 2 of any of when of outcome three: /a(b/ is not a regular…"},
		{"{host: server, output: \"-0x7700\"}", "{host: server}",
			"26:35: when of outcome one: want output, exit, or both"},
		{"when: {all:", "when: {host: late, all:",
			"27:35: when of outcome two: all stands alone: put it into the list of…"},
		{"name: three", "name: one", `28:12: there are two outcomes of the name "one"`},
		{"name: three", "name: clean", `28:12: name "clean" of an outcome: the word has a meaning of its own`},
		{"min: 1, max: 9", "min: 0, max: 9",
			"18:11: runs of host client: parameter count is a count; want a count from…"},
		{"type: text, default: \"\"", "type: text, default: \"\", max: 3",
			"34:49: max has no meaning for parameter flags,…"},
		{"from: beat", "from: beet",
			`37:35: from of match of rule of-host: "beet" is not one of client, server, other,…`},
		{"fail: [one,", "fail: [data-lost,",
			`40:8: fail: "data-lost" is not an outcome of programs. They are one, two,…`},
		{"client-time > 3s", "handshake > 3s",
			`40:18: fail: "handshake > 3s": programs has no measure "handshake". It has…`},
		{"run: {settle: 1s", "run: {settel: 1s",
			`5:7: run has no key "settel". Did you mean settle? The keys are settle,…`},
		{"run: {settle:", "server: {model: listener}\nrun: {settle:",
			"5:9: server has no meaning beside hosts, which have programs"},
	} {
		_, err := format.Parse("f", []byte(broken(t, test.old, test.with)))
		if err == nil {
			t.Errorf("%s: no fault", test.with)
			continue
		}
		pattern := "^f:" + strings.ReplaceAll(regexp.QuoteMeta(test.want), "…", "(?s:.*)") + "$"
		if strings.HasPrefix(test.want, "…") {
			pattern = "^f:"
		}
		if !regexp.MustCompile(pattern).MatchString(err.Error()) {
			t.Errorf("%s:\n got %v\nwant %s", test.with, err, test.want)
		}
	}
}

// A file without hosts cannot have what only programs use.
func TestHostsAreMissing(t *testing.T) {
	for fields, want := range map[string]string{
		"outcomes: [{name: a, meaning: b, when: {}}]\n": "f:4:11: outcomes has no meaning without hosts,",
		"run: {settle: 1s}\n":                           "f:4:6: run has no meaning without hosts,",
		"parameters: [{name: n, type: count, default: 1, meaning: m}]\n": `f:4:30: type of parameter n: "count" is not ` +
			"one of duration, latency distribution, choice",
		"hosts: {}\noutcomes: [{name: a, meaning: b, when: {host: c, exit: 0}}]\n": "f:4:8: hosts: want a mapping with",
		"hosts: {a: {program: [b]}}\n":                                             "f:1:1: outcomes of the scenario are missing:",
	} {
		_, err := format.Parse("f", []byte(head+fields))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", fields, err, want)
		}
	}
}
