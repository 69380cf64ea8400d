//go:build linux && amd64

package program_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/program"
)

// compile compiles a program of testdata/bad and returns its path.
func compile(t *testing.T, name string, flags ...string) string {
	t.Helper()
	testkit.Tool(t, "apt-get install gcc libc6-dev", "cc", "--version")
	target := filepath.Join(t.TempDir(), name)
	c := exec.Command("cc", append(flags, "-O1", "-pthread", "-o", target, filepath.Join("testdata", "bad", name+".c"))...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c, err, out)
	}
	return target
}

// What a machine does not emulate ends the replication with a text that names the call and the program. What goes on
// for ever meets a limit. Programs that neither wait nor make a system call need a worker, which has a limit on
// wall time and memory.
func TestBadProgramsEndLoudly(t *testing.T) {
	if err := program.Supported(); err != nil {
		testkit.Missing(t, err.Error())
	}
	for _, test := range []struct{ name, fault, output, exit string }{
		{"exits", "", "", "exit code 7"},
		{"silent", "", "", "exit code 0 (none)"},
		{"leaves_child", "", "the parent ends", "exit code 0"},

		{"aio", "unsupported: system call io_setup by ", "", ""},
		{"exec_thread", "unsupported: exec by a process with several threads by ", "", ""},
		{"filters", "unsupported: prctl 22 by ", "*", ""},
		{"other_bits", "unsupported: a system call of 32 bits by ", "", ""},
		{"pair_of_datagrams", "unsupported: a socket pair that is not a stream by ", "", ""},
		{"process_stop", "unsupported: stopping a process by ", "", ""},
		{"raw", "unsupported: a socket that is not of UDP by ", "", ""},
		{"signalfd", "unsupported: system call signalfd4 by ", "", ""},
		{"stops_itself", "unsupported: stopping a process by ", "", ""},
		{"tcp", "unsupported: TCP by ", "", ""},
		{"tcp_server", "unsupported: TCP by ", "", ""},
		{"traces", "unsupported: system call ptrace by ", "", ""},
		{"watches_files", "unsupported: system call inotify_init1 by ", "", ""},
		{"elsewhere", "unsupported: writing to /etc/calls-must-not-exist, ", "", ""},
		{"deletes", "unsupported: ", "", ""},

		{"io_uring", "", "syscall(SYS_io_uring_setup, 4, parameters): -1 ENOSYS", "exit code 0"},
		{"unix_socket", "", "*", "exit code 0"},
		{"kills_outside", "", "*", "exit code 0"},

		{"calls_forever", "makes system calls without end and never waits", "", ""},
		{"prints_forever", "makes system calls without end and never waits", "*", ""},
		{"sends_forever", "makes system calls without end and never waits", "", ""},
		{"forks", "makes system calls without end and never waits", "", ""},
		{"forks_children", "makes system calls without end and never waits", "", ""},
		{"polls_forever", "end: event-limit", "", ""},
		{"threads", "makes system calls without end and never waits", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			switch { // these take seconds
			case test.name == "polls_forever":
				testkit.NotShort(t)
			case strings.Contains(test.fault, "without end"):
				testkit.OnlyLong(t)
			}
			path := compile(t, test.name)
			var out []string
			exit := "exit code 0 (none)"
			r := sim.Run(sim.Config{Scenario: "bad", Seed: 1, Limits: clock.Limits{Virtual: time.Hour, Events: 20000}},
				func(w *sim.Simulation) {
					m := program.New(w, w.Host("host", serverAddress), program.Config{})
					w.After(0, 0, func() {
						err := m.Start(program.Command{Actor: test.name, Path: path, Args: []string{path}, Dir: t.TempDir(),
							Output: func(fd int, line string) {
								if fd == 1 {
									out = append(out, line)
								}
							},
							Ended: func(e program.Exit) { exit = e.String() },
						})
						if err != nil { // it happens while the program is loaded
							w.Fail(err)
						}
					})
				})
			fault := r.Fault
			if r.End == clock.EventLimit || r.End == clock.Horizon {
				fault = "end: " + string(r.End)
			}
			if test.fault == "" && fault != "" || !strings.Contains(fault, test.fault) {
				t.Errorf("fault %q, want %q", fault, test.fault)
			}
			if test.fault != "" && strings.HasPrefix(test.fault, "unsupported") && !strings.Contains(fault, test.name) {
				t.Errorf("fault %q does not name the program", fault)
			}
			if got := strings.Join(out, "\n"); test.output != "*" && got != test.output {
				t.Errorf("output %q, want %q", got, test.output)
			}
			if test.exit != "" && exit != test.exit {
				t.Errorf("%s, want %s", exit, test.exit)
			}
		})
	}
}

// A file that is no program is refused before anything runs, in a sentence that says why.
func TestBadFilesAreRefused(t *testing.T) {
	directory := t.TempDir()
	bad := func(name string) string {
		path, err := filepath.Abs(filepath.Join("testdata", "bad", name))
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	copied := func(name string, mode os.FileMode) string {
		b, err := os.ReadFile(bad("no_first_line.sh"))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(directory, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct{ path, want string }{
		{filepath.Join(directory, "missing"), "no such file or directory"},
		{directory, "it is a directory"},
		{"/dev/null", "it is not a regular file"},
		{copied("not-executable", 0o600), "it is not executable"},
		{copied("setuid", os.ModeSetuid|0o755), "setuid"},
		{copied("setgid", os.ModeSetgid|0o755), "setgid"},
		{bad("no_interpreter.sh"), "its interpreter /nonexistent/interpreter: no such file or directory"},
		{bad("empty_interpreter.sh"), "a script without an interpreter"},
		{bad("no_first_line.sh"), "neither an ELF file nor a script"},
		{bad("short_elf.bin"), "not a valid ELF file"},
	} {
		err := program.Check(test.path)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), test.path+": ") {
			t.Errorf("%v, want %s: %s", err, test.path, test.want)
		}
	}
	t.Run("32 bits", func(t *testing.T) {
		path := compile(t, "bits32", "-m32", "-nostdlib", "-static")
		if err := program.Check(path); err == nil || !strings.Contains(err.Error(), "it is a program for EM_386") {
			t.Error(err)
		}
	})
}
