//go:build linux && amd64

package program_test

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/program"
)

var (
	serverAddress = netip.MustParseAddr("192.0.2.1")
	clientAddress = netip.MustParseAddr("192.0.2.2")
)

// ran is what a program did.
type ran struct {
	out, err string
	exit     program.Exit
	result   sim.Result
}

// command returns the command that runs a program of PATH.
func command(t *testing.T, actor string, args ...string) program.Command {
	t.Helper()
	path, err := program.Find(args[0], t.TempDir(), os.Getenv("PATH"))
	if err != nil {
		t.Fatal(err)
	}
	return program.Command{Actor: actor, Path: path, Args: args, Dir: t.TempDir()}
}

// alone runs a program on a host of its own.
func alone(t *testing.T, c program.Command) ran {
	t.Helper()
	return aloneOn(t, program.Config{}, c)
}

// aloneOn runs a program on a host with a machine.
func aloneOn(t *testing.T, config program.Config, c program.Command) ran {
	t.Helper()
	var r ran
	lines := map[int][]string{}
	c.Output = func(descriptor int, line string) { lines[descriptor] = append(lines[descriptor], line) }
	c.Ended = func(e program.Exit) { r.exit = e }
	r.result = sim.Run(sim.Config{Scenario: "alone", Seed: 1}, func(w *sim.Simulation) {
		m := program.New(w, w.Host("host", serverAddress), config)
		w.After(0, 0, func() {
			if err := m.Start(c); err != nil {
				t.Error(err)
			}
		})
	})
	r.out, r.err = strings.Join(lines[1], "\n"), strings.Join(lines[2], "\n")
	if r.result.Fault != "" {
		t.Errorf("fault: %s", r.result.Fault)
	}
	return r
}

func TestProgramPrintsAndExits(t *testing.T) {
	r := alone(t, command(t, "p", "sh", "-c", "echo one; sleep 1.5; echo two | cat; exit 3"))
	if r.out != "one\ntwo" || r.err != "" || r.exit.Code != 3 || r.exit.At != 1500*time.Millisecond {
		t.Errorf("out %q, err %q, exit %+v", r.out, r.err, r.exit)
		show(t, r.result)
	}
}

// pair runs an OpenSSL server, and a client that says hello to it. It returns what the server printed.
func pair(t testing.TB, dir string) (lines []string, r sim.Result) {
	path, err := program.Find("openssl", dir, os.Getenv("PATH"))
	if err != nil {
		testkit.Missing(t, err.Error())
	}
	start := func(m *program.Machine, c program.Command, arguments string) {
		c.Path, c.Dir, c.Args = path, dir, append([]string{"openssl"}, strings.Fields(arguments)...)
		if err := m.Start(c); err != nil {
			t.Error(err)
		}
	}
	const psk = " -dtls1_2 -quiet -cipher PSK -psk 00112233445566"
	config := sim.Config{Scenario: "pair", Seed: 1}
	config.Link.Latency = func(*sim.Packet) distribution.Distribution {
		return distribution.Constant{Value: 10 * time.Millisecond}
	}
	r = sim.Run(config, func(w *sim.Simulation) {
		server := program.New(w, w.Host("server", serverAddress), program.Config{})
		client := program.New(w, w.Host("client", clientAddress), program.Config{})
		w.After(clock.Wake, 0, func() {
			c := program.Command{Actor: "server", Output: func(_ int, line string) { lines = append(lines, line) }}
			start(server, c, "s_server -accept 4433 -nocert"+psk)
		})
		w.After(clock.Wake, 100*time.Millisecond, func() {
			c := program.Command{Actor: "client", Input: []program.Input{{Text: "hello\n"}, {After: time.Second, End: true}}}
			start(client, c, "s_client -connect 192.0.2.1:4433"+psk)
		})
	})
	return lines, r
}

// An OpenSSL client says hello to an OpenSSL server, in each run at the same times with the same bytes.
func TestPair(t *testing.T) {
	dir, digest := t.TempDir(), ""
	for range 3 { // by exec, from a template, and from one that has run on
		lines, r := pair(t, dir)
		if r.Fault != "" || !slices.Equal(lines, []string{"hello"}) || digest != "" && r.Digest != digest {
			t.Errorf("fault %q, the server printed %q; digests %s and %s", r.Fault, lines, digest, r.Digest)
			show(t, r)
		}
		digest = r.Digest
	}
}

func BenchmarkPair(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		pair(b, dir)
	}
}

func show(t *testing.T, r sim.Result) {
	t.Helper()
	for i := range r.Records {
		t.Log(r.Records[i].At, r.Records[i].Host, r.Records[i].Actor, r.Records[i].Describe())
	}
}
