package hosts

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/measure"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/program"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// replication is one replication of a network.
type replication struct {
	*Network
	v scenarios.Values
	w *sim.Simulation

	machines  map[string]machine // by host
	processes []*process         // those of a host stand together
	running   int                // processes of clients that have not ended, also those to come
	over      bool
	folder    string // that of the private directories
}

// process is one run of a host's program.
type process struct {
	host   *Host
	number int // from 0
	actor  string

	started bool
	start   time.Duration
	exit    *program.Exit // nil: it has not ended
	wrote   map[*Pattern]bool
	last    []string
	lines   int
}

// mostLast is how many of the last lines of a program are kept.
const mostLast = 10

// Run performs a replication.
func (n *Network) Run(v scenarios.Values, c sim.Config) (sim.Result, scenarios.Observation) {
	r := &replication{Network: n, v: v, machines: map[string]machine{}}
	clients := network.Clients(n.Clients(v))
	c.Link = network.Link(v, clients, n.Rules)
	var shown network.Traffic
	c.Read = func(e *trace.Record) { shown.Add(clients, e) }
	defer r.clean()
	result := sim.Run(c, func(w *sim.Simulation) {
		r.w = w
		r.build()
		w.OnSettled(func() bool {
			if r.over {
				w.EndBy(clock.Quiet)
			}
			return false
		})
		w.After(clock.Deadline, v.Duration(timeLimit), r.end)
		for i := range n.Hosts {
			r.plan(&n.Hosts[i])
		}
	})
	return result, r.observe(&result, &shown)
}

// end ends the replication.
func (r *replication) end() {
	r.over = true
	r.w.Rouse()
}

// build adds the hosts to the network, with their machines.
func (r *replication) build() {
	boot := r.boot
	if boot == nil {
		boot = func(w *sim.Simulation, h *sim.Host, c program.Config) machine { return program.New(w, h, c) }
	}
	behind, next := network.ClientSide(r.v, r.w)
	here := netip.PrefixFrom(next, 24)
	taken := map[netip.Addr]bool{network.ServerAddress: true}
	for i := range r.Hosts {
		taken[r.Hosts[i].Address] = true
	}
	for i := range r.Hosts {
		h := &r.Hosts[i]
		add, address := behind, h.Address
		switch {
		case h.Server:
			if add = r.w.Host; !address.IsValid() {
				address = network.ServerAddress
			}
		case !here.Contains(address): // behind a NAT, there are other addresses
			address = netip.Addr{}
		}
		for ; !address.IsValid(); next = next.Next() {
			if !taken[next] {
				address, taken[next] = next, true
			}
		}
		c := program.Config{
			Processing: h.Processing.Of(r.v), MTU: r.v.Count("mtu"), Unreachable: r.v.Choice(unreachable) == "yes",
		}
		r.machines[h.Name] = boot(r.w, add(h.Name, address), c)
	}
}

// plan schedules the starts of a host's program.
func (r *replication) plan(h *Host) {
	first := len(r.processes)
	for k := range h.runs(r.v) {
		p := &process{host: h, number: k, actor: h.actor(r.v, k), wrote: map[*Pattern]bool{}}
		r.processes = append(r.processes, p)
		if !h.Server {
			r.running++
		}
	}
	list := r.processes[first:]
	begin := r.time(h.After, h.Name, "after", 0)
	switch {
	case len(h.At) > 0:
		for k, p := range list {
			r.startAfter(r.time(h.At[k], h.Name, "at", k), p, nil)
		}
	case h.Every != nil:
		for k, p := range list {
			r.startAfter(begin, p, nil)
			begin += r.time(*h.Every, h.Name, "every", k)
		}
	default:
		r.startAfter(begin, list[0], list[1:])
	}
}

// startAfter starts a process after d, and the next ones each after the end of the one before.
func (r *replication) startAfter(d time.Duration, p *process, next []*process) {
	r.w.After(clock.Wake, d, func() { r.start(p, next) })
}

// time returns a duration of a host, drawn from the stream of its purpose. k is how many draws of it
// come before.
func (r *replication) time(d scenarios.Delay, of, purpose string, k int) time.Duration {
	l := d.Of(r.v)
	if c, ok := l.(distribution.Constant); ok {
		return c.Value
	}
	s := r.w.Stream("host/" + of + "/" + purpose)
	for range k {
		s.Uint64()
	}
	return distribution.Latency(l, s.Uniform())
}

