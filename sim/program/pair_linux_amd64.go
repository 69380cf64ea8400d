package program

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// pairEnd is one end of a stream of socketpair(2): a pipe in each direction.
type pairEnd struct {
	in, out             *pipe
	other               *pairEnd
	f                   *file
	readShut, writeShut bool
}

// newPair is socketpair(2). Runtimes make such pairs to wake themselves up.
func (t *task) newPair() verdict {
	const kindMask = 0xf
	family, kind, flags, at := t.args[0], t.args[1]&kindMask, t.args[1]&^kindMask, t.args[3]
	switch {
	case family == unix.AF_INET || family == unix.AF_INET6:
		return t.fails(syscall.EOPNOTSUPP)
	case family != unix.AF_UNIX:
		return t.fails(syscall.EAFNOSUPPORT)
	case kind != unix.SOCK_STREAM:
		return t.p.m.unsupported(t, "a socket pair that is not a stream")
	}
	there, back := newPipe(), newPipe()
	a, b := &pairEnd{in: back, out: there}, &pairEnd{in: there, out: back}
	a.other, b.other = b, a
	for _, e := range []*pairEnd{a, b} {
		e.in.capacity = receiveLimit / pageSize * pageSize
		e.f = &file{object: e, nonblocking: flags&unix.SOCK_NONBLOCK != 0, access: unix.O_RDWR}
	}
	return t.reserveAll(flags&unix.SOCK_CLOEXEC != 0, func(fds []int) int64 {
		return t.outcome(t.putHalf(at, uint32(fds[0])) && t.putHalf(at+4, uint32(fds[1])))
	}, a.f, b.f)
}

func (e *pairEnd) mode() uint32 { return unix.S_IFSOCK | 0o777 }

func (e *pairEnd) gone() bool { return e.other == nil }

// ended reports whether nothing more can arrive.
func (e *pairEnd) ended() bool { return e.readShut || e.gone() || e.other.writeShut }

// closed reports whether nothing more can be sent.
func (e *pairEnd) closed() bool { return e.writeShut || e.gone() || e.other.readShut }

func (e *pairEnd) poll() (mask uint32) {
	if !e.out.full() {
		mask |= mayWrite
	}
	if len(e.in.b) > 0 || e.ended() {
		mask |= mayRead
	}
	if e.ended() {
		mask |= unix.POLLRDHUP
		if e.closed() {
			mask |= unix.POLLHUP
		}
	}
	return mask
}

func (e *pairEnd) changed() {
	e.f.changed()
	if !e.gone() {
		e.other.f.changed()
	}
}

func (e *pairEnd) read(t *task, f *file, to []buffer) verdict { return e.receive(t, f, to, 0) }

func (e *pairEnd) receive(t *task, f *file, to []buffer, flags int) verdict {
	take := func(bool) int64 {
		n := t.fill(to, e.in.b)
		if n > 0 && flags&unix.MSG_PEEK == 0 {
			e.in.take(int(n))
			e.changed()
		}
		return n
	}
	switch ready := func() bool { return len(e.in.b) > 0 || e.ended() }; {
	case size(to) == 0:
		return t.returns(0)
	case !ready() && flags&unix.MSG_DONTWAIT != 0:
		return t.asks(-int64(syscall.EAGAIN))
	default:
		return t.waitOrFail(f, ready, take)
	}
}

func (e *pairEnd) write(t *task, f *file, b []byte) verdict { return e.send(t, f, b, 0) }

func (e *pairEnd) send(t *task, f *file, b []byte, flags int) verdict {
	written := 0
	var attempt func(bool) int64
	attempt = func(bool) int64 {
		if e.closed() {
			if written > 0 {
				return int64(written)
			}
			if flags&unix.MSG_NOSIGNAL == 0 {
				t.p.m.send(t.p, t, sentSignal{number: syscall.SIGPIPE, from: t.p.pid})
			}
			return -int64(syscall.EPIPE)
		}
		if n := e.out.put(b[written:], true); n > 0 {
			written += n
			e.changed()
		}
		switch {
		case written == len(b):
		case !f.nonblocking && flags&unix.MSG_DONTWAIT == 0:
			t.block(-1, func() bool { return e.closed() || !e.out.full() }, attempt)
			t.wait.restart, t.wait.partly = true, &written
		case written == 0:
			return -int64(syscall.EAGAIN)
		}
		return int64(written)
	}
	return t.doneOrWaits(attempt(false))
}

func (e *pairEnd) close() {
	if o := e.other; o != nil {
		o.other, e.other = nil, nil
		o.f.changed()
	}
}

// call performs a call on a socket.
func (e *pairEnd) call(t *task, f *file) verdict {
	a := t.args
	switch t.number {
	case unix.SYS_SENDTO:
		if a[4] != 0 {
			return t.fails(syscall.EISCONN)
		}
		b := t.tracee.read(a[1], int(min(a[2], mostAtOnce)))
		if uint64(len(b)) != a[2] {
			return t.fails(syscall.EFAULT)
		}
		return e.send(t, f, b, int(a[3]))
	case unix.SYS_RECVFROM:
		if a[5] != 0 {
			t.putHalf(a[5], 0)
		}
		return e.receive(t, f, []buffer{{a[1], a[2]}}, int(a[3]))
	case unix.SYS_SHUTDOWN:
		if a[1] > unix.SHUT_RDWR {
			return t.fails(syscall.EINVAL)
		}
		e.readShut = e.readShut || a[1] != unix.SHUT_WR
		e.writeShut = e.writeShut || a[1] != unix.SHUT_RD
		e.changed()
		return t.returns(0)
	case unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4:
		return t.fails(syscall.EINVAL)
	case unix.SYS_CONNECT:
		return t.fails(syscall.EISCONN)
	}
	return t.p.m.unsupported(t, callName(t.number)+" of a socket pair")
}
