package program

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// options are those of ptrace(2) for every thread.
const options = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACESECCOMP |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK | unix.PTRACE_O_TRACEEXEC

// What clone(2) must ask for to make a thread, and what it may ask for to make a process.
const (
	threadFlags  = unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_THREAD
	processFlags = unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_CHILD_SETTID | unix.CLONE_CHILD_CLEARTID |
		unix.CLONE_PARENT_SETTID | unix.CLONE_SETTLS | 0xff
)

// clone checks a clone(2), fork(2) or vfork(2). The child of a fork becomes a child of the tracer, so
// that its end reaches only the tracer, and the machine decides when the parent learns of it.
func (t *task) clone() verdict {
	flags := t.args[0]
	switch t.number {
	case unix.SYS_FORK:
		flags = uint64(unix.SIGCHLD)
	case unix.SYS_VFORK:
		flags = uint64(unix.SIGCHLD) | unix.CLONE_VFORK | unix.CLONE_VM
	}
	if flags&unix.CLONE_THREAD != 0 {
		if flags&threadFlags != threadFlags {
			return t.p.m.unsupported(t, fmt.Sprintf("a thread with the flags %#x", flags))
		}
		if t.p.living() >= mostThreads {
			return t.fails(syscall.EAGAIN)
		}
		return pass
	}
	if flags&^processFlags != 0 || flags&unix.CLONE_VM != 0 && flags&unix.CLONE_VFORK == 0 {
		return t.p.m.unsupported(t, fmt.Sprintf("a process with the flags %#x", flags))
	}
	if len(t.p.m.processes) >= mostProcesses {
		return t.fails(syscall.EAGAIN)
	}
	t.p.m.burst += costOfProcess
	if t.number != unix.SYS_CLONE {
		t.regs.Orig_rax = unix.SYS_CLONE
		t.regs.Rsi, t.regs.Rdx, t.regs.R10, t.regs.R8 = 0, 0, 0, 0
	}
	t.regs.Rdi = flags | unix.CLONE_PARENT
	t.changed = true
	return pass
}

// mostProcesses bounds the processes of a machine that are alive, and mostThreads the threads of one. To make a process
// takes as long as costOfProcess other system calls.
const (
	mostProcesses = 256
	mostThreads   = 2048
	costOfProcess = 32
)

// forked handles the stop of a thread that has made another, or a process. It reports whether another
// thread is to run.
func (t *task) forked(event int) (leave bool) {
	k := t.p.m
	id, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		panic(lost{err})
	}
	t.fetch()
	flags := t.regs.Rdi
	c := &task{tracee: tracee{tid: int(id)}, id: t.p.program.nextID()}
	c.await() // its first stop
	c.fetch()
	if event == unix.PTRACE_EVENT_CLONE && flags&unix.CLONE_THREAD != 0 {
		c.p = t.p
		t.p.tasks = append(t.p.tasks, c)
	} else {
		k.child(t.p, c)
	}
	// The host's kernel has written its own number of the thread.
	if flags&unix.CLONE_PARENT_SETTID != 0 {
		t.putHalf(t.regs.Rdx, uint32(c.id))
	}
	if flags&unix.CLONE_CHILD_SETTID != 0 {
		c.putHalf(t.regs.R10, uint32(c.id))
	}
	if flags&unix.CLONE_CHILD_CLEARTID != 0 {
		c.clear = t.regs.R10
	}
	c.restore(t.args) // vfork(3) keeps its return address in one
	k.enqueue(c)
	t.after = func() {
		if int64(t.regs.Rax) > 0 {
			t.regs.Rax = uint64(c.id)
		}
		t.restore(t.args)
	}
	if event == unix.PTRACE_EVENT_VFORK {
		c.p.vforks, t.vforked = t, true
		return true
	}
	return false
}

// restore gives a thread the arguments of its system call back, which the machine has changed.
func (t *task) restore(a [6]uint64) {
	r := &t.regs
	r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9 = a[0], a[1], a[2], a[3], a[4], a[5]
	t.changed = true
}

// child makes the first thread of a new process part of the machine.
func (k *kernel) child(parent *process, c *task) {
	p := &process{
		m: k, program: parent.program, pid: c.id, real: c.tid, name: parent.name, parent: parent,
		group: parent.group, session: parent.session, limited: parent.limited, tasks: []*task{c}, files: make(map[int]*file),
		actions: make(map[syscall.Signal]action), counter: parent.counter, loads: parent.loads,
	}
	for signal, a := range parent.actions {
		p.actions[signal] = a
	}
	for fd, f := range parent.files {
		f.references++
		p.files[fd] = f
	}
	c.p = p
	parent.children = append(parent.children, p)
	k.processes = append(k.processes, p)
	k.guard.add(p.real)
}