// start starts a process. It runs on the goroutine of the event loop.
func (r *replication) start(p *process, next []*process) {
	c, err := r.command(p)
	if err == nil {
		c.Output = func(_ int, line string) { r.wrote(p, line) }
		c.Ended = func(e program.Exit) { r.ended(p, e, next) }
		p.started, p.start = true, r.w.Now()
		err = r.machines[p.host.Name].Start(c)
	}
	if err != nil {
		r.w.Fail(fmt.Errorf("%s: %w", p.actor, err))
	}
}

// command returns what a process is started with.
func (r *replication) command(p *process) (c program.Command, err error) {
	h := p.host
	c.Actor = p.actor
	for _, t := range h.Program {
		c.Args = append(c.Args, t.Of(r.v))
	}
	if c.Path, err = r.find(c.Args[0]); err != nil {
		return c, err
	}
	c.Env = []string{"PATH=" + os.Getenv("PATH")} // a shell finds what this scenario finds
	for _, e := range h.Env {
		c.Env = append(c.Env, e.Name+"="+e.Value.Of(r.v))
	}
	if folder := h.Folder.Of(r.v); folder != "" {
		c.Dir, err = filepath.Abs(r.relative(folder))
	} else {
		c.Dir, err = r.private(h) // its name differs from worker to worker
		c.DirAs = "/private/" + h.Name
	}
	if err != nil {
		return c, err
	}
	for k, in := range h.Input {
		at := r.time(in.At, p.actor, "input", k)
		c.Input = append(c.Input, program.Input{After: at, Text: in.Text.Of(r.v), End: in.End})
	}
	for k, s := range h.Signals {
		c.Signals = append(c.Signals, program.Signal{After: r.time(s.At, p.actor, "signal", k), Number: s.Number})
	}
	return c, nil
}

// wrote notes a line that a process has written.
func (r *replication) wrote(p *process, line string) {
	for _, o := range r.Outcomes {
		for _, pattern := range o.When.patterns(p.host.Name) {
			if !p.wrote[pattern] && pattern.Matches(line) {
				p.wrote[pattern] = true
			}
		}
	}
	if p.lines++; len(p.last) == mostLast {
		p.last = append(p.last[:0], p.last[1:]...)
	}
	p.last = append(p.last, line)
}

// ended notes the end of a process. It starts the next one, and ends the replication when all clients
// have ended.
func (r *replication) ended(p *process, e program.Exit, next []*process) {
	if r.w.Stopped() {
		return
	}
	p.exit = &e
	if len(next) > 0 {
		r.startAfter(r.time(p.host.Gap, p.host.Name, "gap", p.number), next[0], next[1:])
	}
	if p.host.Server {
		return
	}
	if r.running--; r.running == 0 {
		r.w.After(clock.Deadline, r.v.Duration(settle), r.end)
	}
}

// observe returns what the processes did.
func (r *replication) observe(result *sim.Result, shown *network.Traffic) scenarios.Observation {
	o := scenarios.Observation{Measures: map[string]int64{}, Programs: []scenarios.ProgramRun{}}
	shown.Measure(o.Measures)
	unfinished := map[string]int64{}
	for _, p := range r.processes {
		s := scenarios.ProgramRun{
			Host: p.host.Name, Actor: p.actor, Exit: p.fate(), Started: int64(p.start), Last: p.last,
			Left: p.lines - len(p.last),
		}
		ran := RunTime(p.host.Name)
		switch {
		case p.exit != nil:
			s.Took = int64(p.exit.At - p.start)
			o.Largest(ran, s.Took)
		case p.started:
			s.Took = int64(result.Virtual - p.start)
			unfinished[ran] = max(unfinished[ran], s.Took)
		default:
			unfinished[ran] = max(unfinished[ran], 0)
		}
		o.Programs = append(o.Programs, s)
	}
	for ran, least := range unfinished {
		o.Measures[measure.Censored(ran)] = max(least, o.Measures[ran])
	}
	for i := range r.Outcomes {
		if r.Outcomes[i].When.holds(r.processes) {
			o.Outcome = append(o.Outcome, r.Outcomes[i].Name)
		}
	}
	return o
}

// fate says how a process ended.
func (p *process) fate() string {
	switch {
	case !p.started:
		return scenarios.NeverStarted
	case p.exit == nil:
		return scenarios.NeverEnded
	case p.exit.Signal != 0:
		return "signal " + signalName(p.exit.Signal)
	}
	return fmt.Sprintf("exit code %d", p.exit.Code)
}
