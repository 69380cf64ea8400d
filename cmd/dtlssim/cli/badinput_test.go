package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
)

// badInput is a command line that makes no sense, with what is said about it: each
// text stands on a line of its own, and there are as many lines as texts.
type badInput struct {
	name string
	args []string
	want []string
}

const founding = "late-close-notify"

// words splits a command line without quotes; L stands for the founding scenario.
func words(line string) []string {
	args := strings.Fields(line)
	for i, a := range args {
		if a == "L" {
			args[i] = founding
		}
	}
	return args
}

// unwritable is why bad input is not tested together with a file that cannot be
// written.

var badInputs = []badInput{
	// Verbs, scenarios, flags, arguments.
	{name: "unknown verb", args: words("lst"),
		want: []string{
			`unknown command "lst". Did you mean list? The commands are bands, bench, compare, estimate, explain, ` +
				`export, help, list, map, measure, new, query, report, run, schema, sensitivity, study, sweep, window`,
		}},
	{name: "unknown verb with arguments", args: words("simulate L"),
		want: []string{
			`unknown command "simulate". The commands are bands, bench, compare, estimate, explain, export, help, ` +
				`list, map, measure, new, query, report, run, schema, sensitivity, study, sweep, window`,
		}},
	{name: "unknown verb for help", args: words("help simulate"),
		want: []string{
			`unknown command "simulate". The commands are bands, bench, compare, estimate, explain, export, help, ` +
				`list, map, measure, new, query, report, run, schema, sensitivity, study, sweep, window`,
		}},
	{
		name: "unknown verb for help, nearest",
		args: words("help lst L"),
		want: []string{`unknown command "lst". Did you mean list?`},
	},
	{name: "unknown flag", args: words("list --frmat json"),
		want: []string{"unknown flag: --frmat. Did you mean --format? See dtlssim list --help"}},
	{
		name: "unknown flag of the program",
		args: words("--seeds 3"),
		want: []string{"unknown flag: --seeds. See dtlssim --help"},
	},
	{
		name: "unknown shorthand",
		args: words("run L -x"),
		want: []string{"unknown shorthand flag: 'x' in -x. See dtlssim run --help"},
	},
	{
		name: "flag of another verb",
		args: words("run L --workers 2"),
		want: []string{"unknown flag: --workers. See dtlssim run --help"},
	},
	{name: "flag without its argument", args: words("run L --seed"), want: []string{"flag needs an argument: --seed"}},
	{
		name: "list of two",
		args: words("list L L"),
		want: []string{"dtlssim list takes at most one SCENARIO or FILE, not 2"},
	},
	{name: "run without scenario", args: words("run"), want: []string{"dtlssim run takes one SCENARIO or FILE, not 0"}},
	{
		name: "run of two scenarios",
		args: words("run L L"),
		want: []string{"dtlssim run takes one SCENARIO or FILE, not 2"},
	},
	{name: "window without scenario", args: words("window"), want: []string{"dtlssim window takes one SCENARIO"}},
	{
		name: "sweep without scenario",
		args: words("sweep --replications 3"),
		want: []string{"dtlssim sweep takes one SCENARIO"},
	},
	{name: "study without name", args: words("study"), want: []string{"dtlssim study takes one NAME or FILE"}},
	{name: "bench with an argument", args: words("bench L"), want: []string{"dtlssim bench takes no argument, not 1"}},
	{name: "unknown scenario, near", args: words("run late-clos-notify"),
		want: []string{`there is no scenario "late-clos-notify". Did you mean late-close-notify?`}},
	{
		name: "unknown scenario, a part",
		args: words("list late-close"),
		want: []string{`there is no scenario "late-close". Did you mean late-close-notify?`},
	},
	{
		name: "unknown scenario, far",
		args: words("list tcp"),
		want: []string{`there is no scenario "tcp". There are late-close-notify`},
	},
	{
		name: "empty scenario",
		args: []string{"list", ""},
		want: []string{`there is no scenario "". There are late-close-notify`},
	},

	// Formats, seeds.
	{name: "unknown format", args: words("list --format xml"), want: []string{`"xml" is not one of text, json`}},
	{name: "format of study", args: words("study L --format csv"), want: []string{`"csv" is not one of text, json`}},
	{
		name: "seed is no number",
		args: words("run L --seed x"),
		want: []string{`--seed "x": want a whole number from 0 to 18446744073709551615`},
	},
	{
		name: "negative seed",
		args: words("run L --seed -1"),
		want: []string{`--seed "-1": want a whole number from 0 to 18446744073709551615`},
	},
	{
		name: "seed too large",
		args: words("run L --seed 18446744073709551616"),
		want: []string{`--seed "18446744073709551616": want a whole number from 0 to 18446744073709551615`},
	},

	// The flag that is short for a parameter.
	{
		name: "perturb is no number",
		args: words("run L --perturb x"),
		want: []string{`parameter perturb: "x" is not a whole number from 0 to 1000`},
	},
	{
		name: "perturb is nothing",
		args: words("run L --perturb="),
		want: []string{`parameter perturb: "" is not a whole number from 0 to 1000`},
	},
	{
		name: "negative perturb",
		args: words("window L --perturb -1"),
		want: []string{`parameter perturb: -1 is out of range: 0 to 1000`},
	},
	{
		name: "perturb too large",
		args: words("sweep L --replications 3 --perturb 1001"),
		want: []string{`parameter perturb: 1001 is out of range: 0 to 1000`},
	},
	{
		name: "perturb set twice",
		args: words("run L --set perturb=2 --perturb 1"),
		want: []string{`parameter perturb is set twice: "1" and "2"`},
	},
	{
		name: "perturb twice",
		args: words("run L --perturb 1 --perturb 1"),
		want: []string{`parameter perturb is set twice: "1" and "1"`},
	},
	{name: "perturb set and varied", args: words("sweep L --replications 3 --perturb 1 --vary perturb=1,2"),
		want: []string{`parameter perturb is varied, and set or varied a second time`}},
	{
		name: "perturb misspelt",
		args: words("run L --pertub 1"),
		want: []string{"unknown flag: --pertub. Did you mean --perturb?"},
	},

	// Parameters.
	{name: "unknown parameter", args: words("run L --set lingr=1ms"),
		want: []string{`late-close-notify has no parameter "lingr". Did you mean linger? It has latency, uplink,`}},
	{name: "unknown parameter, far", args: words("window L --set processors=1ms"),
		want: []string{`late-close-notify has no parameter "processors". It has latency, uplink,`}},
	{
		name: "no assignment",
		args: words("run L --set linger"),
		want: []string{`"linger" is not an assignment NAME=VALUE`},
	},
	{
		name: "assignment to nothing",
		args: words("run L --set =5ms"),
		want: []string{`"=5ms" is not an assignment NAME=VALUE`},
	},
	{
		name: "set twice",
		args: words("run L --set linger=1ms --set linger=2ms"),
		want: []string{`parameter linger is set twice: "1ms" and "2ms"`},
	},
	{name: "set twice, at first to nothing", args: words("run L --set linger= --set linger=2ms"),
		want: []string{`parameter linger is set twice: "" and "2ms"`, `parameter linger: "" is not a duration`}},
	{name: "duration without unit", args: words("run L --set linger=5"),
		want: []string{`parameter linger: "5" is not a duration (a number with a unit: ns, us, ms, s, m, h)`}},
	{
		name: "unknown unit",
		args: words("run L --set linger=5msec"),
		want: []string{`parameter linger: "5msec" is not a duration (a number with a unit:`},
	},
	{name: "no duration", args: words("run L --set linger="), want: []string{`parameter linger: "" is not a duration`}},
	{
		name: "negative duration",
		args: words("run L --set linger=-5ms"),
		want: []string{"parameter linger: -5ms is negative: want 0s to 1000h"},
	},
	{
		name: "duration too large",
		args: words("run L --set linger=1001h"),
		want: []string{"parameter linger: 1001h is out of range: at most 1000h"},
	},
	{name: "duration too small", args: words("run L --set flight-interval=1ns"),
		want: []string{"parameter flight-interval: 1ns is out of range: at least 1µs"}},
	{
		name: "timeout of zero",
		args: words("run L --set handshake-timeout=0s"),
		want: []string{"parameter handshake-timeout: 0s is out of range: at least 1ns"},
	},
	{
		name: "count too small",
		args: words("run L --set clients=0"),
		want: []string{"parameter clients: 0 is out of range: 1 to 1000"},
	},
	{
		name: "count too large",
		args: words("run L --set clients=1001"),
		want: []string{"parameter clients: 1001 is out of range: 1 to 1000"},
	},
	{
		name: "count with a fraction",
		args: words("run L --set clients=1.5"),
		want: []string{`parameter clients: "1.5" is not a whole number from 1 to 1000`},
	},
	{
		name: "probability too large",
		args: words("run L --set loss=1.5"),
		want: []string{"parameter loss: 1.5 is out of range: 0 to 1"},
	},
	{
		name: "negative probability",
		args: words("run L --set loss=-0.1"),
		want: []string{"parameter loss: -0.1 is out of range: 0 to 1"},
	},
	{
		name: "probability in per cent",
		args: words("run L --set loss=20%"),
		want: []string{`parameter loss: "20%" is not a number from 0 to 1`},
	},
	{
		name: "probability NaN",
		args: words("run L --set loss=NaN"),
		want: []string{`parameter loss: "NaN" is not a number from 0 to 1`},
	},
	{name: "unknown choice, near", args: words("run L --set client=wait"),
		want: []string{
			`parameter client: "wait" is not one of closes-first, waits, acknowledged, vanishes. Did you mean waits?`,
		}},
	{name: "unknown choice, far", args: words("run L --set credentials=x509"),
		want: []string{`parameter credentials: "x509" is not one of psk, ed25519, ecdsa, rsa`}},
	{name: "remedy at odds with a parameter", args: words("run L --set remedy=recognise --set first-record=reject"),
		want: []string{"remedy=recognise sets first-record=discard, and first-record=reject is given as well"}},

	// Latency distributions.
	{name: "unknown distribution, near", args: words("run L --set latency=unifrm(1ms,2ms)"),
		want: []string{
			`latency distribution "unifrm(1ms,2ms)": "unifrm" is not a distribution. Did you mean uniform(from,to)?`,
		}},
	{name: "unknown distribution, far", args: words("run L --set latency=zipf(1ms)"),
		want: []string{
			`"zipf" is not a distribution. A distribution is one of 10ms, empirical(file), exponential(mean),`,
		}},
	{
		name: "distribution without arguments",
		args: words("run L --set latency=gamma"),
		want: []string{"gamma needs its arguments: gamma(mean,shape)"},
	},
	{name: "distribution with too few arguments", args: words("run L --set latency=gamma(1ms)"),
		want: []string{`latency distribution "gamma(1ms)": want the arguments gamma(mean,shape), not 1`}},
	{name: "distribution with an unknown argument", args: words("run L --set latency=lognormal(median=1ms,sigm=1)"),
		want: []string{`lognormal has no argument "sigm". Did you mean sigma? Want lognormal(median,sigma)`}},
	{
		name: "distribution with an argument twice",
		args: words("run L --set latency=uniform(from=1ms,from=2ms)"),
		want: []string{"uniform: argument from is given twice"},
	},
	{
		name: "distribution with empty range",
		args: words("run L --set latency=uniform(2ms,1ms)"),
		want: []string{"its first bound must be below its second"},
	},
	{
		name: "distribution out of range",
		args: words("run L --set latency=lognormal(1ms,21)"),
		want: []string{"lognormal: sigma: 21 is out of range: 1e-06 to 20"},
	},
	{
		name: "distribution with an offset without unit",
		args: words("run L --set latency=5+exponential(1ms)"),
		want: []string{`offset: "5" is not a duration`},
	},
	{
		name: "distribution left open",
		args: words("run L --set latency=uniform(1ms,2ms"),
		want: []string{"the closing parenthesis is missing"},
	},
	{name: "offset behind the distribution", args: words("run L --set latency=exponential(1ms)+5ms"),
		want: []string{
			`latency distribution "exponential(1ms)+5ms": the offset stands before the distribution: ` +
				`OFFSET+DISTRIBUTION`,
		}},

	// Outcomes.
	{name: "unknown outcome, near", args: words("run L --fail data-los"),
		want: []string{
			`"data-los" is not an outcome of late-close-notify. Did you mean data-lost? They are unexpected-message,`,
		}},
	{name: "unknown outcome, far", args: words("sweep L --replications 1 --fail clean"),
		want: []string{`"clean" is not an outcome of late-close-notify. They are unexpected-message, ghost-session,`}},
	{
		name: "empty outcome",
		args: words("window L --fail data-lost,"),
		want: []string{`"" is not an outcome of late-close-notify. They are`},
	},
	{name: "two unknown outcomes", args: words("run L --fail data-los,ghost"), want: []string{
		`"data-los" is not an outcome of late-close-notify. Did you mean data-lost?`,
		`"ghost" is not an outcome of late-close-notify. Did you mean ghost-session? They are`,
	}},

	// Probes.
	{
		name: "probe without range",
		args: words("window L --probe alert-latency"),
		want: []string{`probe "alert-latency": want NAME=FROM..TO, as in`},
	},
	{
		name: "probe with one bound",
		args: words("window L --probe alert-latency=1ms"),
		want: []string{"want NAME=FROM..TO, as in"},
	},
	{
		name: "probe without name",
		args: words("window L --probe =1ms..2ms"),
		want: []string{"want NAME=FROM..TO, as in"},
	},
	{
		name: "probe with a bound without unit",
		args: words("window L --probe alert-latency=0s..5"),
		want: []string{`"5" is not a duration (a number with a unit:`},
	},
	{name: "probe with both bounds bad", args: words("window L --probe alert-latency=x..y"),
		want: []string{
			`probe "alert-latency=x..y": "x" is not a duration`,
			`probe "alert-latency=x..y": "y" is not a duration`,
		}},
	{
		name: "probe with an empty range",
		args: words("window L --probe alert-latency=5ms..5ms"),
		want: []string{"the range is empty: FROM must be below TO"},
	},
	{
		name: "probe with a negative bound",
		args: words("window L --probe alert-latency=-1ms..5ms"),
		want: []string{"-1ms is negative"},
	},
	{name: "unknown probe", args: words("window L --probe alert-latncy=0s..5ms"),
		want: []string{`probe: late-close-notify has no parameter "alert-latncy". Did you mean alert-latency?`}},
	{name: "probe of a choice", args: words("window L --probe credentials=0s..5ms"),
		want: []string{
			"probe: parameter credentials is a choice; only a duration or a latency distribution can be varied",
		}},
	{name: "probe that is set", args: words("window L --probe linger=1ms..5ms --set linger=2ms"),
		want: []string{"probe: parameter linger is varied, and set to 2ms as well"}},
	{name: "probe out of the parameter's range", args: words("window L --probe handshake-timeout=0s..5ms"),
		want: []string{"parameter handshake-timeout: 0s is out of range: at least 1ns"}},

	// Maps and bands.
	{name: "map without scenario", args: words("map"), want: []string{"dtlssim map takes one SCENARIO or FILE, not 0"}},
	{name: "map of one probe", args: words("map L --probe linger=0s..1ms"),
		want: []string{
			"--probe is given once: want two, as in --probe alert-latency=0s..300ms --probe linger=0s..200ms",
		}},
	{name: "map of one probe twice", args: words("map L --probe linger=0s..1ms --probe linger=0s..2ms"),
		want: []string{"probe: parameter linger is varied twice: a map takes two parameters"}},
	{name: "map of a probe that is set", args: words("map L --probe linger=0s..1ms --probe gap=0s..2ms --set gap=1ms"),
		want: []string{"probe: parameter gap is varied, and set to 1ms as well"}},
	{name: "faults of two probes", args: words("map L --probe lingr=0s..1ms --probe clients=0s..2ms"), want: []string{
		`probe: late-close-notify has no parameter "lingr". Did you mean linger?`,
		"probe: parameter clients is a count; only a duration or a latency distribution can be varied",
	}},
	{
		name: "numbers of a map",
		args: words(
			"map L --probe linger=0s..1ms --probe gap=0s..2ms --resolution 0s --max-runs 0 --workers 0 -o map.pdf",
		),
		want: []string{
			"--resolution 0s must be at least 1ns", "--max-runs 0 must be at least 1", "--workers 0 is out of range",
			"--output map.pdf: want FILE.svg or FILE.png",
		},
	},
	{
		name: "resolution without unit",
		args: words("map L --probe linger=0s..1ms --probe gap=0s..2ms --resolution 5"),
		want: []string{`--resolution "5": want a duration`},
	},
	{
		name: "bands without factor",
		args: words("bands L"),
		want: []string{"--vary is missing: want NAME=A..B/STEPS or NAME=v1,v2"},
	},
	{
		name: "bands by two factors",
		args: words("bands L --vary linger=1ms,2ms --vary gap=50ms,60ms"),
		want: []string{"--vary is given 2 times: bands are of one factor"},
	},
	{
		name: "quantile that is no number",
		args: words("measure L --measure handshake --replications 2 --quantile abc"),
		want: []string{`--quantile "abc": want numbers, separated by commas`},
	},
	{
		name: "report of all and one more",
		args: words("report all L"),
		want: []string{"all is every built-in study, and stands alone"},
	},
	{
		name: "report of one study twice",
		args: words("report L L"),
		want: []string{"late-close-notify stands there twice"},
	},
	{
		name: "study into a file",
		args: words("study L -o points.csv"),
		want: []string{"--output points.csv: it is a file, not a folder"},
	},
	{name: "bands of one parameter", args: words("bands L --probe linger=0s..1ms --vary linger=1ms,2ms"),
		want: []string{"parameter linger is the probe, and varied as well"}},
	{
		name: "bands by a factor that is set",
		args: words("bands L --vary linger=1ms,2ms --set linger=2ms"),
		want: []string{"parameter linger is varied, and set to 2ms as well"},
	},
	{
		name: "several faults of bands",
		args: words("bands L --probe foo --vary lingr=1ms --workers 0 -o bands"),
		want: []string{
			`probe "foo": want NAME=FROM..TO`, `factor "lingr=1ms"`, "--workers 0",
			"--output bands: want FILE.svg or FILE.png",
		},
	},

	// Stores.
	{
		name: "query without file",
		args: words("query"),
		want: []string{"dtlssim query takes one FILE and at most one table, not 0"},
	},
	{
		name: "query of no file",
		args: words("query nowhere.sqlite"),
		want: []string{"nowhere.sqlite cannot be read: there is no such file"},
	},
	{
		name: "query of another file",
		args: words("query choice.yaml"),
		want: []string{"choice.yaml is no store of dtlssim: it is no SQLite file"},
	},
	{
		name: "query of a folder",
		args: words("query ."),
		want: []string{". is no store of dtlssim: it is no regular file"},
	},
	{name: "unknown table", args: words("query a.sqlite point"),
		want: []string{
			`there is no table "point". Did you mean points? There are parts, points, replications, measures, ` +
				`windows, cells, estimates, aborted, specification, layout`,
		}},
	{name: "no rows", args: words("query a.sqlite --rows 0"), want: []string{"--rows 0 must be at least 1"}},
	{
		name: "export of no file",
		args: words("export nowhere.sqlite"),
		want: []string{"nowhere.sqlite cannot be read: there is no such file"},
	},
	{
		name: "export of an unknown table",
		args: words("export a.sqlite aborted"),
		want: []string{
			`there is no table "aborted". There are replications, points, measures, windows, cells, estimates`,
		},
	},
	{
		name: "export as something else",
		args: words("export a.sqlite --format json"),
		want: []string{`--format "json" is not one of csv, jsonl`},
	},
	{name: "store that is no store", args: words("sweep L --replications 1 --store choice.yaml"),
		want: []string{"choice.yaml is no store of dtlssim: it is no SQLite file"}},

	// Factors.
	{
		name: "factor without levels",
		args: words("sweep L --replications 1 --vary linger"),
		want: []string{`factor "linger": want NAME=A..B/STEPS or NAME=v1,v2`},
	},
	{
		name: "factor of nothing",
		args: words("sweep L --replications 1 --vary linger="),
		want: []string{"want NAME=A..B/STEPS or NAME=v1,v2"},
	},
	{name: "unknown factor", args: words("sweep L --replications 1 --vary lingr=1ms,2ms"),
		want: []string{`factor "lingr=1ms,2ms": late-close-notify has no parameter "lingr". Did you mean linger?`}},
	{name: "factor with a range without steps", args: words("sweep L --replications 1 --vary linger=1ms..2ms"),
		want: []string{"a range is A..B/STEPS, with a whole number of steps"}},
	{
		name: "factor with no steps",
		args: words("sweep L --replications 1 --vary linger=1ms..2ms/0"),
		want: []string{"0 steps are out of range: 1 to 99999"},
	},
	{
		name: "factor with steps that do not divide",
		args: words("sweep L --replications 1 --vary clients=1..4/2"),
		want: []string{"2 steps do not divide 1..4"},
	},
	{
		name: "factor with an empty level",
		args: words("sweep L --replications 1 --vary linger=1ms,,2ms"),
		want: []string{"there is an empty level"},
	},
	{name: "factor with two bad levels", args: words("sweep L --replications 1 --vary linger=1,2ms,3"),
		want: []string{`parameter linger: "1" is not a duration`, `parameter linger: "3" is not a duration`}},
	{name: "factor with a range of choices", args: words("sweep L --replications 1 --vary remedy=none..linger/2"),
		want: []string{"parameter remedy is a choice; it has no range, only a list of levels: none,linger,recognise,"}},
	{
		name: "factor with a level out of range",
		args: words("sweep L --replications 1 --vary loss=0..2/2"),
		want: []string{"parameter loss: 2 is out of range: 0 to 1"},
	},
	{
		name: "factor with an open distribution",
		args: words("sweep L --replications 1 --vary latency=uniform(1ms,2ms"),
		want: []string{"the parentheses do not match"},
	},
	{name: "factor that is set", args: words("sweep L --replications 1 --vary linger=1ms,2ms --set linger=3ms"),
		want: []string{"parameter linger is varied, and set or varied a second time"}},
	{name: "factor twice", args: words("sweep L --replications 1 --vary linger=1ms,2ms --vary linger=3ms"),
		want: []string{"parameter linger is varied, and set or varied a second time"}},
	{
		name: "factors at odds",
		args: words("sweep L --replications 1 --vary first-record=reject,discard --vary remedy=recognise"),
		want: []string{"remedy=recognise sets first-record=discard, and first-record=reject is given as well"},
	},
	{
		name: "too many design points",
		args: words("sweep L --replications 1 --vary gap=0s..1s/400 --vary service=0s..1s/400"),
		want: []string{"the design has more than 100000 design points"},
	},

	// Designs.
	{name: "unknown design", args: words("sweep L --replications 1 --design sobl"),
		want: []string{`"sobl" is not one of factorial, one-at-a-time, latin-hypercube, sobol, list`}},
	{name: "design without points and factors", args: words("sweep L --replications 1 --design sobol"),
		want: []string{
			"--points is missing: want how many design points sobol has",
			"--vary is missing: want the factors of the design sobol",
		}},
	{name: "points of a factorial design", args: words("sweep L --replications 1 --points 8 --vary linger=0s,1s"),
		want: []string{"--points does not apply to the design factorial, only to latin-hypercube and sobol"}},
	{name: "design of a list without one", args: words("sweep L --replications 1 --design list --vary linger=0s,1s"),
		want: []string{
			"--list is missing: want a FILE.csv of design points",
			"--vary does not apply to the design list",
		}},
	{
		name: "list of another design",
		args: words("sweep L --replications 1 --design one-at-a-time --list points.csv --vary linger=0s,1s"),
		want: []string{"--list does not apply to the design one-at-a-time"},
	},
	{
		name: "missing list",
		args: words("sweep L --replications 1 --list nowhere.csv"),
		want: []string{"nowhere.csv cannot be read: no such file or directory"},
	},
	{name: "faults of a list", args: words("sweep L --replications 1 --list points.csv"), want: []string{
		`points.csv:1:8: late-close-notify has no parameter "lingr". Did you mean linger?`,
		`points.csv:2:1: parameter linger: "5" is not a duration`,
	}},
	{
		name: "range with one value",
		args: words("sweep L --replications 1 --design sobol --points 8 --vary linger=1ms..1ms"),
		want: []string{`factor "linger=1ms..1ms": the range holds one value`},
	},
	{
		name: "range with few values",
		args: words("sweep L --replications 1 --design latin-hypercube --points 8 --vary clients=1..3"),
		want: []string{"the ranges hold 3 different points, and 8 are wanted"},
	},
	{
		name: "logarithmic range from 0",
		args: words("sweep L --replications 1 --design sobol --points 8 --vary linger=0s..1s:log"),
		want: []string{`0s..1s is logarithmic: both ends have to be above 0`},
	},
	{name: "braces around a duration", args: words("sweep L --replications 1 --vary linger={1ms..2ms/2}"),
		want: []string{"parameter linger is a duration; braces stand around a number of a distribution"}},

	// Sensitivity, and measures.
	{
		name: "sensitivity to nothing",
		args: words("sensitivity L"),
		want: []string{"--vary is missing: want a factor NAME=A..B or NAME=v1,v2"},
	},
	{
		name: "numbers of sensitivity",
		args: words("sensitivity L --vary linger=0s..1s --points 1 --replications 0 --ends 0 --workers 0 -o x.pdf"),
		want: []string{
			"--points 1 must be at least 2",
			"--replications 0 must be at least 1",
			"--ends 0 must be at least 1",
			"--workers 0",
			"--output x.pdf: want FILE.svg or FILE.png",
		},
	},
	{name: "method of another verb", args: words("sensitivity L --vary linger=0s..1s --method conditional"),
		want: []string{`--method "conditional" is not one of monte-carlo, exact`}},
	{
		name: "another method of another verb",
		args: words("sensitivity L --vary linger=0s..1s --method stratified"),
		want: []string{`--method "stratified" is not one of monte-carlo, exact`},
	},
	{name: "bands without an end", args: words("bands L --vary linger=0s..1s/2 --probe alert-latency=0s.."),
		want: []string{
			`probe "alert-latency=0s..": the range has no end, and only dtlssim window searches such a one: want ` +
				`NAME=FROM..TO`,
		}},
	{
		name: "flags of the other method",
		args: words("sensitivity L --vary linger=0s..1s --method exact --replications 3 --ends 3"),
		want: []string{
			"--replications does not apply to the method exact, only to monte-carlo",
			"--ends does not apply to the method exact, only to monte-carlo",
		},
	},
	{
		name: "exact sensitivity to what is random",
		args: words("sensitivity L --vary linger=0s..1s --vary loss=0..0.1 --method exact"),
		want: []string{
			"--method exact: not only alert-latency is random, but uplink-loss=0.1, downlink-loss=0.1 as well",
		},
	},
	{name: "factor twice of sensitivity", args: words("sensitivity L --vary linger=0s..1s --vary linger=0s,1s"),
		want: []string{"parameter linger is varied, and set or varied a second time"}},
	{
		name: "no measure",
		args: words("measure L --replications 1"),
		want: []string{"--measure is missing: want the name of a measure, such as handshake"},
	},
	{name: "unknown measure", args: words("measure L --replications 1 --measure handshake_ns"),
		want: []string{
			`late-close-notify has no measure "handshake_ns". Did you mean handshake? It has handshake, ` +
				`data,`,
		}},
	{
		name: "numbers of measure",
		args: words("measure L --measure handshake --quantile 0.5,1 --log-x --confidence 1"),
		want: []string{
			"--replications is missing", "--quantile 1 is out of range: above 0, below 1",
			"--log-x applies only to a figure", "a confidence of 1",
		},
	},
	{
		name: "too many curves",
		args: words("measure L --measure handshake --replications 1 --vary linger=0s..9s/9 -o x.svg"),
		want: []string{"10 design points are too many curves for one figure: want at most 8"},
	},

	// Numbers of flags.
	{
		name: "no replications",
		args: words("sweep L --vary linger=1ms,2ms"),
		want: []string{"--replications is missing: want a whole number of at least 1"},
	},
	{
		name: "zero replications",
		args: words("sweep L --replications 0"),
		want: []string{"--replications 0 must be at least 1"},
	},
	{
		name: "negative replications",
		args: words("sweep L --replications -5"),
		want: []string{"--replications -5 must be at least 1"},
	},
	{
		name: "replications are no number",
		args: words("sweep L --replications many"),
		want: []string{`--replications "many": want a whole number`},
	},
	{
		name: "zero workers",
		args: words("window L --workers 0"),
		want: []string{"--workers 0 is out of range: 1 to 4096"},
	},
	{
		name: "too many workers",
		args: words("study L --workers 5000"),
		want: []string{"--workers 5000 is out of range: 1 to 4096"},
	},
	{
		name: "workers are no number",
		args: words("sweep L --replications 1 --workers all"),
		want: []string{`--workers "all": want a whole number`},
	},
	{
		name: "wall limit of zero",
		args: words("run L --wall-limit 0s"),
		want: []string{"--wall-limit 0s must be above 0"},
	},
	{name: "wall limit without unit", args: words("run L --wall-limit 5"),
		want: []string{`--wall-limit "5": want a duration (a number with a unit: ns, us, ms, s, m, h)`}},
	{name: "memory limit without unit", args: words("run L --memory-limit 1000"),
		want: []string{`--memory-limit "1000": want a whole number with a unit (B, KiB, MiB, GiB)`}},
	{name: "too low a memory limit", args: words("sweep L --replications 1 --memory-limit 1MiB"),
		want: []string{"--memory-limit 1MiB must be at least 64MiB"}},
	{
		name: "confidence of 0",
		args: words("sweep L --replications 1 --confidence 0"),
		want: []string{"a confidence of 0 is out of range: above 0, below 1"},
	},
	{
		name: "confidence in per cent",
		args: words("sweep L --replications 1 --confidence 95"),
		want: []string{"a confidence of 95 is out of range: above 0, below 1"},
	},
	{
		name: "confidence in words",
		args: words("sweep L --replications 1 --confidence high"),
		want: []string{`--confidence "high": want a number`},
	},
	{
		name: "confidence NaN",
		args: words("sweep L --replications 1 --confidence nan"),
		want: []string{"is out of range: above 0, below 1"},
	},
	{
		name: "budget of 0",
		args: words("study L --budget 0"),
		want: []string{"--budget 0 is out of range: above 0, at most 1000"},
	},
	{
		name: "negative budget",
		args: words("study L --budget -1"),
		want: []string{"--budget -1 is out of range: above 0, at most 1000"},
	},
	{name: "budget NaN", args: words("study L --budget nan"), want: []string{"is out of range: above 0, at most 1000"}},
	{
		name: "unknown method",
		args: words("estimate L --method bayes"),
		want: []string{`"bayes" is not one of monte-carlo, conditional, exact, stratified, importance`},
	},
	{name: "unknown kind of interval", args: words("sweep L --replications 1 --interval wald"),
		want: []string{`"wald" is not one of wilson, clopper-pearson, jeffreys`}},
	{
		name: "flags of other methods",
		args: words("estimate L --seeds 3 --probe alert-latency --check 5"),
		want: []string{
			"--seeds does not apply to the method monte-carlo, only to conditional",
			"--probe does not apply to the method monte-carlo, only to conditional, exact and stratified",
			"--check does not apply to the method monte-carlo, only to conditional, exact, stratified and importance",
		},
	},
	{
		name: "flags that exact does not read",
		args: words("estimate L --method exact --replications 3 --interval wilson --relative 0.1"),
		want: []string{
			"--replications does not apply to the method exact, only to monte-carlo, stratified and importance",
			"--interval does not apply to the method exact, only to monte-carlo",
			"--relative does not apply to the method exact, only to monte-carlo, conditional, stratified and " +
				"importance",
		},
	},
	{name: "half-width of 0", args: words("estimate L --half-width 0"), want: []string{"--half-width must be above 0"}},
	{
		name: "half-width too large",
		args: words("estimate L --half-width 0.5"),
		want: []string{"a half-width of 0.5 is out of range: above 0, below 0.5"},
	},
	{
		name: "relative half-width in per cent",
		args: words("estimate L --relative 5"),
		want: []string{"a relative half-width of 5 is out of range: above 0, below 1"},
	},
	{
		name: "relative half-width NaN",
		args: words("estimate L --relative nan"),
		want: []string{"a relative half-width of NaN is out of range: above 0, below 1"},
	},
	{name: "numbers of estimate", args: words("estimate L --replications 0 --confidence 1 --workers 0"),
		want: []string{"--replications 0 must be at least 1", "a confidence of 1 is out of range", "--workers 0"}},
	{name: "one seed", args: words("estimate L --method conditional --seeds 1 --check -1"),
		want: []string{"--seeds 1 must be at least 2", "--check -1 must be at least 0"}},
	{
		name: "exact, and something else is random",
		args: words("estimate L --method exact --set loss=0.1 --set downlink=uniform(1ms,2ms) --perturb 2"),
		want: []string{
			"not only alert-latency is random, but downlink=uniform(from=1ms,to=2ms), uplink-loss=0.1, " +
				"downlink-loss=0.1, perturb=2 as well: there is no exact probability; the method conditional " +
				"averages over that",
		},
	},
	{name: "probe without a distribution", args: words("estimate L --method exact --probe linger"),
		want: []string{"probe: parameter linger is a duration; only over a latency distribution can be integrated"}},
	{name: "probe of every datagram", args: words("estimate L --method conditional --probe latency"),
		want: []string{
			"probe: every datagram draws from parameter latency, and a window is one of a single duration; choose a " +
				"parameter of one datagram, such as alert-latency",
		}},
	{
		name: "unknown probe of estimate",
		args: words("estimate L --method exact --probe alert-latncy"),
		want: []string{"Did you mean alert-latency?"},
	},
	{
		name: "probe that depends on other latencies",
		args: words("estimate L --method conditional --set correlation=0.5 --set latency=exponential(1ms)"),
		want: []string{
			"probe: alert-latency follows uplink, and with correlation=0.5 its latency depends on those of other " +
				"datagrams: set it to a distribution of its own, or choose the method monte-carlo",
		},
	},
	{name: "strata", args: words("estimate L --method stratified --strata 0 --allocation neiman --replications 3"),
		want: []string{
			"--strata 0 is out of range: 1 to 1000",
			`--allocation "neiman" is not one of proportional, neyman. Did you mean neyman?`,
		}},
	{name: "too few for the strata", args: words("estimate L --method stratified --strata 50 --replications 99"),
		want: []string{"--replications 99 must be at least 100, that is 2 of each stratum"}},
	{name: "pilots of proportional", args: words("estimate L --method stratified --pilots 100"),
		want: []string{"--pilots does not apply to --allocation proportional, only to neyman"}},
	{name: "tilts", args: words("estimate L --method importance --tilt uplonk=0.5,loss=0,latency/*:0=2 --pilots 3"),
		want: []string{
			`"uplonk" names no draws that can be tilted. Did you mean uplink? They are downlink,`,
			`tilt "loss=0": want CLASS=THETA`,
			`"0" is no number of a draw`,
			"--pilots 3 must be at least 50",
			"--pilots does not apply with --tilt",
		}},
	{
		name: "tilts of another method",
		args: words("estimate L --tilt uplink=0.5"),
		want: []string{"--tilt does not apply to the method monte-carlo, only to importance"},
	},
	{name: "tilts of run", args: words("run L --tilt alert-latncy=0.5"), want: []string{"Did you mean alert-latency?"}},
	{
		name: "compare nothing",
		args: words("compare L"),
		want: []string{"nothing is compared: want --vary with two levels at least, or --remedy"},
	},
	{
		name: "unknown remedy of compare",
		args: words("compare L --remedy lingr --seeds 5"),
		want: []string{"Did you mean linger?", "--seeds does not apply to the method monte-carlo, only to conditional"},
	},
	{name: "unknown baseline", args: words("compare L --vary linger=0ms,5ms --baseline linger=3ms"),
		want: []string{
			"--baseline: linger=3ms is no design point. Did you mean linger=0ms? There are linger=0ms; linger=5ms",
		}},
	{
		name: "unknown method of compare",
		args: words("compare L --vary linger=0ms,5ms --method exact --confidence 2 --replications 0"),
		want: []string{
			`--method "exact" is not one of monte-carlo, conditional`,
			"a confidence of 2 is out of range",
			"--replications 0 must be at least 1",
		},
	},
	{
		name: "conditional comparison without a distribution",
		args: words("compare L --vary linger=0ms,5ms --method conditional --probe service"),
		want: []string{"probe: parameter service is a duration; only over a latency distribution can be integrated"},
	},
	{name: "several faults of estimate", args: words("estimate nope --set x --workers 0 --half-width 1"),
		want: []string{
			`there is no scenario "nope"`,
			`"x" is not an assignment`,
			"--workers 0",
			"a half-width of 1 is out of range",
		}},
	{
		name: "verification of a word",
		args: words("sweep L --replications 1 --verify=maybe"),
		want: []string{`--verify "maybe": want true or false`},
	},
	{name: "bench of nothing", args: words("bench --replications 0 --rounds 0"),
		want: []string{"--replications 0 must be at least 1", "--rounds 0 must be at least 1"}},

	// Several faults at once.
	{
		name: "several faults of settings",
		args: words("run L --set lingr=1ms --set client=wait --set clients=0 --fail foo --set x"),
		want: []string{
			`"x" is not an assignment`, `"foo" is not an outcome`, `parameter client: "wait"`, "parameter clients: 0",
			`no parameter "lingr"`,
		},
	},
	{
		name: "several faults of a sweep",
		args: words("sweep L --replications 1 --confidence 2 --workers 0 --vary lingr=1ms --vary client=foo"),
		want: []string{"--workers 0", "a confidence of 2", `factor "lingr=1ms"`, `factor "client=foo"`},
	},
	{name: "several faults of a sweep, of all kinds",
		args: words("sweep L --set clients=0 --replications 0 --confidence 2 --workers 0 --vary lingr=1ms"),
		want: []string{
			"parameter clients: 0",
			"--replications 0",
			"--workers 0",
			"a confidence of 2",
			`factor "lingr=1ms"`,
		}},
	{name: "several faults of a window", args: words("window L --probe foo --workers 0 --wall-limit -1s"),
		want: []string{`probe "foo"`, "--workers 0", "--wall-limit -1s"}},
	{name: "several faults of a window, of all kinds", args: words("window L --set clients=0 --probe foo --workers 0"),
		want: []string{"parameter clients: 0", `probe "foo"`, "--workers 0"}},
	{name: "several faults of a window, and no scenario", args: words("window nope --set x --workers 0"),
		want: []string{`there is no scenario "nope"`, `"x" is not an assignment`, "--workers 0"}},
	{
		name: "bad input and a trace that cannot be written",
		args: words("run L --set clients=0 --trace nowhere/trace.jsonl"),
		want: []string{"parameter clients: 0", "nowhere/trace.jsonl cannot be written"},
	},
	{
		name: "bad input and points that cannot be written",
		args: words("sweep L --replications 0 --workers 0 -o nowhere/points.csv"),
		want: []string{"--replications 0", "--workers 0", "nowhere/points.csv cannot be written"},
	},
	{
		name: "several faults of a study",
		args: words("study L --workers 0 --budget 0"),
		want: []string{"--workers 0", "--budget 0"},
	},

	// Studies.
	{name: "unknown study, near", args: words("study late-close-notfy"),
		want: []string{`there is no built-in study "late-close-notfy". Did you mean late-close-notify?`}},
	{name: "unknown study, far", args: words("study nothing"),
		want: []string{
			`there is no built-in study "nothing". Built in: late-close-notify, deferred-alert, unfiltered-listener,`,
		}},
	{
		name: "missing file",
		args: words("study missing.yaml"),
		want: []string{"missing.yaml cannot be read: no such file or directory"},
	},
	{
		name: "missing file to print",
		args: words("study missing.yaml --print"),
		want: []string{"missing.yaml cannot be read: no such file or directory"},
	},
	{name: "folder as a scenario", args: words("run ."), want: []string{". cannot be read: is a directory"}},
	{name: "folder as a list of points", args: words("sweep L --replications 3 --list ."),
		want: []string{". cannot be read: is a directory"}},
	{name: "device as a scenario", args: words("run /dev/zero"),
		want: []string{"/dev/zero cannot be read: it is larger than 16 MiB"}},
	{name: "empty file", args: words("run /dev/null"), want: []string{"/dev/null:1:1: the file is empty"}},
	{name: "near outcome", args: words("run L --fail ghost"), want: []string{"Did you mean ghost-session?"}},
	{name: "near verb for help", args: words("help windo"), want: []string{"Did you mean window?"}},
	{name: "several faults, one of a choice", args: words("estimate L --method exat --seeds 1 --interval wilsn"),
		want: []string{
			`--method "exat" is not one of monte-carlo, conditional, exact, stratified, importance. Did you mean ` +
				`exact?`,
			`--interval "wilsn" is not one of wilson, clopper-pearson, jeffreys. Did you mean wilson?`,
			"--seeds 1 must be at least 2",
		}},
	{name: "folder as a study", args: words("study ."), want: []string{". cannot be read: is a directory"}},
	{name: "empty file", args: words("study empty.yaml"), want: []string{"empty.yaml:1:1: "}},
	{name: "malformed file", args: words("study malformed.yaml -o out"), want: []string{"malformed.yaml:2:1: "}},
	{name: "unknown keys", args: words("study keys.yaml -o out"),
		want: []string{
			`keys.yaml:4:1: the study has no key "titel". Did you mean title? The keys are name, title, scenario, ` +
				`seed, confidence, figures`,
			`keys.yaml:10:5: figure 1 has no key "probes". Did you mean probe? The keys are name, kind, title,`,
		}},
	{name: "wrong kinds of values", args: words("study kinds.yaml -o out"),
		want: []string{
			"kinds.yaml:3:7: seed of the study: want a single value",
			"kinds.yaml:5:10: figures of the study: want a list",
		}},
	{name: "faults of a file and of flags", args: words("study faults.yaml --workers 0"),
		want: []string{
			`faults.yaml:5:11: kind of figure c: "pie" is not one of windows, curves, table`,
			"faults.yaml:5:5: rows of figure c are missing",
			"faults.yaml:9:34: parameter linger: ", "--workers 0",
		}},
	{name: "distribution of the probe is none", args: words("study choice.yaml -o out"), want: []string{
		"choice.yaml:7:12: probe: parameter client is a choice; only over a latency distribution can be integrated",
	}},
}

