// Package verb is the skeleton that all verbs of the command line share. It reads and checks flags,
// starts workers, asks the question, shows the answer as text or JSON, writes it to files, and
// turns the outcome into an exit code.
//
// In: a [Verb], which has what is specific to it. Out: a command for cobra.
package verb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios/rule"
	"github.com/dtlssim/dtlssim/scenarios/run"
)

// A Verb asks one question and shows the answer.
type Verb struct {
	Use, Short, Long, Example string // as in cobra.Command
	Args                      cobra.PositionalArgs

	Plain bool                 // the verb has no --format
	Parts []Part               // if one is a *Pool, workers are started
	Flags func(*pflag.FlagSet) // flags specific to the verb; may be nil

	// Check reads what the parts do not read and reports every fault in it. It may be nil.
	Check func(*Call, *Faults)

	// Open opens what the question needs, before workers start. It may be nil.
	Open func(*Call) error

	// Ask asks the question.
	Ask func(*Call) (*Answer, error)
}

// A Part is a group of flags that several verbs share.
type Part interface {
	// AddTo adds the flags to a command's flags.
	AddTo(*pflag.FlagSet)

	// Check reads the flags and reports every fault.
	Check(*Call, *Faults)
}

// target is a part that names a file to write.
type target interface{ unwritable() error }

// Faults collects what is wrong with the input.
type Faults struct{ list []error }

// Add adds faults; it ignores nil.
func (f *Faults) Add(errs ...error) {
	for _, err := range errs {
		if err != nil {
			f.list = append(f.list, err)
		}
	}
}

// None reports whether there are no faults so far.
func (f *Faults) None() bool { return len(f.list) == 0 }

// AtLeast adds a fault if the number given for a flag is too small.
func (f *Faults) AtLeast(flag string, n, least int) {
	if n < least {
		f.Add(fmt.Errorf("--%s %d must be at least %d", flag, n, least))
	}
}

// AtMost adds a fault if the number given for a flag is too large.
func (f *Faults) AtMost(flag string, n, most int) {
	if n > most {
		f.Add(fmt.Errorf("--%s %d must be at most %d", flag, n, most))
	}
}

// Within adds a fault if the number given for a flag is out of range.
func (f *Faults) Within(flag string, n, least, most int) {
	if n < least || n > most {
		f.Add(fmt.Errorf("--%s %d is out of range: %d to %d", flag, n, least, most))
	}
}

// Call is one call of a verb.
type Call struct {
	Context  context.Context
	Args     []string
	Out, Err io.Writer
	Workers  run.Runner // nil until they have started
	Pool     *run.Pool  // the same workers

	rules run.Collector // what the rules met in the runs of the workers
	flags *pflag.FlagSet
	json  bool
	close []func()
}

// Changed reports whether a flag was given.
func (c *Call) Changed(flag string) bool { return c.flags.Changed(flag) }

// Given returns the flags, among those named, that were given, as arguments of a command that
// repeats them.
func (c *Call) Given(names ...string) (arguments []string) {
	for _, name := range names {
		f := c.flags.Lookup(name)
		if !f.Changed {
			continue
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, value := range list.GetSlice() {
				arguments = append(arguments, "--"+name, value)
			}
		} else if f.NoOptDefVal != "" {
			arguments = append(arguments, "--"+name+"="+f.Value.String())
		} else {
			arguments = append(arguments, "--"+name, f.Value.String())
		}
	}
	return arguments
}

// Applies adds a fault for each given flag that the chosen method does not read.
func (c *Call) Applies(f *Faults, method *Choice, readers []Reader) {
	for _, r := range readers {
		if c.Changed(r.Flag) && method.known() && !method.Is(r.Choices...) {
			f.Add(fmt.Errorf("--%s does not apply to the method %s, only to %s", r.Flag, method, text.List(r.Choices)))
		}
	}
}

// Reader names the methods that read a flag.
type Reader struct {
	Flag    string
	Choices []string
}

// Closing registers a function to call when the call ends.
func (c *Call) Closing(f func()) { c.close = append(c.close, f) }

// Progress shows on standard error how far a part of the work is. It returns a function to call
// after each step and one to call at the end.
func (c *Call) Progress(steps int, unit string) (step, end func()) {
	p := newProgress(c.Err, steps, unit)
	return p.increment, p.finish
}

// Answer is what a verb shows.
type Answer struct {
	JSON    any                   // what --format json writes
	Text    func(io.Writer) error // writes the answer for a person, or
	Data    func(io.Writer) error // for another program: it is written as it is
	Files   []File
	Aborted func(io.Writer) // reports replications without a result, on standard error; may be nil

	// SaysUnmet says that the answer itself names the rules that met no datagram. Otherwise they are
	// added to it, in JSON as unmet_rules. Limits whose measures no run took are always added, as
	// untaken_limits, unless the answer says of each of its parts which they are: InParts.
	SaysUnmet, InParts bool
	unmet              []rule.Unmet
	untaken            []string

	// End is why the call ends with an exit code other than 0: an error of this package.
	End error
}

// Show returns an answer with a value as JSON and a view of it as text.
func Show[T any](value T, view func(io.Writer, T) error) *Answer {
	return &Answer{JSON: value, Text: func(w io.Writer) error { return view(w, value) }}
}

// Print returns an answer that is a text as it is.
func Print(data []byte) *Answer {
	return &Answer{Data: func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}}
}

