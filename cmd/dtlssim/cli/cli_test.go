package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/session"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/sim"
)

// TestMain installs this binary as the command dtlssim; its workers are the same
// binary under the same name. The command dtlssim-troubled is the same program with
// scenarios that go wrong.
func TestMain(m *testing.M) {
	if strings.HasSuffix(os.Args[0], ".test") {
		run.ServeIfAsked() // a test of this process that starts workers does not start itself
	}
	testscript.Main(m, map[string]func(){
		"dtlssim":        func() { Main() },
		"dtlssim-faulty": func() { Main(faulty) },
		"dtlssim-troubled": func() {
			registerAborting()
			Main()
		},
		"dtlssim-unstated": func() { Main(unstated()) },
	})
}

// faulty is a scenario whose server asks for parameters that it does not have.
var faulty = &scenarios.Scenario{
	Name: "faulty", Parameters: []scenarios.Parameter{
		{Name: "lingers", Type: scenarios.DurationType, Default: "1s"},
		{Name: "late", Type: scenarios.DistributionType, Follows: "latency"},
	},
	Asks: []scenarios.Asked{{Name: "linger", Type: scenarios.DurationType, By: "the server"}},
	Run: func(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
		return session.Run(v, c, nil)
	},
}

// unstated is the founding scenario as one in Go that does not state that its timers are known.
func unstated() *scenarios.Scenario {
	founding, err := catalogue.Find("late-close-notify")
	if err != nil {
		panic(err)
	}
	s := *founding
	s.Name, s.TimersKnown, s.Source, s.HasStudy = "unstated", false, nil, false
	return &s
}

// registerAborting registers a scenario that crashes, one that no two processes run
// alike, and two that take memory: a little with every event, and all in one.
func registerAborting() {
	register := func(name string, build func(w *sim.Simulation)) {
		if err := catalogue.Register(&scenarios.Scenario{
			Name: name,
			Run: func(_ scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
				return sim.Run(c, build), scenarios.Observation{}
			},
			Parameters: []scenarios.Parameter{
				{Name: "pause", Type: scenarios.DurationType, Default: "0s", Meaning: "nothing"},
			},
		}); err != nil {
			panic(err)
		}
	}
	register("crashes", func(w *sim.Simulation) {
		w.Go("actor", func() { panic("this scenario panics") })
	})
	register("differs", func(w *sim.Simulation) {
		host := w.Host("host", netip.MustParseAddr("192.0.2.1"))
		w.Go("actor", func() { w.Note(host, "process", strconv.Itoa(os.Getpid())) })
	})
	register("tosses", func(w *sim.Simulation) {
		w.Go("actor", func() {
			if w.Stream("coin").Uniform() < 0.5 {
				_ = w.Sleep(time.Second)
			}
		})
	})
	register("sits", func(w *sim.Simulation) {
		w.Go("actor", func() { _ = w.Sleep(time.Second) })
	})
	register("grows", func(w *sim.Simulation) {
		w.Go("actor", func() {
			kept := map[int][]byte{}
			for w.Sleep(time.Second) == nil {
				kept[len(kept)] = bytes.Repeat([]byte("x"), 20<<10)
			}
		})
	})
	register("devours", func(w *sim.Simulation) {
		w.Go("actor", func() {
			kept := map[int][]byte{}
			for {
				kept[len(kept)] = bytes.Repeat([]byte("x"), 1<<20)
			}
		})
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Condition: func(name string) (bool, error) {
			if name == "long" {
				return testkit.Long(), nil
			}
			return false, fmt.Errorf("there is no condition %s", name)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
			"quiet": quiet,
			"json":  inspectJSON,
			"trace": inspectTrace,
		},
	})
}

// progressLines is what a verb may tell on a slow machine: how far it is.
var progressLines = regexp.MustCompile(`(?m)^\d+ of \d+ \w+\n`)

// quiet asserts that the last command said nothing on standard error but, where the
// machine is slow, how far it was: quiet stderr.
func quiet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 || args[0] != "stderr" {
		ts.Fatalf("usage: quiet stderr")
	}
	if said := progressLines.ReplaceAllString(ts.ReadFile("stderr"), ""); said != "" {
		ts.Fatalf("standard error is not quiet:\n%s", said)
	}
}

// exits runs a program and asserts its exit code: exits CODE PROGRAM ARGUMENT...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENT...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// inspectJSON asserts what a JSON text says. SOURCE is a file or stdout, PATH is
// like sessions.0.client, or "." for all of it.
//
//	json keys SOURCE PATH KEY...      the object has exactly these keys
//	json value SOURCE PATH LITERAL    the value, a string without its quotes
//	json length SOURCE PATH NUMBER    the length of an array
//	json set NAME SOURCE PATH         puts the value in a variable of the script
func inspectJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 4 && args[0] == "set" {
		ts.Setenv(args[1], literal(at(ts, args[2], args[3])))
		return
	}
	if len(args) < 3 {
		ts.Fatalf("usage: json keys|value|length SOURCE PATH WANT..., or json set NAME SOURCE PATH")
	}
	value := at(ts, args[1], args[2])
	var got, want string
	switch args[0] {
	case "keys":
		object, ok := value.(map[string]any)
		if !ok {
			ts.Fatalf("%s is no object", args[2])
		}
		got = strings.Join(slices.Sorted(maps.Keys(object)), " ")
		want = strings.Join(slices.Sorted(slices.Values(args[3:])), " ")
	case "value":
		got, want = literal(value), strings.Join(args[3:], " ")
	case "length":
		array, ok := value.([]any)
		if !ok {
			ts.Fatalf("%s is no array", args[2])
		}
		got, want = strconv.Itoa(len(array)), strings.Join(args[3:], " ")
	default:
		ts.Fatalf("json %s: want keys, value, length or set", args[0])
	}
	if (got == want) == neg {
		ts.Fatalf("%s of %s:\n got %s\nwant %s", args[0], args[2], got, want)
	}
}

