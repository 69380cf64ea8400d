package program

import (
	"encoding/binary"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// uptime is what the clocks show that count from the start of the machine, when the replication starts.
const uptime = 1000 * time.Second

// clock returns what a clock shows, since its own start.
func (k *kernel) clock(id uint64) time.Duration {
	switch id {
	case unix.CLOCK_REALTIME, unix.CLOCK_REALTIME_COARSE, unix.CLOCK_TAI:
		return k.epoch + k.now
	case unix.CLOCK_PROCESS_CPUTIME_ID, unix.CLOCK_THREAD_CPUTIME_ID:
		return 10 * time.Millisecond // code takes no time
	}
	return uptime + k.now
}

// duration reads two words: seconds, and a part of a second in a unit, which many calls want to be less than a
// second.
func (t *task) duration(at uint64, unit time.Duration, partial bool) (time.Duration, syscall.Errno) {
	b := t.tracee.read(at, 16)
	if len(b) != 16 {
		return 0, syscall.EFAULT
	}
	const most = 1 << 33 // seconds; more would overflow
	s, part := int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))
	if s < 0 || part < 0 || partial && part >= int64(time.Second/unit) {
		return 0, syscall.EINVAL
	}
	return time.Duration(min(s, most))*time.Second + time.Duration(min(part, most))*unit, 0
}

func (t *task) timespec(at uint64) (time.Duration, syscall.Errno) {
	return t.duration(at, time.Nanosecond, true)
}

func (t *task) timeval(at uint64) (time.Duration, syscall.Errno) {
	return t.duration(at, time.Microsecond, true)
}

// isClock reports whether there is a clock of this number. A negative one is that of a process or thread.
func isClock(id uint64) bool {
	const none, last = 10, unix.CLOCK_TAI
	return int32(id) <= last && int32(id) != none
}

// A program that reads the clock, or asks whether something has happened, so often without waiting polls: from then
// on, such a call takes time, more and more, from a microsecond to a millisecond.
const (
	patientReads = 2000
	readStep     = 100
)

// asks ends a system call that a program may repeat until time has passed or something has happened, with a result.
func (t *task) asks(v int64) verdict {
	p := t.p
	n := p.reads + 1
	if p.reads = n; n <= patientReads {
		return t.returns(v)
	}
	d := time.Microsecond << min(10, (n-patientReads)/readStep)
	b := t.blockAs(alarmWake, d, nil, func(bool) int64 { return v })
	t.wait.steadfast = true
	p.reads = n
	return b
}

// times performs the system calls about time that do not wait for anything else.
func (t *task) times() verdict {
	k, a := t.p.m, t.args
	switch t.number {
	case unix.SYS_CLOCK_GETTIME:
		if !isClock(a[0]) {
			return t.fails(syscall.EINVAL)
		}
		v := k.clock(a[0])
		if !t.putWords(a[1], uint64(v/time.Second), uint64(v%time.Second)) {
			return t.fails(syscall.EFAULT)
		}
		return t.asks(0)
	case unix.SYS_GETTIMEOFDAY:
		v := k.clock(unix.CLOCK_REALTIME)
		if a[0] != 0 && !t.putWords(a[0], uint64(v/time.Second), uint64(v%time.Second/time.Microsecond)) {
			return t.fails(syscall.EFAULT)
		}
		return t.asks(0)
	case unix.SYS_TIME:
		v := int64(k.clock(unix.CLOCK_REALTIME) / time.Second)
		if a[0] != 0 {
			t.putWords(a[0], uint64(v))
		}
		return t.asks(v)
	case unix.SYS_CLOCK_GETRES:
		if !isClock(a[0]) {
			return t.fails(syscall.EINVAL)
		}
		return t.returns(t.outcome(a[1] == 0 || t.putWords(a[1], 0, 1)))
	case unix.SYS_TIMES:
		const tick = 10 * time.Millisecond
		if a[0] != 0 {
			t.tracee.write(a[0], make([]byte, 32))
		}
		return t.returns(int64((uptime + k.now) / tick))
	case unix.SYS_GETRUSAGE:
		const ofThread, ofChildren = 1, -1
		if who := int32(a[0]); who < ofChildren || who > ofThread {
			return t.fails(syscall.EINVAL)
		}
		return t.returns(t.outcome(t.tracee.write(a[1], make([]byte, 144))))
	case unix.SYS_NANOSLEEP:
		d, e := t.timespec(a[0])
		return t.sleep(d, e, a[1])
	case unix.SYS_CLOCK_NANOSLEEP:
		d, e := t.timespec(a[2])
		if !isClock(a[0]) {
			e = syscall.EINVAL
		}
		rest := a[3]
		if a[1]&unix.TIMER_ABSTIME != 0 {
			d, rest = max(0, d-k.clock(a[0])), 0
		}
		return t.sleep(d, e, rest)
	}
	return k.unsupported(t, "")
}

// sleep pauses for d. rest is the address of the time that is left if a signal ends the pause; 0: none.
func (t *task) sleep(d time.Duration, e syscall.Errno, rest uint64) verdict {
	k := t.p.m
	if e != 0 {
		return t.fails(e)
	}
	end := k.now + d
	v := t.blockAs(alarmWake, d, nil, func(bool) int64 { return 0 })
	t.wait.interrupted = func() {
		if rest != 0 {
			left := end - k.now
			t.putWords(rest, uint64(left/time.Second), uint64(left%time.Second))
		}
	}
	return v
}

// timeStamp answers a trapped RDTSC or RDTSCP with a counter that strictly increases.
func (t *task) timeStamp() bool {
	t.fetch()
	code := t.tracee.read(t.regs.Rip, 3)
	length := uint64(2)
	switch {
	case len(code) >= 2 && code[0] == 0x0f && code[1] == 0x31:
	case len(code) == 3 && code[0] == 0x0f && code[1] == 0x01 && code[2] == 0xf9:
		length, t.regs.Rcx = 3, 0
	default:
		return false
	}
	t.p.counter++
	v := uint64(t.p.m.now) + t.p.counter
	t.regs.Rax, t.regs.Rdx = v&0xffffffff, v>>32
	t.regs.Rip += length
	t.changed = true
	return true
}
