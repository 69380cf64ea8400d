package program

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/dtlssim/dtlssim/sim/stream"
)

// A process is not started by exec(2) but copied, by a fork, from a template: a process with the same image,
// which has stopped before it first did anything that depends on the run. Loading a program takes far
// longer than a fork. There are two kinds of templates. One has stopped where loading ends, and serves
// every run. The other has stopped before it first did anything that others can see. It serves the runs
// that give the program the same random bytes and start it at the same instant, as those of a search do.
//
// What a program sees is the same with every kind.

// image is what execve(2) makes a process of.
type image struct {
	path      string // absolute
	args, env []string
	dir       string
}

// template is a process that stands at the entry of a system call, to be copied.
type template struct {
	key  string
	t    *task
	regs unix.PtraceRegs
	drew int // random bytes that it has drawn
}

// How many templates of each kind, and how many keys, a worker keeps.
const (
	mostLoaded, mostWarm = 24, 12
	mostSeen             = 256
)

// These live as long as the process. Only the thread of the tracer uses them.
var (
	loadedTemplates, warmTemplates []*template
	seenOnce                       []string
	openLaunches                   int // of machines with open hazards
)

// keep adds a template to a list, and ends the oldest if there are too many.
func keep(list *[]*template, most int, m *template) {
	if *list = append(*list, m); len(*list) > most {
		(*list)[0].end()
		*list = (*list)[1:]
	}
}

func find(list []*template, key string) *template {
	for _, m := range list {
		if m.key == key {
			return m
		}
	}
	return nil
}

// end ends a template.
func (m *template) end() {
	_ = unix.Kill(m.t.tid, unix.SIGKILL)
	m.t.p.reap(nil)
}

// key returns what two processes must have in common to be copied from one template.
func (k *kernel) key(p *process, i image) string {
	var b strings.Builder
	parent := 0
	if p.parent != nil {
		parent = p.parent.pid
	}
	fmt.Fprintf(&b, "%q %q %q %q %q %d %d %d %d %d", i.path, i.args, i.env, i.dir, k.name, p.pid, parent, p.group,
		p.session, k.epoch)
	if len(k.open) > 0 { // what it sees differs from run to run
		openLaunches++
		fmt.Fprintf(&b, " %d", openLaunches)
	}
	return b.String()
}

// launch makes an image the only thread of a process.
func (k *kernel) launch(p *process, i image) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			l, ok := failure.(lost)
			if !ok {
				panic(failure)
			}
			err = l.err
		}
	}()
	key := k.key(p, i)
	from := find(loadedTemplates, key)
	if from == nil {
		if from, err = k.newTemplate(key, p, i); err != nil {
			return err
		}
		keep(&loadedTemplates, mostLoaded, from)
	}
	warm := fmt.Sprintf("%s %q %d %d", key, p.program.seed, p.program.drawn, k.now)
	switch other := find(warmTemplates, warm); {
	case other != nil:
		from = other
	case slices.Contains(seenOnce, warm):
		if from, err = k.warm(warm, from, p, i); err != nil {
			return err
		}
		keep(&warmTemplates, mostWarm, from)
	default:
		if seenOnce = append(seenOnce, warm); len(seenOnce) > mostSeen {
			seenOnce = seenOnce[1:]
		}
	}
	from.copyTo(k, p, i.dir)
	p.program.draw(make([]byte, from.drew))
	k.enqueue(p.tasks[0])
	return nil
}

// standIn returns a process that looks like p, on a machine of its own that performs only what halts does not stop.
func (k *kernel) standIn(p *process, now time.Duration, random *stream.Stream, halts func(*task) bool) *process {
	own := &kernel{
		config: k.config, name: k.name, address: k.address, epoch: k.epoch, open: k.open, now: now,
		nextPort: firstPort, halts: halts,
	}
	likeness := &program{m: own, command: p.program.command, random: random}
	c := &process{
		m: own, program: likeness, pid: p.pid, name: p.name, group: p.group, session: p.session,
		files: make(map[int]*file), actions: make(map[syscall.Signal]action),
	}
	for fd := range 3 {
		c.files[fd] = &file{object: &output{program: likeness}, references: 1}
	}
	own.processes = []*process{c}
	return c
}

