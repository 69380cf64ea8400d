package program

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"syscall"
	"time"

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

// ---- pipes ----

// pipe is a pipe, see pipe(7). As in Linux, what it holds takes pages: a write begins a new one unless its last part
// fits into the last one.
type pipe struct {
	b                []byte
	pages            []page // what b takes; see account
	capacity         int
	readers, writers int
	ends             [2]*file
}

const (
	pipeCapacity     = 65536
	mostPipeCapacity = 1 << 20 // fs.pipe-max-size
	pageSize         = 4096
)

// page is a page of a pipe: where its bytes begin, and how many there are.
type page struct{ offset, length int }

func newPipe() *pipe {
	p := &pipe{capacity: pipeCapacity, readers: 1, writers: 1}
	p.ends = [2]*file{
		{object: &pipeEnd{pipe: p}, access: unix.O_RDONLY},
		{object: &pipeEnd{pipe: p, writes: true}, access: unix.O_WRONLY},
	}
	return p
}

// account gives pages to what the machine has put into a pipe.
func (p *pipe) account() {
	n := len(p.b)
	for _, x := range p.pages {
		n -= x.length
	}
	for ; n > 0; n -= pageSize {
		p.pages = append(p.pages, page{0, min(n, pageSize)})
	}
}

// full reports whether no page is free.
func (p *pipe) full() bool {
	p.account()
	return len(p.pages) >= p.capacity/pageSize
}

// put puts as much into a pipe as there is room for, and returns how much. join lets the last part fill the last page.
func (p *pipe) put(b []byte, join bool) (n int) {
	full := p.full()
	if last := len(p.pages) - 1; join && last >= 0 {
		x := &p.pages[last]
		if part := len(b) % pageSize; x.offset+x.length+part <= pageSize {
			x.length += part
			n = part
		}
	}
	for ; n < len(b) && !full; full = len(p.pages) >= p.capacity/pageSize {
		x := page{0, min(len(b)-n, pageSize)}
		p.pages = append(p.pages, x)
		n += x.length
	}
	p.b = append(p.b, b[:n]...)
	return n
}

// take takes bytes out of a pipe.
func (p *pipe) take(n int) {
	p.account()
	p.b = p.b[n:]
	for n > 0 {
		x := &p.pages[0]
		part := min(n, x.length)
		x.offset, x.length, n = x.offset+part, x.length-part, n-part
		if x.length == 0 {
			p.pages = p.pages[1:]
		}
	}
}

// resize is F_SETPIPE_SZ of fcntl(2).
func (p *pipe) resize(n int) int64 {
	capacity := pageSize
	for capacity < n {
		capacity *= 2
	}
	p.account()
	switch {
	case capacity > mostPipeCapacity:
		return -int64(syscall.EPERM)
	case len(p.pages) > capacity/pageSize:
		return -int64(syscall.EBUSY)
	}
	p.capacity = capacity
	p.changed()
	return int64(capacity)
}

func (p *pipe) changed() {
	for _, f := range p.ends {
		f.changed()
	}
}

// pipeEnd is one end of a pipe.
type pipeEnd struct {
	*pipe
	writes bool
}

func (e *pipeEnd) mode() uint32 { return unix.S_IFIFO | 0o600 }

func (e *pipeEnd) poll() (mask uint32) {
	switch {
	case e.writes:
		if !e.full() {
			mask = mayWrite
		}
		if e.readers == 0 {
			mask |= unix.POLLERR
		}
	default:
		if len(e.b) > 0 {
			mask = mayRead
		}
		if e.writers == 0 {
			mask |= unix.POLLHUP
		}
	}
	return mask
}

func (e *pipeEnd) read(t *task, f *file, to []buffer) verdict {
	if e.writes {
		return t.fails(syscall.EBADF)
	}
	if size(to) == 0 {
		return t.returns(0)
	}
	return t.waitOrFail(f, func() bool { return len(e.b) > 0 || e.writers == 0 }, func(bool) int64 {
		n := t.fill(to, e.b)
		if n > 0 {
			e.take(int(n))
			e.changed()
		}
		return n
	})
}

