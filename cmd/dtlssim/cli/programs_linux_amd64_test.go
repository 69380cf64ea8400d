package cli

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/program"
)

// shells is a scenario whose programs are shells. The client's sleep decides whether it fails.
const shells = `name: shells
summary: A server and two clients that never meet.
hosts:
  server:
    program: [./server.sh]
    input: [{at: 5s, text: "hi\n"}]
    signals: [{at: 8s, signal: TERM}]
  client:
    program: [sh, -c, "cat greeting; read line; sleep $1; test $1 != 0.2 || exit 7; echo $line", client, "${wait:s}"]
    runs: 2
    gap: 50ms
    input: "first\n"
    files: {greeting: hello.txt}
outcomes:
  - {name: failed, meaning: a client failed, when: {all: [{host: client, exit: "7"}, {host: server, output: /^got h/}]}}
  - {name: killed, meaning: the server was killed, when: {host: server, exit: signal TERM}}
parameters:
  - {name: wait, type: duration, default: 200ms, meaning: how long a client sleeps}
remedies:
  - {name: patience, set: {wait: 2s}, helps: yes}
fail: [failed, client-time > 3s]
probe: wait=100ms..300ms
study:
  title: Shells
  figures:
    - {name: table, kind: table, replications: 1, rows: [{label: none}, {label: patience, set: {remedy: patience}}]}
`

