package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

type goPackage struct {
	ImportPath string
	Imports    []string
}

const module = "github.com/dtlssim/dtlssim/"

func packages(t *testing.T) []goPackage {
	t.Helper()
	c := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	c.Dir = "../.."
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var list []goPackage
	for dec := json.NewDecoder(out); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	return list
}

// order is every package of the module, from the bottom up. A package imports only what
// stands above it in this table, and the reason says why it stands no higher and no lower.
var order = []struct{ name, reason string }{
	{"clock", "virtual time and the event list, on which all of a replication stands; it knows no datagram"},
	{"clock/testkit", "seeds, long forms and golden files of tests, for tests of every layer"},

	{"sim/stream", "named random streams: the only randomness, below whatever draws"},
	{"sim/suggest", "what to say of a misspelt name, below whatever reads names"},
	{"sim/distribution", "a latency is drawn here, from a variate that somebody else draws"},
	{"sim/loss", "a loss is decided here, likewise"},
	{"sim/tilt", "a stream whose draws are tilted is a stream to the network"},
	{"sim/wire", "what a datagram's headers show, parsed once; below whatever sends, records or matches datagrams"},
	{"sim/nat", "which external address an inside one has, and who may send to it; it knows no datagram"},
	{"sim/stack", "what a DTLS endpoint is asked to do and reports; it knows no network"},
	{"sim/trace", "what happened, as records, and what endpoints report of them: hosts, links and endpoints write it"},
	{"sim/stack/pion", "what two stacks of pion have in common; it imports neither"},
	{"sim/stack/pionv2", "one stack behind that interface"},
	{"sim/stack/pionv3", "another"},
	{"sim", "one replication: hosts, links, NATs and rules; it runs any stack and knows none"},
	{"sim/program", "programs as actors of a simulation: they use its hosts, and it knows only that a host can have a kernel"},
	{"sim/stack/stacktest", "the contract of every stack, which it checks on a simulated network"},

	{"scenarios/command", "command lines of this program, quoted for a shell; it knows no verb"},
	{"scenarios/rule", "which datagrams a rule selects, and what there was if it met none; it knows no scenario"},
	{"scenarios/measure", "measures with their units, and limits of these; it knows no scenario"},
	{"scenarios", "the model: what a scenario is, with values and outcomes; it knows no file and no worker"},
	{"scenarios/session/network", "what lies between clients and server: link, rules, hosts, NAT; it knows no session"},
	{"scenarios/session/outcome", "what can go wrong, and what a trace shows of it; it runs nothing"},
	{"scenarios/session", "how clients and servers behave in the scenarios that files describe"},
	{"scenarios/hosts", "how programs run on hosts, beside session; it knows no file"},
	{"scenarios/format/strict", "YAML with every fault's place, for files of any kind"},
	{"scenarios/format/schema", "JSON Schema, for files of any kind"},
	{"scenarios/format/hostfile", "which keys a file has for hosts with programs; it reads none"},
	{"scenarios/format/sketch", "the file of two programs, as a text; it reads none"},
	{"scenarios/format", "a file becomes a scenario that runs sessions or programs"},
	{"scenarios/catalogue", "scenarios by their names, which are files or a program's own"},
	{"scenarios/run", "one replication of a scenario in a worker, which finds it in the catalogue"},
	{"scenarios/stat", "intervals, tests and stopping rules: numbers only, below whatever samples"},
	{"scenarios/stat/lifetime", "quantiles and survival, with the intervals of stat where there are any"},
	{"scenarios/stat/sensitivity", "Sobol' indices, as estimates of stat"},
	{"scenarios/seed", "which seed has which replication of which question; it knows neither"},
	{"scenarios/design/sobol", "a sequence of points in a cube, which knows no parameter"},
	{"scenarios/design", "factors and the design points that they make; nothing is run"},
	{"scenarios/search", "the windows along one probe, from runs"},
	{"scenarios/search/edges", "the edges of windows as lines, from windows at several values of a second parameter"},
	{"scenarios/search/bands", "the windows at each level of a factor, joined along such lines"},
	{"scenarios/search/plane", "the regions of two probes, between such lines"},
	{"scenarios/sample", "replications at design points, counted"},
	{"scenarios/estimate/importance", "probabilities of rare failures, from weighted samples; it knows no window"},
	{"scenarios/estimate", "probabilities by any method, from samples and windows"},
	{"scenarios/answers", "windows, regions and probabilities of a study: figures yield them, a store keeps them"},
	{"scenarios/provenance", "what replications are of and which program performed them; it knows no file of results"},
	{"scenarios/store/journal", "records that outlast kill -9; it knows neither replications nor SQLite"},
	{"scenarios/store/record", "replications and runs as bytes, for a journal or a file; it opens neither"},
	{"scenarios/store/layout", "the SQLite file of a store: its tables, views, lock and errors; it reads no row"},
	{"scenarios/store/parts", "which number a sweep, a search or a design point has in such a file"},
	{"scenarios/store/query", "what such a file holds, as values of Go; it writes nothing"},
	{"scenarios/store/check", "whether a file is whole, from its rows and seals; it writes nothing either"},
	{"scenarios/store/salvage", "what is whole in a damaged file, read without SQLite"},
	{"scenarios/store", "what is performed is kept in such a file, and given back; it computes nothing"},
	{"scenarios/study/rows", "what figures of every kind have, and how their rows are run; it knows no kind"},
	{"scenarios/study/curve", "exact probabilities along an axis, also between the points of a design"},
	{"scenarios/study/figures", "one type per kind of figure: what it reads, runs and yields; it knows no study"},
	{"scenarios/study", "searches, samples and estimates that a file lists, with or without a store"},
	{"scenarios/benchmark", "what a replication costs; nothing depends on it"},
	{"scenarios/programs", "recipes of programs that speak DTLS; only their test is Go"},
	{"scenarios/internal/fixture", "scenarios and runners for tests of these packages"},

	{"report/figure/paint", "how outcomes and curves are told apart, with and without colour"},
	{"report/figure", "a figure is drawn from numbers"},
	{"report/figure/drawn", "what a figure shows, read back; only tests import it"},
	{"report/text", "results as text, JSON and CSV, with the figures of single answers"},
	{"report/planes", "results of two probes as text and figures"},
	{"report/summary", "the figures, sentences and tables of a study"},
	{"report/page", "a study as an HTML page, from its summary"},

	{"cmd/dtlssim/cli/verb", "what all verbs share: flags, workers, files, exit codes; it knows no question"},
	{"cmd/dtlssim/cli", "one file per verb: flags in, a question asked, a view printed; above all that it wires"},
	{"cmd/dtlssim", "the program, which is the command line and nothing else"},
	{
		"scenarios/example",
		"a program of its own, as users write them: it stands beside cmd/dtlssim, and so above the command line",
	},
}

