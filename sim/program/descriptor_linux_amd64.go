package program

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// isOpen reports whether a descriptor of the real process is open.
func (t *task) isOpen(fd int) bool {
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", t.p.real, fd))
	return err == nil
}

// notOpen returns the error of a call on a descriptor that is no emulated file: EBADF, or otherwise.
func (t *task) notOpen(fd uint64, otherwise syscall.Errno) syscall.Errno {
	if t.isOpen(int(int32(fd))) {
		return otherwise
	}
	return syscall.EBADF
}

// fileCall performs read(2), write(2) and their kin.
func (t *task) fileCall() verdict {
	a := t.args
	f := t.p.files[int(int32(a[0]))]
	if f == nil {
		return pass
	}
	var list []buffer
	switch t.number {
	case unix.SYS_READ, unix.SYS_WRITE:
		list = []buffer{{a[1], a[2]}}
	default:
		var e syscall.Errno
		if list, e = t.buffers(a[1], a[2]); e != 0 {
			return t.fails(e)
		}
		if size(list) == 0 {
			return t.returns(0)
		}
	}
	if t.number == unix.SYS_READ || t.number == unix.SYS_READV {
		if f.access == unix.O_WRONLY {
			return t.fails(syscall.EBADF)
		}
		if _, ok := f.object.(*socket); ok && size(list) == 0 {
			return t.returns(0)
		}
		return f.read(t, f, list)
	}
	if f.access == unix.O_RDONLY {
		return t.fails(syscall.EBADF)
	}
	b, ok := t.gather(list)
	if !ok {
		return t.fails(syscall.EFAULT)
	}
	return f.write(t, f, b)
}

// positioned performs the calls that need a file with positions, which no emulated file has.
func (t *task) positioned() verdict {
	if t.p.files[int(int32(t.args[0]))] == nil {
		return pass
	}
	switch t.number {
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE:
		return t.fails(syscall.EINVAL)
	}
	return t.fails(syscall.ESPIPE)
}

// moved performs the calls that move data between descriptors within the kernel.
func (t *task) moved() verdict {
	fds := []uint64{t.args[0], t.args[1]}
	if t.number == unix.SYS_SPLICE || t.number == unix.SYS_COPY_FILE_RANGE {
		fds[1] = t.args[2]
	}
	for _, fd := range fds {
		if t.p.files[int(int32(fd))] != nil {
			if t.number == unix.SYS_SENDFILE || t.number == unix.SYS_COPY_FILE_RANGE || t.number == unix.SYS_SPLICE {
				return t.fails(syscall.EINVAL) // programs then read and write
			}
			return t.p.m.unsupported(t, "")
		}
	}
	return pass
}

// closeCall is close(2).
func (t *task) closeCall() verdict {
	fd := int(int32(t.args[0]))
	if f := t.p.files[fd]; f != nil {
		delete(t.p.files, fd)
		t.p.m.release(f)
	}
	return pass
}

// closeRange is close_range(2).
func (t *task) closeRange() verdict {
	const closeOnExec = 4
	if t.args[2]&closeOnExec != 0 {
		return pass
	}
	for _, fd := range sorted(t.p.files) {
		if uint64(fd) >= t.args[0] && uint64(fd) <= t.args[1]&math.MaxUint32 {
			f := t.p.files[fd]
			delete(t.p.files, fd)
			t.p.m.release(f)
		}
	}
	return pass
}

// duplicate is dup(2), dup2(2) and dup3(2).
func (t *task) duplicate() verdict {
	from, to := int(int32(t.args[0])), -1
	if t.number != unix.SYS_DUP {
		to = int(int32(t.args[1]))
	}
	f := t.p.files[from]
	if f == nil && (to < 0 || t.p.files[to] == nil) {
		return pass
	}
	if from == to {
		return pass
	}
	t.after = func() {
		fd := int(int64(t.regs.Rax))
		if fd < 0 {
			return
		}
		old := t.p.files[fd]
		delete(t.p.files, fd)
		if f != nil {
			f.references++
			t.p.files[fd] = f
		}
		if old != nil {
			t.p.m.release(old)
		}
	}
	return watched
}

// control is fcntl(2).
func (t *task) control() verdict {
	f := t.p.files[int(int32(t.args[0]))]
	if f == nil {
		return pass
	}
	switch t.args[1] {
	case unix.F_DUPFD, unix.F_DUPFD_CLOEXEC:
		t.after = func() {
			if fd := int64(t.regs.Rax); fd >= 0 {
				f.references++
				t.p.files[int(fd)] = f
			}
		}
		return watched
	case unix.F_GETFD, unix.F_SETFD:
		return pass // of the placeholder
	case unix.F_GETFL:
		v := int64(f.access)
		if f.nonblocking {
			v |= unix.O_NONBLOCK
		}
		return t.returns(v)
	case unix.F_SETFL:
		f.nonblocking = t.args[2]&unix.O_NONBLOCK != 0
		return t.returns(0)
	case unix.F_GETPIPE_SZ, unix.F_SETPIPE_SZ:
		e, ok := f.object.(*pipeEnd)
		switch {
		case !ok:
			return t.fails(syscall.EBADF)
		case t.args[1] == unix.F_SETPIPE_SZ:
			return t.returns(e.resize(int(int32(t.args[2]))))
		}
		return t.returns(int64(e.capacity))
	}
	return t.fails(syscall.EINVAL)
}

