package scenarios

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Command is a command line of this program: the program's name and its arguments, as the process
// gets them.
type Command []string

// NewCommand returns the command that calls this program with the arguments.
func NewCommand(arguments ...string) Command {
	return append(Command{Program()}, arguments...)
}

// With returns the command with arguments appended.
func (c Command) With(arguments ...string) Command {
	return append(slices.Clip(c), arguments...)
}

// String returns the command for a POSIX shell, with quotes around each argument that needs them.
func (c Command) String() string {
	quoted := make([]string, len(c))
	for i, argument := range c {
		quoted[i] = quote(argument)
	}
	return strings.Join(quoted, " ")
}

// quote quotes an argument unless it contains only characters that are literal in every POSIX
// shell.
func quote(s string) string {
	special := func(c rune) bool {
		return !strings.ContainsRune("-_./:=,+%@", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c)
	}
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Command returns the command that applies a verb, such as run, to the scenario with these
// values.
func (v Values) Command(verb string, seed uint64, p Predicate) Command {
	c := NewCommand(verb, v.base.scenario.Reference(), "--seed", strconv.FormatUint(seed, 10)).With(v.Arguments()...)
	if text := p.Text(); text != "" {
		c = c.With("--fail", text)
	}
	return c
}

// Repeat returns the command that repeats one replication with these values.
func (v Values) Repeat(seed uint64, p Predicate) Command { return v.Command("run", seed, p) }

// Arguments returns the settings as arguments of a command, in the order of the
// scenario's parameters.
func (v Values) Arguments() []string {
	var args []string
	for _, p := range v.base.scenario.Parameters {
		if text, given := v.Setting(p.Name); given {
			args = append(args, "--set", p.Name+"="+text)
		}
	}
	return args
}

// Program returns the name of this program for the commands that it prints: the name that go
// install gives it, which is the last element of its main package's path. The name does not
// depend on how the executable file is named or called, so the same binary prints the same bytes.
// A program built from single files gets the name of its executable file; the binary of a Go test
// is called dtlssim.
var Program = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	executable, err := os.Executable()
	if !ok || err != nil {
		return "dtlssim"
	}
	return programName(info.Path, executable)
})

var majorVersion = regexp.MustCompile(`^v[1-9][0-9]*$`)

// programName returns a program's name, given the path of its main package and its executable
// file.
func programName(main, executable string) string {
	name := path.Base(main)
	if majorVersion.MatchString(name) && path.Dir(main) != "." {
		name = path.Base(path.Dir(main))
	}
	if main == "" || main == "command-line-arguments" || strings.HasSuffix(name, ".test") {
		name = strings.TrimSuffix(filepath.Base(executable), ".exe")
		if strings.HasSuffix(name, ".test") {
			return "dtlssim"
		}
	}
	return name
}
