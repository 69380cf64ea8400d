// Command dtlssim runs real DTLS endpoints under virtual time, finds the exact
// timings at which a session fails, and estimates how probable that is.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/worker"
)

// Exit codes.
const (
	exitOK          = 0
	exitError       = 1   // something failed: a file could not be written, a verification found a difference
	exitUsage       = 2   // the input is bad; nothing was done
	exitNoResult    = 3   // some replications gave no result: they crashed, wedged or met a limit
	exitInterrupted = 130 // interrupted; what was done has been shown
)

// codeError carries an exit code with an error; an error without one, from cobra
// or from parsing, is bad input.
type codeError struct {
	code int
	err  error // nil if everything has been said
}

func (e *codeError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// failure marks an error as one that is not the user's.
func failure(err error) error {
	if err == nil {
		return nil
	}
	return &codeError{exitError, err}
}

func main() {
	worker.ServeIfAsked()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitUsage
	var coded *codeError
	switch {
	case errors.As(err, &coded):
		code = coded.code
	case errors.Is(err, context.Canceled):
		code, err = exitInterrupted, errors.New("interrupted")
	}
	if text := err.Error(); text != "" {
		for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
			fmt.Fprintln(stderr, "dtlssim: "+line)
		}
	}
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "dtlssim",
		Short: "Find the exact timings at which a DTLS session fails, and how probable that is",
		Long: `dtlssim runs unmodified pion/dtls v2 endpoints on a virtual network under virtual
time. The same binary, specification and seed give the same bytes, on any machine
of one architecture, at any load.

Exit codes: 0 done; 1 something failed, or a verification found a difference;
2 bad input, nothing was done; 3 some replications gave no result; 130 interrupted.`,
		Example:       "  dtlssim study late-close-notify\n  dtlssim window late-close-notify --set remedy=linger",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newList(), newRun(), newWindow(), newSweep(), newStudy(), newBench())
	return root
}

// format is the flag --format.
type format string

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "text|json" }

func (f *format) Set(text string) error {
	if text != "text" && text != "json" {
		return fmt.Errorf("%q is not one of text, json", text)
	}
	*f = format(text)
	return nil
}

func (f *format) addTo(c *cobra.Command) {
	*f = "text"
	c.Flags().Var(f, "format", "output format")
}

// selection is a scenario with its settings, as flags give them.
type selection struct {
	set  []string
	seed uint64
	fail string

	scenario  *scenarios.Scenario
	settings  scenarios.Settings
	predicate scenarios.Predicate
}

func (s *selection) addTo(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.set, "set", nil, "set a parameter, `NAME=VALUE`; may be repeated (see dtlssim list SCENARIO)")
	c.Flags().Uint64Var(&s.seed, "seed", 1, "seed of every random stream")
	c.Flags().StringVar(&s.fail, "fail", "", "`OUTCOMES` that count as failure, separated by commas (default all)")
}

// resolve reads the flags and reports every fault.
func (s *selection) resolve(name string) error {
	var err error
	if s.scenario, err = scenarios.Find(name); err != nil {
		return err
	}
	settings, err1 := scenarios.ParseSettings(s.set)
	s.settings = settings
	predicate, err2 := s.scenario.ParsePredicate(s.fail)
	s.predicate = predicate
	_, err3 := s.scenario.Resolve(settings)
	return errors.Join(err1, err2, err3)
}

// pool is the worker processes, as flags describe them.
type pool struct {
	workers   int
	wallLimit time.Duration
}

func (p *pool) addTo(c *cobra.Command) {
	c.Flags().IntVar(&p.workers, "workers", runtime.NumCPU(), "number of worker processes")
	c.Flags().DurationVar(&p.wallLimit, "wall-limit", worker.DefaultWallLimit, "wall time after which a replication counts as wedged")
}

func (p *pool) check() error {
	var faults []error
	if p.workers < 1 || p.workers > 4096 {
		faults = append(faults, fmt.Errorf("--workers %d is out of range: 1 to 4096", p.workers))
	}
	if p.wallLimit <= 0 {
		faults = append(faults, fmt.Errorf("--wall-limit %s must be above 0", p.wallLimit))
	}
	return errors.Join(faults...)
}

func (p *pool) start() (*worker.Pool, error) {
	started, err := worker.NewPool(p.workers, p.wallLimit)
	return started, failure(err)
}

// exactArgs is cobra.ExactArgs with a message that says what is missing.
func exactArgs(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != n {
			return fmt.Errorf("%s takes %s, and got %d arguments; see %s --help", c.CommandPath(), what, len(args), c.CommandPath())
		}
		return nil
	}
}