// New returns the command of a verb.
func New(v Verb) *cobra.Command {
	format := NewChoice("text", "json")
	c := &cobra.Command{
		Use: v.Use, Short: v.Short, Long: v.Long, Example: v.Example, Args: v.Args,
		RunE: func(c *cobra.Command, args []string) error {
			return v.call(&Call{
				Context: c.Context(), Args: args, Out: c.OutOrStdout(), Err: c.ErrOrStderr(), flags: c.Flags(),
				json: format.Is("json"),
			})
		},
	}
	if !v.Plain {
		c.Flags().Var(format, "format", "output format")
	}
	for _, p := range v.Parts {
		p.AddTo(c.Flags())
	}
	if v.Flags != nil {
		v.Flags(c.Flags())
	}
	return c
}

func (v *Verb) call(c *Call) error {
	if err := c.interruptible(func() error { return v.check(c) }); err != nil {
		return err
	}
	defer func() {
		for _, end := range c.close {
			end()
		}
	}()
	if v.Open != nil {
		if err := c.interruptible(func() error { return v.Open(c) }); err != nil {
			return c.ended(err)
		}
	}
	for _, p := range v.Parts {
		if p, ok := p.(*Pool); ok {
			workers, err := run.NewPool(p.Count, p.Limits)
			if err != nil {
				return Failure(err)
			}
			defer workers.Close()
			c.Pool, c.Workers = workers, c.rules.Over(workers)
		}
	}
	a, err := v.Ask(c)
	if err != nil {
		return c.ended(err)
	}
	if c.Pool != nil && !a.SaysUnmet {
		a.unmet = c.rules.Unmet(c.Context, c.Pool)
	}
	if c.Pool != nil && !a.InParts {
		a.untaken = c.rules.Untaken()
	}
	return c.show(a)
}

// interruptible calls f. If the context ends first, it returns at once, and the process is about to
// end: f may wait for somebody to write to a pipe that the user has named as a file.
func (c *Call) interruptible(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-c.Context.Done():
		select {
		case err := <-done:
			return err
		case <-time.After(interruptAfter):
			return &coded{errors.New("interrupted"), ExitInterrupted}
		}
	}
}

// interruptAfter is how long reading the input may go on after an interrupt.
const interruptAfter = 200 * time.Millisecond

// check reports every fault of the input, and any file that cannot be written.
func (v *Verb) check(c *Call) error {
	var faults, unwritable Faults
	c.flags.VisitAll(func(f *pflag.Flag) {
		if value, ok := f.Value.(late); ok && value.fault() != nil {
			faults.Add(fmt.Errorf("--%s %w", f.Name, value.fault()))
		}
		if f.Changed {
			faults.Add(empty(f))
		}
	})
	for _, p := range v.Parts {
		p.Check(c, &faults)
		if t, ok := p.(target); ok {
			unwritable.Add(t.unwritable())
		}
	}
	if v.Check != nil {
		v.Check(c, &faults)
	}
	if faults.None() {
		return Failure(errors.Join(unwritable.list...))
	}
	return errors.Join(append(faults.list, unwritable.list...)...)
}

// empty reports a text flag that is given as nothing. In a script, this is a variable that is not set.
func empty(f *pflag.Flag) error {
	texts := []string{f.Value.String()}
	switch list, ok := f.Value.(pflag.SliceValue); {
	case ok && f.Value.Type() == "stringArray":
		texts = list.GetSlice()
	case f.Value.Type() != "string":
		return nil
	}
	if !slices.Contains(texts, "") {
		return nil
	}
	name, _ := pflag.UnquoteUsage(f)
	return fmt.Errorf("--%s \"\": it is given, and empty: want %s", f.Name, name)
}

// show shows an answer, writes its files, and returns the error with which the call ends.
func (c *Call) show(a *Answer) error {
	var err error
	for _, f := range a.Files {
		err = errors.Join(err, f.write())
	}
	switch {
	case c.json && a.JSON != nil:
		err = errors.Join(err, text.JSONWithUnmet(c.Out, a.JSON, a.unmet, a.untaken))
	case a.Text != nil:
		w := text.NewTerminal(c.Out)
		err = errors.Join(err, a.Text(w), text.WriteRemarks(w, text.Unmet(a.unmet), text.Untaken(a.untaken)), w.Flush())
	case a.Data != nil:
		err = errors.Join(err, a.Data(c.Out))
	}
	if a.Aborted != nil {
		a.Aborted(c.Err)
	}
	if err != nil {
		return Failure(err)
	}
	return a.End
}

// Args requires between least and most arguments; what describes them.
func Args(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s takes %s, not %d; see %s --help", c.CommandPath(), what, len(args), c.CommandPath())
		}
		return nil
	}
}

// OneScenario requires one argument, which names a scenario.
var OneScenario = Args(1, 1, "one SCENARIO or FILE")

// CallProgram replaces the program name in the examples and references of a command's help.
func CallProgram(c *cobra.Command, program string) {
	name := func(text *string) { *text = strings.ReplaceAll(*text, "dtlssim ", program+" ") }
	name(&c.Example)
	c.Flags().VisitAll(func(f *pflag.Flag) { name(&f.Usage) })
	if c.HasParent() { // descriptions of dtlssim itself stay
		name(&c.Long)
	}
}
