package program

import (
	"encoding/binary"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// futexWaiter is what a thread waits for in futex(2). Only one thread of a machine runs at a time, so a plain
// queue is exact.
type futexWaiter struct {
	at    uint64
	mask  uint32
	woken bool
}

// Operations of futex(2).
const (
	futexWait, futexWake, futexRequeue, futexCompareRequeue, futexWakeOp = 0, 1, 3, 4, 5
	futexWaitBitset, futexWakeBitset                                     = 9, 10

	futexCommand, futexRealtime = 127, 256
)

// wakeFutex wakes waiters at an address, in the order in which they came, and returns how many. A futex
// in memory that processes share is not known as such: only threads of one process meet.
func (k *kernel) wakeFutex(p *process, at uint64, most int, mask uint32) (n int64) {
	kept := k.futexes[:0:0]
	for _, t := range k.futexes {
		if w := &t.futex; t.p == p && w.at == at && w.mask&mask != 0 && n < int64(most) {
			w.woken = true
			n++
			continue
		}
		kept = append(kept, t)
	}
	k.futexes = kept
	return n
}

func (k *kernel) forgetFutex(t *task) {
	kept := k.futexes[:0:0]
	for _, o := range k.futexes {
		if o != t {
			kept = append(kept, o)
		}
	}
	k.futexes = kept
}

// futexCall is futex(2).
func (t *task) futexCall() verdict {
	k, a := t.p.m, t.args
	at, operation, value := a[0], int(a[1]), uint32(a[2])
	mask := ^uint32(0)
	switch operation & futexCommand {
	case futexWaitBitset:
		mask = uint32(a[5])
		fallthrough
	case futexWait:
		return t.waitFutex(at, value, mask, operation)
	case futexWakeBitset:
		return t.returns(k.wakeFutex(t.p, at, int(int32(value)), uint32(a[5])))
	case futexWake:
		return t.returns(k.wakeFutex(t.p, at, int(int32(value)), mask))
	case futexRequeue, futexCompareRequeue:
		if operation&futexCommand == futexCompareRequeue {
			now, ok := t.half(at)
			switch {
			case !ok:
				return t.fails(syscall.EFAULT)
			case now != uint32(a[5]):
				return t.fails(syscall.EAGAIN)
			}
		}
		n := k.wakeFutex(t.p, at, int(int32(value)), mask)
		left := int64(int32(a[3]))
		for _, o := range k.futexes {
			if o.p == t.p && o.futex.at == at && left > 0 {
				o.futex.at = a[4]
				left--
				n++
			}
		}
		return t.returns(n)
	case futexWakeOp:
		return t.wakeOp()
	}
	return k.unsupported(t, "this operation of futex")
}

func (t *task) waitFutex(at uint64, value, mask uint32, operation int) verdict {
	k, a := t.p.m, t.args
	now, ok := t.half(at)
	switch {
	case !ok:
		return t.fails(syscall.EFAULT)
	case now != value:
		return t.fails(syscall.EAGAIN)
	case mask == 0:
		return t.fails(syscall.EINVAL)
	}
	d := time.Duration(-1)
	if a[3] != 0 {
		var e syscall.Errno
		if d, e = t.timespec(a[3]); e != 0 {
			return t.fails(e)
		}
		if operation&futexCommand == futexWaitBitset { // an absolute time
			id := uint64(unix.CLOCK_MONOTONIC)
			if operation&futexRealtime != 0 {
				id = unix.CLOCK_REALTIME
			}
			d -= k.clock(id)
		}
		if d <= 0 {
			return t.fails(syscall.ETIMEDOUT)
		}
	}
	t.futex = futexWaiter{at: at, mask: mask}
	w := &t.futex
	k.futexes = append(k.futexes, t)
	v := t.block(d, func() bool { return w.woken }, func(timedOut bool) int64 {
		k.forgetFutex(t)
		if timedOut && !w.woken {
			return -int64(syscall.ETIMEDOUT)
		}
		return 0
	})
	t.wait.restart = d < 0
	t.wait.interrupted = func() { k.forgetFutex(t) }
	return v
}

// wakeOp is FUTEX_WAKE_OP, of which old condition variables make use.
func (t *task) wakeOp() verdict {
	k, a := t.p.m, t.args
	at, value2, at2, encoded := a[0], int(int32(a[3])), a[4], uint32(a[5])
	old, ok := t.half(at2)
	if !ok {
		return t.fails(syscall.EFAULT)
	}
	signed := func(v uint32) uint32 { return uint32(int32(v<<20) >> 20) } // 12 bits
	argument, compared := signed(encoded>>12&0xfff), signed(encoded&0xfff)
	if encoded>>31 != 0 {
		argument = 1 << (argument & 31)
	}
	var next uint32
	switch encoded >> 28 & 7 {
	case 0:
		next = argument
	case 1:
		next = old + argument
	case 2:
		next = old | argument
	case 3:
		next = old &^ argument
	case 4:
		next = old ^ argument
	default:
		return t.fails(syscall.ENOSYS)
	}
	if !t.tracee.write(at2, binary.LittleEndian.AppendUint32(nil, next)) {
		return t.fails(syscall.EFAULT)
	}
	n := k.wakeFutex(t.p, at, int(int32(uint32(a[2]))), ^uint32(0))
	o, c := int32(old), int32(compared)
	if [...]bool{o == c, o != c, o < c, o <= c, o > c, o >= c, false, false}[encoded>>24&7] {
		n += k.wakeFutex(t.p, at2, value2, ^uint32(0))
	}
	return t.returns(n)
}
