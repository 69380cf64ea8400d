//go:build linux && amd64

package program_test

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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

// An OpenSSL client says hello to an OpenSSL server.
func TestPair(t *testing.T) {
	var lines []string
	r := sim.Run(sim.Config{Scenario: "pair", Seed: 1, Link: sim.Link{Latency: func(*sim.Packet) distribution.Distribution {
		d, _ := distribution.Parse("10ms")
		return d
	}}}, func(w *sim.Simulation) {
		server := program.New(w, w.Host("server", serverAddress), program.Config{})
		client := program.New(w, w.Host("client", clientAddress), program.Config{})
		s := command(t, "server", "openssl", "s_server", "-dtls1_2", "-accept", "4433", "-nocert", "-cipher", "PSK", "-psk", "00112233445566", "-quiet")
		s.Output = func(fd int, line string) { lines = append(lines, line) }
		w.After(0, 0, func() {
			if err := server.Start(s); err != nil {
				t.Error(err)
			}
		})
		w.After(0, 100*time.Millisecond, func() {
			c := command(t, "client", "openssl", "s_client", "-dtls1_2", "-connect", "192.0.2.1:4433", "-psk", "00112233445566", "-cipher", "PSK", "-quiet")
			c.Input = []program.Input{{Text: "hello\n"}, {After: time.Second, End: true}}
			if err := client.Start(c); err != nil {
				t.Error(err)
			}
		})
	})
	if r.Fault != "" || !slices.Equal(lines, []string{"hello"}) {
		t.Errorf("fault %q, the server printed %q", r.Fault, lines)
		show(t, r)
	}
}

func show(t *testing.T, r sim.Result) {
	t.Helper()
	for i := range r.Records {
		t.Log(r.Records[i].At, r.Records[i].Host, r.Records[i].Actor, r.Records[i].Describe())
	}
}

func BenchmarkPair(b *testing.B) {
	path, err := program.Find("openssl", "/", os.Getenv("PATH"))
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		sim.Run(sim.Config{Scenario: "pair", Seed: 1}, func(w *sim.Simulation) {
			server := program.New(w, w.Host("server", serverAddress), program.Config{})
			client := program.New(w, w.Host("client", clientAddress), program.Config{})
			w.After(0, 0, func() {
				_ = server.Start(program.Command{Actor: "server", Path: path, Dir: "/", Args: []string{
					"openssl", "s_server", "-dtls1_2", "-accept", "4433", "-nocert", "-cipher", "PSK", "-psk", "00112233445566", "-quiet"}})
			})
			w.After(0, 100*time.Millisecond, func() {
				_ = client.Start(program.Command{Actor: "client", Path: path, Dir: "/", Args: []string{"openssl", "s_client", "-dtls1_2",
					"-connect", "192.0.2.1:4433", "-psk", "00112233445566", "-cipher", "PSK"}, Input: []program.Input{{Text: "hello\n", End: true}}})
			})
		})
	}
}