// Imports run one way: cmd -> report -> scenarios -> sim -> clock. What is shown
// does not run anything, what is simulated does not know how it is shown, and one
// replication does not know what it is part of.
func TestImportsRunOneWay(t *testing.T) {
	at := map[string]int{}
	for i, p := range order {
		if _, twice := at[p.name]; twice || p.reason == "" {
			t.Errorf("%s stands in the table twice, or without a reason", p.name)
		}
		at[p.name] = i
	}
	list := packages(t)
	found := map[string]bool{}
	for _, p := range list {
		from, ok := strings.CutPrefix(p.ImportPath, module)
		i, known := at[from]
		if !ok || !known {
			t.Errorf(
				"%s does not stand in the table of packages: add it, with the reason why it stands where it stands",
				p.ImportPath,
			)
			continue
		}
		found[from] = true
		for _, imported := range p.Imports {
			if to, ok := strings.CutPrefix(imported, module); ok && at[to] >= i {
				t.Errorf("%s imports %s, which stands below it in the table: %s", from, to, order[i].reason)
			}
		}
	}
	for _, p := range order {
		if !found[p.name] {
			t.Errorf("%s stands in the table, and there is no such package", p.name)
		}
	}
}

// The table keeps the layers together: no package of a layer stands between those of
// another. The example is the one exception.
func TestLayersStandTogether(t *testing.T) {
	layers := []string{"clock", "sim", "scenarios", "report", "cmd"}
	last := 0
	for _, p := range order {
		top, _, _ := strings.Cut(p.name, "/")
		i := slices.Index(layers, top)
		if p.name == "scenarios/example" {
			continue
		}
		if i < last {
			t.Errorf("%s stands behind packages of %s", p.name, layers[last])
		}
		last = max(last, i)
	}
}

// What must stay in one place is imported in one place.
func TestGuardedImports(t *testing.T) {
	if testing.Short() {
		t.Skip("it lists the imports of every package")
	}
	for _, guard := range []struct {
		imported, only, reason string
	}{
		{"github.com/pion/dtls/v2", "sim/stack/pionv2", "one package knows each DTLS stack"},
		{"github.com/pion/dtls/v3", "sim/stack/pionv3", "one package knows each DTLS stack"},
		{"testing/synctest", "clock", "one package knows how virtual time is made"},
		{module + "clock/testkit", "scenarios/internal/fixture", "only tests, and what supports them, use it"},
		{module + "scenarios/internal/fixture", "", "only tests use what supports tests"},
		{"pgregory.net/rapid", "clock/testkit", "only tests use what supports tests"},
		{"math/rand", "", "randomness comes from named streams"},
		{"math/rand/v2", "sim/stream", "randomness comes from named streams"},
	} {
		for _, p := range packages(t) {
			for _, imported := range p.Imports {
				inside := imported == guard.imported ||
					strings.HasPrefix(imported, guard.imported+"/") && guard.imported != "math/rand"
				if inside && p.ImportPath != module+guard.only {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, guard.reason)
				}
			}
		}
	}
}
