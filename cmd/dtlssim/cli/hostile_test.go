package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/study"
)

// hostile is a text that drives a terminal in all ways: escape sequences, a carriage return, a
// backspace, a bidirectional override, control characters of one and two bytes; and markup.
const hostile = "\x1b[31m\x1b]0;title\x07 \rback\b\u202eturned\u2066\u0085\u009b2J\x7f\u200b" +
	"</title><script>alert(1)</script>&amp;\"'"

// freeTexts are the keys of texts of a scenario and its study that may hold anything.
var freeTexts = []string{"summary", "mechanism", "prediction", "findings", "references", "meaning", "note", "title",
	"label", "text"}

// spoil adds the hostile text to every free text below a node.
func spoil(n *yaml.Node, free bool) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			spoil(n.Content[i+1], slices.Contains(freeTexts, n.Content[i].Value))
		}
	case yaml.ScalarNode:
		if free {
			n.SetString(n.Value + hostile + n.Value) // labels stay different
			n.Style = yaml.DoubleQuotedStyle
		}
	default:
		for _, child := range n.Content {
			spoil(child, free)
		}
	}
}

// abridge leaves two figures of a study, with one row each. Only the long form has a second row, and
// the curve whose windows move.
func abridge(n *yaml.Node) {
	for i, child := range n.Content {
		lists := []string{"figures", "rows"}
		if n.Kind == yaml.MappingNode && i%2 == 1 && slices.Contains(lists, n.Content[i-1].Value) {
			if n.Content[i-1].Value == "figures" && !testkit.Long() {
				child.Content = slices.Delete(child.Content, 1, 2)
			}
			most := 2
			if n.Content[i-1].Value == "rows" && !testkit.Long() {
				most = 1
			}
			child.Content = child.Content[:min(most, len(child.Content))]
		}
		abridge(child)
	}
}

// drivesTerminal returns the first character of a text that drives a terminal.
func drivesTerminal(out []byte) string {
	for i := 0; i < len(out); {
		r, size := utf8.DecodeRune(out[i:])
		if r != '\n' && r != '\t' && (!unicode.IsGraphic(r) || r == utf8.RuneError && size == 1) {
			return fmt.Sprintf("%q at byte %d, in %q", out[i:i+size], i, out[max(0, i-80):min(len(out), i+20)])
		}
		i += size
	}
	return ""
}

// call runs the program in a folder. It returns what it prints, and its exit code.
func call(t *testing.T, folder string, args ...string) (out, errs []byte, code int) {
	t.Helper()
	c := exec.Command("dtlssim", args...)
	c.Dir = folder
	var o, e bytes.Buffer
	c.Stdout, c.Stderr = &o, &e
	var exit *exec.ExitError
	if err := c.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%q: %v", args, err)
	}
	return o.Bytes(), e.Bytes(), c.ProcessState.ExitCode()
}

// hostileScenario writes the founding scenario and its study with hostile texts to a file with a
// hostile name.
func hostileScenario(t *testing.T, folder string) (name string) {
	t.Helper()
	source, err := study.Source(founding)
	if err != nil {
		t.Fatal(err)
	}
	var n yaml.Node
	if err := yaml.Load(source, &n); err != nil {
		t.Fatal(err)
	}
	abridge(&n)
	spoil(&n, false)
	data, err := yaml.Dump(&n)
	if err != nil {
		t.Fatal(err)
	}
	name = "evil\x1b[2J\r\u202e\xff.yaml"
	if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// No verb prints a character that drives the terminal, whatever stands in a file, in its name, in a
// flag, or in a store.
func TestNothingFromAFileDrivesTheTerminal(t *testing.T) {
	testkit.NotShort(t)
	folder := t.TempDir()
	file := hostileScenario(t, folder)
	const random = "latency=uniform(5ms,15ms)"
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"list", file}, 0},
		{[]string{"explain", file}, 0},
		{[]string{"run", file}, 0},
		{[]string{"run", file, "--trace", "trace\x1b.jsonl"}, 0},
		{[]string{"run", file, "--wall-limit", "1ns"}, 3},
		{[]string{"window", file, "--probe", "alert-latency=0s..40ms"}, 0},
		{[]string{"bands", file, "--vary", "linger=0s,5ms", "--probe", "alert-latency=0s..40ms"}, 0},
		{[]string{"sweep", file, "--set", random, "--replications", "5", "--measures", "--store", "s\x1b.sqlite"}, 0},
		{[]string{"sweep", file, "--set", random, "--replications", "3", "--wall-limit", "1ns"}, 3},
		{[]string{"estimate", file, "--set", random, "--replications", "5"}, 0},
		{[]string{"compare", file, "--set", random, "--remedy", "linger", "--replications", "5"}, 0},
		{[]string{"measure", file, "--set", random, "--measure", "handshake", "--replications", "5"}, 0},
		{[]string{"study", file, "--budget", "0.001", "-o", "out\x1b", "--store", "study\x1b.sqlite"}, 0},
		{[]string{"report", file, "--budget", "0.001", "-o", "pages\x1b"}, 0},
		{[]string{"query", "study\x1b.sqlite"}, 0},
		{[]string{"query", "study\x1b.sqlite", "windows"}, 0},
		{[]string{"query", "s\x1b.sqlite", "specification"}, 0},
		{[]string{"list", "there is none" + hostile}, 2},
		{[]string{"run", file, "--set", hostile + "=1"}, 2},
		{[]string{"run", file, "--set", "latency=" + hostile}, 2},
		{[]string{"run", file, "--fail", hostile}, 2},
		{[]string{"run", file, "--" + hostile}, 2},
		{[]string{"run", file, "--seed", hostile}, 2},
		{[]string{"run", file, "--trace", "nowhere" + hostile + "/x"}, 1},
		{[]string{"sweep", file, "--replications", "1", "--vary", "linger=" + hostile}, 2},
		{[]string{"estimate", file, "--method", hostile}, 2},
		{[]string{hostile}, 2},
		{[]string{"query", hostile + ".sqlite"}, 2},
	} {
		out, errs, code := call(t, folder, c.args...)
		if code != c.code {
			t.Errorf("%q: exit code %d, want %d\n%s%.2000s", c.args, code, c.code, errs, out)
		}
		for _, printed := range [][]byte{out, errs} {
			if what := drivesTerminal(printed); what != "" {
				t.Errorf("%q prints %s", c.args, what)
			}
		}
	}
	// Markup and control characters in texts are text in pages and figures.
	for _, pattern := range []string{"pages*/*.html", "pages*/*/*.html", "out*/*.svg"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(data, []byte("<script>alert(1)")) {
				t.Errorf("%s holds the markup of a text", f)
			}
		}
	}
}

