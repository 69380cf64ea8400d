package programs_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
)

// call is one call of get, with what it printed.
type call struct {
	out, err string
	code     int
}

// get calls the command get of a folder. The environment is this process's, changed by env.
func get(t *testing.T, folder string, env []string, arguments ...string) call {
	t.Helper()
	c := exec.Command(folder+"/get", arguments...)
	c.Env = append(os.Environ(), env...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return call{out.String(), errs.String(), c.ProcessState.ExitCode()}
}

// recipes returns the names of the folders with a recipe.
func recipes(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*", "recipe"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = filepath.Base(filepath.Dir(f))
	}
	return files
}

// needed skips a test where the commands that get runs are missing.
func needed(t *testing.T) {
	t.Helper()
	testkit.Tool(t, "apt-get install bash util-linux", "bash", "-c", "command -v flock")
}

func TestEveryNameOfTheListHasARecipe(t *testing.T) {
	needed(t)
	list := get(t, ".", nil, "--list")
	var names []string
	for line := range strings.Lines(list.out) {
		name, about, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		names = append(names, name)
		if strings.TrimSpace(about) == "" {
			t.Errorf("--list does not say what %s is", name)
		}
	}
	if list.code != 0 || list.err != "" || len(names) == 0 {
		t.Fatalf("--list: %+v", list)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, e := range entries {
		if e.IsDir() {
			folders = append(folders, e.Name())
		}
	}
	if !slices.Equal(names, folders) || !slices.Equal(names, recipes(t, ".")) {
		t.Errorf("--list names %q, the folders are %q, of which %q have a recipe", names, folders, recipes(t, "."))
	}
}

func TestRecipesAreBashThatSaysWhatItBuilds(t *testing.T) {
	needed(t)
	files := []string{"get"}
	for _, name := range recipes(t, ".") {
		recipe := filepath.Join(name, "recipe")
		files = append(files, recipe)
		text, err := os.ReadFile(recipe)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "# ") {
			t.Errorf("%s does not begin with what it builds", recipe)
		}
		if !strings.Contains(string(text), "\nbuild() {\n") {
			t.Errorf("%s has no function build", recipe)
		}
	}
	for _, f := range files {
		if out, err := exec.Command("bash", "-n", f).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", f, err, out)
		}
	}
}

func TestGetNamesWhatIsMissing(t *testing.T) {
	testkit.NotShort(t)
	needed(t)
	// A machine with the tools of any Debian, but without compiler and Go.
	tools := t.TempDir()
	for _, tool := range strings.Fields("bash awk basename cat cp cut date dirname env find flock grep head id ln ls " +
		"mkdir mktemp mv paste readlink rm sed sh sha256sum sort tail tr uname xargs") {
		if path, err := exec.LookPath(tool); err == nil {
			if err := os.Symlink(path, filepath.Join(tools, tool)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct{ name, want string }{
		{"mbedtls36", "get: mbedtls36: cc is missing: apt-get install gcc libc6-dev\n"},
		{"wolfssl", "get: wolfssl: cc is missing: apt-get install gcc libc6-dev\n"},
		{"certificates", "get: certificates: dpkg-source is missing: apt-get install dpkg-dev\n"},
		{"go-pion-v3", "get: go-pion-v3: building\nget: go-pion-v3: go is missing: install Go 1.26 or later\n"},
		{"mbedtls", "get: no such program: mbedtls; there are " + strings.Join(recipes(t, "."), " ") + "\n"},
		{"--lst", "get: no such option: --lst; see --help\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cache := t.TempDir()
			got := get(t, ".", []string{"XDG_CACHE_HOME=" + cache, "PATH=" + tools}, c.name)
			if got.code == 0 || got.out != "" || got.err != c.want {
				t.Errorf("%+v, want the error %q", got, c.want)
			}
			empty(t, filepath.Join(cache, "dtlssim/programs"))
		})
	}
}

// empty checks that a cache holds no program, nor anything that is half-built.
func empty(t *testing.T, root string) {
	t.Helper()
	for _, pattern := range []string{"build.*", "store/*", "bin/*", "share/*"} {
		if left, err := filepath.Glob(filepath.Join(root, pattern)); err != nil || len(left) != 0 {
			t.Errorf("left in the cache: %q %v", left, err)
		}
	}
}

// tree describes each file of a folder: its mode, size, time of change, and where it points.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		to, _ := os.Readlink(path)
		files[path] = fmt.Sprintln(info.Mode(), info.Size(), info.ModTime().UnixNano(), to)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestASecondCallChangesNothing(t *testing.T) {
	testkit.NotShort(t)
	needed(t)
	bin := strings.TrimSpace(get(t, ".", nil, "--bin").out)
	if _, err := os.Stat(filepath.Join(bin, "mbedtls36-dtls_server")); err != nil {
		testkit.Missing(t, "the programs are not built; build them with: scenarios/programs/get")
	}
	first := get(t, ".", nil)
	if first.code != 0 {
		t.Fatalf("%+v", first)
	}
	before := tree(t, filepath.Dir(bin))
	second := get(t, ".", nil)
	if second.code != 0 || second.out != first.out || second.err != "" {
		t.Errorf("the first call printed:\n%s\nthe second: %+v", first.out, second)
	}
	after := tree(t, filepath.Dir(bin))
	for path := range after {
		if before[path] != after[path] {
			t.Errorf("%s was %q and is %q", path, before[path], after[path])
		}
		delete(before, path)
	}
	for path := range before {
		t.Errorf("%s is gone", path)
	}
	for path := range strings.Lines(second.out) {
		path = strings.TrimSuffix(path, "\n")
		if filepath.Dir(path) != bin {
			t.Errorf("%s is not in %s", path, bin)
		}
		if _, err := exec.LookPath(path); err != nil {
			t.Error(err)
		}
	}
}

// workshop returns a folder with get and one recipe, try, and a cache.
func workshop(t *testing.T, recipe string) (folder, cache string) {
	t.Helper()
	needed(t)
	folder, cache = t.TempDir(), t.TempDir()
	command, err := os.ReadFile("get")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "get"), command, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, folder, recipe)
	return folder, cache
}