// shellFiles writes the scenario and its files, and returns the path of the scenario.
func shellFiles(t *testing.T) (path string) {
	t.Helper()
	if err := program.Supported(); err != nil {
		testkit.Missing(t, err.Error())
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"shells.yaml": shells, "hello.txt": "hello\n",
		"server.sh": "#!/bin/sh\necho ready\nread line\necho got $line\nsleep 100\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "shells.yaml")
}

// A run shows what the programs wrote, at its time, and how they ended; JSON has the same, and no
// sessions.
func TestRunOfPrograms(t *testing.T) {
	path := shellFiles(t)
	code, out, errs := runHere("run", path)
	for _, want := range []string{
		"0.000000000  client  client-1  stdout: hello", "0.250000000  client  client-2  started: sh -c ",
		"5.000000000  server  server    stdout: got hi", "client-1  client  0s       200ms  exit code 7",
		"client-2  client  250ms    200ms  exit code 7", "server    server  0s       8s     signal SIGTERM",
		"The last lines of server:\n    ready\n    got hi\n", "outcome  FAILED: failed, killed",
		"measure  client-time: 200ms",
	} {
		if code != verb.ExitOK || !strings.Contains(out, want) {
			t.Errorf("exit code %d, want %q in\n%s%s", code, want, out, errs)
		}
	}
	code, out, _ = runHere("run", path, "--set", "remedy=patience", "--format", "json")
	var r run.Replication
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != verb.ExitOK {
		t.Fatal(code, err)
	}
	if r.Failed || len(r.Programs) != 3 || r.Programs[1].Took != 2e9 || strings.Contains(out, `"sessions"`) ||
		r.Programs[2].Last[1] != "first" {
		t.Errorf("JSON: %s", out)
	}
}

// A scan finds the value of an argument that fails. Its runs are those of run, digests included,
// although one worker performs them one after the other: a shell reads its script anew.
func TestWindowOfPrograms(t *testing.T) {
	path := shellFiles(t)
	code, out, errs := runHere("window", path, "--brute", "50ms", "--workers", "1")
	_, one, _ := runHere("run", path)
	_, digest, _ := strings.Cut(one, "digest   ")
	digest, _, _ = strings.Cut(digest, "\n")
	if code != verb.ExitOK || !strings.Contains(out, "Failure windows:\n  [200ms, 250ms)\n") ||
		!strings.Contains(out, "digest "+digest) || len(digest) != 64 {
		t.Errorf("exit code %d, want the digest %s\n%s%s", code, digest, out, errs)
	}
}

// Other verbs take programs as they take sessions; replications are the same in two processes.
func TestVerbsOfPrograms(t *testing.T) {
	path := shellFiles(t)
	for _, args := range [][]string{
		words("list FILE"), words("sweep FILE --vary wait=100ms,200ms --replications 3 --verify --workers 2"),
		words("measure FILE --measure client-time --replications 3"), words("estimate FILE --replications 4"),
		words("compare FILE --vary remedy=none,patience --replications 2"),
		{"study", path, "-o", t.TempDir()},
	} {
		for i := range args {
			if args[i] == "FILE" {
				args[i] = path
			}
		}
		if code, out, errs := runHere(args...); code != verb.ExitOK {
			t.Errorf("%v: exit code %d\n%s%s", args, code, out, errs)
		}
	}
}

// A program that cannot be started, or a file that is missing, is reported before anything runs.
func TestProgramsThatAreMissing(t *testing.T) {
	path := shellFiles(t)
	change := func(old, with string) (changed string) {
		changed = filepath.Join(filepath.Dir(path), "changed.yaml")
		if err := os.WriteFile(changed, []byte(strings.Replace(shells, old, with, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		return changed
	}
	for _, test := range []struct{ old, with, want string }{
		{"./server.sh", "./serve.sh", "host server: " + filepath.Dir(path) + "/serve.sh: no such file or directory"},
		{"./server.sh", "server.sh", "not found in PATH; for the file beside the scenario's, write ./server.sh"},
		{"./server.sh", ".", "host server: .: not found in PATH"},
		{"./server.sh", "./shells.yaml", "it is neither an ELF file nor a script"},
		{"./server.sh", "./../" + filepath.Base(filepath.Dir(path)), "it is a directory"},
		{"hello.txt", "helo.txt", "host client: the file " + filepath.Dir(path) + "/helo.txt cannot be read: no such"},
		{"files: {greeting: hello.txt}", "dir: ./nowhere", "host client: there is no folder"},
	} {
		changed := change(test.old, test.with)
		for _, args := range [][]string{
			{"run"}, {"window"}, {"explain"}, words("sweep --replications 1"), words("study -o"),
			words("sweep --replications 1 --store"),
		} {
			last := args[len(args)-1]
			args = append([]string{args[0], changed}, args[1:]...)
			output := filepath.Join(t.TempDir(), "output.sqlite")
			if last == "-o" || last == "--store" {
				args = append(args, output)
			}
			code, out, errs := runHere(args...)
			if code != verb.ExitUsage || out != "" || strings.Count(errs, "\n") != 1 ||
				!strings.Contains(errs, test.want) {
				t.Errorf("%v with %s: exit code %d, want 2 and %q\n%s%s", args, test.with, code, test.want, out, errs)
			}
			if _, err := os.Stat(output); err == nil {
				t.Errorf("%v with %s: it writes a file", args, test.with)
			}
		}
		if code, _, errs := runHere("list", changed); code != verb.ExitOK {
			t.Errorf("list with %s: exit code %d: %s", test.with, code, errs)
		}
	}
	// A program that only one level of a factor has.
	changed := change("[./server.sh]", `["./server.sh${wait:ms}"]`)
	other := filepath.Join(filepath.Dir(path), "server.sh200")
	if err := os.WriteFile(other, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runHere("sweep", changed, "--vary", "wait=1ms,2ms", "--replications", "1")
	if code != verb.ExitUsage || out != "" || !strings.Contains(errs, "server.sh1: no such file") ||
		!strings.Contains(errs, "server.sh2: no such file") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// A store refuses to go on with another program, or another file, and names it.
func TestStoreOfPrograms(t *testing.T) {
	path := shellFiles(t)
	dir := filepath.Dir(path)
	store := filepath.Join(dir, "store.sqlite")
	sweep := []string{"sweep", path, "--replications", "2", "--store", store}
	if code, out, errs := runHere(sweep...); code != verb.ExitOK {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	if code, out, errs := runHere(sweep...); code != verb.ExitOK {
		t.Errorf("again: exit code %d\n%s%s", code, out, errs)
	}
	for _, name := range []string{"server.sh", "hello.txt"} {
		whole, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		write := func(text string) {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		write(string(whole) + "# more\n")
		code, _, errs := runHere(sweep...)
		if code == verb.ExitOK || !strings.Contains(errs, dir+"/"+name+" is another one") {
			t.Errorf("with another %s: exit code %d\n%s", name, code, errs)
		}
		write(string(whole))
	}
	if code, _, errs := runHere(sweep...); code != verb.ExitOK {
		t.Errorf("as before: exit code %d\n%s", code, errs)
	}
}

// What new prints runs as it is: OpenSSL's server with its client.
func TestNewRuns(t *testing.T) {
	testkit.Tool(t, "apt-get install openssl", "openssl", "version")
	path := shellFiles(t)
	t.Chdir(filepath.Dir(path))
	key := words("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -subj /CN=a -days 99")
	if out, err := exec.Command("openssl", key...).CombinedOutput(); err != nil {
		t.Fatal(err, string(out))
	}
	code, file, errs := runHere("new", "--server", "openssl s_server -dtls1_2 -accept 4433 -cert cert.pem -key key.pem",
		"--client", "echo 'a message' | openssl s_client -dtls1_2 -connect localhost:4433")
	if code != verb.ExitOK {
		t.Fatal(code, errs)
	}
	if err := os.WriteFile("pair.yaml", []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runHere("run", "./pair.yaml")
	if code != verb.ExitOK || !strings.Contains(out, "outcome  passed: clean") ||
		strings.Count(out, "server    stdout: a message") != 2 {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, errs = runHere("run", "./pair.yaml", "--set", "alert-latency=5s")
	if code != verb.ExitOK || !strings.Contains(out, "(arrives 5.063000000, rule alert)") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	code, out, errs = runHere("sweep", "./pair.yaml", "--replications", "2", "--verify", "--workers", "2")
	if code != verb.ExitOK {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// A run whose worker is stopped at the wall limit leaves no private directory.
func TestStoppedRunLeavesNoDirectory(t *testing.T) {
	path := shellFiles(t)
	spins := strings.Replace(shells, "cat greeting; read line; sleep $1;", "while :; do :; done;", 1)
	if err := os.WriteFile(path, []byte(spins), 0o644); err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	code, _, errs := runHere("run", path, "--wall-limit", "1s")
	if code == verb.ExitOK || !strings.Contains(errs, "timed out") {
		t.Errorf("exit code %d, %s", code, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "dtlssim-*")); len(left) > 0 {
		t.Errorf("it left %v", left)
	}
}
