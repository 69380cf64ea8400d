package program

import (
	"golang.org/x/sys/unix"
)

// ended handles the end of a thread that the host's kernel has reported.
func (k *kernel) ended(t *task, status unix.WaitStatus) {
	if status.Signaled() || t == t.p.tasks[0] {
		k.exit(t.p, waitStatus(status), t)
		return
	}
	t.leaves()
	if t.p.living() == 0 {
		k.exit(t.p, waitStatus(status), t)
	}
}

// waitStatus returns a status as wait(2) reports it, without a core dump.
func waitStatus(s unix.WaitStatus) int {
	if s.Signaled() {
		return int(s.Signal())
	}
	return s.ExitStatus() << 8
}

// leaves makes a thread dead, and wakes who waits for that.
func (t *task) leaves() {
	t.dead = true
	t.wait = nil
	t.p.m.forgetFutex(t)
	if t.clear != 0 && t.p.living() > 0 {
		t.p.someTask().putHalf(t.clear, 0)
		t.p.m.wakeFutex(t.p, t.clear, 1, ^uint32(0))
	}
}

func (p *process) living() (n int) {
	for _, t := range p.tasks {
		if !t.dead {
			n++
		}
	}
	return n
}

func (p *process) someTask() *task {
	for _, t := range p.tasks {
		if !t.dead {
			return t
		}
	}
	return p.tasks[0]
}

// leave ends a thread that calls exit(2).
func (t *task) leave() verdict {
	k, p := t.p.m, t.p
	t.resume(unix.PTRACE_CONT, 0)
	if p.living() == 1 {
		k.ended(t, t.awaitEnd())
		return over
	}
	if t != p.tasks[0] { // the first one stays a zombie until the process ends
		t.awaitEnd()
	}
	t.leaves()
	return over
}

func (t *task) awaitEnd() unix.WaitStatus {
	for {
		if status := t.await(); !status.Stopped() {
			return status
		}
		t.resume(unix.PTRACE_CONT, 0)
	}
}

// leaveAll ends the process of a thread that calls exit_group(2).
func (t *task) leaveAll() verdict {
	t.resume(unix.PTRACE_CONT, 0)
	t.p.m.exit(t.p, int(t.args[0]&255)<<8, nil)
	return over
}

// exit collects all threads of a process that has ended, except one that is collected already, and
// does what the end of a process entails.
func (k *kernel) exit(p *process, status int, collected *task) {
	p.reap(collected)
	for _, t := range p.tasks {
		t.dead, t.wait = true, nil
		k.forgetFutex(t)
	}
	p.dead, p.status = true, status
	for _, fd := range sorted(p.files) {
		f := p.files[fd]
		delete(p.files, fd)
		k.release(f)
	}
	for _, i := range append(p.timers, p.interval) {
		k.stopInterval(i)
	}
	if t := p.vforks; t != nil {
		p.vforks = nil
		k.enqueue(t)
	}
	k.orphan(p)
	k.forget(p)
	if p.parent != nil {
		k.childEnded(p)
	}
	if p == p.program.first {
		k.programEnded(p.program, status)
	}
}

// orphan gives the children of a process that ends to the nearest reaper above it.
func (k *kernel) orphan(p *process) {
	above := p.parent
	for above != nil && !above.reaper {
		above = above.parent
	}
	for _, c := range p.children {
		if c.parent = above; above == nil {
			continue
		}
		above.children = append(above.children, c)
		if c.dead {
			k.childEnded(c)
		}
	}
	p.children = nil
}

// reap collects the threads of an ending process in whatever order they end: the end of one may
// wait until another is collected.
func (p *process) reap(collected *task) {
	left := make(map[*task]bool)
	for _, t := range p.tasks {
		if (!t.dead || t == p.tasks[0]) && t != collected {
			left[t] = true
		}
	}
	for len(left) > 0 {
		for _, t := range p.tasks {
			if !left[t] {
				continue
			}
			options := unix.WALL
			if len(left) > 1 {
				options |= unix.WNOHANG
			}
			var status unix.WaitStatus
			switch id, err := unix.Wait4(t.tid, &status, options, nil); {
			case id == t.tid && !status.Stopped() || err == unix.ECHILD:
				delete(left, t)
			case id == t.tid:
				_ = ptrace(unix.PTRACE_CONT, t.tid, 0, 0)
			}
		}
	}
}

// kill ends a process at once.
func (k *kernel) kill(p *process) {
	_ = unix.Kill(p.real, unix.SIGKILL)
	k.exit(p, int(unix.SIGKILL), nil)
}
