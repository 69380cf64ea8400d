package hosts

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/program"
)

// script is what a program of a fake machine does: it writes lines and ends.
type script struct {
	after time.Duration
	lines []string
	exit  *program.Exit // nil: it never ends
}

// fakeMachine performs scripts instead of programs, and notes what it was started with.
type fakeMachine struct {
	w       *sim.Simulation
	h       *sim.Host
	scripts map[string]script
	started *[]string
}

func (m *fakeMachine) Start(c program.Command) error {
	*m.started = append(*m.started, fmt.Sprintf("%s %s %q", m.w.Now(), c.Actor, c.Args))
	s := m.scripts[c.Actor]
	m.w.After(clock.Wake, s.after, func() {
		for _, line := range s.lines {
			c.Output(1, line)
		}
		if s.exit != nil {
			e := *s.exit
			e.At = m.w.Now()
			c.Ended(e)
		}
	})
	return nil
}

func constant(d time.Duration) scenarios.Delay {
	return scenarios.Delay{Distribution: distribution.Constant{Value: d}}
}

// fake is a network whose programs are scripts, by the actors that perform them. started notes their starts.
func fake(n *Network, scripts map[string]script) (started *[]string, s *scenarios.Scenario) {
	started = new([]string)
	n.boot = func(w *sim.Simulation, h *sim.Host, _ program.Config) machine {
		return &fakeMachine{w: w, h: h, scripts: scripts, started: started}
	}
	for i := range n.Hosts {
		h := &n.Hosts[i]
		if h.Program == nil {
			h.Program = []Text{Literal("/bin/true")}
		}
		for _, d := range []*scenarios.Delay{&h.Processing, &h.After} {
			if d.Distribution == nil && d.Parameter == "" {
				*d = constant(0)
			}
		}
		if h.Gap.Distribution == nil {
			h.Gap = constant(DefaultGap)
		}
		if h.Runs == (Count{}) {
			h.Runs.Number = 1
		}
	}
	s = &scenarios.Scenario{
		Name: "fake", Parameters: Parameters([]scenarios.Parameter{
			{Name: "count", Type: scenarios.CountType, Default: "3", Min: 1, Max: 9},
			{Name: "jitter", Type: scenarios.DistributionType, Default: "uniform(0s,1s)"},
		}),
		Run: n.Run,
	}
	return started, s
}

func performed(t *testing.T, s *scenarios.Scenario, set scenarios.Settings) (sim.Result, scenarios.Observation) {
	t.Helper()
	v, err := s.Resolve(set)
	if err != nil {
		t.Fatal(err)
	}
	return s.Run(v, sim.Config{Scenario: "fake", Seed: 1})
}

func exited(code int) *program.Exit { return &program.Exit{Code: code} }

// Programs start when their host says, servers first.
func TestStarts(t *testing.T) {
	second := constant(time.Second)
	n := &Network{Hosts: []Host{
		{Name: "server", Server: true},
		{Name: "behind", Runs: Count{Number: 3}, After: constant(5 * time.Millisecond)},
		{Name: "late", At: []scenarios.Delay{constant(time.Second), constant(200 * time.Millisecond)}},
		{Name: "beat", Runs: Count{Parameter: "count"}, Every: &second},
	}}
	scripts := map[string]script{}
	for _, actor := range []string{"behind-1", "behind-2", "behind-3"} {
		scripts[actor] = script{after: 10 * time.Millisecond, exit: exited(0)}
	}
	started, s := fake(n, scripts)
	performed(t, s, scenarios.Settings{"count": "2"})
	var got []string
	for _, line := range *started {
		got = append(got, strings.Join(strings.Fields(line)[:2], " "))
	}
	want := []string{
		"0s server", "0s beat-1", "5ms behind-1", "115ms behind-2", "200ms late-2", "225ms behind-3", "1s late-1",
		"1s beat-2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("they start as %q, want %q", got, want)
	}
}

// A start that is drawn is the same however many programs another host starts, and repeats.
func TestDrawnStarts(t *testing.T) {
	n := &Network{Hosts: []Host{{Name: "client", Runs: Count{Number: 2}, Gap: scenarios.Delay{Parameter: "jitter"}}}}
	n.Hosts[0].Gap = scenarios.Delay{Parameter: "jitter", Distribution: distribution.Constant{}}
	started, s := fake(n, map[string]script{"client-1": {exit: exited(0)}, "client-2": {exit: exited(0)}})
	performed(t, s, nil)
	first := slices.Clone(*started)
	*started = nil
	performed(t, s, nil)
	if !slices.Equal(first, *started) || len(first) != 2 || strings.HasPrefix(first[1], "0s ") {
		t.Errorf("they start as %q, and then as %q", first, *started)
	}
}

