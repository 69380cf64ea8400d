package program

import (
	"encoding/binary"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// epoll is an epoll file. As in Linux, it keeps a list of what became ready, in that order.
type epoll struct {
	f     *file
	items []*interest
	ready []*interest
}

// interest is a descriptor that an epoll file watches.
type interest struct {
	of     *epoll
	fd     int
	f      *file
	events uint32
	data   uint64
	listed bool // in epoll.ready
}

func (e *epoll) mode() uint32 { return 0o600 }

func (e *epoll) read(t *task, _ *file, _ []buffer) verdict { return t.fails(syscall.EINVAL) }
func (e *epoll) write(t *task, _ *file, _ []byte) verdict  { return t.fails(syscall.EINVAL) }

func (e *epoll) close() {
	for len(e.items) > 0 {
		e.items[0].leave()
	}
}

func (e *epoll) poll() uint32 {
	for _, i := range e.ready {
		if i.state() != 0 {
			return mayRead
		}
	}
	return 0
}

// state returns the events that are wanted and there.
func (i *interest) state() uint32 {
	return i.f.poll() & i.events & 0xffff
}

// watches reports whether an epoll file watches another, be it through others.
func (e *epoll) watches(other *epoll) bool {
	for _, i := range e.items {
		if inner, ok := i.f.object.(*epoll); ok && (inner == other || inner.watches(other)) {
			return true
		}
	}
	return false
}

// notice puts it on the list of what became ready.
func (i *interest) notice() {
	if !i.listed && i.state() != 0 {
		i.listed = true
		i.of.ready = append(i.of.ready, i)
		i.of.f.changed()
	}
}

// drop forgets an interest whose file is closed.
func (i *interest) drop() {
	i.of.items = without(i.of.items, i)
	i.of.ready = without(i.of.ready, i)
}

func (i *interest) leave() {
	i.f.watchers = without(i.f.watchers, i)
	i.drop()
}

func without(list []*interest, i *interest) []*interest {
	kept := make([]*interest, 0, len(list))
	for _, o := range list {
		if o != i {
			kept = append(kept, o)
		}
	}
	return kept
}

// epollCall performs the calls about an epoll file.
func (t *task) epollCall() verdict {
	a := t.args
	switch t.number {
	case unix.SYS_EPOLL_CREATE, unix.SYS_EPOLL_CREATE1:
		if t.number == unix.SYS_EPOLL_CREATE && int32(a[0]) <= 0 ||
			t.number == unix.SYS_EPOLL_CREATE1 && a[0]&^unix.EPOLL_CLOEXEC != 0 {
			return t.fails(syscall.EINVAL)
		}
		e := &epoll{}
		e.f = &file{object: e, access: unix.O_RDWR}
		return t.reserve(e.f, t.number == unix.SYS_EPOLL_CREATE1 && a[0]&unix.EPOLL_CLOEXEC != 0)
	}
	f := t.p.files[int(int32(a[0]))]
	if f == nil {
		return t.fails(t.notOpen(a[0], syscall.EINVAL))
	}
	e, ok := f.object.(*epoll)
	if !ok {
		return t.fails(syscall.EINVAL)
	}
	if t.number == unix.SYS_EPOLL_CTL {
		return e.control(t)
	}
	d, mask := time.Duration(-1), uint64(0)
	switch t.number {
	case unix.SYS_EPOLL_PWAIT2:
		if a[3] != 0 {
			var problem syscall.Errno
			if d, problem = t.timespec(a[3]); problem != 0 {
				return t.fails(problem)
			}
		}
		mask = a[4]
	default:
		if ms := int32(a[3]); ms >= 0 {
			d = time.Duration(ms) * time.Millisecond
		}
		if t.number == unix.SYS_EPOLL_PWAIT {
			mask = a[4]
		}
	}
	at, most := a[1], int(int32(a[2]))
	if most <= 0 {
		return t.fails(syscall.EINVAL)
	}
	scan := func() int64 {
		for _, i := range e.ready {
			if i.state() != 0 {
				return 1
			}
		}
		return 0
	}
	return t.multiplex(d, mask, scan, func() int64 {
		b, count := e.collect(most)
		if !t.tracee.write(at, b) {
			return -int64(syscall.EFAULT)
		}
		return count
	}, func(time.Duration) {})
}

// collect takes what is ready off the list, at most so many, and returns it in the form of epoll_wait(2).
func (e *epoll) collect(most int) (b []byte, count int64) {
	list := e.ready
	e.ready = nil
	for n, i := range list {
		if count == int64(most) {
			e.ready = append(append([]*interest(nil), list[n:]...), e.ready...)
			break
		}
		i.listed = false
		state := i.state()
		if state == 0 {
			continue
		}
		b = binary.LittleEndian.AppendUint32(b, state)
		b = binary.LittleEndian.AppendUint64(b, i.data)
		count++
		switch {
		case i.events&unix.EPOLLONESHOT != 0:
			i.events &= unix.EPOLLONESHOT | unix.EPOLLET
		case i.events&unix.EPOLLET == 0:
			i.listed = true
			e.ready = append(e.ready, i)
		}
	}
	return b, count
}

// control is epoll_ctl(2).
func (e *epoll) control(t *task) verdict {
	operation, fd, at := t.args[1], int(int32(t.args[2])), t.args[3]
	f := t.p.files[fd]
	if f == nil {
		return t.fails(t.notOpen(t.args[2], syscall.EPERM)) // like a regular file
	}
	if f.object == object(e) {
		return t.fails(syscall.EINVAL)
	}
	var found *interest
	for _, i := range e.items {
		if i.fd == fd && i.f == f {
			found = i
		}
	}
	var events uint32
	var data uint64
	if operation != unix.EPOLL_CTL_DEL {
		var ok, alsoOK bool
		events, ok = t.half(at)
		data, alsoOK = t.word(at + 4)
		if !ok || !alsoOK {
			return t.fails(syscall.EFAULT)
		}
	}
	switch operation {
	case unix.EPOLL_CTL_ADD:
		if found != nil {
			return t.fails(syscall.EEXIST)
		}
		if inner, ok := f.object.(*epoll); ok && inner.watches(e) {
			return t.fails(syscall.ELOOP)
		}
		found = &interest{of: e, fd: fd, f: f}
		e.items = append(e.items, found)
		f.watchers = append(f.watchers, found)
	case unix.EPOLL_CTL_MOD, unix.EPOLL_CTL_DEL:
		if found == nil {
			return t.fails(syscall.ENOENT)
		}
		if operation == unix.EPOLL_CTL_DEL {
			found.leave()
			return t.returns(0)
		}
	default:
		return t.fails(syscall.EINVAL)
	}
	found.events, found.data = events|unix.POLLERR|unix.POLLHUP, data
	found.notice()
	return t.returns(0)
}