func (e *pipeEnd) write(t *task, f *file, b []byte) verdict {
	if !e.writes {
		return t.fails(syscall.EBADF)
	}
	if len(b) == 0 {
		return t.returns(0)
	}
	written := 0
	room := func() bool { return e.readers == 0 || !e.full() }
	var attempt func(bool) int64
	attempt = func(bool) int64 {
		if e.readers == 0 {
			t.p.m.send(t.p, t, sentSignal{number: syscall.SIGPIPE, from: t.p.pid})
			if written > 0 {
				return int64(written)
			}
			return -int64(syscall.EPIPE)
		}
		if n := e.put(b[written:], written == 0); n > 0 {
			written += n
			e.changed()
		}
		switch {
		case written == len(b):
		case !f.nonblocking:
			t.block(-1, room, attempt)
			t.wait.restart, t.wait.partly = true, &written
		case written == 0:
			return -int64(syscall.EAGAIN)
		}
		return int64(written)
	}
	return t.doneOrWaits(attempt(false))
}

func (e *pipeEnd) close() {
	if e.writes {
		e.writers--
	} else {
		e.readers--
	}
	e.pipe.changed()
}

// ---- the standard streams ----

// output is where a program's standard output or error goes: a pipe that somebody always reads at once.
type output struct {
	program    *program
	descriptor int
	line       []byte
}

func (o *output) mode() uint32 { return unix.S_IFIFO | 0o600 }
func (o *output) poll() uint32 { return mayWrite }
func (o *output) close()       { o.flush() }

func (o *output) read(t *task, _ *file, _ []buffer) verdict { return t.fails(syscall.EBADF) }

// longestLine bounds a line of the trace, in bytes; a longer one is cut into several.
const longestLine = 4096

func (o *output) write(t *task, _ *file, b []byte) verdict {
	for rest := b; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			o.line = append(o.line, rest...)
			break
		}
		o.line = append(o.line, rest[:end]...)
		rest = rest[end+1:]
		o.show()
	}
	for len(o.line) > longestLine {
		rest := append([]byte(nil), o.line[longestLine:]...)
		o.line = o.line[:longestLine]
		o.show()
		o.line = rest
	}
	return t.returns(int64(len(b)))
}

func (o *output) show() {
	o.program.m.printed(o.program, o.descriptor, string(o.line))
	o.line = o.line[:0]
}

// flush shows a last line that has no end.
func (o *output) flush() {
	if len(o.line) > 0 {
		o.show()
	}
}

// ---- eventfd, timerfd, random ----

// counter is an eventfd(2).
type counter struct {
	value     uint64
	semaphore bool
	f         *file
}

func (c *counter) mode() uint32 { return 0o600 }
func (c *counter) close()       {}

func (c *counter) poll() (mask uint32) {
	if c.value > 0 {
		mask |= mayRead
	}
	if c.value < math.MaxUint64-1 {
		mask |= mayWrite
	}
	return mask
}

func (c *counter) read(t *task, f *file, to []buffer) verdict {
	if size(to) < 8 {
		return t.fails(syscall.EINVAL)
	}
	return t.waitOrFail(f, func() bool { return c.value > 0 }, func(bool) int64 {
		v := c.value
		if c.semaphore {
			v = 1
		}
		c.value -= v
		f.changed()
		return t.fill(to, binary.LittleEndian.AppendUint64(nil, v))
	})
}

func (c *counter) write(t *task, f *file, b []byte) verdict {
	if len(b) < 8 {
		return t.fails(syscall.EINVAL)
	}
	v := binary.LittleEndian.Uint64(b)
	if v == math.MaxUint64 {
		return t.fails(syscall.EINVAL)
	}
	return t.waitOrFail(f, func() bool { return c.value+v >= c.value && c.value+v < math.MaxUint64 }, func(bool) int64 {
		c.value += v
		f.changed()
		return 8
	})
}

// timer is a timerfd_create(2).
type timer struct {
	k       *kernel
	f       *file
	program *program
	clock   uint64
	expired uint64
	due     time.Duration
	period  time.Duration
	alarm   *alarm
}

