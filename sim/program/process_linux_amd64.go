package program

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a process of a machine.
type process struct {
	m       *kernel
	program *program // that it belongs to
	pid     int      // as programs see it
	real    int      // as the host's kernel knows it
	name    string   // of its executable

	parent   *process // nil: the machine has started it, or its parent has ended
	reaper   bool     // it becomes the parent of orphans among its descendants
	children []*process
	group    int // process group
	session  int

	tasks []*task
	files map[int]*file

	limited map[uint64][2]uint64 // the limits that it or its ancestors have set; never changed in place

	actions  map[syscall.Signal]action // what was set with sigaction(2)
	sent     []sentSignal              // signals on their way to it
	interval *interval                 // ITIMER_REAL
	timers   []*interval               // of timer_create; nil: deleted
	counter  uint64                    // of the processor's time stamps
	reads    int                       // of the clock, since it last waited

	loads loading // how its image was loaded

	dead   bool
	status int   // of wait(2), once it is dead
	vforks *task // of the parent, which waits until this process has called exec(2)
}

// task is a thread of a process.
type task struct {
	tracee
	p       *process
	id      int // thread ID as programs see it
	number  uint64
	args    [6]uint64
	signal  unix.Signal    // to deliver when it goes on
	wait    *waiter        // nil: it can run
	again   func() verdict // what to do at the entry of the call that it has just repeated; nil: as usual
	after   func()         // at the end of the system call that the host's kernel performs
	clear   uint64         // address to clear at its end; 0: none
	futex   futexWaiter
	queued  bool
	dead    bool
	vforked bool // it waits for the child of a vfork(2)

	awaits   uint64     // the signals that sigtimedwait(2) waits for
	got      sentSignal // the one that it got
	borrowed bool       // its arguments are those of a sigsuspend(2) that delivers a signal

	// entered reports that it stands at the entry of a system call. Otherwise a fork or a signal
	// has stopped it.
	entered bool
}

// waiter is a system call that waits.
type waiter struct {
	ready    func() bool
	finish   func(timedOut bool) int64 // returns the result of the call
	deadline *alarm
	waking   bool
	timedOut bool

	// restart reports that the call begins anew after a signal handler with SA_RESTART.
	restart bool

	// mask is the address of the signal mask for the duration of the call; 0: none. suspend
	// reports that the call is itself sigsuspend(2) or pause(2), which the host's kernel ends.
	mask    uint64
	suspend bool

	partly *int // what a write has written so far: its result if a signal ends it; nil, or 0: nothing

	steadfast bool // a signal ends the wait, but does not change the result

	interrupted func() // what a signal that ends it leaves to do; nil: nothing
}

// verdict is what becomes of a system call.
type verdict int

const (
	pass    verdict = iota // the host's kernel performs it
	result                 // it is over; Rax is its result
	watched                // the host's kernel performs it, then task.after looks at the result
	blocked                // it waits
	yielded                // it is over, and other threads run first
	over                   // the thread has ended, or goes on by itself
)

// returns ends a system call with a result.
func (t *task) returns(v int64) verdict {
	t.regs.Rax = uint64(v)
	return result
}

// fails ends a system call with an error.
func (t *task) fails(e syscall.Errno) verdict { return t.returns(-int64(e)) }

// block makes a system call wait until ready, or for d if d is not negative. finish returns its
// result.
func (t *task) block(d time.Duration, ready func() bool, finish func(timedOut bool) int64) verdict {
	return t.blockAs(alarmDeadline, d, ready, finish)
}

func (t *task) blockAs(kind alarmKind, d time.Duration, ready func() bool, finish func(bool) int64) verdict {
	w := &waiter{ready: ready, finish: finish}
	t.wait = w
	t.p.reads = 0
	if d >= 0 {
		w.deadline = t.p.m.arm(kind, t.p.program, d, func() {
			if t.wait == w && !w.waking {
				w.timedOut, w.waking = true, true
				t.p.m.enqueue(t)
			}
		})
	}
	return blocked
}

// enqueue lets a thread run at the current instant.
func (k *kernel) enqueue(t *task) {
	if !t.queued && !t.dead {
		t.queued = true
		k.runnable = append(k.runnable, t)
	}
}

// wakes looks for waiting threads whose condition has become true, in a fixed order. After an
// arrival, they run once the processing time is over.
func (k *kernel) wakes(arrival bool) {
	for _, p := range k.processes {
		for _, t := range p.tasks {
			w := t.wait
			if w == nil || w.waking || w.ready == nil || !w.ready() {
				continue
			}
			w.waking = true
			if w.deadline != nil {
				k.disarm(w.deadline)
			}
			if arrival && k.config.Processing != nil {
				k.process(t)
			} else {
				k.enqueue(t)
			}
		}
	}
}

// process lets a thread run once the processing time is over.
func (k *kernel) process(t *task) {
	w := t.wait
	k.armDrawn(t.p.program, func() {
		if t.wait == w {
			k.enqueue(t)
		}
	})
}

