package program

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// action is what a process does on a signal, see sigaction(2).
type action struct{ handler, flags uint64 }

// The handlers that are none, and flags.
const (
	standard = 0
	ignored  = 1

	restarts      = 0x10000000 // SA_RESTART
	leavesNothing = 2          // SA_NOCLDWAIT

	lastSignal = 64
)

// sentSignal is a signal on its way.
type sentSignal struct {
	number syscall.Signal
	code   int32  // si_code
	from   int    // process ID of the sender; of SIGCHLD, the child
	status int    // of SIGCHLD: as wait(2) reports it
	value  uint64 // of sigqueue(3) and timers
	thread int    // ID of the thread that it is sent to; 0: the process

	timer   *interval // that sends it; nil: none
	overrun int       // ends of the timer while it was on its way
}

// info returns the siginfo_t of a signal.
func (s sentSignal) info() []byte {
	b := make([]byte, 128)
	le := binary.LittleEndian
	le.PutUint32(b, uint32(s.number))
	le.PutUint32(b[8:], uint32(s.code))
	le.PutUint32(b[16:], uint32(s.from))
	switch {
	case s.number == syscall.SIGCHLD && s.code > 0:
		value := s.status >> 8
		if s.status&127 != 0 {
			value = s.status & 127
		}
		le.PutUint32(b[24:], uint32(value))
	default:
		if s.timer != nil {
			le.PutUint32(b[20:], uint32(s.overrun))
		}
		le.PutUint64(b[24:], s.value)
	}
	return b
}

// ignoredByDefault reports whether the default action of a signal is nothing.
func ignoredByDefault(s syscall.Signal) bool {
	return s == syscall.SIGCHLD || s == syscall.SIGURG || s == syscall.SIGWINCH || s == syscall.SIGCONT
}

func bit(s syscall.Signal) uint64 { return 1 << (s - 1) }

// blocks returns the signals that a thread blocks, with what the call that it waits in adds.
func (t *task) blocks() uint64 {
	const getMask = 0x420a // PTRACE_GETSIGMASK
	if w := t.wait; w != nil && w.mask != 0 {
		mask, _ := t.word(w.mask)
		return mask
	}
	var mask uint64
	_ = ptrace(getMask, t.tid, 8, uintptr(unsafe.Pointer(&mask)))
	return mask
}

// pending returns the signals that wait for a thread, or its process.
func (t *task) pending() (set uint64) {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", t.p.real, t.tid))
	for line := range strings.Lines(string(status)) {
		if name, value, ok := strings.Cut(line, ":"); ok && (name == "SigPnd" || name == "ShdPnd") {
			n, _ := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			set |= n
		}
	}
	return set
}

// send sends a signal to a process, or to one thread of it.
func (k *kernel) send(p *process, to *task, s sentSignal) {
	if p.dead {
		return
	}
	switch s.number {
	case syscall.SIGKILL:
		k.kill(p)
		return
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		k.unsupported(p.someTask(), "stopping a process by "+s.number.String())
		return
	}
	candidates := p.tasks
	if to != nil {
		candidates, s.thread = []*task{to}, to.id
	}
	for _, t := range candidates { // sigtimedwait(2)
		if w := t.wait; !t.dead && w != nil && !w.waking && t.awaits&bit(s.number) != 0 {
			t.got = s
			w.waking = true
			k.disarm(w.deadline)
			k.enqueue(t)
			return
		}
	}
	a := p.actions[s.number]
	drop := a.handler == ignored || a.handler == standard && ignoredByDefault(s.number)
	for _, t := range candidates {
		if t.dead || t.blocks()&bit(s.number) != 0 {
			continue
		}
		if !drop {
			p.sent = append(p.sent, s)
			_ = unix.Tgkill(p.real, t.tid, s.number)
			k.interrupt(t, a)
		}
		return
	}
	// All block it: it waits until one does not.
	p.sent = append(p.sent, s)
	if to != nil {
		_ = unix.Tgkill(p.real, to.tid, s.number)
	} else {
		_ = unix.Kill(p.real, s.number)
	}
}

// interrupt ends the system call that a thread waits in.
func (k *kernel) interrupt(t *task, a action) {
	w := t.wait
	if w == nil || w.waking {
		return
	}
	w.waking = true
	k.disarm(w.deadline)
	w.ready, w.timedOut, t.awaits = nil, false, 0
	if w.interrupted != nil {
		w.interrupted()
	}
	switch again := w.restart && a.flags&restarts != 0; {
	case w.suspend || w.steadfast:
	case w.mask != 0: // sigsuspend(2) delivers under that mask, and restores the present one
		w.suspend, t.borrowed = true, true
		t.regs.Orig_rax, t.regs.Rdi, t.regs.Rsi = unix.SYS_RT_SIGSUSPEND, w.mask, 8
	default:
		w.finish = func(bool) int64 {
			if w.partly != nil && *w.partly > 0 {
				return int64(*w.partly)
			}
			if again {
				t.regs.Rip -= 2 // the instruction syscall
				return int64(t.number)
			}
			return -int64(syscall.EINTR)
		}
	}
	k.enqueue(t)
}

// delivers takes a signal off the list of those on their way.
func (p *process) delivers(i int) sentSignal {
	s := p.sent[i]
	p.sent = append(p.sent[:i:i], p.sent[i+1:]...)
	if s.timer != nil {
		s.timer.overrun = s.overrun
	}
	return s
}