// oddNames are names of files that a shell, a terminal, a flag parser or a printf would take for
// something else.
var oddNames = []string{
	"it's", "$(id)", "new\nline\n", "--set", "\xff\xfe", "\\x1b\x1b'", "`id`", "a;b", "$HOME", "50%s%n", "\x1b[31mred",
	"a b", "a=b,c", "~root",
	"plain", `"double"`, `back\slash`, "a|b&c", "<in>", "*?[x]", "{1,2}", "#not", "!1", "tab\there", "über 漢", "a^b",
	"-", "a\rb", "\u202eturned",
}

// The command that repeats a run of a file repeats it when it is pasted into a shell, whatever the
// file is called.
func TestOddFileNamesPastedIntoAShell(t *testing.T) {
	testkit.NotShort(t)
	folder := t.TempDir()
	source, err := study.Source(founding)
	if err != nil {
		t.Fatal(err)
	}
	repeat := regexp.MustCompile(`(?s)\nrepeat   (.*)\n$`)
	for _, name := range testkit.Few(oddNames, 14, 14) {
		path := "./" + name + ".yaml" // as a shell's completion writes a name that begins with a dash
		if err := os.WriteFile(filepath.Join(folder, path), source, 0o644); err != nil {
			t.Fatal(err)
		}
		out, errs, code := call(t, folder, "run", path, "--set", "alert-latency=30ms")
		found := repeat.FindSubmatch(out)
		if code != 0 || found == nil || drivesTerminal(out) != "" {
			t.Errorf("%q: exit code %d, %s\n%s", name, code, errs, drivesTerminal(out))
			continue
		}
		c := exec.Command("bash", "-c", string(found[1]))
		c.Dir = folder
		if again, err := c.Output(); err != nil || !bytes.Equal(again, out) {
			t.Errorf("%q: pasted into a shell, %q gives %v, and another text: %v", name, found[1], err,
				!bytes.Equal(again, out))
		}
	}
}