// badFiles are the files that badInputs name.
var badFiles = map[string]string{
	"points.csv":     "linger,lingr\n5,1ms\n",
	"empty.yaml":     "",
	"malformed.yaml": "name: [a\n",
	"keys.yaml": `name: a
title: b
scenario: late-close-notify
titel: c
figures:
  - name: d
    kind: table
    replications: 1
    rows: [{label: e}]
    probes: f
`,
	"kinds.yaml": `name: a
title: b
seed: [1]
scenario: late-close-notify
figures: 3
`,
	"faults.yaml": `name: a
title: b
scenario: late-close-notify
figures:
  - kind: pie
    name: c
  - name: d
    kind: table
    set: {client: waits, linger: 5}
    replications: 1
    rows: [{label: e}]
`,
	"choice.yaml": `name: a
title: b
scenario: late-close-notify
figures:
  - name: c
    kind: curves
    probe: client
    replications: 1
    x: {label: d, from: 1, to: 2, steps: 1}
    set: {client: waits, linger: "{x}ms"}
    rows: [{label: e}]
`,
}

// Bad input: exit code 2, nothing on standard output, a line for each fault, no
// file, and neither a usage nor a panic.
func TestBadInput(t *testing.T) {
	t.Setenv(measuring, "1") // bench would replace this process by another
	for _, c := range badInputs {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for name, text := range badFiles {
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			code, out, errs := runHere(c.args...)
			if code != verb.ExitUsage || out != "" {
				t.Errorf("exit code %d, want %d; standard output %q, want none", code, verb.ExitUsage, out)
			}
			lines := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
			if len(lines) != len(c.want) {
				t.Errorf("%d lines, want %d", len(lines), len(c.want))
			}
			for _, want := range c.want {
				if !slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, want) }) {
					t.Errorf("no line says %q", want)
				}
			}
			for _, line := range lines {
				if !strings.HasPrefix(line, "dtlssim: ") || strings.HasPrefix(line, "dtlssim: dtlssim: ") {
					t.Errorf("not a message of the program: %q", line)
				}
			}
			for _, never := range []string{"Usage:", "panic", "goroutine "} {
				if strings.Contains(errs, never) {
					t.Errorf("it says %q", never)
				}
			}
			left, err := filepath.Glob("*")
			if err != nil || len(left) != len(badFiles) {
				t.Errorf("files afterwards: %v %v", left, err)
			}
			if t.Failed() {
				t.Logf("dtlssim %s:\n%s", strings.Join(c.args, " "), errs)
			}
		})
	}
}

