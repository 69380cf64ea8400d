package scenarios

import (
	"strconv"
	"strings"
)

// Repeat returns the command that repeats one replication.
func (v Values) Repeat(seed uint64, p Predicate) string {
	args := []string{"dtlssim", "run", Quote(v.scenario.Reference()), "--seed", strconv.FormatUint(seed, 10)}
	args = append(args, v.Arguments()...)
	if text := p.Text(); text != "" {
		args = append(args, "--fail", text)
	}
	return strings.Join(args, " ")
}

// Arguments returns the settings as arguments for a command line, in the order of
// the scenario's parameters.
func (v Values) Arguments() []string {
	var args []string
	for _, p := range v.scenario.Parameters {
		if text, ok := v.given[p.Name]; ok {
			args = append(args, "--set", Quote(p.Name+"="+text))
		}
	}
	return args
}

// Quote quotes an argument for a POSIX shell if it needs that.
func Quote(s string) string {
	if !strings.ContainsAny(s, " \t\n'\"\\$`()<>|&;*?[]{}#~!") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