// executed prepares the image of a process that has just called execve(2).
func (t *task) executed() {
	p := t.p
	if int64(t.regs.Rax) != 0 {
		return
	}
	for _, fd := range sorted(p.files) { // close-on-exec
		if _, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", p.real, fd)); err != nil {
			f := p.files[fd]
			delete(p.files, fd)
			p.m.release(f)
		}
	}
	for signal, a := range p.actions {
		if a.handler > ignored {
			delete(p.actions, signal)
		}
	}
	t.clear = 0
	for _, i := range p.timers {
		p.m.stopInterval(i)
	}
	p.timers = nil
	if link, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", p.real)); err == nil {
		p.name = link
	}
	t.load(false)
	if v := p.vforks; v != nil {
		p.vforks = nil
		p.m.enqueue(v)
	}
}

// loading is what is known of an image.
type loading struct {
	// random serves what the loader and the libc draw before the program does anything of its own: the same
	// bytes in every run, so that all runs can share that part. over reports that it is over.
	random *stream.Stream
	over   bool
}

// load makes a fresh image repeatable: it hides the vDSO, whose clocks are real, chooses the 16 bytes of
// AT_RANDOM, and makes RDTSC and CPUID trap. The first image of a program also gets the filter.
func (t *task) load(first bool) {
	const (
		ignore, random, vdso = 1, 25, 33 // see getauxval(3)
		cpuid                = 0x1012    // ARCH_CPUID_SET
	)
	t.p.loads = loading{random: stream.New(0, "loading", t.p.name)}
	t.fetch()
	sp := t.regs.Rsp
	count, _ := t.word(sp)
	at := sp + 8*(count+2)
	for w, ok := t.word(at); ok && w != 0; w, ok = t.word(at) {
		at += 8
	}
	for at += 8; ; at += 16 {
		key, ok := t.word(at)
		if !ok || key == 0 {
			break
		}
		value, _ := t.word(at + 8)
		switch key {
		case vdso:
			if !t.p.m.open[VDSO] {
				t.putWords(at, ignore)
			}
		case random:
			if !t.p.m.open[AuxiliaryRandom] {
				b := make([]byte, 16)
				_, _ = t.p.loads.random.Read(b)
				t.write(value, b)
			}
		}
	}
	if !t.p.m.open[TimeStamps] {
		if r := t.inject(unix.SYS_PRCTL, unix.PR_SET_TSC, unix.PR_TSC_SIGSEGV); r != 0 {
			panic(lost{fmt.Errorf("prctl(PR_SET_TSC): %w", syscall.Errno(-r))})
		}
	}
	if !t.p.m.open[Identification] {
		t.inject(unix.SYS_ARCH_PRCTL, cpuid, 0) // not every processor can
	}
	if first {
		t.filter(sp)
	}
}

// filter installs the seccomp filter that stops a program at each system call except those of passed.
func (t *task) filter(sp uint64) {
	const load, equal, give = 0x20, 0x15, 0x06
	instructions := []unix.SockFilter{
		{Code: load, K: 4}, // the architecture
		{Code: equal, K: unix.AUDIT_ARCH_X86_64, Jt: 1},
		{Code: give, K: unix.SECCOMP_RET_TRAP}, // a call of 32 bits, whose numbers are others
		{Code: load, K: 0},                     // the number
	}
	for i, number := range passed {
		instructions = append(instructions, unix.SockFilter{Code: equal, K: uint32(number), Jt: uint8(len(passed) - i)})
	}
	instructions = append(instructions, unix.SockFilter{Code: give, K: unix.SECCOMP_RET_TRACE},
		unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ALLOW})
	var b []byte
	for _, i := range instructions {
		b = binary.LittleEndian.AppendUint16(b, i.Code)
		b = append(b, i.Jt, i.Jf)
		b = binary.LittleEndian.AppendUint32(b, i.K)
	}
	at := (sp - 16384) &^ 15
	before := t.read(at-16, len(b)+16)
	t.write(at, b)
	t.putWords(at-16, uint64(len(instructions)), at)
	t.inject(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1)
	if r := t.inject(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, at-16); r != 0 {
		panic(lost{fmt.Errorf("seccomp(2): %w", syscall.Errno(-r))})
	}
	if before == nil {
		before = make([]byte, len(b)+16)
	}
	t.write(at-16, before)
}

// forget takes an ended process off the lists of those that can run.
func (k *kernel) forget(p *process) {
	k.guard.remove(p.real)
	k.processes = slices.DeleteFunc(k.processes, func(o *process) bool { return o == p })
}