// deviceControl is ioctl(2).
func (t *task) deviceControl() verdict {
	f := t.p.files[int(int32(t.args[0]))]
	if f == nil {
		return pass
	}
	const (
		blocking, available     = 0x5421, 0x541b // FIONBIO, FIONREAD
		closeOnExec, keepOnExec = 0x5451, 0x5450 // FIOCLEX, FIONCLEX
	)
	switch t.args[1] {
	case blocking:
		v, ok := t.half(t.args[2])
		if !ok {
			return t.fails(syscall.EFAULT)
		}
		f.nonblocking = v != 0
		return t.returns(0)
	case available:
		n := 0
		switch o := f.object.(type) {
		case *socket:
			if len(o.queue) > 0 {
				n = len(o.queue[0].payload)
			}
		case *pipeEnd:
			n = len(o.b)
		default:
			return t.fails(syscall.ENOTTY)
		}
		return t.returns(t.outcome(t.putHalf(t.args[2], uint32(n))))
	case closeOnExec, keepOnExec:
		return pass
	}
	const interfaces = 0x8900
	if t.args[1]&0xff00 == interfaces {
		return t.p.m.unsupported(t, fmt.Sprintf("a question about interfaces (ioctl %#x)", t.args[1]))
	}
	return t.fails(syscall.ENOTTY)
}

// status is fstat(2), and the forms of newfstatat(2) and statx(2) that ask for a descriptor.
func (t *task) status() verdict {
	a := t.args
	at := a[1]
	switch t.number {
	case unix.SYS_NEWFSTATAT, unix.SYS_STATX:
		flags := a[3]
		if t.number == unix.SYS_STATX {
			flags = a[2]
		}
		if flags&unix.AT_EMPTY_PATH == 0 && t.text(a[1]) != "" || t.text(a[1]) != "" {
			return pass
		}
		if at = a[2]; t.number == unix.SYS_STATX {
			at = a[4]
		}
	}
	f := t.p.files[int(int32(a[0]))]
	if f == nil {
		return pass
	}
	const block = 4096
	le := binary.LittleEndian
	b := make([]byte, 144)
	if t.number == unix.SYS_STATX {
		b = make([]byte, 256)
		le.PutUint32(b, unix.STATX_BASIC_STATS)
		le.PutUint32(b[4:], block)
		le.PutUint32(b[16:], 1)
		le.PutUint16(b[28:], uint16(f.mode()))
	} else {
		le.PutUint64(b[16:], 1)
		le.PutUint32(b[24:], f.mode())
		le.PutUint64(b[56:], block)
	}
	return t.returns(t.outcome(t.tracee.write(at, b)))
}

// pipeCall is pipe(2) and pipe2(2).
func (t *task) pipeCall() verdict {
	flags := uint64(0)
	if t.number == unix.SYS_PIPE2 {
		flags = t.args[1]
	}
	if flags&^(unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_DIRECT) != 0 {
		return t.fails(syscall.EINVAL)
	}
	at := t.args[0]
	p := newPipe()
	for _, f := range p.ends {
		f.nonblocking = flags&unix.O_NONBLOCK != 0
	}
	return t.reserveAll(flags&unix.O_CLOEXEC != 0, func(fds []int) int64 {
		return t.outcome(t.putHalf(at, uint32(fds[0])) && t.putHalf(at+4, uint32(fds[1])))
	}, p.ends[0], p.ends[1])
}

// eventCall is eventfd(2).
func (t *task) eventCall() verdict {
	flags := uint64(0)
	if t.number == unix.SYS_EVENTFD2 {
		flags = t.args[1]
	}
	if flags&^(unix.EFD_NONBLOCK|unix.EFD_CLOEXEC|unix.EFD_SEMAPHORE) != 0 {
		return t.fails(syscall.EINVAL)
	}
	c := &counter{value: t.args[0] & math.MaxUint32, semaphore: flags&unix.EFD_SEMAPHORE != 0}
	c.f = &file{object: c, nonblocking: flags&unix.EFD_NONBLOCK != 0, access: unix.O_RDWR}
	return t.reserve(c.f, flags&unix.EFD_CLOEXEC != 0)
}