// Every verb reports settings that are wrong by themselves, also beside others that are right.
func TestFaultySettingsOfEveryVerb(t *testing.T) {
	for _, verbAndFlags := range []string{
		"run L", "window L", "map L", "bands L --vary linger=0ms,5ms", "sweep L", "sweep L --vary linger=0ms,5ms",
		"sweep L --design sobol --points 4 --vary linger=0ms..5ms", "estimate L", "estimate L --method exact",
		"estimate L --method importance", "estimate L --method stratified", "estimate L --method conditional",
		"compare L", "compare L --vary linger=0ms,5ms", "compare L --remedy all",
		"compare L --method conditional --vary linger=0ms,5ms", "measure L --measure handshake",
		"sensitivity L --vary linger=0ms..5ms", "sensitivity L --method exact --vary linger=0ms..5ms",
	} {
		for _, fault := range []string{"--perturb=-1", "--set latency=x", "--set latencyy=1ms", "--set linger=1ms,2ms"} {
			code, out, errs := runHere(words(verbAndFlags + " " + fault)...)
			if code != verb.ExitUsage || out != "" || !strings.HasPrefix(errs, "dtlssim: ") {
				t.Errorf("%s %s: exit code %d\n%s%s", verbAndFlags, fault, code, out, errs)
			}
		}
	}
}