func write(t *testing.T, folder, recipe string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(folder, "try"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "try/recipe"), []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCallsAtTheSameTimeBuildOnce(t *testing.T) {
	testkit.NotShort(t)
	folder, cache := workshop(t, "about=slow\n"+
		"build() { echo >>$root/built; sleep 0.3; script slow 'exec echo slow'; }\n")
	results := make(chan call)
	for range 4 {
		go func() { results <- get(t, folder, []string{"XDG_CACHE_HOME=" + cache}, "try") }()
	}
	root := filepath.Join(cache, "dtlssim/programs")
	for range 4 {
		if r := <-results; r.code != 0 || r.out != filepath.Join(root, "bin/slow")+"\n" {
			t.Errorf("%+v", r)
		}
	}
	if built, err := os.ReadFile(filepath.Join(root, "built")); err != nil || len(built) != 1 {
		t.Errorf("built %d times (%v)", len(built), err)
	}
	out, err := exec.Command(filepath.Join(root, "bin/slow"), "and", "more").Output()
	if string(out) != "slow and more\n" {
		t.Errorf("slow: %q %v", out, err)
	}
}

func TestARecipeThatFailsLeavesNothingHalfBuilt(t *testing.T) {
	testkit.NotShort(t)
	folder, cache := workshop(t, "about=broken\n"+
		"build() { script broken true; echo the reason; false; echo after; }\n")
	root := filepath.Join(cache, "dtlssim/programs")
	log := filepath.Join(root, "failed-try.log")
	want := "get: try: building\nget: try: failed: the reason (all of it: " + log + ")\n"
	if r := get(t, folder, []string{"XDG_CACHE_HOME=" + cache}); r.code != 1 || r.out != "" || r.err != want {
		t.Errorf("%+v, want %q", r, want)
	}
	empty(t, root)
}

func TestAnInterruptedRecipeLeavesNothingHalfBuilt(t *testing.T) {
	testkit.NotShort(t)
	folder, cache := workshop(t, "about=long\n"+
		"build() { script long true; "+
		"sh -c \": >$root/begun; exec sleep 60\"; }\n")
	root := filepath.Join(cache, "dtlssim/programs")
	c := exec.Command(filepath.Join(folder, "get"))
	c.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := filepath.Join(root, "begun"); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(begun); err == nil {
			break
		}
	}
	// A terminal's Ctrl-C goes to the whole group.
	if err := syscall.Kill(-c.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err == nil {
		t.Error("an interrupted call has exit code 0")
	}
	empty(t, root)
}

func TestAnotherRecipeMakesAnotherProgram(t *testing.T) {
	testkit.NotShort(t)
	folder, cache := workshop(t, "about=one\nbuild() { script number 'exec echo one'; }\n")
	environment := []string{"XDG_CACHE_HOME=" + cache}
	number := filepath.Join(cache, "dtlssim/programs/bin/number")
	for _, want := range []string{"one", "two", "one"} {
		write(t, folder, "about="+want+"\nbuild() { script number 'exec echo "+want+"'; }\n")
		if r := get(t, folder, environment); r.code != 0 || r.out != number+"\n" {
			t.Fatalf("%+v", r)
		}
		if out, err := exec.Command(number).Output(); string(out) != want+"\n" {
			t.Errorf("number: %q %v, want %s", out, err, want)
		}
	}
}

func TestAProgramThatTheMachineNoLongerHasIsMadeAgain(t *testing.T) {
	testkit.NotShort(t)
	folder, cache := workshop(t, "about=machine\nbuild() { installed_or_fetched none machine; }\n")
	for _, name := range []string{"first", "second"} {
		program := filepath.Join(t.TempDir(), "machine")
		if err := os.WriteFile(program, []byte("#!/bin/sh\necho "+name+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		r := get(t, folder, []string{
			"XDG_CACHE_HOME=" + cache, "PATH=" + filepath.Dir(program) + ":" + os.Getenv("PATH"),
		})
		if r.code != 0 {
			t.Fatalf("%+v", r)
		}
		if out, err := exec.Command(strings.TrimSpace(r.out)).Output(); string(out) != name+"\n" {
			t.Errorf("%q %v, want %s", out, err, name)
		}
		if err := os.Remove(program); err != nil {
			t.Fatal(err)
		}
	}
}