// The replication ends a while after the last client, however long a server waits; and at the time
// limit, if a client never ends.
func TestReplicationEnds(t *testing.T) {
	n := &Network{Hosts: []Host{{Name: "server", Server: true}, {Name: "client", Runs: Count{Number: 2}}}}
	scripts := map[string]script{
		"server":   {after: 40 * time.Hour, exit: exited(0)},
		"client-1": {after: time.Second, exit: exited(0)}, "client-2": {after: time.Second, exit: exited(0)},
	}
	_, s := fake(n, scripts)
	result, o := performed(t, s, scenarios.Settings{"settle": "3s"})
	if result.Virtual != 2*time.Second+DefaultGap+3*time.Second || result.End != clock.Quiet {
		t.Errorf("it ends at %s: %s", result.Virtual, result.End)
	}
	if p := o.Programs[0]; p.Exit != scenarios.NeverEnded || p.Took != int64(result.Virtual) {
		t.Errorf("the server: %+v", p)
	}
	scripts["client-1"] = script{after: time.Second}
	result, o = performed(t, s, scenarios.Settings{"time-limit": "7m"})
	if result.Virtual != 7*time.Minute || result.End != clock.Quiet {
		t.Errorf("it ends at %s: %s", result.Virtual, result.End)
	}
	if o.Programs[1].Exit != scenarios.NeverEnded || o.Programs[2].Exit != scenarios.NeverStarted {
		t.Errorf("the clients: %+v", o.Programs[1:])
	}
	if got := o.Measures["client-time-censored"]; got != int64(7*time.Minute) {
		t.Errorf("client-time-censored is %s", time.Duration(got))
	}
}

// What a run measures is the longest time of each host, as far as its programs end.
func TestRunTime(t *testing.T) {
	n := &Network{Hosts: []Host{{Name: "client", Runs: Count{Number: 2}}}}
	_, s := fake(n, map[string]script{
		"client-1": {after: time.Second, exit: exited(0)}, "client-2": {after: 4 * time.Second, exit: exited(1)},
	})
	_, o := performed(t, s, nil)
	if got := o.Measures["client-time"]; got != int64(4*time.Second) || len(o.Parts["client-time"]) != 2 {
		t.Errorf("client-time is %s, of %v", time.Duration(got), o.Parts)
	}
	if _, censored := o.Measures["client-time-censored"]; censored {
		t.Error("it is censored")
	}
	for _, m := range n.Measures() {
		if _, taken := o.Measures[m.Name]; !taken {
			t.Errorf("%s is declared and not taken", m.Name)
		}
	}
}

// The last lines of a program are kept, and how many came before.
func TestLastLines(t *testing.T) {
	n := &Network{Hosts: []Host{{Name: "client"}}}
	var lines []string
	for i := range mostLast + 3 {
		lines = append(lines, fmt.Sprint("line ", i))
	}
	_, s := fake(n, map[string]script{"client": {lines: lines, exit: &program.Exit{Signal: syscall.SIGSEGV}}})
	_, o := performed(t, s, nil)
	p := o.Programs[0]
	if !slices.Equal(p.Last, lines[3:]) || p.Left != 3 || p.Exit != "signal SIGSEGV" || p.Actor != "client" {
		t.Errorf("%+v", p)
	}
}

// Clients are numbered over all hosts; a host with one program has its own name as actor.
func TestClients(t *testing.T) {
	n := &Network{Hosts: []Host{
		{Name: "server", Server: true}, {Name: "alice", Runs: Count{Parameter: "count"}}, {Name: "bob"},
	}}
	_, s := fake(n, nil)
	for count, want := range map[string]map[string]int{
		"1": {"alice": 1, "bob": 2}, "3": {"alice-1": 1, "alice-2": 2, "alice-3": 3, "bob": 4},
	} {
		v, err := s.Resolve(scenarios.Settings{"count": count})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Clients(v); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("with count=%s the clients are %v, want %v", count, got, want)
		}
	}
}

// Hosts get the addresses that they ask for, and the others the first that are free.
func TestAddresses(t *testing.T) {
	n := &Network{Hosts: []Host{
		{Name: "server", Server: true}, {Name: "second", Server: true, Address: netip.MustParseAddr("192.0.2.7")},
		{Name: "a"}, {Name: "b", Address: netip.MustParseAddr("192.0.2.3")}, {Name: "c"},
	}}
	_, s := fake(n, nil)
	var got []string
	boot := n.boot
	n.boot = func(w *sim.Simulation, h *sim.Host, c program.Config) machine {
		got = append(got, h.Address().String())
		return boot(w, h, c)
	}
	performed(t, s, nil)
	if want := []string{"192.0.2.1", "192.0.2.7", "192.0.2.2", "192.0.2.3", "192.0.2.4"}; !slices.Equal(got, want) {
		t.Errorf("the addresses are %q, want %q", got, want)
	}
	got = nil
	performed(t, s, scenarios.Settings{"nat-mapping": "endpoint-independent"})
	if want := []string{"192.0.2.1", "192.0.2.7", "10.0.0.2", "10.0.0.3", "10.0.0.4"}; !slices.Equal(got, want) {
		t.Errorf("behind a NAT the addresses are %q, want %q", got, want)
	}
}