// arrives handles the stop of a thread that is about to receive a signal: it learns who sent it.
func (t *task) arrives(signal syscall.Signal) {
	const setInfo = 0x4203 // PTRACE_SETSIGINFO
	if t.borrowed {
		t.borrowed = false
		t.fetch()
		t.regs.Rdi, t.regs.Rsi = t.args[0], t.args[1]
		t.changed = true
	}
	p := t.p
	for i, s := range p.sent {
		if s.number == signal && (s.thread == 0 || s.thread == t.id) {
			b := p.delivers(i).info()
			_ = ptrace(setInfo, t.tid, 0, uintptr(unsafe.Pointer(&b[0])))
			return
		}
	}
	switch signal {
	case syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGSYS:
	default:
		p.m.fail(fmt.Errorf("%s got %v from outside of the simulation", p.program.name(), signal))
	}
}

// isTrapped reports whether the filter of a program has sent the SIGSYS that a thread is about to receive.
func (t *task) isTrapped() bool {
	const getInfo, fromFilter = 0x4202, 1 // PTRACE_GETSIGINFO, SYS_SECCOMP
	b := make([]byte, 128)
	err := ptrace(getInfo, t.tid, 0, uintptr(unsafe.Pointer(&b[0])))
	return err == nil && binary.LittleEndian.Uint32(b[8:]) == fromFilter
}

// signals performs the system calls about signals.
func (t *task) signals() verdict {
	k, p, a := t.p.m, t.p, t.args
	switch t.number {
	case unix.SYS_RT_SIGACTION:
		if signal := syscall.Signal(a[0]); a[1] != 0 && signal >= 1 && signal <= lastSignal {
			handler, ok := t.word(a[1])
			flags, _ := t.word(a[1] + 8)
			if ok {
				p.actions[signal] = action{handler, flags}
			}
		}
		return pass
	case unix.SYS_KILL:
		if a[1] > lastSignal {
			return t.fails(syscall.EINVAL)
		}
		return t.kill(int(int32(a[0])), sentSignal{number: syscall.Signal(a[1]), from: p.pid})
	case unix.SYS_TKILL, unix.SYS_TGKILL:
		const byTgkill = -6 // SI_TKILL
		id, number := a[0], a[1]
		if t.number == unix.SYS_TGKILL {
			id, number = a[1], a[2]
		}
		if number > lastSignal {
			return t.fails(syscall.EINVAL)
		}
		for _, q := range k.processes {
			for _, o := range q.tasks {
				if q.program != p.program || o.id != int(id) || o.dead || t.number == unix.SYS_TGKILL && q.pid != int(a[0]) {
					continue
				}
				if number != 0 {
					k.send(q, o, sentSignal{number: syscall.Signal(number), code: byTgkill, from: p.pid})
				}
				return t.done(0)
			}
		}
		return t.fails(syscall.ESRCH)
	case unix.SYS_RT_SIGQUEUEINFO:
		const queued = -1 // SI_QUEUE
		if a[1] > lastSignal {
			return t.fails(syscall.EINVAL)
		}
		value, _ := t.word(a[2] + 24)
		return t.kill(int(int32(a[0])), sentSignal{number: syscall.Signal(a[1]), code: queued, from: p.pid, value: value})
	case unix.SYS_PAUSE, unix.SYS_RT_SIGSUSPEND:
		w := &waiter{suspend: true}
		if t.number == unix.SYS_RT_SIGSUSPEND {
			w.mask = a[0]
		}
		return t.suspend(w)
	case unix.SYS_RT_SIGTIMEDWAIT:
		return t.awaitSignal()
	}
	return k.unsupported(t, "")
}

// done ends a system call, unless it has ended its own process.
func (t *task) done(v int64) verdict {
	if t.dead {
		return over
	}
	return t.returns(v)
}

// kill is kill(2).
func (t *task) kill(to int, s sentSignal) verdict {
	k, found := t.p.m, false
	for _, q := range append([]*process(nil), k.processes...) {
		if q.program != t.p.program || to > 0 && q.pid != to || to == 0 && q.group != t.p.group ||
			to < -1 && q.group != -to ||
			to == -1 && (q == t.p || q.pid == 1) {
			continue
		}
		found = true
		if s.number != 0 {
			k.send(q, nil, s)
		}
	}
	for _, c := range t.p.children {
		found = found || c.pid == to // a zombie
	}
	if !found {
		return t.fails(syscall.ESRCH)
	}
	return t.done(0)
}

// suspend makes a thread wait for a signal, in a call that the host's kernel ends.
func (t *task) suspend(w *waiter) verdict {
	t.wait = w
	if t.pending()&^t.blocks() != 0 {
		t.wait = nil
		return pass
	}
	t.p.reads = 0
	return blocked
}

// awaitSignal is sigtimedwait(2).
func (t *task) awaitSignal() verdict {
	info := t.args[1]
	set, ok := t.word(t.args[0])
	if !ok {
		return t.fails(syscall.EFAULT)
	}
	report := func(s sentSignal) int64 {
		if info != 0 && !t.write(info, s.info()) {
			return -int64(syscall.EFAULT)
		}
		return int64(s.number)
	}
	if t.pending()&set != 0 { // the host's kernel knows which is first
		t.after = func() {
			for i, s := range t.p.sent {
				if int64(s.number) == int64(t.regs.Rax) {
					report(t.p.delivers(i))
					return
				}
			}
		}
		return watched
	}
	d := time.Duration(-1)
	if t.args[2] != 0 {
		var e syscall.Errno
		if d, e = t.timespec(t.args[2]); e != 0 {
			return t.fails(e)
		}
		if d == 0 {
			return t.asks(-int64(syscall.EAGAIN))
		}
	}
	t.awaits = set
	return t.block(d, nil, func(timedOut bool) int64 {
		t.awaits = 0
		if timedOut {
			return -int64(syscall.EAGAIN)
		}
		return report(t.got)
	})
}