// run runs threads, one after another, until all of them wait.
func (k *kernel) run() {
	for len(k.runnable) > 0 && k.fault == nil {
		t := k.runnable[0]
		k.runnable = k.runnable[1:]
		t.queued = false
		if t.dead {
			continue
		}
		k.runTask(t)
		k.wakes(false)
	}
}

// runTask runs a thread until it waits, yields or ends.
func (k *kernel) runTask(t *task) {
	defer func() {
		if failure := recover(); failure != nil {
			l, ok := failure.(lost)
			if !ok {
				panic(failure)
			}
			k.fail(fmt.Errorf("%s was ended from outside: %v", t.p.program.name(), l.err))
		}
	}()
	if w := t.wait; w != nil {
		if !w.timedOut && w.ready != nil && !w.ready() { // another thread was first
			w.waking = false
			return
		}
		t.wait = nil
		if w.suspend {
			t.entered, t.changed = false, true // the host's kernel performs it
		} else {
			t.regs.Rax = uint64(w.finish(w.timedOut))
			if t.wait != nil || t.dead {
				return
			}
			t.skip()
		}
	}
	request := unix.PTRACE_CONT
	if t.vforked {
		t.vforked, request = false, unix.PTRACE_SYSCALL
	}
	for k.fault == nil {
		signal := t.signal
		t.signal = 0
		t.resume(request, signal)
		if t.p.endsBy(syscall.Signal(signal)) {
			k.exit(t.p, int(signal), nil)
			return
		}
		status := t.await()
		request = unix.PTRACE_CONT
		if !status.Stopped() {
			k.ended(t, status)
			return
		}
		if t.stopped(status, &request) {
			return
		}
	}
}

// endsBy reports whether a signal ends a process when it is delivered. Its threads are then collected in
// whatever order they end: the first one's end is reported only after the others'.
func (p *process) endsBy(s syscall.Signal) bool {
	return s != 0 && p.actions[s].handler == standard && !ignoredByDefault(s)
}

// skip makes the host's kernel skip the system call, and return Rax.
func (t *task) skip() { t.regs.Orig_rax, t.changed, t.entered = noCall, true, false }

// stopped handles a stop of a thread. It reports whether another thread is to run.
func (t *task) stopped(status unix.WaitStatus, request *int) (leave bool) {
	k := t.p.m
	signal := status.StopSignal()
	switch e := event(status); {
	case e == unix.PTRACE_EVENT_SECCOMP:
		t.fetch()
		t.number, t.entered = t.regs.Orig_rax, true
		r := &t.regs
		t.args = [6]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9}
		k.calls++
		if !k.counts(t) {
			return true
		}
		switch t.call() {
		case result:
			t.skip()
		case watched:
			*request = unix.PTRACE_SYSCALL
		case blocked, over:
			return true
		case yielded:
			t.regs.Rax = 0
			t.skip()
			k.enqueue(t)
			return true
		default:
			t.entered = false
		}
		if t.dead {
			return true
		}
	case e == unix.PTRACE_EVENT_CLONE || e == unix.PTRACE_EVENT_FORK || e == unix.PTRACE_EVENT_VFORK:
		*request = unix.PTRACE_SYSCALL
		return t.forked(e)
	case e == unix.PTRACE_EVENT_EXEC:
		*request = unix.PTRACE_SYSCALL
		t.after = t.executed
	case e != 0:
	case signal == unix.SIGTRAP|0x80: // the end of a system call
		t.fetch()
		t.entered = false
		if f := t.after; f != nil {
			t.after = nil
			f()
		}
	case signal == unix.SIGSEGV && t.timeStamp():
	case signal == unix.SIGSEGV && t.identify():
	case signal == unix.SIGSYS && t.isTrapped():
		k.unsupported(t, "a system call of 32 bits")
	case signal == unix.SIGSTOP || signal == unix.SIGTSTP || signal == unix.SIGTTIN || signal == unix.SIGTTOU:
		k.unsupported(t, fmt.Sprintf("stopping a process by %v", signal))
	default:
		t.signal = signal
		t.arrives(syscall.Signal(signal))
	}
	return false
}

// mostCallsAtOnce bounds the system calls of a machine at one instant of virtual time. What makes more goes on
// for ever.
const mostCallsAtOnce = 1 << 17

// counts counts a system call, and reports whether the machine may go on.
func (k *kernel) counts(t *task) bool {
	if k.burstAt != k.now {
		k.burstAt, k.burst = k.now, 0
	}
	if k.burst++; k.burst > mostCallsAtOnce {
		k.fail(fmt.Errorf("%s (%s) makes system calls without end and never waits; the last one of %d: %s",
			t.p.program.name(), t.p.name, k.burst, callName(t.number)))
	}
	return k.burst <= mostCallsAtOnce
}
