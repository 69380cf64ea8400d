package hosts

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim/program"
)

func pattern(t *testing.T, text string) *Pattern {
	t.Helper()
	p, err := ParsePattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func exit(t *testing.T, text string) *Exit {
	t.Helper()
	e, err := ParseExit(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// What programs wrote and how they ended decides on outcomes.
func TestOutcomes(t *testing.T) {
	scripts := map[string]script{
		"server":   {lines: []string{"  . Waiting", " failed: -0x7700 ", "a/b"}},
		"client-1": {lines: []string{"CONNECTED"}, exit: exited(0)},
		"client-2": {lines: []string{"error"}, exit: exited(1)},
		"client-3": {exit: &program.Exit{Signal: syscall.SIGKILL}},
		"client-4": {},
	}
	on := func(host string) Condition { return Condition{Host: host} }
	with := func(c Condition, output, ended string, run int) Condition {
		if output != "" {
			c.Output = pattern(t, output)
		}
		if ended != "" {
			c.Exit = exit(t, ended)
		}
		c.Run = run
		return c
	}
	for name, test := range map[string]struct {
		when Condition
		want bool
	}{
		"a line contains it":       {with(on("server"), "-0x7700", "", 0), true},
		"no line contains it":      {with(on("server"), "-0x7701", "", 0), false},
		"it stands in two lines":   {with(on("server"), "Waiting\n", "", 0), false},
		"another host wrote it":    {with(on("client"), "-0x7700", "", 0), false},
		"an expression":            {with(on("server"), `/-0x7[0-9]{3}\b/`, "", 0), true},
		"an expression, anchored":  {with(on("server"), `/^-0x/`, "", 0), false},
		"slashes within":           {with(on("server"), "a/b", "", 0), true},
		"another code":             {with(on("client"), "", "!= 0", 0), true},
		"another code of the good": {with(on("client"), "", "!= 0", 1), false},
		"a signal is no 0":         {with(on("client"), "", "!=0", 3), true},
		"never is no 0":            {with(on("client"), "", "!= 0", 4), true},
		"a code":                   {with(on("client"), "", "1", 0), true},
		"a code that nobody has":   {with(on("client"), "", "2", 0), false},
		"any signal":               {with(on("client"), "", "signal", 0), true},
		"a signal":                 {with(on("client"), "", "signal SIGKILL", 3), true},
		"another signal":           {with(on("client"), "", "signal TERM", 0), false},
		"the server never ends":    {with(on("server"), "", "never", 0), true},
		"a client never ends":      {with(on("client"), "", "never", 4), true},
		"the first client ends":    {with(on("client"), "", "never", 1), false},
		"both of one program":      {with(on("client"), "error", "1", 0), true},
		"both of two programs":     {with(on("client"), "CONNECTED", "1", 0), false},
		"not":                      {Condition{Not: &Condition{Host: "server", Output: pattern(t, "-0x7700")}}, false},
		"all": {Condition{All: []Condition{
			with(on("client"), "CONNECTED", "", 0), with(on("client"), "", "1", 0),
		}}, true},
		"not all": {Condition{All: []Condition{
			with(on("client"), "CONNECTED", "", 0), with(on("client"), "", "2", 0),
		}}, false},
		"any": {Condition{Any: []Condition{
			with(on("client"), "", "2", 0), {Not: &Condition{Host: "client", Exit: exit(t, "2")}},
		}}, true},
		"none": {Condition{Any: []Condition{with(on("client"), "", "2", 0), with(on("client"), "", "3", 0)}}, false},
	} {
		n := &Network{
			Hosts: []Host{
				{Name: "server", Server: true}, {Name: "client", At: slices.Repeat([]scenarios.Delay{constant(0)}, 4)},
			},
			Outcomes: []Outcome{{scenarios.Outcome{Name: "it"}, test.when}},
		}
		_, s := fake(n, scripts)
		if err := test.when.Check(n); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, o := performed(t, s, nil)
		if got := slices.Contains(o.Outcome, "it"); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What is no exit says what is.
func TestBadExits(t *testing.T) {
	for _, text := range []string{
		"", "-1", "256", "!=", "!= x", "== 0", "0 1", "signal SIGFOO", "signal TERM KILL", "+1", "nevr",
	} {
		if _, err := ParseExit(text); err == nil || !strings.Contains(err.Error(), "want an exit code") &&
			!strings.Contains(err.Error(), "there is no signal") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ParsePattern("/[/"); err == nil {
		t.Error("/[/ is no expression")
	}
}
