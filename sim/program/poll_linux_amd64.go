package program

import (
	"encoding/binary"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// sizeOfMask is the size of a signal mask, which calls get to know.
const sizeOfMask = 8

// pollCall performs poll(2) and ppoll(2).
func (t *task) pollCall() verdict {
	a := t.args
	d, left, mask := time.Duration(-1), uint64(0), uint64(0)
	if t.number == unix.SYS_PPOLL {
		left, mask = a[2], a[3]
		if left != 0 {
			var e syscall.Errno
			if d, e = t.timespec(left); e != 0 {
				return t.fails(e)
			}
		}
		if mask != 0 && a[4] != sizeOfMask {
			return t.fails(syscall.EINVAL)
		}
	} else if ms := int32(a[2]); ms >= 0 {
		d = time.Duration(ms) * time.Millisecond
	}
	at, n := a[0], int(a[1])
	if n < 0 || n > 1<<20 {
		return t.fails(syscall.EINVAL)
	}
	b := t.tracee.read(at, n*8)
	if len(b) != n*8 {
		return t.fails(syscall.EFAULT)
	}
	open := make(map[int]bool) // files of the host itself: they do not change while it waits
	scan := func() (count int64) {
		for i := range n {
			fd := int(int32(binary.LittleEndian.Uint32(b[i*8:])))
			asked := uint32(binary.LittleEndian.Uint16(b[i*8+4:]))
			var found uint32
			if fd >= 0 {
				if f := t.p.files[fd]; f != nil {
					found = f.poll() & (asked | unix.POLLERR | unix.POLLHUP)
				} else {
					is, known := open[fd]
					if !known {
						is = t.isOpen(fd)
						open[fd] = is
					}
					if found = asked & (mayRead | mayWrite); !is {
						found = unix.POLLNVAL
					}
				}
			}
			binary.LittleEndian.PutUint16(b[i*8+6:], uint16(found))
			if found != 0 {
				count++
			}
		}
		return count
	}
	return t.multiplex(d, mask, scan, func() int64 {
		count := scan()
		if !t.tracee.write(at, b) {
			return -int64(syscall.EFAULT)
		}
		return count
	}, func(rest time.Duration) {
		if left != 0 {
			t.putWords(left, uint64(rest/time.Second), uint64(rest%time.Second))
		}
	})
}

// multiplex waits, for d if d is not negative, until scan counts something. finish reports it. leave gets
// the time that is left, which Linux writes back even if a signal ends the wait.
func (t *task) multiplex(
	d time.Duration, mask uint64, scan, finish func() int64, leave func(rest time.Duration),
) verdict {
	k := t.p.m
	end := k.now + d
	over := func() {
		if d >= 0 {
			leave(max(0, end-k.now))
		}
	}
	if scan() > 0 || d == 0 {
		v := finish()
		over()
		if v == 0 {
			return t.asks(v)
		}
		return t.returns(v)
	}
	if mask != 0 {
		signals, ok := t.word(mask)
		if !ok {
			return t.fails(syscall.EFAULT)
		}
		if t.pending()&^signals != 0 { // one is waiting: sigsuspend(2) delivers it
			t.regs.Orig_rax, t.regs.Rdi, t.regs.Rsi = unix.SYS_RT_SIGSUSPEND, mask, 8
			t.borrowed, t.changed = true, true
			return pass
		}
	}
	v := t.block(d, func() bool { return scan() > 0 }, func(bool) int64 {
		v := finish()
		over()
		return v
	})
	t.wait.mask, t.wait.interrupted = mask, over
	return v
}

// selectCall performs select(2) and pselect(2).
func (t *task) selectCall() verdict {
	a := t.args
	n, timeout := int(int32(a[0])), a[4]
	if n < 0 {
		return t.fails(syscall.EINVAL)
	}
	d, mask := time.Duration(-1), uint64(0)
	if timeout != 0 {
		var e syscall.Errno
		if t.number == unix.SYS_SELECT {
			d, e = t.duration(timeout, time.Microsecond, false)
		} else {
			d, e = t.timespec(timeout)
		}
		if e != 0 {
			return t.fails(e)
		}
	}
	if t.number == unix.SYS_PSELECT6 && a[5] != 0 {
		mask, _ = t.word(a[5])
	}
	sets := [3]uint64{a[1], a[2], a[3]}
	wants := [3]uint32{
		mayRead | unix.POLLHUP | unix.POLLERR, mayWrite | unix.POLLERR, unix.POLLPRI,
	}
	bytes := (n + 63) / 64 * 8
	var in, out [3][]byte
	for i, at := range sets {
		if at == 0 {
			continue
		}
		if in[i] = t.tracee.read(at, bytes); len(in[i]) != bytes {
			return t.fails(syscall.EFAULT)
		}
		out[i] = make([]byte, bytes)
		for fd := range n {
			if in[i][fd/8]>>(fd%8)&1 == 1 && t.p.files[fd] == nil && !t.isOpen(fd) {
				return t.fails(syscall.EBADF)
			}
		}
	}
	scan := func() (count int64) {
		for i := range in {
			clear(out[i])
			for fd := range n {
				if in[i] == nil || in[i][fd/8]>>(fd%8)&1 == 0 {
					continue
				}
				state := uint32(mayRead | mayWrite)
				if f := t.p.files[fd]; f != nil {
					state = f.poll()
				}
				if state&wants[i] != 0 {
					out[i][fd/8] |= 1 << (fd % 8)
					count++
				}
			}
		}
		return count
	}
	return t.multiplex(d, mask, scan, func() int64 {
		count := scan()
		for i, at := range sets {
			if at != 0 && !t.tracee.write(at, out[i]) {
				return -int64(syscall.EFAULT)
			}
		}
		return count
	}, func(rest time.Duration) {
		unit := time.Nanosecond
		if t.number == unix.SYS_SELECT {
			unit = time.Microsecond
		}
		t.putWords(timeout, uint64(rest/time.Second), uint64(rest%time.Second/unit))
	})
}
