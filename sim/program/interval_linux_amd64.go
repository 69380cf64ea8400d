package program

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// setting reads what a timer is set to: its period, and the time until it first ends.
func (t *task) setting(at uint64, unit time.Duration) (period, d time.Duration, e syscall.Errno) {
	if period, e = t.duration(at, unit, true); e == 0 {
		d, e = t.duration(at+16, unit, true)
	}
	return period, d, e
}

// interval is a timer of setitimer(2), alarm(2) or timer_create(2).
type interval struct {
	p      *process
	to     *task // nil: the process
	signal syscall.Signal
	value  uint64 // si_value
	code   int32
	due    time.Duration
	period time.Duration
	alarm  *alarm
	id     int
	clock  uint64

	overrun int // of the last signal: how often the timer ended again before it was delivered
}

func (k *kernel) stopInterval(i *interval) {
	if i != nil && i.alarm != nil {
		k.disarm(i.alarm)
		i.alarm = nil
	}
}

// start sets a timer; 0 stops it.
func (i *interval) start(d, period time.Duration) {
	k := i.p.m
	k.stopInterval(i)
	if i.period = period; d <= 0 {
		return
	}
	i.due = k.now + d
	i.alarm = k.arm(alarmWake, i.p.program, d, func() {
		i.alarm = nil
		if i.period > 0 {
			i.start(i.period, i.period)
		}
		if i.signal != 0 && !i.p.dead && !i.repeats() {
			i.overrun = 0
			k.send(i.p, i.to, sentSignal{
				number: i.signal, code: i.code, value: i.value, from: i.id, timer: i.ofProgram(),
			})
		}
	})
}

// repeats counts an end of a timer whose signal is still on its way, and reports whether it is.
func (i *interval) repeats() bool {
	for n := range i.p.sent {
		if s := &i.p.sent[n]; s.timer == i {
			s.overrun++
			return true
		}
	}
	return false
}

// ofProgram returns a timer of timer_create(2); nil if it is that of setitimer(2).
func (i *interval) ofProgram() *interval {
	if i == i.p.interval {
		return nil
	}
	return i
}

// left returns the time until it ends.
func (i *interval) left() time.Duration {
	if i.alarm == nil {
		return 0
	}
	return i.due - i.p.m.now
}

// setInterval is setitimer(2) and alarm(2), on the real time.
func (p *process) setInterval(d, period time.Duration) (left, old time.Duration) {
	const fromKernel = 0x80 // SI_KERNEL
	if p.interval == nil {
		p.interval = &interval{p: p, signal: syscall.SIGALRM, code: fromKernel}
	}
	left, old = p.interval.left(), p.interval.period
	p.interval.start(d, period)
	return left, old
}

// itimer performs alarm(2), setitimer(2) and getitimer(2).
func (t *task) itimer() verdict {
	p, a := t.p, t.args
	put := func(at uint64, left, period time.Duration) bool {
		return at == 0 || t.putWords(at, uint64(period/time.Second), uint64(period%time.Second/time.Microsecond),
			uint64(left/time.Second), uint64(left%time.Second/time.Microsecond))
	}
	switch t.number {
	case unix.SYS_ALARM:
		left, _ := p.setInterval(time.Duration(uint32(a[0]))*time.Second, 0)
		return t.returns(int64((left + time.Second - 1) / time.Second))
	case unix.SYS_GETITIMER:
		if a[0] != 0 {
			return p.m.unsupported(t, "a timer of processor time")
		}
		i := p.interval
		if i == nil {
			i = &interval{p: p}
		}
		put(a[1], i.left(), i.period)
		return t.returns(0)
	}
	if a[0] != 0 {
		return p.m.unsupported(t, "a timer of processor time")
	}
	var period, d time.Duration
	if a[1] != 0 {
		var e syscall.Errno
		if period, d, e = t.setting(a[1], time.Microsecond); e != 0 {
			return t.fails(e)
		}
	}
	left, old := p.setInterval(d, period)
	if !put(a[2], left, old) {
		return t.fails(syscall.EFAULT)
	}
	return t.returns(0)
}

// posixTimer performs timer_create(2) and the calls that use what it makes.
func (t *task) posixTimer() verdict {
	const byTimer, none, thread, signalled = -2, 1, 4, 0 // SI_TIMER, SIGEV_*
	p, a := t.p, t.args
	if t.number == unix.SYS_TIMER_CREATE {
		i := &interval{p: p, signal: syscall.SIGALRM, code: byTimer, id: 0, value: uint64(len(p.timers))}
		switch {
		case !isClock(a[0]):
			return t.fails(syscall.EINVAL)
		case a[0] > unix.CLOCK_MONOTONIC && a[0] != unix.CLOCK_BOOTTIME && a[0] != unix.CLOCK_TAI:
			return p.m.unsupported(t, "a timer of this clock")
		}
		i.clock = a[0]
		if a[1] != 0 {
			value, _ := t.word(a[1])
			number, _ := t.half(a[1] + 8)
			notify, ok := t.half(a[1] + 12)
			if !ok {
				return t.fails(syscall.EFAULT)
			}
			i.value, i.signal = value, syscall.Signal(number)
			if notify != none && (number < 1 || number > lastSignal) {
				return t.fails(syscall.EINVAL)
			}
			switch notify {
			case none:
				i.signal = 0
			case signalled:
			case thread:
				id, _ := t.half(a[1] + 16)
				for _, o := range p.tasks {
					if o.id == int(id) {
						i.to = o
					}
				}
			default:
				return p.m.unsupported(t, "this kind of timer")
			}
		}
		p.timers = append(p.timers, i)
		t.putHalf(a[2], uint32(len(p.timers)-1))
		return t.returns(0)
	}
	n := int(int32(a[0]))
	if n < 0 || n >= len(p.timers) || p.timers[n] == nil {
		return t.fails(syscall.EINVAL)
	}
	i := p.timers[n]
	show := func(at uint64, left, period time.Duration) {
		if at != 0 {
			t.putWords(at, uint64(period/time.Second), uint64(period%time.Second),
				uint64(left/time.Second), uint64(left%time.Second))
		}
	}
	switch t.number {
	case unix.SYS_TIMER_DELETE:
		p.m.stopInterval(i)
		p.timers[n] = nil
	case unix.SYS_TIMER_GETOVERRUN:
		return t.returns(int64(i.overrun))
	case unix.SYS_TIMER_GETTIME:
		show(a[1], i.left(), i.period)
	case unix.SYS_TIMER_SETTIME:
		period, d, e := t.setting(a[2], time.Nanosecond)
		if e != 0 {
			return t.fails(e)
		}
		show(a[3], i.left(), i.period)
		if a[1]&1 != 0 && d > 0 { // TIMER_ABSTIME
			d = max(1, d-p.m.clock(i.clock))
		}
		i.start(d, period)
	}
	return t.returns(0)
}
