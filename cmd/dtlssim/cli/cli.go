// Package cli is the command line of dtlssim. A Go program with its own scenarios calls [Main] to
// offer every verb for them.
//
// Each verb is in a file of the same name, with its flags, its question and the views of the
// answer. Package verb has what all verbs share.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/cmd/dtlssim/cli/verb"
	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/command"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Main is the main function of a program that offers dtlssim's command line, with the built-in
// scenarios and its own. It never returns. Workers run the same program, so main should do nothing
// before calling it. If a scenario has a fault or a name that is already taken, Main prints every
// fault and exits with code 2.
func Main(own ...*scenarios.Scenario) {
	var faults []error
	for _, s := range own {
		faults = append(faults, catalogue.Register(s))
	}
	if err := errors.Join(faults...); err != nil {
		code, message := verb.Code(err, command.Program())
		fmt.Fprint(os.Stderr, text.Escape(message))
		os.Exit(code)
	}
	run.ServeIfAsked()
	if err := errors.Join(checkProcess(), withoutDebugging()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", command.Program(), err)
		os.Exit(verb.ExitError)
	}
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// withoutDebugging replaces the process by one without the variable GODEBUG, if it is set: some of
// its settings change what the processor computes, such as cpu.fma=off the last bit of an
// exponential. No other variable of the runtime changes an answer.
func withoutDebugging() error {
	const name = "GODEBUG"
	if os.Getenv(name) == "" {
		return nil
	}
	if err := os.Unsetenv(name); err != nil {
		return err
	}
	self, err := os.Executable()
	if err == nil {
		err = syscall.Exec(self, os.Args, os.Environ())
	}
	return fmt.Errorf("%s is set, and starting again without it failed: %w", name, err)
}

// execute runs the command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	root := newRoot()
	root.SetArgs(args)
	out := &output{under: stdout}
	root.SetOut(out)
	messages := text.NewTerminal(stderr)
	root.SetErr(messages)
	err := root.ExecuteContext(ctx)
	if out.err != nil && (err == nil || errors.Is(err, out.err)) {
		err = verb.Failure(out.err)
	}
	code, message := verb.Code(err, command.Program())
	fmt.Fprint(messages, message)
	_ = messages.Flush() // there is nowhere to report its error
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   command.Program(),
		Short: "Find the exact timings at which a DTLS session fails, and how probable that is",
		Long: `dtlssim runs unmodified pion/dtls endpoints, of v2 or v3, on a virtual network
under virtual time. The same binary, specification and seed give the same bytes, on any machine
of one architecture, at any load.

Exit codes: 0 done; 1 something failed, a store is damaged, or a verification found a difference;
2 bad input, nothing was done; 3 some replications gave no result; 130 interrupted.`,
		Example:       "  dtlssim study late-close-notify\n  dtlssim window late-close-notify --set remedy=linger",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          knownVerb,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		newList(), newExplain(), newRun(), newWindow(), newMap(), newBands(), newSweep(), newEstimate(), newCompare(),
		newMeasure(), newSensitivity(), newStudy(), newReport(), newExport(), newQuery(), newSchema(), newBench(), newNew(),
	)
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [VERB]",
		Short: "Show the help of a verb",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || c == root && len(args) > 0 {
				return knownVerb(root, args)
			}
			if len(rest) > 0 {
				return fmt.Errorf("help takes one VERB; %q is left over", rest[0])
			}
			return c.Help()
		},
	})
	root.SetFlagErrorFunc(verb.FlagError)
	for _, c := range append(root.Commands(), root) {
		verb.CallProgram(c, command.Program())
	}
	return root
}

// output remembers that something could not be written: cobra does not tell when it is a help text.
type output struct {
	under io.Writer
	err   error // the first
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.under.Write(p)
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// version describes this binary: the version of its module, the revision that it was built from,
// and the Go version that built it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	parts := []string{info.Main.Version}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			parts = append(parts, s.Value)
		}
	}
	return strings.Join(append(parts, info.GoVersion), " ")
}

// knownVerb reports an unknown verb.
func knownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range root.Commands() {
		verbs = append(verbs, c.Name())
	}
	return fmt.Errorf("unknown command %q.%s The commands are %s", args[0], suggest.DidYouMean(args[0], verbs),
		strings.Join(verbs, ", "))
}
