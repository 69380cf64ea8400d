package hosts

import (
	"bufio"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/program"
)

// relative returns a path of the scenario's file, seen from the current folder.
func (n *Network) relative(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(n.Folder, path)
}

// find returns the absolute path of a program that can be started: a path relative to the scenario's
// file, or a name in PATH.
func (n *Network) find(name string) (string, error) {
	folder, err := filepath.Abs(n.Folder)
	if err != nil {
		return "", err
	}
	path, err := program.Find(name, folder, os.Getenv("PATH"))
	if err != nil && !strings.Contains(name, "/") {
		if info, missing := os.Stat(n.relative(name)); missing == nil && info.Mode().IsRegular() {
			return "", fmt.Errorf("%w; for the file beside the scenario's, write ./%s", err, name)
		}
	}
	return path, err
}

// Files returns the files on which runs with the given values depend, as far as they are known before a
// run: the programs, their interpreters and libraries, and the files that they are given. Its
// error reports every program that cannot be started, and every file that is missing.
func (n *Network) Files(v scenarios.Values) ([]string, error) {
	var key strings.Builder // what the answer depends on
	for i := range n.Hosts {
		h := &n.Hosts[i]
		for _, t := range slices.Concat(h.Program, []Text{h.Folder}) {
			fmt.Fprintf(&key, "%q ", t.Of(v))
		}
		for _, f := range h.Files {
			fmt.Fprintf(&key, "%q ", f.Source.Of(v))
		}
		for _, e := range h.Env {
			fmt.Fprintf(&key, "%s %q ", e.Name, e.Value.Of(v))
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if known, ok := n.known[key.String()]; ok {
		return known.paths, known.err
	}
	paths, err := n.files(v)
	if n.known == nil {
		n.known = map[string]files{}
	}
	n.known[key.String()] = files{paths, err}
	return paths, err
}

// files are the files that runs depend on, and what prevents these runs.
type files struct {
	paths []string
	err   error
}

func (n *Network) files(v scenarios.Values) ([]string, error) {
	if err := program.Supported(); err != nil {
		return nil, err
	}
	var paths []string
	var faults []error
	add := func(more ...string) {
		for _, path := range more {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	for i := range n.Hosts {
		h := &n.Hosts[i]
		fault := func(err error) { faults = append(faults, fmt.Errorf("host %s: %w", h.Name, err)) }
		var args, folders []string
		for _, t := range h.Program {
			args = append(args, t.Of(v))
		}
		for _, e := range h.Env {
			if e.Name == "LD_LIBRARY_PATH" {
				folders = filepath.SplitList(e.Value.Of(v))
			}
		}
		if path, err := n.find(args[0]); err != nil {
			fault(err)
		} else {
			add(loaded(path, folders)...)
		}
		for _, word := range commands(args) {
			if path, err := n.find(word); err == nil {
				add(loaded(path, folders)...)
			}
		}
		if folder := h.Folder.Of(v); folder != "" {
			if info, err := os.Stat(n.relative(folder)); err != nil || !info.IsDir() {
				fault(fmt.Errorf("there is no folder %s", n.relative(folder)))
			}
		}
		for _, f := range h.Files {
			given, err := n.within(f.Source.Of(v))
			if err != nil {
				fault(err)
			}
			add(given...)
		}
	}
	return paths, errors.Join(faults...)
}

// within returns a file, or the files in a folder, in the order of their names.
func (n *Network) within(source string) (paths []string, err error) {
	root := n.relative(source)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		var of *fs.PathError
		if errors.As(err, &of) {
			err = of.Err
		}
		return nil, fmt.Errorf("the file %s cannot be read: %w", root, err)
	}
	return paths, nil
}

// commands returns the words of a shell's script, sh -c SCRIPT, that may be commands: those at which a command
// can begin. Words that are none are not found in PATH.
func commands(args []string) (words []string) {
	if len(args) < 3 || !slices.Contains([]string{"sh", "bash", "dash"}, filepath.Base(args[0])) || args[1] != "-c" {
		return nil
	}
	begins := true
	for _, word := range strings.Fields(shellBreaks.Replace(args[2])) {
		switch {
		case word == ";":
			begins = true
		case begins && !strings.Contains(word, "="):
			words = append(words, strings.Trim(word, `"'`))
			begins = slices.Contains(prefixes, word)
		}
	}
	return words
}

// shellBreaks puts a semicolon wherever a command of a shell can begin.
var shellBreaks = strings.NewReplacer("|", " ; ", "&", " ; ", ";", " ; ", "(", " ; ", ")", " ; ", "`", " ; ",
	"{", " ; ", "\n", " ; ")

// prefixes are words of a shell, and programs, after which a command begins.
var prefixes = []string{"exec", "if", "then", "else", "elif", "do", "while", "until", "!", "env", "timeout", "nice"}

// loaded returns a program with the files that starting it loads: the interpreter of a script; the
// loader of a dynamic executable and its libraries. Libraries are looked for in the given folders first.
func loaded(path string, folders []string) []string {
	list := []string{path}
	if interpreter := interpreterOf(path); interpreter != "" {
		return append(list, loaded(interpreter, folders)...)
	}
	f, err := elf.Open(path)
	if err != nil {
		return list
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			name := make([]byte, p.Filesz)
			if _, err := p.ReadAt(name, 0); err == nil {
				list = append(list, strings.TrimRight(string(name), "\x00"))
			}
		}
	}
	return addLibraries(list, path, folders)
}

// interpreterOf returns the interpreter of a script; empty if the file is no script.
func interpreterOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	rest, ok := strings.CutPrefix(line, "#!")
	if words := strings.Fields(rest); ok && len(words) > 0 && words[0] != path {
		return words[0]
	}
	return ""
}

// addLibraries adds the libraries that an executable or a library needs, and those that these need.
func addLibraries(list []string, path string, given []string) []string {
	f, err := elf.Open(path)
	if err != nil {
		return list
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil {
		return list
	}
	folders := slices.Clone(given)
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		values, _ := f.DynString(tag)
		for _, value := range values {
			origin := filepath.Dir(path)
			value = strings.NewReplacer("$ORIGIN", origin, "${ORIGIN}", origin).Replace(value)
			folders = append(folders, filepath.SplitList(value)...)
		}
	}
	for _, name := range needed {
		for _, folder := range slices.Concat(folders, libraryFolders()) {
			library := filepath.Join(folder, name)
			if info, err := os.Stat(library); err != nil || !info.Mode().IsRegular() {
				continue
			}
			if !slices.Contains(list, library) {
				list = addLibraries(append(list, library), library, given)
			}
			break
		}
	}
	return list
}

// libraryFolders returns the folders in which the loader looks for libraries: see ld.so(8).
func libraryFolders() (folders []string) {
	lists, _ := filepath.Glob("/etc/ld.so.conf.d/*.conf")
	for _, list := range lists { // in the order of their names, as ldconfig reads them
		text, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") {
				folders = append(folders, line)
			}
		}
	}
	return append(folders, "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
		"/usr/lib")
}
