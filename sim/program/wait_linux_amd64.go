package program

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// childEnded tells a parent that its child has ended.
func (k *kernel) childEnded(p *process) {
	if a := p.parent.actions[syscall.SIGCHLD]; a.handler == ignored || a.flags&leavesNothing != 0 {
		p.parent.children = slices.DeleteFunc(p.parent.children, func(c *process) bool { return c == p })
	}
	k.send(p.parent, nil, sentSignal{number: syscall.SIGCHLD, code: childCode(p.status), from: p.pid, status: p.status})
}

// childCode is the si_code of SIGCHLD, see sigaction(2).
func childCode(status int) int32 {
	const exited, killed = 1, 2
	if status&127 != 0 {
		return killed
	}
	return exited
}

// waitFor is wait4(2) and waitid(2): which selects children; 0 as flags of what is reported.
func (t *task) waitFor(which func(*process) bool, flags int, report func(*process) int64) verdict {
	p := t.p
	find := func() (ended *process, any bool) {
		for _, c := range p.children {
			if !which(c) {
				continue
			}
			any = true
			if c.dead {
				return c, true
			}
		}
		return nil, any
	}
	take := func(bool) int64 {
		c, any := find()
		switch {
		case c != nil:
			if flags&unix.WNOWAIT == 0 {
				p.children = slices.DeleteFunc(p.children, func(o *process) bool { return o == c })
			}
			return report(c)
		case !any:
			return -int64(syscall.ECHILD)
		}
		return 0
	}
	if c, any := find(); c != nil || !any {
		return t.returns(take(false))
	}
	if flags&unix.WNOHANG != 0 {
		return t.asks(report(nil))
	}
	v := t.block(-1, func() bool { c, any := find(); return c != nil || !any }, take)
	t.wait.restart = true
	return v
}

// wait4 is wait4(2).
func (t *task) wait4() verdict {
	wanted, status, flags, usage := int(int32(t.args[0])), t.args[1], int(t.args[2]), t.args[3]
	const known = unix.WNOHANG | unix.WUNTRACED | unix.WCONTINUED | unix.WNOTHREAD | unix.WCLONE | unix.WALL
	if uint32(flags)&^known != 0 {
		return t.fails(syscall.EINVAL)
	}
	which := func(c *process) bool {
		switch {
		case wanted > 0:
			return c.pid == wanted
		case wanted == 0:
			return c.group == t.p.group
		case wanted < -1:
			return c.group == -wanted
		}
		return true
	}
	return t.waitFor(which, flags, func(c *process) int64 {
		if c == nil {
			return 0
		}
		if status != 0 && !t.putHalf(status, uint32(c.status)) {
			return -int64(syscall.EFAULT)
		}
		if usage != 0 {
			t.write(usage, make([]byte, 144))
		}
		return int64(c.pid)
	})
}

// waitid is waitid(2).
func (t *task) waitid() verdict {
	const all, one, group = 0, 1, 2
	kind, wanted, info, flags := t.args[0], int(int32(t.args[1])), t.args[2], int(t.args[3])
	if kind > group {
		return t.p.m.unsupported(t, "waitid with a file descriptor of a process")
	}
	if flags&unix.WEXITED == 0 {
		return t.fails(syscall.EINVAL)
	}
	which := func(c *process) bool {
		return kind == all || kind == one && c.pid == wanted || kind == group && c.group == wanted
	}
	return t.waitFor(which, flags, func(c *process) int64 {
		b := make([]byte, 128)
		if c != nil {
			s := sentSignal{number: syscall.SIGCHLD, code: childCode(c.status), from: c.pid, status: c.status}
			b = s.info()
		}
		if info != 0 && !t.write(info, b) {
			return -int64(syscall.EFAULT)
		}
		return 0
	})
}