// Files that never end, are no files, or say too much: a short message, soon.
func TestFilesAreBounded(t *testing.T) {
	testkit.NotShort(t)
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	long := strings.Repeat("x", 5_000_000)
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'p'; c++ {
		aliases := strings.Repeat(fmt.Sprintf("*%c,", c-1), 9)
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(aliases, ","))
	}
	write("bomb.yaml", bomb)
	write("list.yaml", "name: x\nparameters:\n  - &q {name: a, type: duration}\n"+strings.Repeat("  - *q\n", 100_000))
	write("cycle.yaml", "name: x\nrules: &r [*r]\n")
	write("deep.yaml", strings.Repeat("[", 200_000))
	write("scalar.yaml", "name: "+long+"\n")
	write("key.yaml", long+": 1\n")
	write("keys.yaml", strings.Repeat("k: 1\n", 200_000))
	write("cell.csv", "linger\n"+long+"\n")
	write("header.csv", long+"\n1\n")
	write("rows.csv", "linger\n"+strings.Repeat("1ns\n", 1_000_000))
	write("line.txt", long+"\n")
	for _, name := range []string{"sparse.yaml", "sparse.csv", "sparse.txt"} {
		write(name, "")
		if err := os.Truncate(filepath.Join(folder, name), 10<<30); err != nil {
			t.Fatal(err)
		}
	}
	var calls [][]string
	for _, f := range []string{"/dev/zero", "/dev/urandom", "/dev/null", "./", "sparse.yaml", "bomb.yaml", "list.yaml",
		"cycle.yaml", "deep.yaml", "scalar.yaml", "key.yaml", "keys.yaml"} {
		calls = append(calls, []string{"run", f}, []string{"study", f})
	}
	for _, f := range []string{"/dev/zero", "/dev/urandom", "/dev/null", "./", "sparse.csv", "cell.csv", "header.csv",
		"rows.csv"} {
		calls = append(calls, []string{"sweep", founding, "--replications", "1", "--list", f})
	}
	for _, f := range []string{"/dev/zero", "/dev/null", "./", "sparse.txt", "line.txt"} {
		calls = append(calls, []string{"run", founding, "--set", "latency=empirical(" + f + ")"},
			[]string{"run", founding, "--set", "latency=trace(" + f + ")"})
	}
	for _, f := range []string{"/dev/zero", "sparse.txt", "bomb.yaml"} {
		calls = append(calls, []string{"query", f}, []string{"sweep", founding, "--replications", "1", "--store", f})
	}
	for _, args := range calls {
		out, errs, code := call(t, folder, args...)
		if code != 2 || len(out) > 0 || len(errs) > 20_000 || bytes.Contains(errs, []byte("goroutine ")) {
			t.Errorf("%q: exit code %d, %d bytes of output, %d of messages: %.500s", args, code, len(out), len(errs),
				errs)
		}
	}
}

// A pipe that nobody writes to does not hold the program against an interrupt.
func TestPipeWithoutAWriterIsInterrupted(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "dtlssim", "run", pipe)
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for again := true; again; { // the first signals may come before the program listens
		select {
		case <-ended:
			again = false
		case <-time.After(200 * time.Millisecond):
			_ = c.Process.Signal(os.Interrupt)
		}
	}
	if ctx.Err() != nil {
		t.Errorf("it did not end: %s", errs.String())
	}
}

// Help that cannot be written is an error, as any other output.
func TestOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{
		{"help"}, {}, {"run", "--help"}, {"--version"}, {"help", "run"}, {"schema"}, {"list"},
	} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			testkit.Missing(t, "/dev/full")
			return
		}
		c := exec.Command("dtlssim", args...)
		var errs bytes.Buffer
		c.Stdout, c.Stderr = full, &errs
		err = c.Run()
		_ = full.Close()
		code := c.ProcessState.ExitCode()
		if err == nil || code != 1 || !strings.Contains(errs.String(), "no space left") {
			t.Errorf("%q: exit code %d: %s", args, code, errs.String())
		}
	}
}

// Malformed files, made from a good one by cutting, repeating, flipping and inserting: no trace of the
// runtime, and exit code 0 or 2.
func TestMalformedFiles(t *testing.T) {
	source, err := study.Source(founding)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	random := rand.New(rand.NewPCG(testkit.Seed(t), 11))
	pieces := []string{"\x00", "\xff", "\t", "{", "}", "[", "- ", ": ", "&a ", "*a", "!!binary ", "|\n", "%", "---\n",
		"...\n", "\u0085", "\ufeff", "9223372036854775808", ".nan", "1e999", "null", "''", "<<: *a", "? ", "\x1b", "\r"}
	for i := range testkit.Cases(t, 10, 30, 300) {
		data := slices.Clone(source)
		for range 1 + random.IntN(3) {
			at, to := random.IntN(len(data)), 0
			to = min(len(data), at+1+random.IntN(200))
			switch random.IntN(5) {
			case 0:
				data = data[:at+1]
			case 1:
				data = slices.Delete(data, at, to)
			case 2:
				data[at] ^= byte(1 << random.IntN(8))
			case 3:
				data = slices.Insert(data, at, slices.Clone(data[at:to])...)
			default:
				data = slices.Insert(data, at, []byte(pieces[random.IntN(len(pieces))])...)
			}
		}
		if err := os.WriteFile("malformed.yaml", data, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"list", "malformed.yaml"}, {"study", "malformed.yaml", "--print"}} {
			code, out, errs := runHere(args...)
			if code != 0 && code != 2 || code == 2 && (out != "" || errs == "") || len(errs) > 50_000 {
				t.Errorf("case %d, %q: exit code %d, messages of %d bytes: %.300s\nof\n%.3000s", i, args, code, len(errs),
					errs, data)
			}
			if what := drivesTerminal([]byte(errs)); what != "" {
				t.Errorf("case %d, %q prints %s", i, args, what)
			}
		}
	}
}