// newTemplate executes an image up to the end of its loading.
func (k *kernel) newTemplate(key string, p *process, i image) (*template, error) {
	c := k.standIn(p, 0, nil, func(t *task) bool { return t.p.loads.over })
	c.name = i.path
	t := &task{p: c, id: p.pid}
	c.tasks = []*task{t}
	if err := t.spawn(i, k.open[AddressLayout]); err != nil {
		return nil, err
	}
	c.real = t.tid
	return t.become(key)
}

// warm executes a copy of a template up to the first call that others can see.
func (k *kernel) warm(key string, from *template, p *process, i image) (*template, error) {
	c := k.standIn(p, k.now, p.program.random.Clone(), func(t *task) bool { return t.isVisible() })
	from.copyTo(c.m, c, i.dir)
	return c.tasks[0].become(key)
}

// become runs a thread until its machine halts it.
func (t *task) become(key string) (*template, error) {
	own := t.p.m
	own.enqueue(t)
	own.run()
	switch {
	case own.fault != nil:
		return nil, own.fault
	case !own.halted:
		return nil, errors.New("it ended while it was loaded")
	}
	m := &template{key: key, t: t, regs: t.regs, drew: t.p.program.drawn}
	return m, nil
}

// inheritable are the signals that the runtime of Go leaves ignored.
var (
	inheritable = []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU}
	discarded   = make(chan os.Signal, 1)
)

// spawn makes a thread the first one of an image.
func (t *task) spawn(i image, randomLayout bool) error {
	// What this process has inherited from its own parent is not for the program: neither descriptors nor
	// ignored signals, such as nohup(1) leaves. What a process catches, exec resets to the default.
	for _, s := range inheritable {
		if signal.Ignored(s) {
			signal.Notify(discarded, s)
		}
	}
	if err := unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC); err != nil {
		return fmt.Errorf("close_range(2): %w", err)
	}
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(null)
	const noRandomize = 0x0040000 // ADDR_NO_RANDOMIZE
	if !randomLayout {
		if _, _, e := unix.Syscall(unix.SYS_PERSONALITY, noRandomize, 0, 0); e != 0 {
			return fmt.Errorf("personality(2): %w", e)
		}
		defer unix.Syscall(unix.SYS_PERSONALITY, 0, 0, 0)
	}
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &before); err != nil {
		return err
	}
	if before.Cur != stackLimit {
		during := before
		during.Cur = stackLimit
		if err := unix.Setrlimit(unix.RLIMIT_STACK, &during); err != nil {
			return fmt.Errorf("a stack of %d MiB: %w", stackLimit>>20, err)
		}
		defer func() { _ = unix.Setrlimit(unix.RLIMIT_STACK, &before) }()
	}
	t.tid, err = syscall.ForkExec(i.path, i.args, &syscall.ProcAttr{
		Dir: i.dir, Env: i.env, Files: []uintptr{uintptr(null), uintptr(null), uintptr(null)},
		Sys: &syscall.SysProcAttr{Ptrace: true, Pdeathsig: unix.SIGKILL, Setsid: true},
	})
	if err != nil {
		return err
	}
	if status := t.await(); !status.Stopped() || status.StopSignal() != unix.SIGTRAP {
		return fmt.Errorf("it did not stop after exec: status %#x", uint32(status))
	}
	if err := unix.PtraceSetOptions(t.tid, options); err != nil {
		return err
	}
	t.load(true)
	return nil
}

// rearm makes a thread perform the call of the template again, from its first instruction.
func (m *template) rearm(t *task) {
	t.regs = m.regs
	t.regs.Rax, t.regs.Rip, t.regs.Orig_rax = m.regs.Orig_rax, m.regs.Rip-2, noCall
	t.store()
}

