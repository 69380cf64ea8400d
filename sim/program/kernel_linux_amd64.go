package program

import (
	"net/netip"
	"syscall"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/stream"
)

// kernel is the state of a machine: what the operating system of its host would hold. It runs on the thread of the
// tracer, while virtual time stands still. What it does to the simulation it leaves in effects, which the
// event loop applies, in order, once all its threads wait.
type kernel struct {
	machine *Machine
	config  Config
	name    string
	address netip.Addr
	epoch   time.Duration // what CLOCK_REALTIME shows at the start
	open    map[Hazard]bool

	now       time.Duration
	effects   []func()
	fault     error
	runnable  []*task
	processes []*process // that are alive
	sockets   []*socket  // that are bound, the oldest first
	futexes   []*task    // that wait, the first first
	nextPort  uint16
	calls     int // system calls at which a thread has stopped
	burst     int // of these, those at the instant burstAt
	burstAt   time.Duration

	// halts reports whether a template is complete before it performs the call at whose entry it stands; nil:
	// it is no template.
	halts  func(*task) bool
	halted bool

	guard guard
}

// program is what Machine.Start has started, with all its descendants.
type program struct {
	m       *kernel
	command Command
	actor   *clock.Actor
	first   *process
	input   *pipe
	lastID  int
	random  *stream.Stream
	drawn   int    // bytes of random
	seed    string // tells streams apart that have the same actor
}

// draw fills b with the program's random bytes.
func (p *program) draw(b []byte) {
	_, _ = p.random.Read(b) // it never fails
	p.drawn += len(b)
}

func (p *program) name() string { return p.command.Actor }

func (k *kernel) mtu() int {
	const usual = 1500
	if k.config.MTU > 0 {
		return k.config.MTU
	}
	return usual
}

// nextID returns the next number of a process or thread. Each program counts for itself, as if it ran in a
// container: what it sees does not depend on what else the machine runs.
func (p *program) nextID() int {
	p.lastID++
	return firstID + p.lastID
}

// firstID is before the first number of a process.
const firstID = 1000

// fail ends the replication.
func (k *kernel) fail(err error) {
	if k.fault == nil {
		k.fault = err
	}
}

// effect leaves something for the event loop to do.
func (k *kernel) effect(f func()) { k.effects = append(k.effects, f) }

// alarm is an event of the list that belongs to a machine.
type alarm struct {
	event *clock.Event // nil before the event loop has scheduled it
	off   bool
}

// alarmKind says what an alarm ends.
type alarmKind = clock.EventKind

const (
	alarmWake     = clock.Wake     // a pause, or a timer
	alarmDeadline = clock.Deadline // the time limit of a call that waits for something
)

// arm schedules f after d, by a program.
func (k *kernel) arm(kind alarmKind, p *program, d time.Duration, f func()) *alarm {
	a := &alarm{}
	k.effect(func() {
		a.event = k.machine.w.AfterBy(p.actor, kind, d, func() {
			k.machine.enter(func() {
				if !a.off {
					a.off = true
					f()
				}
			})
		})
	})
	return a
}

// armDrawn schedules f after a processing time.
func (k *kernel) armDrawn(p *program, f func()) {
	k.effect(func() {
		k.machine.w.AfterBy(p.actor, clock.Wake, k.machine.processing(p), func() { k.machine.enter(f) })
	})
}

// disarm cancels an alarm; nil is none.
func (k *kernel) disarm(a *alarm) {
	if a == nil || a.off {
		return
	}
	a.off = true
	k.effect(func() { k.machine.w.Cancel(a.event) })
}

// programEnded notes that the first process of a program has ended.
func (k *kernel) programEnded(p *program, status int) {
	e := Exit{At: k.now, Code: status >> 8}
	if status&127 != 0 {
		e = Exit{At: k.now, Signal: syscall.Signal(status & 127)}
	}
	k.effect(func() { k.machine.exited(p, e) })
}

// printed notes a line of a program's output.
func (k *kernel) printed(p *program, descriptor int, line string) {
	k.effect(func() { k.machine.printed(p, descriptor, line) })
}

// killAll ends everything that still runs, without a trace of it.
func (k *kernel) killAll() {
	k.fault = errOver
	for len(k.processes) > 0 {
		k.kill(k.processes[0])
	}
	k.effects = nil
}

type overError struct{}

func (overError) Error() string { return "the replication is over" }

var errOver = overError{}
