package program

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// Machine is the operating system of a host. Its methods run on the goroutine of the event loop.
type Machine struct {
	w      *sim.Simulation
	host   *sim.Host
	k      *kernel
	drawn  map[*program]*stream.Stream
	failed bool
}

// New gives a host an operating system. It must be called while the simulation is built.
func New(w *sim.Simulation, h *sim.Host, c Config) *Machine {
	if c.Epoch.IsZero() {
		c.Epoch = time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	m := &Machine{w: w, host: h, drawn: make(map[*program]*stream.Stream)}
	m.k = &kernel{
		machine: m, config: c, name: h.Name(), address: h.Address(), epoch: time.Duration(c.Epoch.UnixNano()),
		open: c.Open, nextPort: firstPort,
	}
	h.Attach(m)
	w.OnEnd(m.end)
	return m
}

// end ends all programs.
func (m *Machine) end() { within(m.k.killAll) }

// Start starts a program, at the current instant. It must be called by an event or an actor of the simulation.
func (m *Machine) Start(c Command) error {
	if err := Check(c.Path); err != nil {
		return err
	}
	p := &program{
		m: m.k, command: c, actor: &clock.Actor{Name: c.Actor}, input: newPipe(),
		random: m.w.Stream("program/" + c.Actor),
	}
	seed := make([]byte, 16)
	_, _ = p.random.Clone().Read(seed)
	p.seed = string(seed)
	var failure error
	m.event(p, Started{Arguments: c.Args})
	m.enter(func() { failure = m.k.start(p) })
	if failure != nil {
		return fmt.Errorf("%s: %w", c.Path, failure)
	}
	for _, i := range c.Input {
		m.w.AfterBy(p.actor, clock.Wake, i.After, func() {
			m.enter(func() {
				p.input.b = append(p.input.b, i.Text...)
				if i.End {
					p.input.writers = 0
				}
				p.input.changed()
			})
		})
	}
	for _, i := range c.Signals {
		m.w.AfterBy(p.actor, clock.Wake, i.After, func() {
			m.enter(func() { m.k.send(p.first, nil, sentSignal{number: i.Number}) })
		})
	}
	return nil
}

// start starts the first process of a program. Its streams are pipes.
func (k *kernel) start(p *program) error {
	id := p.nextID()
	first := &process{
		m: k, program: p, pid: id, name: p.command.Path, group: id, session: id, files: make(map[int]*file),
		actions: make(map[syscall.Signal]action),
	}
	for fd, f := range []*file{p.input.ends[0], {object: &output{program: p, descriptor: 1}, access: unix.O_WRONLY},
		{object: &output{program: p, descriptor: 2}, access: unix.O_WRONLY}} {
		f.references = 1
		first.files[fd] = f
	}
	p.first = first
	err := k.launch(first, image{path: p.command.Path, args: p.command.Args, env: p.environment(), dir: p.command.Dir})
	if err == nil {
		k.processes = append(k.processes, first)
	}
	return err
}

// environment returns the environment variables of a program.
func (p *program) environment() []string {
	var names []string
	values := make(map[string]string)
	for _, list := range [][]string{Environment(), p.command.Env} {
		for _, e := range list {
			name, value, _ := strings.Cut(e, "=")
			if _, known := values[name]; !known {
				names = append(names, name)
			}
			values[name] = value
		}
	}
	var all []string
	for _, n := range names {
		all = append(all, n+"="+values[n])
	}
	return all
}

// enter runs f and then all threads that can run, on the thread of the tracer, and applies what they do.
func (m *Machine) enter(f func()) {
	if m.w.Stopped() || m.failed {
		return
	}
	k := m.k
	k.now = m.w.Now()
	within(func() {
		k.guard.start()
		f()
		k.wakes(false)
		k.run()
		if k.guard.stop() {
			k.fault = sim.ErrMemory
		}
	})
	m.apply()
}

// apply applies what the threads have done.
func (m *Machine) apply() {
	for len(m.k.effects) > 0 {
		list := m.k.effects
		m.k.effects = nil
		for _, f := range list {
			f()
		}
	}
	if m.k.fault != nil && !m.failed {
		m.failed = true
		m.w.Fail(m.k.fault)
	}
}

// Receive implements sim.Kernel.
func (m *Machine) Receive(p *sim.Packet, source, to netip.AddrPort) (where sim.Place, dropped sim.Reason) {
	k := m.k
	k.now = m.w.Now()
	s := k.lookup(source, to)
	if s == nil {
		if k.config.Unreachable {
			m.w.Unreachable(&clock.Actor{Name: k.name}, p)
		}
		if k.bound(to.Port()) {
			return 0, sim.NotConnected
		}
		return 0, sim.Unbound
	}
	if !s.take(arrived{from: source, to: to, payload: p.Datagram.Payload, packet: p}) {
		return 0, sim.BufferFull
	}
	k.wakes(true)
	// The threads run only after the arrival is recorded.
	if len(k.runnable) > 0 {
		m.w.AfterBy(s.program.actor, clock.Wake, 0, func() { m.enter(func() {}) })
	}
	m.apply()
	if s.peer.IsValid() {
		return sim.TheConnectedSocket, 0
	}
	return sim.TheOpenSocket, 0
}

func (k *kernel) bound(port uint16) bool {
	for _, s := range k.sockets {
		if s.local.Port() == port {
			return true
		}
	}
	return false
}

// Refused implements sim.Kernel.
func (m *Machine) Refused(from, to netip.AddrPort) {
	m.enter(func() { m.k.refused(from, to) })
}

// processing draws the time that a program takes from an arrival to its next instruction.
func (m *Machine) processing(p *program) time.Duration {
	s := m.drawn[p]
	if s == nil {
		s = m.w.Stream("processing/" + p.name())
		m.drawn[p] = s
	}
	return distribution.Latency(m.k.config.Processing, s.Uniform())
}

// event records an event of a program.
func (m *Machine) event(p *program, e Event) { m.w.EventBy(p.actor, m.host, e) }

func (m *Machine) printed(p *program, descriptor int, line string) {
	if as := p.command.DirAs; as != "" {
		line = strings.ReplaceAll(line, p.command.Dir, as)
	}
	m.event(p, Printed{descriptor, line})
	if f := p.command.Output; f != nil {
		f(descriptor, line)
	}
}

func (m *Machine) exited(p *program, e Exit) {
	m.event(p, Ended{e})
	if f := p.command.Ended; f != nil {
		f(e)
	}
}

// owns makes the program of a socket the owner of its address.
func (k *kernel) owns(s *socket) {
	local := unmapped(s.local)
	if local.Addr().IsUnspecified() {
		local = netip.AddrPortFrom(k.address, local.Port())
	}
	if local.Addr() != k.address {
		return
	}
	k.effect(func() { s.origin = k.machine.host.Origin(s.program.actor, local) })
}

// sends sends a datagram to another host.
func (k *kernel) sends(s *socket, from, to netip.AddrPort, payload []byte) {
	k.effect(func() {
		if s.origin == nil {
			k.fail(errors.New("a socket without an address sends"))
			return
		}
		s.origin.Send(s.program.actor, to, payload)
	})
}

// loses notes that a socket was closed with a datagram in its queue.
func (k *kernel) loses(s *socket, a arrived) {
	if a.packet != nil {
		k.effect(func() { k.machine.event(s.program, Discarded{a.packet.ID}) })
	}
}
