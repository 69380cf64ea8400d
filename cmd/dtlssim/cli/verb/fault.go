package verb

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitError       = 1   // something failed: a file could not be written, a verification found a difference
	ExitUsage       = 2   // the input is bad; nothing was done
	ExitNoResult    = 3   // some replications gave no result: they crashed, timed out or met a limit
	ExitInterrupted = 130 // interrupted; the output shows what was done
)

// coded is an error with an exit code. An error without one, from cobra or from parsing, is bad
// input.
type coded struct {
	error
	code int
}

func (e *coded) Unwrap() error { return e.error }

// Failure marks an error as not the user's fault; nil stays nil.
func Failure(err error) error {
	if err == nil {
		return nil
	}
	return &coded{err, ExitError}
}

// BadInput marks an error found during the work as bad input.
func BadInput(err error) error { return &coded{err, ExitUsage} }

// Wrong reports a problem that a check of the answer found.
func Wrong(format string, a ...any) error { return &coded{fmt.Errorf(format, a...), ExitError} }

// NoResult reports replications that gave no result.
func NoResult(format string, a ...any) error { return &coded{fmt.Errorf(format, a...), ExitNoResult} }

// Interrupted reports how far the work had come when it was interrupted.
func Interrupted(format string, a ...any) error {
	return &coded{fmt.Errorf("interrupted: "+format, a...), ExitInterrupted}
}

// ended gives an exit code to an error that left no answer.
func (c *Call) ended(err error) error {
	var already *coded
	var aborted *run.AbortedError
	var notReady *scenarios.NotReadyError
	switch {
	case errors.As(err, &already):
		return err
	case errors.As(err, &notReady):
		return BadInput(notReady)
	case errors.As(err, &aborted):
		return &coded{err, ExitNoResult}
	case c.Context.Err() != nil:
		return &coded{errors.New("interrupted"), ExitInterrupted}
	}
	return Failure(err)
}

// Code returns the exit code of a command's error, and the message that the program writes to
// standard error.
func Code(err error, program string) (code int, message string) {
	if err == nil {
		return ExitOK, ""
	}
	code = ExitUsage
	var with *coded
	switch {
	case errors.As(err, &with):
		code = with.code
	case errors.Is(err, context.Canceled):
		code, err = ExitInterrupted, errors.New("interrupted")
	}
	text, prefix := strings.TrimRight(err.Error(), "\n"), program+": "
	switch code {
	case ExitUsage:
		text = shorten(text, longest)
	case ExitError: // it may hold commands
		text = shorten(text, mostShown)
	}
	if code == ExitUsage {
		text = strings.ReplaceAll(text, "\n", "\n"+prefix) // one line for each fault
	}
	return code, prefix + text + "\n"
}

// longest and mostShown bound what a message about bad input quotes, in bytes: a word, or what stands
// in quotes, and a line. shown is how much of a longer one is left at each end.
const (
	longest   = 300
	mostShown = 4000
	shown     = 60
)

// shorten cuts what is long in a message about bad input: a value of megabytes need not be repeated.
func shorten(message string, most int) string {
	var lines []string
	for line := range strings.SplitSeq(message, "\n") {
		if len(line) > most {
			line = shortenLine(line, most)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func shortenLine(line string, most int) string {
	var b strings.Builder
	for len(line) > 0 {
		end := strings.IndexByte(line, ' ')
		if line[0] == '"' { // quoted by Go: a quote inside stands behind a backslash
			end = 1
			for end < len(line) && line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(line))
		} else if quote := strings.IndexByte(line, '"'); quote >= 0 && (end < 0 || quote < end) {
			end = quote
		}
		if end < 0 {
			end = len(line)
		}
		end = max(end, 1)
		b.WriteString(cut(line[:end], most))
		line = line[end:]
	}
	return cut(b.String(), 2*mostShown)
}

// cut returns a text of at most most bytes, with both ends of a longer one.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	ends := min(shown, most/2)
	if most > mostShown {
		ends = mostShown / 2
	}
	return fmt.Sprintf("%s... (%d bytes) ...%s", strings.ToValidUTF8(s[:ends], ""), len(s),
		strings.ToValidUTF8(s[len(s)-ends:], ""))
}

// FlagError words a fault of a flag: it suggests the nearest name or the accepted values.
func FlagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		hint := suggest.DidYouMean("--"+unknown.GetSpecifiedName(), names)
		return fmt.Errorf("%w.%s See %s --help", err, hint, c.CommandPath())
	case errors.As(err, &invalid):
		name, value := invalid.GetFlag().Name, invalid.GetFlag().Value
		if accepted, ok := acceptedValues[value.Type()]; ok {
			return fmt.Errorf("--%s %q: want %s", name, invalid.GetValue(), accepted)
		}
	}
	return err
}

// acceptedValues describes the values that each type of flag accepts.
var acceptedValues = map[string]string{
	"uint64": "a whole number from 0 to 18446744073709551615", "int": "a whole number", "float64": "a number",
	"float64Slice": "numbers, separated by commas",
	"duration":     "a duration (a number with a unit: ns, us, ms, s, m, h)", "bool": "true or false",
	"size": "a whole number with a unit (B, KiB, MiB, GiB)",
}

// OneOf reports a name that is not among the names of a kind.
func OneOf(kind, name string, names []string) error {
	for _, n := range names {
		if n == name {
			return nil
		}
	}
	return fmt.Errorf("there is no %s %q.%s There are %s", kind, name, suggest.DidYouMean(name, names),
		strings.Join(names, ", "))
}
