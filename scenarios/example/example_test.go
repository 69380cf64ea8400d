package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
)

func TestMain(m *testing.M) {
	if err := catalogue.Register(impatient); err != nil {
		panic(err)
	}
	testkit.Main(m, run.ServeIfAsked)
}

// From the server's Finished, which ends its handshake, to the message it takes two
// latencies: with a patience of 500 ms the message comes in time up to and at 250 ms, for a
// datagram comes before a deadline of the same instant.
func Example() {
	pool, err := run.NewPool(1, run.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	defaults, err := impatient.Resolve(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	question := search.Search{Values: defaults, Seed: 1, Probe: impatient.Probe}
	w, err := search.FindWindows(context.Background(), pool, question)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("The echo does not come at latencies of")
	for _, i := range w.FailureWindows {
		fmt.Printf("  %s up to %s\n", time.Duration(i.From), time.Duration(i.To))
	}
	// Output:
	// The echo does not come at latencies of
	//   250.000001ms up to 1s
}

// The deadlines that the application's own code sets on its session are events of the
// simulation, so the search knows them: its answers are proved, and are those of brute-force scans.
func TestWindowsAgainstScan(t *testing.T) {
	pool := fixture.Pool(t, 2)
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	patience := []time.Duration{500 * time.Millisecond, time.Second}
	for range testkit.Cases(t, 1, 4, 50) {
		patience = append(patience, 1+time.Duration(random.Int64N(int64(3*time.Second))))
	}
	for _, p := range patience {
		question := search.Search{
			Values: fixture.Values(t, impatient, scenarios.Settings{"patience": p.String()}), Seed: 1,
			Probe: impatient.Probe,
		}
		w := fixture.FindWindows(t, pool, question)
		if !w.Method.Proved || w.Method.PredictionFailures > 0 {
			t.Errorf("patience %s: %+v", p, w.Method)
		}
		step := time.Duration(5_000_000 + random.Int64N(20_000_000))
		scan, err := search.Scan(t.Context(), pool, question, step)
		if err != nil {
			t.Fatal(err)
		}
		for x := w.From; x < w.To; x += int64(step) {
			at := func(c search.Cell) bool { return c.From <= x && x < c.To }
			got, want := w.Cells[slices.IndexFunc(w.Cells, at)], scan.Cells[slices.IndexFunc(scan.Cells, at)]
			if got.Signature != want.Signature || got.Failed != want.Failed {
				t.Errorf("patience %s, latency %s: outcome %v, and a run gives %v",
					p, time.Duration(x), got.Outcome, want.Outcome)
			}
		}
	}
}

// Every verb of the command line knows the scenario, in the workers of the program too,
// and calls the program by its name.
func TestCommandLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	program := filepath.Join(t.TempDir(), "renamed") // commands name it by its package all the same
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	study, err := filepath.Abs("study.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	const far = "latency=200ms+exponential(mean=50ms)"
	for _, c := range []struct {
		args []string
		want string // in what it prints
	}{
		{[]string{"list"}, "impatient-server          A server that gives up"},
		{[]string{"list", "impatient-server"}, "how long the server waits for the message"},
		{[]string{"run", "impatient-server", "--set", "latency=300ms"},
			"repeat   example run impatient-server --seed 1 --set latency=300ms\n"},
		{[]string{"window", "impatient-server", "--set", "patience=300ms"}, "[150.000001ms, 1s)"},
		{[]string{"sweep", "impatient-server", "--vary", "latency=100ms,300ms", "--replications", "2", "--verify"},
			"\n300ms    2             2         1 "},
		{[]string{"sweep", "impatient-server", "--set", far, "--replications", "20", "--store", "stored.sqlite",
			"--format", "json"}, `"example run impatient-server --seed `},
		{[]string{"query", "stored.sqlite"}, "\n0      20 "},
		{[]string{"export", "stored.sqlite", "replications"}, ",no-echo,"},
		{[]string{"estimate", "impatient-server", "--set", far, "--replications", "20"}, "repeat"},
		{[]string{"study", study, "-o", "figures", "--store", "study.sqlite"}, "patience 500 ms  from 250.000001ms on"},
		{[]string{"report", "study.sqlite", "-o", "pages"}, "pages/index.html"},
		{[]string{"help", "sweep"}, "\n  example sweep late-close-notify --vary"},
	} {
		out, err := exec.Command(program, c.args...).Output()
		if err != nil {
			var exit *exec.ExitError
			errors.As(err, &exit)
			t.Fatalf("%q: %v\n%s\n%s", c.args, err, out, exit.Stderr)
		}
		if !strings.Contains(string(out), c.want) {
			t.Errorf("%q does not print %q:\n%s", c.args, c.want, out)
		}
	}
}

// announcing is a network that tells when a socket is bound: a real one answers a datagram
// that comes before that with an error.
type announcing struct {
	transport.Net
	bound chan struct{}
}

// ListenUDP implements transport.Net.
func (a announcing) ListenUDP(network string, local *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := a.Net.ListenUDP(network, local)
	close(a.bound)
	return conn, err
}

// The server is the same code on real sockets.
func TestServerOnRealSockets(t *testing.T) {
	network, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := probe.LocalAddr().(*net.UDPAddr)
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	bound := make(chan struct{})
	config := stack.Config{Credentials: "psk", FlightInterval: 50 * time.Millisecond}
	go func() { served <- serveOne(announcing{network, bound}, address.Port, config, 10*time.Second) }()
	<-bound
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := net.DialUDP("udp4", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	session, err := pionv2.New().Client(ctx, conn, config)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 16)
	n, err := session.Read(answer)
	if err != nil || string(answer[:n]) != "hello" {
		t.Errorf("got %q, %v", answer[:n], err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
