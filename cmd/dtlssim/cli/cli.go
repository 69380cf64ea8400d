// Package cli is the command line of dtlssim. A Go program with scenarios of its own calls
// [Main] and offers every verb for them.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dtlssim/dtlssim/report/text"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/stat"
	"github.com/dtlssim/dtlssim/scenarios/study"
	"github.com/dtlssim/dtlssim/sim/suggest"
)

// Exit codes.
const (
	exitOK          = 0
	exitError       = 1   // something failed: a file could not be written, a verification found a difference
	exitUsage       = 2   // the input is bad; nothing was done
	exitNoResult    = 3   // some replications gave no result: they crashed, timed out or met a limit
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

// Main is the main function of a program that offers dtlssim's command line, with the
// built-in scenarios and its own. It never returns. Pool's workers are the same program, so
// that nothing should come before it in main. It panics if two scenarios have one name.
func Main(own ...*scenarios.Scenario) {
	for _, s := range own {
		catalogue.Register(s)
	}
	run.ServeIfAsked()
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// execute runs the command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
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
	text, prefix := strings.TrimRight(err.Error(), "\n"), scenarios.Program()+": "
	if code == exitUsage {
		text = strings.ReplaceAll(text, "\n", "\n"+prefix) // a line for each fault
	}
	fmt.Fprintln(stderr, prefix+text)
	return code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   scenarios.Program(),
		Short: "Find the exact timings at which a DTLS session fails, and how probable that is",
		Long: `dtlssim runs unmodified pion/dtls endpoints, of v2 or v3, on a virtual network
under virtual time. The same binary, specification and seed give the same bytes, on any machine
of one architecture, at any load.

Exit codes: 0 done; 1 something failed, or a verification found a difference;
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
		newMeasure(), newSensitivity(), newStudy(), newReport(), newExport(), newQuery(), newSchema(), newBench(),
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
	root.SetFlagErrorFunc(flagError)
	for _, verb := range append(root.Commands(), root) {
		callProgram(verb, scenarios.Program())
	}
	return root
}

// callProgram has the help of a command name the program in its examples and references.
func callProgram(c *cobra.Command, program string) {
	name := func(text *string) { *text = strings.ReplaceAll(*text, "dtlssim ", program+" ") }
	name(&c.Example)
	c.Flags().VisitAll(func(f *pflag.Flag) { name(&f.Usage) })
	if c.HasParent() { // what is said of dtlssim itself stays
		name(&c.Long)
	}
}

// version names this binary: the version of its module, the revision that it was built
// from, and the Go that built it.
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

// knownVerb reports a verb that there is not.
func knownVerb(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, c := range root.Commands() {
		verbs = append(verbs, c.Name())
	}
	return fmt.Errorf(
		"unknown command %q.%s The commands are %s",
		args[0],
		suggest.DidYouMean(args[0], verbs),
		strings.Join(verbs, ", "),
	)
}

// flagError words what is wrong with a flag: with the nearest name, or with what
// would be accepted.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
		return fmt.Errorf(
			"%w.%s See %s --help",
			err,
			suggest.DidYouMean("--"+unknown.GetSpecifiedName(), names),
			c.CommandPath(),
		)
	case errors.As(err, &invalid):
		accepted, ok := map[string]string{
			"uint64": "a whole number from 0 to 18446744073709551615", "int": "a whole number", "float64": "a number",
			"float64Slice": "numbers, separated by commas",
			"duration":     "a duration (a number with a unit: ns, us, ms, s, m, h)", "bool": "true or false",
			"size": "a whole number with a unit (B, KiB, MiB, GiB)",
		}[invalid.GetFlag().Value.Type()]
		if ok {
			return fmt.Errorf("--%s %q: want %s", invalid.GetFlag().Name, invalid.GetValue(), accepted)
		}
	}
	return err
}

// format is the flag --format.
type format string

func (f *format) String() string { return string(*f) }
func (f *format) Type() string   { return "text|json" }

func (f *format) Set(text string) error {
	if text != "text" && text != "json" {
		return suggest.NotOneOf(text, []string{"text", "json"})
	}
	*f = format(text)
	return nil
}

// write writes an answer in a format.
func write[T any](c *cobra.Command, f format, answer T, asText func(io.Writer, T) error) error {
	if f == "json" {
		return text.JSON(c.OutOrStdout(), answer)
	}
	return asText(c.OutOrStdout(), answer)
}

func (f *format) addTo(c *cobra.Command) {
	*f = "text"
	c.Flags().Var(f, "format", "output format")
}

// interval is the flags --interval and --confidence.
type interval struct{ stat.Inference }

func (i *interval) String() string { return string(i.Method) }
func (i *interval) Type() string   { return stat.ProportionMethodNames("|") }

func (i *interval) Set(text string) (err error) {
	if i.Method, err = stat.ParseProportionMethod(text); err != nil {
		return suggest.NotOneOf(text, strings.Split(stat.ProportionMethodNames(" "), " "))
	}
	return nil
}

func (i *interval) addTo(c *cobra.Command) {
	i.Method = stat.ProportionMethods[0]
	c.Flags().Var(i, "interval", "how intervals of proportions are computed")
	c.Flags().Float64Var(&i.Confidence, "confidence", 0.95, "confidence of the intervals")
}

// selection is a scenario with its settings, as flags give them.
type selection struct {
	set   []string
	short []string // what flags that are short for --set stand for
	seed  uint64
	fail  string

	scenario  *scenarios.Scenario
	settings  scenarios.Settings // as given
	values    scenarios.Values   // what they come to; none if they are at fault
	predicate scenarios.Predicate
}

func (s *selection) addTo(c *cobra.Command) {
	c.Flags().StringArrayVar(&s.set, "set", nil,
		"set a parameter, `NAME=VALUE`; may be repeated (see dtlssim list SCENARIO)")
	c.Flags().Uint64Var(&s.seed, "seed", 1, "seed of every random stream")
	c.Flags().Func("perturb", "short for --set perturb=`N`: the order in which an endpoint's own goroutines come to "+
		"its socket is a draw",
		func(text string) error {
			s.short = append(s.short, "perturb="+text)
			return nil
		})
	c.Flags().StringVar(&s.fail, "fail", "",
		"`OUTCOMES` that count as failure, separated by commas, or all (default those that the scenario names)")
}

// resolve reads the flags and reports every fault. The scenario is nil if there is
// none of that name; what else is wrong can be told all the same.
func (s *selection) resolve(name string) error {
	var faults [4]error
	s.scenario, faults[0] = study.LoadScenario(name)
	s.settings, faults[1] = scenarios.ParseSettings(slices.Concat(s.short, s.set))
	if s.scenario != nil {
		s.predicate, faults[2] = s.scenario.ParsePredicate(s.fail)
		s.values, faults[3] = s.scenario.Resolve(s.settings)
	}
	return errors.Join(faults[:]...)
}

// pool is the worker processes, as flags describe them.
type pool struct {
	workers int
	limits  run.Limits
}

func (p *pool) addTo(c *cobra.Command) {
	c.Flags().IntVar(&p.workers, "workers", runtime.NumCPU(), "number of worker processes")
	p.addLimitsTo(c)
}

func (p *pool) addLimitsTo(c *cobra.Command) {
	c.Flags().DurationVar(&p.limits.Wall, "wall-limit", run.DefaultWallLimit,
		"wall time after which a replication counts as timed out")
	p.limits.Memory = run.DefaultMemoryLimit
	c.Flags().Var(&p.limits.Memory, "memory-limit",
		"memory of a worker, garbage included, from which its replication counts as limited; at twice as much the "+
			"worker is stopped")
}

func (p *pool) check() error {
	var faults []error
	if p.workers < 1 || p.workers > 4096 {
		faults = append(faults, fmt.Errorf("--workers %d is out of range: 1 to 4096", p.workers))
	}
	if p.limits.Wall <= 0 {
		faults = append(faults, fmt.Errorf("--wall-limit %s must be above 0", p.limits.Wall))
	}
	if p.limits.Memory < run.LeastMemoryLimit {
		faults = append(
			faults,
			fmt.Errorf("--memory-limit %s must be at least %s", p.limits.Memory, run.LeastMemoryLimit),
		)
	}
	return errors.Join(faults...)
}

func (p *pool) start() (*run.Pool, error) {
	started, err := run.NewPool(p.workers, p.limits)
	return started, failure(err)
}

// argsBetween is cobra.RangeArgs with a message that says what is wanted.
func argsBetween(least, most int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s takes %s, not %d; see %s --help", c.CommandPath(), what, len(args), c.CommandPath())
		}
		return nil
	}
}
