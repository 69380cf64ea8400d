package program

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// identity performs the calls that tell who a process is, and on what it runs.
func (t *task) identity() verdict {
	k, p, a := t.p.m, t.p, t.args
	of := func(pid uint64) *process {
		if pid == 0 {
			return p
		}
		for _, q := range k.processes {
			if q.pid == int(pid) && q.program == p.program {
				return q
			}
		}
		return nil
	}
	switch t.number {
	case unix.SYS_GETPID:
		if k.open[Identity] {
			return pass
		}
		return t.returns(int64(p.pid))
	case unix.SYS_GETTID:
		if k.open[Identity] {
			return pass
		}
		return t.returns(int64(t.id))
	case unix.SYS_GETPPID:
		if p.parent == nil {
			return t.returns(1)
		}
		return t.returns(int64(p.parent.pid))
	case unix.SYS_SET_TID_ADDRESS:
		t.clear = a[0]
		return t.returns(int64(t.id))
	case unix.SYS_GETPGRP:
		return t.returns(int64(p.group))
	case unix.SYS_GETPGID, unix.SYS_GETSID:
		q := of(a[0])
		switch {
		case q == nil:
			return t.fails(syscall.ESRCH)
		case t.number == unix.SYS_GETSID:
			return t.returns(int64(q.session))
		}
		return t.returns(int64(q.group))
	case unix.SYS_SETPGID:
		q, group := of(a[0]), int(int32(a[1]))
		if group == 0 && q != nil {
			group = q.pid
		}
		switch {
		case group < 0:
			return t.fails(syscall.EINVAL)
		case q == nil || q != p && q.parent != p:
			return t.fails(syscall.ESRCH)
		case q.session == q.pid || q.session != p.session || group != q.pid && !slices.ContainsFunc(k.processes,
			func(o *process) bool { return o.group == group && o.session == q.session }):
			return t.fails(syscall.EPERM)
		}
		q.group = group
		return t.returns(0)
	case unix.SYS_SETSID:
		if p.group == p.pid {
			return t.fails(syscall.EPERM)
		}
		p.group, p.session = p.pid, p.pid
		return t.returns(int64(p.pid))
	case unix.SYS_UNAME:
		const field = 65
		b := make([]byte, 6*field)
		for i, s := range []string{"Linux", k.name, "6.1.0", "#1 SMP", "x86_64", "(none)"} {
			copy(b[i*field:(i+1)*field-1], s)
		}
		return t.returns(t.outcome(t.tracee.write(a[0], b)))
	case unix.SYS_SYSINFO:
		const memory, free = 4 << 30, 2 << 30
		b := make([]byte, 112)
		binary.LittleEndian.PutUint64(b, uint64((uptime+k.now)/time.Second))
		binary.LittleEndian.PutUint64(b[32:], memory)
		binary.LittleEndian.PutUint64(b[40:], free)
		binary.LittleEndian.PutUint16(b[80:], 1)
		binary.LittleEndian.PutUint32(b[104:], 1)
		return t.returns(t.outcome(t.tracee.write(a[0], b)))
	case unix.SYS_SCHED_GETAFFINITY:
		if a[1] < 8 {
			return t.fails(syscall.EINVAL)
		}
		if !t.putWords(a[2], 1) { // one processor
			return t.fails(syscall.EFAULT)
		}
		return t.returns(8)
	case unix.SYS_SCHED_SETAFFINITY, unix.SYS_SETPRIORITY:
		return t.returns(0)
	case unix.SYS_GETPRIORITY:
		return t.returns(20) // nice 0
	case unix.SYS_GETCPU:
		if a[0] != 0 {
			t.putHalf(a[0], 0)
		}
		if a[1] != 0 {
			t.putHalf(a[1], 0)
		}
		return t.returns(0)
	case unix.SYS_GETRANDOM:
		if k.open[Randomness] {
			return pass
		}
		b := make([]byte, min(a[1], 1<<20))
		if !p.loads.over {
			_, _ = p.loads.random.Read(b)
		} else {
			p.program.draw(b)
		}
		if !t.tracee.write(a[0], b) {
			return t.fails(syscall.EFAULT)
		}
		return t.returns(int64(len(b)))
	case unix.SYS_PERSONALITY:
		if uint32(a[0]) == math.MaxUint32 {
			return t.returns(0)
		}
	}
	return k.unsupported(t, "")
}

// limits performs getrlimit(2), setrlimit(2) and prlimit(2), with the usual limits of a Linux process. A program may
// set them, and finds them so; they have no effect.
func (t *task) limits() verdict {
	a := t.args
	at, set, kind := a[1], uint64(0), a[0]
	switch t.number {
	case unix.SYS_SETRLIMIT:
		at, set = 0, a[1]
	case unix.SYS_PRLIMIT64:
		if a[0] != 0 && int(a[0]) != t.p.pid {
			return t.fails(syscall.EPERM)
		}
		at, set, kind = a[3], a[2], a[1]
	}
	const kinds = 16
	if kind >= kinds {
		return t.fails(syscall.EINVAL)
	}
	limit, known := t.p.limited[kind]
	if !known {
		limit = usualLimit(kind)
	}
	if set != 0 {
		soft, ok := t.word(set)
		hard, alsoOK := t.word(set + 8)
		switch {
		case !ok || !alsoOK:
			return t.fails(syscall.EFAULT)
		case soft > hard:
			return t.fails(syscall.EINVAL)
		}
		own := maps.Clone(t.p.limited)
		if own == nil {
			own = make(map[uint64][2]uint64)
		}
		own[kind] = [2]uint64{soft, hard}
		t.p.limited = own
	}
	return t.returns(t.outcome(at == 0 || t.putWords(at, limit[0], limit[1])))
}

// usualLimit returns the soft and the hard limit of a kind.
func usualLimit(kind uint64) [2]uint64 {
	soft, hard := uint64(math.MaxUint64), uint64(math.MaxUint64)
	switch kind {
	case unix.RLIMIT_STACK:
		soft = stackLimit
	case unix.RLIMIT_NOFILE:
		soft, hard = 1024, 1<<20
	case unix.RLIMIT_CORE:
		soft = 0
	case unix.RLIMIT_NPROC:
		soft, hard = 4096, 4096
	case unix.RLIMIT_MEMLOCK:
		soft, hard = 8<<20, 8<<20
	}
	return [2]uint64{soft, hard}
}

// stackLimit is the largest stack of a program, in bytes. The layout of memory depends on it.
const stackLimit = 8 << 20

// processControl is prctl(2).
func (t *task) processControl() verdict {
	switch t.args[0] {
	case unix.PR_SET_NAME, unix.PR_GET_NAME, unix.PR_GET_DUMPABLE, unix.PR_CAPBSET_READ, unix.PR_GET_NO_NEW_PRIVS,
		unix.PR_SET_NO_NEW_PRIVS, unix.PR_SET_VMA, unix.PR_GET_KEEPCAPS, unix.PR_SET_KEEPCAPS, unix.PR_GET_SECUREBITS,
		unix.PR_CAP_AMBIENT, unix.PR_SET_THP_DISABLE, unix.PR_GET_THP_DISABLE:
		return pass
	case unix.PR_SET_PDEATHSIG, unix.PR_SET_DUMPABLE, unix.PR_SET_TIMERSLACK:
		return t.returns(0)
	case unix.PR_SET_CHILD_SUBREAPER:
		t.p.reaper = t.args[1] != 0
		return t.returns(0)
	case unix.PR_GET_TIMERSLACK:
		return t.returns(50000)
	}
	return t.p.m.unsupported(t, describeControl(t.args[0]))
}
