package program

import (
	"syscall"

	"golang.org/x/sys/unix"
)

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
