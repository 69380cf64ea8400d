package hosts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/program"
)

// Outcome is something that can go wrong, and when it did.
type Outcome struct {
	scenarios.Outcome
	When Condition
}

// Condition is about what programs wrote and how they ended. It has one of three forms: Not; All or
// Any, if these are not empty; or a condition on one program, which must meet all of it.
type Condition struct {
	Not      *Condition
	All, Any []Condition

	Host   string
	Run    int      // the number of the program's run on the host, from 1; 0: any
	Output *Pattern // a line of standard output or error; nil: anything
	Exit   *Exit    // nil: any
}

// Pattern is what a line contains.
type Pattern struct {
	text  string
	regex *regexp.Regexp
}

// ParsePattern reads a text that a line contains, or a regular expression between slashes (RE2).
func ParsePattern(text string) (*Pattern, error) {
	if len(text) < 3 || text[0] != '/' || text[len(text)-1] != '/' {
		return &Pattern{text: text}, nil
	}
	r, err := regexp.Compile(text[1 : len(text)-1])
	if err != nil {
		return nil, fmt.Errorf("%s is not a regular expression: %w", text, err)
	}
	return &Pattern{regex: r}, nil
}

// Matches reports whether a line contains what the pattern says.
func (p *Pattern) Matches(line string) bool {
	if p.regex != nil {
		return p.regex.MatchString(line)
	}
	return strings.Contains(line, p.text)
}

// Exit is how a program ended.
type Exit struct {
	never     bool // it did not end, or did not even start
	signalled bool
	signal    syscall.Signal // 0: any
	code      int
	not       bool // of code: with anything else, a signal or never
}

// exitForms says how an exit is written.
const exitForms = `want an exit code from 0 to 255, "!= CODE", signal, "signal NAME" or never`

// ParseExit reads how a program ended.
func ParseExit(text string) (*Exit, error) {
	wrong := func() (*Exit, error) { return nil, fmt.Errorf("exit %q: %s", text, exitForms) }
	words := strings.Fields(text)
	e := &Exit{}
	switch {
	case len(words) == 0:
		return wrong()
	case len(words) == 1 && words[0] == "never":
		return &Exit{never: true}, nil
	case words[0] == "signal" && len(words) <= 2:
		if e.signalled = true; len(words) == 2 {
			var err error
			if e.signal, err = ParseSignal(words[1]); err != nil {
				return nil, fmt.Errorf("exit %q: %w", text, err)
			}
		}
		return e, nil
	}
	digits, not := strings.CutPrefix(strings.TrimSpace(text), "!=")
	digits = strings.TrimSpace(digits)
	code, err := strconv.Atoi(digits)
	if err != nil || code < 0 || code > 255 || strings.HasPrefix(digits, "+") {
		return wrong()
	}
	return &Exit{code: code, not: not}, nil
}

// is reports whether a program ended so; ended is nil if it did not end.
func (e *Exit) is(ended *program.Exit) bool {
	switch {
	case e.never:
		return ended == nil
	case e.signalled:
		return ended != nil && ended.Signal != 0 && (e.signal == 0 || e.signal == ended.Signal)
	}
	exited := ended != nil && ended.Signal == 0 && ended.Code == e.code
	return exited != e.not
}

// signals are the signals by their names, without SIG.
var signals = map[string]syscall.Signal{
	"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "ILL": syscall.SIGILL,
	"TRAP": syscall.SIGTRAP, "ABRT": syscall.SIGABRT, "BUS": syscall.SIGBUS, "FPE": syscall.SIGFPE,
	"KILL": syscall.SIGKILL, "SEGV": syscall.SIGSEGV, "PIPE": syscall.SIGPIPE, "ALRM": syscall.SIGALRM,
	"TERM": syscall.SIGTERM,
	"USR1": syscall.Signal(10), "USR2": syscall.Signal(12), "CHLD": syscall.Signal(17), "CONT": syscall.Signal(18),
	"STOP": syscall.Signal(19), "TSTP": syscall.Signal(20), "WINCH": syscall.Signal(28), "SYS": syscall.Signal(31),
}

// ParseSignal reads the name of a signal, such as TERM or SIGTERM.
func ParseSignal(name string) (syscall.Signal, error) {
	if n, ok := signals[strings.TrimPrefix(strings.ToUpper(name), "SIG")]; ok {
		return n, nil
	}
	return 0, fmt.Errorf("there is no signal %q. There are %s", name, strings.Join(SignalNames(), ", "))
}

// SignalNames returns the names of the signals that ParseSignal reads.
func SignalNames() []string { return scenarios.SortedNames(signals) }

// signalName returns the name of a signal with SIG, or its number.
func signalName(s syscall.Signal) string {
	for name, n := range signals {
		if n == s {
			return "SIG" + name
		}
	}
	return strconv.Itoa(int(s))
}

// Check reports a host, or a run of one, that does not exist.
func (c *Condition) Check(n *Network) error {
	switch {
	case c.Not != nil:
		return c.Not.Check(n)
	case len(c.All)+len(c.Any) > 0:
		for _, part := range slices.Concat(c.All, c.Any) {
			if err := part.Check(n); err != nil {
				return err
			}
		}
		return nil
	}
	h := n.host(c.Host)
	switch {
	case h == nil:
		return fmt.Errorf("there is no host %q. There are %s", c.Host, strings.Join(n.names(), ", "))
	case h.Runs.Parameter == "" && c.Run > max(len(h.At), h.Runs.Number):
		return fmt.Errorf("run %d of %s: its program runs %d times", c.Run, c.Host, max(len(h.At), h.Runs.Number))
	}
	return nil
}

// patterns returns the conditions on output about a host, in their order.
func (c *Condition) patterns(host string) (list []*Pattern) {
	switch {
	case c.Not != nil:
		return c.Not.patterns(host)
	case len(c.All)+len(c.Any) > 0:
		for _, part := range slices.Concat(c.All, c.Any) {
			list = append(list, part.patterns(host)...)
		}
	case c.Host == host && c.Output != nil:
		list = append(list, c.Output)
	}
	return list
}

// holds reports whether the condition is met by what programs did.
func (c *Condition) holds(all []*process) bool {
	holds := func(part Condition) bool { return part.holds(all) }
	switch {
	case c.Not != nil:
		return !c.Not.holds(all)
	case len(c.All) > 0:
		return !slices.ContainsFunc(c.All, func(part Condition) bool { return !part.holds(all) })
	case len(c.Any) > 0:
		return slices.ContainsFunc(c.Any, holds)
	}
	return slices.ContainsFunc(all, func(p *process) bool {
		return p.host.Name == c.Host && (c.Run == 0 || c.Run == p.number+1) &&
			(c.Output == nil || p.wrote[c.Output]) && (c.Exit == nil || c.Exit.is(p.exit))
	})
}

// host returns the host of that name, or nil.
func (n *Network) host(name string) *Host {
	i := slices.IndexFunc(n.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return nil
	}
	return &n.Hosts[i]
}

// names returns the names of the hosts.
func (n *Network) names() (list []string) {
	for i := range n.Hosts {
		list = append(list, n.Hosts[i].Name)
	}
	return list
}
