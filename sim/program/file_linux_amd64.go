package program

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// What poll(2) and epoll(7) report; their bits are the same.
const (
	mayRead  = unix.POLLIN | 0x40   // POLLRDNORM
	mayWrite = unix.POLLOUT | 0x100 // POLLWRNORM
)

// file is an open file that the machine emulates: what several descriptors may refer to. A placeholder
// in the real process holds the number of each descriptor, so that the lowest free one is exact.
type file struct {
	object
	references  int // descriptors that refer to it
	nonblocking bool
	access      int         // unix.O_RDONLY, O_WRONLY or O_RDWR
	watchers    []*interest // of epoll(7)
}

// object is what a file is.
type object interface {
	poll() uint32

	// read and write perform the calls on a file for a thread. Buffers are in its memory.
	read(t *task, f *file, to []buffer) verdict
	write(t *task, f *file, b []byte) verdict

	// close is called when no descriptor refers to the file any longer.
	close()

	mode() uint32 // of stat(2)
}

// buffer is a piece of a thread's memory.
type buffer struct{ at, length uint64 }

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// changed tells those who watch a file that something happened to it.
func (f *file) changed() {
	for _, i := range f.watchers {
		i.notice()
	}
}

// release drops a descriptor's reference to a file.
func (k *kernel) release(f *file) {
	if f.references--; f.references > 0 {
		return
	}
	f.object.close()
	for _, i := range f.watchers {
		i.drop()
	}
	f.watchers = nil
}

// reserve makes the real process open a placeholder, whose number becomes the descriptor of f.
func (t *task) reserve(f *file, closeOnExec bool) verdict { return t.reserveAll(closeOnExec, nil, f) }

// reserveAll is reserve for one file after another. done, if not nil, gets the descriptors and returns the
// result of the call.
func (t *task) reserveAll(closeOnExec bool, done func(fds []int) int64, files ...*file) verdict {
	arguments, number := t.args, t.number
	var fds []int
	var next func()
	prepare := func() {
		t.regs.Orig_rax, t.regs.Rdi, t.regs.Rsi = unix.SYS_EVENTFD2, 0, 0
		if closeOnExec {
			t.regs.Rsi = unix.EFD_CLOEXEC
		}
		t.changed = true
	}
	next = func() {
		fd := int64(t.regs.Rax)
		t.regs.Rdi, t.regs.Rsi = arguments[0], arguments[1]
		t.changed = true
		if fd < 0 {
			for _, fd := range fds {
				f := t.p.files[fd]
				delete(t.p.files, fd)
				t.p.m.release(f)
			}
			return
		}
		f := files[len(fds)]
		f.references++
		t.p.files[int(fd)] = f
		if fds = append(fds, int(fd)); len(fds) == len(files) {
			if done != nil {
				t.regs.Rax = uint64(done(fds))
			}
			return
		}
		// The same instruction again, for the next placeholder.
		t.regs.Rip -= 2
		t.regs.Rax = number
		t.again = func() verdict {
			prepare()
			t.after = next
			return watched
		}
	}
	prepare()
	t.after = next
	return watched
}

// buffers returns the buffers of an array of iovec.
func (t *task) buffers(at, n uint64) ([]buffer, syscall.Errno) {
	if n > mostBuffers {
		return nil, syscall.EINVAL
	}
	b := t.read(at, int(n)*16)
	if len(b) != int(n)*16 {
		return nil, syscall.EFAULT
	}
	var list []buffer
	for ; len(b) > 0; b = b[16:] {
		list = append(list, buffer{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])})
	}
	return list, 0
}

// mostBuffers is UIO_MAXIOV.
const mostBuffers = 1024

// gather returns what is in the buffers.
func (t *task) gather(list []buffer) ([]byte, bool) {
	var all []byte
	for _, x := range list {
		if x.length > mostAtOnce {
			return nil, false
		}
		b := t.read(x.at, int(x.length))
		if len(b) != int(x.length) {
			return nil, false
		}
		all = append(all, b...)
	}
	return all, true
}

// mostAtOnce bounds what one call writes, in bytes.
const mostAtOnce = 64 << 20

// scatter writes to the buffers, as far as they go, and returns how much; -1 if there is no memory there.
func (t *task) scatter(list []buffer, b []byte) (n int64) {
	for _, x := range list {
		part := b[:min(x.length, uint64(len(b)))]
		if !t.tracee.write(x.at, part) {
			return -1
		}
		n += int64(len(part))
		b = b[len(part):]
	}
	return n
}

func size(list []buffer) (n uint64) {
	for _, x := range list {
		n += x.length
	}
	return n
}

// fill ends a read with what is in b.
func (t *task) fill(list []buffer, b []byte) int64 {
	if n := t.scatter(list, b); n >= 0 {
		return n
	}
	return -int64(syscall.EFAULT)
}

// waitOrFail makes a call wait, or fail with EAGAIN on a file that does not block.
func (t *task) waitOrFail(f *file, ready func() bool, finish func(bool) int64) verdict {
	if ready() {
		return t.done(finish(false))
	}
	if f.nonblocking {
		return t.asks(-int64(syscall.EAGAIN))
	}
	v := t.block(-1, ready, finish)
	t.wait.restart = true
	return v
}

// doneOrWaits ends a write with what has been written, unless the thread waits to write more.
func (t *task) doneOrWaits(n int64) verdict {
	switch {
	case t.wait != nil:
		return blocked
	case n == -int64(syscall.EAGAIN):
		return t.asks(n)
	}
	return t.done(n)
}
