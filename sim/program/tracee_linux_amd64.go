package program

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Every request of ptrace(2) must come from the thread that started the traced process. One goroutine has that
// thread. It outlives replications, so it and its channels are not of the bubble of one. A process
// performs one replication at a time.
var (
	requests = make(chan func())
	done     = make(chan struct{})
)

func init() {
	go func() {
		for f := range requests {
			runtime.LockOSThread() // for good: it is never unlocked
			f()
			done <- struct{}{}
		}
	}()
}

// within runs f on the thread of the tracer and waits for it. The event loop of a replication calls it: a
// goroutine that waits for a channel from outside its bubble is not durably blocked, so virtual
// time stands still meanwhile.
func within(f func()) {
	var failure any
	requests <- func() {
		defer func() { failure = recover() }()
		f()
	}
	<-done
	if failure != nil {
		panic(failure)
	}
}

// noCall is the number of no system call: in Orig_rax, it makes the kernel skip the call.
const noCall = ^uint64(0)

// tracee is a traced thread. Its methods run on the thread of the tracer.
type tracee struct {
	tid     int
	regs    unix.PtraceRegs
	changed bool // regs must be written before the thread goes on
}

// lost is what a method panics with if the thread has gone, killed from outside.
type lost struct{ err error }

func ptrace(request, tid int, address, data uintptr) error {
	_, _, e := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), address, data, 0, 0)
	if e != 0 {
		return e
	}
	return nil
}

func (t *tracee) fetch() {
	if err := ptrace(unix.PTRACE_GETREGS, t.tid, 0, uintptr(unsafe.Pointer(&t.regs))); err != nil {
		panic(lost{err})
	}
}

func (t *tracee) store() {
	if err := ptrace(unix.PTRACE_SETREGS, t.tid, 0, uintptr(unsafe.Pointer(&t.regs))); err != nil {
		panic(lost{err})
	}
	t.changed = false
}

// resume lets the thread go on until its next stop, with a signal if it is not 0.
func (t *tracee) resume(request int, signal unix.Signal) {
	if t.changed {
		t.store()
	}
	if err := ptrace(request, t.tid, 0, uintptr(signal)); err != nil {
		panic(lost{err})
	}
}

// await waits for the thread to stop or end.
func (t *tracee) await() unix.WaitStatus {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(t.tid, &status, unix.WALL, nil)
		switch err {
		case nil:
			return status
		case unix.EINTR:
		default:
			panic(lost{err})
		}
	}
}

// event returns the event of a stop, one of PTRACE_EVENT_*; 0 if it is none.
func event(s unix.WaitStatus) int { return int(s) >> 16 }

// ---- memory ----

func (t *tracee) transfer(call uintptr, at uint64, b []byte) int {
	if len(b) == 0 {
		return 0
	}
	local := unix.Iovec{Base: &b[0], Len: uint64(len(b))}
	remote := unix.RemoteIovec{Base: uintptr(at), Len: len(b)}
	n, _, e := unix.RawSyscall6(call, uintptr(t.tid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if e != 0 {
		return -1
	}
	return int(n)
}

// read returns n bytes of its memory, or fewer if the rest is not mapped; nil if nothing is.
func (t *tracee) read(at uint64, n int) []byte {
	b := make([]byte, n)
	if m := t.transfer(unix.SYS_PROCESS_VM_READV, at, b); m >= 0 {
		return b[:m]
	}
	return nil
}

// readInto fills b and reports whether it could.
func (t *tracee) readInto(at uint64, b []byte) bool {
	return t.transfer(unix.SYS_PROCESS_VM_READV, at, b) == len(b)
}

// write writes to its memory and reports whether it could.
func (t *tracee) write(at uint64, b []byte) bool {
	return t.transfer(unix.SYS_PROCESS_VM_WRITEV, at, b) == len(b)
}

func (t *tracee) word(at uint64) (uint64, bool) {
	var b [8]byte
	ok := t.readInto(at, b[:])
	return binary.LittleEndian.Uint64(b[:]), ok
}

func (t *tracee) half(at uint64) (uint32, bool) {
	var b [4]byte
	ok := t.readInto(at, b[:])
	return binary.LittleEndian.Uint32(b[:]), ok
}

func (t *tracee) putWords(at uint64, words ...uint64) bool {
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return t.write(at, b)
}

func (t *tracee) putHalf(at uint64, h uint32) bool {
	return t.write(at, binary.LittleEndian.AppendUint32(nil, h))
}

// text returns a string that ends with a zero byte.
func (t *tracee) text(at uint64) string {
	const page, most = 4096, 4 * 4096
	var s strings.Builder
	for s.Len() < most {
		b := t.read(at, page-int(at%page)) // the next page may not be mapped
		for i, c := range b {
			if c == 0 {
				s.Write(b[:i])
				return s.String()
			}
		}
		if len(b) == 0 {
			break
		}
		s.Write(b)
		at += uint64(len(b))
	}
	return s.String()
}

// inject makes the thread perform a system call, at a stop outside of any.
func (t *tracee) inject(call uint64, arguments ...uint64) int64 {
	t.fetch()
	saved := t.regs
	code := make([]byte, 8)
	if _, err := unix.PtracePeekText(t.tid, uintptr(saved.Rip), code); err != nil {
		panic(lost{err})
	}
	t.poke(saved.Rip, append([]byte{0x0f, 0x05}, code[2:]...)) // syscall
	var a [6]uint64
	copy(a[:], arguments)
	r := &t.regs
	r.Rax, r.Orig_rax = call, noCall
	r.Rdi, r.Rsi, r.Rdx, r.R10, r.R8, r.R9 = a[0], a[1], a[2], a[3], a[4], a[5]
	t.store()
	for {
		t.resume(unix.PTRACE_SINGLESTEP, 0)
		status := t.await()
		if status.Stopped() && event(status) == unix.PTRACE_EVENT_SECCOMP {
			continue
		}
		if !status.Stopped() || status.StopSignal() != unix.SIGTRAP {
			panic(lost{fmt.Errorf("status %#x of an injected system call", uint32(status))})
		}
		break
	}
	t.fetch()
	result := int64(t.regs.Rax)
	t.poke(saved.Rip, code)
	t.regs = saved
	t.regs.Orig_rax = noCall
	t.store()
	return result
}

func (t *tracee) poke(at uint64, code []byte) {
	if _, err := unix.PtracePokeText(t.tid, uintptr(at), code); err != nil {
		panic(lost{err})
	}
}