// copyTo makes a copy of a template the only thread of a process.
func (m *template) copyTo(k *kernel, p *process, dir string) {
	t := m.t
	t.regs = m.regs
	r := &t.regs
	r.Orig_rax, r.Rdi = unix.SYS_CLONE, unix.CLONE_PARENT|uint64(unix.SIGCHLD)
	r.Rsi, r.Rdx, r.R10, r.R8 = 0, 0, 0, 0
	t.changed = true
	t.resume(unix.PTRACE_CONT, 0)
	if status := t.await(); !status.Stopped() || event(status) != unix.PTRACE_EVENT_FORK {
		panic(lost{fmt.Errorf("status %#x of a template", uint32(status))})
	}
	id, err := unix.PtraceGetEventMsg(t.tid)
	if err != nil {
		panic(lost{err})
	}
	t.resume(unix.PTRACE_SYSCALL, 0)
	t.await()
	m.rearm(t)
	t.resume(unix.PTRACE_CONT, 0)
	if status := t.await(); !status.Stopped() || event(status) != unix.PTRACE_EVENT_SECCOMP {
		panic(lost{fmt.Errorf("status %#x of a template", uint32(status))})
	}
	c := &task{tracee: tracee{tid: int(id)}, p: p, id: p.pid, clear: t.clear}
	c.await() // its first stop
	c.enterDirectory(dir)
	c.reopen()
	m.rearm(c)
	from := t.p
	p.real, p.name, p.counter, p.reads, p.loads = c.tid, from.name, from.counter, from.reads, from.loads
	p.loads.random = from.loads.random.Clone()
	for signal, a := range from.actions {
		p.actions[signal] = a
	}
	p.tasks = []*task{c}
	k.guard.add(p.real)
}

// enterDirectory makes a directory the working directory of a process: that of a template may have been
// removed since.
func (t *task) enterDirectory(dir string) {
	if r := t.injectPath(unix.SYS_CHDIR, dir); r != 0 {
		panic(lost{fmt.Errorf("the directory %s: %w", dir, syscall.Errno(-r))})
	}
}

// loads reports whether the call at whose entry a thread stands still belongs to the loading of its image: it
// depends neither on the run nor on anything that the program is given.
func (t *task) loads() bool {
	a := t.args
	std := t.p.files[int(int32(a[0]))]
	switch t.number {
	case unix.SYS_READ, unix.SYS_READV, unix.SYS_PREAD64, unix.SYS_LSEEK, unix.SYS_CLOSE:
		return std == nil
	case unix.SYS_FSTAT, unix.SYS_NEWFSTATAT, unix.SYS_STATX, unix.SYS_GETRLIMIT, unix.SYS_PRLIMIT64, unix.SYS_PRCTL,
		unix.SYS_SET_TID_ADDRESS, unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETCPU, unix.SYS_RSEQ, unix.SYS_RT_SIGACTION,
		unix.SYS_UNAME, unix.SYS_CLOCK_GETRES:
		return true
	case unix.SYS_FCNTL:
		return std == nil && a[1] != unix.F_DUPFD || a[1] == unix.F_GETFD || a[1] == unix.F_GETFL
	case unix.SYS_IOCTL:
		return true
	case unix.SYS_FUTEX:
		return int(a[1])&futexCommand == futexWake
	case unix.SYS_GETRANDOM: // the libc draws a few bytes for its own tables
		const few = 8
		return a[1] <= few && a[2]&unix.GRND_NONBLOCK != 0
	case unix.SYS_OPEN, unix.SYS_OPENAT:
		return t.opensSystemFile()
	}
	return false
}

// opensSystemFile reports whether a thread opens a file for reading that is not in the directory of the program.
func (t *task) opensSystemFile() bool {
	directory, at, flags := unix.AT_FDCWD, t.args[0], t.args[1]
	if t.number == unix.SYS_OPENAT {
		directory, at, flags = int(int32(t.args[0])), t.args[1], t.args[2]
	}
	path := t.hostPath(directory, t.text(at))
	const writes = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC
	own := t.p.program.command.Dir
	return flags&writes == 0 && path != own && !strings.HasPrefix(path, own+"/") && !strings.HasPrefix(path, "/dev/") &&
		!strings.HasPrefix(path, "/proc/")
}

// isVisible reports whether others could see the call at whose entry a thread stands, or the call makes something that
// a copy would not share.
func (t *task) isVisible() bool {
	if t.loads() {
		return false
	}
	switch t.number {
	case unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY, unix.SYS_TIME, unix.SYS_TIMES, unix.SYS_GETRUSAGE:
		return t.p.reads >= patientReads
	case unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETPPID, unix.SYS_GETPGRP, unix.SYS_GETPRIORITY, unix.SYS_SYSINFO,
		unix.SYS_GETRANDOM:
		return false
	}
	return true
}
