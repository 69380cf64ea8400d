package command

import (
	"os/exec"
	"strings"
	"testing"
)

// A POSIX shell reads a command as the arguments that it was made of.
func TestShellReadsCommandBack(t *testing.T) {
	arguments := []string{
		"plain", "a b", "", "it's", `"double"`, `back\slash`, "$HOME", "`date`", "a;b", "a|b&c", "<in>", "*?[x]",
		"{1,2}", "#not", "~root",
		"!1", "latency=5ms+exponential(mean=20ms)", "./my file.yaml", "tab\there", "new\nline", "über", "a^b", "50%",
		"'", "--set",
	}
	c := Line{"printf", `%s\0`}.With(arguments...)
	out, err := exec.Command("/bin/sh", "-c", c.String()).Output()
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	if got, want := string(out), strings.Join(arguments, "\x00")+"\x00"; got != want {
		t.Errorf("the shell read %q\nwant %q\nfrom %s", got, want, c)
	}
}

// An argument that would drive a terminal is written in escapes that bash reads back.
func TestCommandsDriveNoTerminal(t *testing.T) {
	arguments := []string{
		"\x1b[31mred", "a\rb", "back\bspace", "\u202ereversed", "\u0085", "\u200bnothing", "\xff\xfe", "it's \x1b", `back\slash` + "\x1b",
		"\x1b\nline\n", "\x7f", "\x1b0", "\u009b2J", "ü\x1b$HOME`date`", "\U000e0041",
	}
	c := Line{"printf", `%s\0`}.With(arguments...)
	if strings.ContainsFunc(c.String(), unseen) {
		t.Errorf("%q drives a terminal", c.String())
	}
	out, err := exec.Command("bash", "-c", c.String()).Output()
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	if got, want := string(out), strings.Join(arguments, "\x00")+"\x00"; got != want {
		t.Errorf("the shell read %q\nwant %q\nfrom %s", got, want, c)
	}
}

// Arguments that a shell takes as they are have no quotes.
func TestPlainArgumentsAreNotQuoted(t *testing.T) {
	want := "dtlssim run ./a/b.yaml --seed 1 --set latency=10ms --vary remedy=none,linger+recognise --probe gap=0s..1s"
	if got := Line(strings.Fields(want)).String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// With leaves the command alone that it adds to.
func TestCommandsDoNotShareArguments(t *testing.T) {
	base := append(make(Line, 0, 8), "dtlssim", "run")
	first, second := base.With("a"), base.With("b")
	if got, want := first.String()+", "+second.String(), "dtlssim run a, dtlssim run b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestProgramName(t *testing.T) {
	for _, c := range []struct{ main, executable, want string }{
		{"github.com/dtlssim/dtlssim/cmd/dtlssim", "/tmp/renamed", "dtlssim"},
		{"example.com/me/mysim", "/tmp/go-build1/exe/mysim", "mysim"},
		{"example.com/me/mysim/v2", "/home/me/go/bin/mysim", "mysim"},
		{"v2", "/bin/v2", "v2"},
		{"command-line-arguments", "/home/me/mysim", "mysim"},
		{"command-line-arguments", `/home/me/mysim.exe`, "mysim"},
		{"", "/home/me/mysim", "mysim"},
		{"example.com/me/mysim.test", "/tmp/go-build1/b001/mysim.test", "dtlssim"},
		{"example.com/me/mysim.test", "/tmp/script/bin/mysim", "mysim"},
	} {
		if got := programName(c.main, c.executable); got != c.want {
			t.Errorf("programName(%q, %q) = %q, want %q", c.main, c.executable, got, c.want)
		}
	}
	if got := Program(); got != "dtlssim" {
		t.Errorf("a test is the program %q, want dtlssim", got)
	}
}