func (i *timer) mode() uint32 { return 0o600 }
func (i *timer) close()       { i.stop() }

func (i *timer) stop() {
	if i.alarm != nil {
		i.k.disarm(i.alarm)
		i.alarm = nil
	}
}

func (i *timer) poll() uint32 {
	if i.expired > 0 {
		return mayRead
	}
	return 0
}

func (i *timer) start(d, period time.Duration) {
	i.stop()
	if i.period = period; d <= 0 {
		return
	}
	i.due = i.k.now + d
	i.alarm = i.k.arm(alarmWake, i.program, d, func() {
		i.alarm = nil
		i.expired++
		i.f.changed()
		if i.period > 0 {
			i.start(i.period, i.period)
		}
	})
}

func (i *timer) read(t *task, f *file, to []buffer) verdict {
	if size(to) < 8 {
		return t.fails(syscall.EINVAL)
	}
	return t.waitOrFail(f, func() bool { return i.expired > 0 }, func(bool) int64 {
		v := i.expired
		i.expired = 0
		return t.fill(to, binary.LittleEndian.AppendUint64(nil, v))
	})
}

func (i *timer) write(t *task, _ *file, _ []byte) verdict { return t.fails(syscall.EINVAL) }

// timerfd performs the calls about a timerfd.
func (t *task) timerfd() verdict {
	k, a := t.p.m, t.args
	if t.number == unix.SYS_TIMERFD_CREATE {
		switch {
		case a[1]&^(unix.TFD_NONBLOCK|unix.TFD_CLOEXEC) != 0:
			return t.fails(syscall.EINVAL)
		case a[0] == unix.CLOCK_REALTIME_ALARM || a[0] == unix.CLOCK_BOOTTIME_ALARM:
			return k.unsupported(t, "a timer that wakes the machine")
		case a[0] > unix.CLOCK_MONOTONIC && a[0] != unix.CLOCK_BOOTTIME:
			return t.fails(syscall.EINVAL)
		}
		i := &timer{k: k, program: t.p.program, clock: a[0]}
		i.f = &file{object: i, nonblocking: a[1]&unix.TFD_NONBLOCK != 0, access: unix.O_RDWR}
		return t.reserve(i.f, a[1]&unix.TFD_CLOEXEC != 0)
	}
	f := t.p.files[int(int32(a[0]))]
	if f == nil {
		return t.fails(t.notOpen(a[0], syscall.EINVAL))
	}
	i, ok := f.object.(*timer)
	if !ok {
		return t.fails(syscall.EINVAL)
	}
	show := func(at uint64) bool {
		var left time.Duration
		if i.alarm != nil {
			left = i.due - k.now
		}
		return at == 0 || t.putWords(at, uint64(i.period/time.Second), uint64(i.period%time.Second),
			uint64(left/time.Second), uint64(left%time.Second))
	}
	if t.number == unix.SYS_TIMERFD_GETTIME {
		return t.returns(t.outcome(show(a[1])))
	}
	period, d, e := t.setting(a[2], time.Nanosecond)
	switch {
	case e != 0:
		return t.fails(e)
	case !show(a[3]):
		return t.fails(syscall.EFAULT)
	}
	if a[1]&unix.TFD_TIMER_ABSTIME != 0 && d > 0 {
		d = max(1, d-k.clock(i.clock))
	}
	i.expired = 0
	i.start(d, period)
	return t.returns(0)
}

// randomness is /dev/urandom.
type randomness struct{ program *program }

func (r *randomness) mode() uint32 { return unix.S_IFCHR | 0o666 }
func (r *randomness) poll() uint32 { return mayRead | mayWrite }
func (r *randomness) close()       {}

func (r *randomness) read(t *task, _ *file, to []buffer) verdict {
	b := make([]byte, min(size(to), 1<<20))
	r.program.draw(b)
	return t.returns(t.fill(to, b))
}

func (r *randomness) write(t *task, _ *file, b []byte) verdict { return t.returns(int64(len(b))) }