// at returns the value at a path of a JSON text, numbers as they are written.
func at(ts *testscript.TestScript, source, path string) any {
	var value any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(source)))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		ts.Fatalf("%s: %v", source, err)
	}
	if path == "." {
		return value
	}
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				ts.Fatalf("%s: there is no %s; there are %s", path, step,
					strings.Join(slices.Sorted(maps.Keys(v)), " "))
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				ts.Fatalf("%s: no element %s of %d", path, step, len(v))
			}
			value = v[i]
		default:
			ts.Fatalf("%s: nothing stands below %v", path, v)
		}
	}
	return value
}

func literal(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// inspectTrace asserts that a file is a trace as JSON Lines: one object a line, in
// the order of time, with no keys but the documented ones.
func inspectTrace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: trace FILE")
	}
	documented := strings.Fields("at_ns host actor kind datagram from to label length latency_ns payload event " +
		"detail reason inferred record flight state peer_epoch window newest message missing alert unread")
	last := int64(0)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	for i, line := range lines {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			ts.Fatalf("%s:%d: %v", args[0], i+1, err)
		}
		for key := range record {
			if !slices.Contains(documented, key) {
				ts.Fatalf("%s:%d: the key %s is not documented", args[0], i+1, key)
			}
		}
		for _, key := range documented[:4] {
			if record[key] == nil {
				ts.Fatalf("%s:%d: there is no %s", args[0], i+1, key)
			}
		}
		now := int64(record["at_ns"].(float64))
		if now < last {
			ts.Fatalf("%s:%d: at %d, after %d", args[0], i+1, now, last)
		}
		last = now
	}
	if len(lines) < 20 {
		ts.Fatalf("%s has only %d lines", args[0], len(lines))
	}
}

// runHere runs a command line in this process.
func runHere(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(args, &out, &errs)
	return code, out.String(), errs.String()
}

// What study --print shows is a study, the built-in one.
func TestPrintedStudyParses(t *testing.T) {
	code, out, errs := runHere("study", "late-close-notify", "--print")
	if code != verb.ExitOK || errs != "" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	s, err := study.Parse("printed.yaml", []byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "late-close-notify" || len(s.Figures) < 4 {
		t.Errorf("study %s with %d figures", s.Name, len(s.Figures))
	}
}

// Every verb explains itself, with an example that starts with the program's name
// and the verb's, and with flags that each have a text.
func TestHelp(t *testing.T) {
	for _, name := range []string{"", "list", "explain", "run", "window", "map", "bands", "sweep", "estimate",
		"compare", "measure", "sensitivity", "study", "report", "query", "export", "schema", "bench"} {
		t.Run(fmt.Sprintf("verb %q", name), func(t *testing.T) {
			args := append(strings.Fields(name), "--help")
			code, out, errs := runHere(args...)
			if code != verb.ExitOK || errs != "" {
				t.Fatalf("exit code %d: %s", code, errs)
			}
			if !strings.Contains(out, "Usage:\n  "+strings.TrimSpace("dtlssim "+name)) {
				t.Errorf("no usage:\n%s", out)
			}
			if !strings.Contains(out, "Examples:\n  "+strings.TrimSpace("dtlssim "+name)) {
				t.Errorf("no example:\n%s", out)
			}
			if strings.Contains(out, "--format") && !strings.Contains(out, "\nJSON: ") {
				t.Errorf("the JSON is not documented:\n%s", out)
			}
		})
	}
}

// The examples of the help are command lines that this program understands: their
// flags exist, and their arguments resolve.
func TestExamplesAreUnderstood(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Example == "" {
			continue
		}
		for line := range strings.SplitSeq(strings.ReplaceAll(c.Example, "\\\n", ""), "\n") {
			line, _, _ := strings.Cut(line, " > ") // of the shell
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			if len(words) < 2 || words[0] != "dtlssim" {
				t.Errorf("example of %s: %q", c.Name(), line)
				continue
			}
			found, rest, err := newRoot().Find(words[1:])
			if err == nil {
				err = found.ParseFlags(rest)
			}
			if err == nil {
				err = found.ValidateRequiredFlags()
			}
			if err == nil {
				err = found.ValidateArgs(found.Flags().Args())
			}
			if err != nil || found.Name() != words[1] {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}
