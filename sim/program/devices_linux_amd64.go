package program

import (
	"encoding/binary"
	"math"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

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
