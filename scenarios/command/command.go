// Package command has the command lines that answers print, so that a user can repeat them.
//
// In: the arguments of this program. Out: a [Line] for a POSIX shell.
package command

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Line is a command line of this program: the program's name and its arguments, as the process
// gets them.
type Line []string

// New returns the command that calls this program with the arguments.
func New(arguments ...string) Line {
	return append(Line{Program()}, arguments...)
}

// With returns the command with arguments appended.
func (c Line) With(arguments ...string) Line {
	return append(slices.Clip(c), arguments...)
}

// String returns the command for a POSIX shell, with quotes around each argument that needs them.
func (c Line) String() string {
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
	if s != "" && !strings.ContainsFunc(s, special) && utf8.ValidString(s) {
		return s
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unseen) {
		return quoteUnseen(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// unseen reports whether a character would drive a terminal, or could not be seen there.
func unseen(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsGraphic(r) }

// quoteUnseen quotes an argument with characters that would drive a terminal, or could not be seen
// there, in the form $'...' of bash, ksh, zsh, and POSIX since 2024. Each byte of such a character is
// an octal escape.
func quoteUnseen(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(s[0])
		case !unseen(r) && (r != utf8.RuneError || size > 1):
			b.WriteString(s[:size])
		default:
			for _, c := range []byte(s[:size]) {
				fmt.Fprintf(&b, `\%03o`, c)
			}
		}
		s = s[size:]
	}
	b.WriteByte('\'')
	return b.String()
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
