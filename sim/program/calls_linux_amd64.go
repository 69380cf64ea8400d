package program

import (
	"fmt"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// passed are the system calls that the host's kernel performs without a stop: they are about the memory and
// the signal masks of the process itself, or read the names of files.
var passed = []uint64{
	unix.SYS_MMAP, unix.SYS_MPROTECT, unix.SYS_MUNMAP, unix.SYS_BRK, unix.SYS_MREMAP, unix.SYS_MSYNC, unix.SYS_MINCORE,
	unix.SYS_MADVISE, unix.SYS_MLOCK, unix.SYS_MUNLOCK, unix.SYS_MLOCK2, unix.SYS_MLOCKALL, unix.SYS_MUNLOCKALL,
	unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGPENDING, unix.SYS_SIGALTSTACK, unix.SYS_RESTART_SYSCALL,
	unix.SYS_GETUID, unix.SYS_GETEUID, unix.SYS_GETGID, unix.SYS_GETEGID, unix.SYS_GETGROUPS, unix.SYS_GETRESUID,
	unix.SYS_GETRESGID, unix.SYS_CAPGET, unix.SYS_UMASK, unix.SYS_ARCH_PRCTL, unix.SYS_SET_ROBUST_LIST,
	unix.SYS_GET_ROBUST_LIST, unix.SYS_MEMBARRIER, unix.SYS_GET_MEMPOLICY, unix.SYS_SCHED_GETPARAM,
	unix.SYS_SCHED_GETSCHEDULER,
	unix.SYS_SCHED_GET_PRIORITY_MAX, unix.SYS_SCHED_GET_PRIORITY_MIN, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM,
	unix.SYS_GETCWD, unix.SYS_CHDIR, unix.SYS_FCHDIR, unix.SYS_ACCESS, unix.SYS_FACCESSAT, unix.SYS_FACCESSAT2,
	unix.SYS_STAT,
	unix.SYS_LSTAT, unix.SYS_READLINK, unix.SYS_READLINKAT, unix.SYS_GETDENTS, unix.SYS_GETDENTS64, unix.SYS_STATFS,
	unix.SYS_FSTATFS, unix.SYS_GETXATTR, unix.SYS_LGETXATTR, unix.SYS_FGETXATTR, unix.SYS_LISTXATTR, unix.SYS_LLISTXATTR,
	unix.SYS_FADVISE64, unix.SYS_READAHEAD,
}

// calls are the system calls that the machine emulates or looks at. What is in neither list is not supported.
var calls = map[uint64]func(*task) verdict{}

func init() {
	add := func(f func(*task) verdict, numbers ...uint64) {
		for _, n := range numbers {
			calls[n] = f
		}
	}
	add((*task).fileCall, unix.SYS_READ, unix.SYS_READV, unix.SYS_WRITE, unix.SYS_WRITEV)
	add((*task).positioned, unix.SYS_LSEEK, unix.SYS_PREAD64, unix.SYS_PWRITE64, unix.SYS_PREADV, unix.SYS_PWRITEV,
		unix.SYS_PREADV2, unix.SYS_PWRITEV2, unix.SYS_FSYNC, unix.SYS_FDATASYNC, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE,
		unix.SYS_FLOCK, unix.SYS_FCHMOD, unix.SYS_FCHOWN)
	add((*task).moved, unix.SYS_SENDFILE, unix.SYS_SPLICE, unix.SYS_TEE, unix.SYS_COPY_FILE_RANGE)
	add((*task).closeCall, unix.SYS_CLOSE)
	add((*task).closeRange, unix.SYS_CLOSE_RANGE)
	add((*task).duplicate, unix.SYS_DUP, unix.SYS_DUP2, unix.SYS_DUP3)
	add((*task).control, unix.SYS_FCNTL)
	add((*task).deviceControl, unix.SYS_IOCTL)
	add((*task).status, unix.SYS_FSTAT, unix.SYS_NEWFSTATAT, unix.SYS_STATX)
	add((*task).pipeCall, unix.SYS_PIPE, unix.SYS_PIPE2)
	add((*task).eventCall, unix.SYS_EVENTFD, unix.SYS_EVENTFD2)
	add((*task).timerfd, unix.SYS_TIMERFD_CREATE, unix.SYS_TIMERFD_SETTIME, unix.SYS_TIMERFD_GETTIME)
	add((*task).openCall, unix.SYS_OPEN, unix.SYS_OPENAT, unix.SYS_CREAT)
	add((*task).changesPath, unix.SYS_UNLINK, unix.SYS_UNLINKAT, unix.SYS_MKDIR, unix.SYS_MKDIRAT, unix.SYS_RMDIR,
		unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_LINK, unix.SYS_LINKAT, unix.SYS_SYMLINK,
		unix.SYS_SYMLINKAT, unix.SYS_TRUNCATE, unix.SYS_CHMOD, unix.SYS_FCHMODAT, unix.SYS_CHOWN, unix.SYS_LCHOWN,
		unix.SYS_FCHOWNAT, unix.SYS_UTIMENSAT, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_MKNOD, unix.SYS_MKNODAT)

	add((*task).pollCall, unix.SYS_POLL, unix.SYS_PPOLL)
	add((*task).selectCall, unix.SYS_SELECT, unix.SYS_PSELECT6)
	add((*task).epollCall, unix.SYS_EPOLL_CREATE, unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_WAIT,
		unix.SYS_EPOLL_PWAIT, unix.SYS_EPOLL_PWAIT2)

	add((*task).newSocket, unix.SYS_SOCKET)
	add((*task).newPair, unix.SYS_SOCKETPAIR)
	add((*task).socketCall, unix.SYS_BIND, unix.SYS_CONNECT, unix.SYS_GETSOCKNAME, unix.SYS_GETPEERNAME, unix.SYS_SENDTO,
		unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG, unix.SYS_SHUTDOWN,
		unix.SYS_SETSOCKOPT, unix.SYS_GETSOCKOPT, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4)

	add((*task).times, unix.SYS_CLOCK_GETTIME, unix.SYS_GETTIMEOFDAY, unix.SYS_TIME, unix.SYS_CLOCK_GETRES, unix.SYS_TIMES,
		unix.SYS_GETRUSAGE, unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP)
	add((*task).itimer, unix.SYS_ALARM, unix.SYS_SETITIMER, unix.SYS_GETITIMER)
	add((*task).posixTimer, unix.SYS_TIMER_CREATE, unix.SYS_TIMER_SETTIME, unix.SYS_TIMER_GETTIME,
		unix.SYS_TIMER_GETOVERRUN, unix.SYS_TIMER_DELETE)
	add((*task).yield, unix.SYS_SCHED_YIELD)
	add((*task).futexCall, unix.SYS_FUTEX)

	add((*task).clone, unix.SYS_CLONE, unix.SYS_FORK, unix.SYS_VFORK)
	add((*task).execute, unix.SYS_EXECVE)
	add((*task).leave, unix.SYS_EXIT)
	add((*task).leaveAll, unix.SYS_EXIT_GROUP)
	add((*task).wait4, unix.SYS_WAIT4)
	add((*task).waitid, unix.SYS_WAITID)
	add((*task).signals, unix.SYS_RT_SIGACTION, unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_TGKILL, unix.SYS_RT_SIGQUEUEINFO,
		unix.SYS_PAUSE, unix.SYS_RT_SIGSUSPEND, unix.SYS_RT_SIGTIMEDWAIT)

	add((*task).identity, unix.SYS_GETPID, unix.SYS_GETTID, unix.SYS_GETPPID, unix.SYS_SET_TID_ADDRESS, unix.SYS_GETPGRP,
		unix.SYS_GETPGID, unix.SYS_GETSID, unix.SYS_SETPGID, unix.SYS_SETSID, unix.SYS_UNAME, unix.SYS_SYSINFO,
		unix.SYS_SCHED_GETAFFINITY, unix.SYS_SCHED_SETAFFINITY, unix.SYS_GETPRIORITY, unix.SYS_SETPRIORITY, unix.SYS_GETCPU,
		unix.SYS_GETRANDOM, unix.SYS_PERSONALITY)
	add((*task).limits, unix.SYS_GETRLIMIT, unix.SYS_SETRLIMIT, unix.SYS_PRLIMIT64)
	add((*task).processControl, unix.SYS_PRCTL)

	// Every libc and runtime does without these.
	add(func(t *task) verdict { return t.fails(syscall.ENOSYS) }, unix.SYS_RSEQ, unix.SYS_CLONE3, unix.SYS_IO_URING_SETUP,
		unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_SEND_SIGNAL, unix.SYS_FUTEX_WAITV)
}

// call performs the system call at whose entry a thread stands.
func (t *task) call() verdict {
	if again := t.again; again != nil {
		t.again = nil
		return again()
	}
	if !t.p.loads.over && !t.loads() {
		t.p.loads.over = true
	}
	if halts := t.p.m.halts; halts != nil && halts(t) {
		t.p.m.halted = true
		return over
	}
	if t.number == unix.SYS_RSEQ && t.p.m.open[RestartableSequences] {
		return pass
	}
	if f := calls[t.number]; f != nil {
		return f(t)
	}
	return t.p.m.unsupported(t, "")
}

// patientYields bounds how often a process may yield without waiting; then yielding takes a microsecond.
const patientYields = 20000

func (t *task) yield() verdict {
	p := t.p
	if p.reads++; p.reads > patientYields {
		n := p.reads
		v := t.sleep(1000, 0, 0)
		p.reads = n
		return v
	}
	return yielded
}

// unsupported ends the replication: a program does something that is not emulated. what says what; empty: the
// system call.
func (k *kernel) unsupported(t *task, what string) verdict {
	if what == "" {
		what = "system call " + callName(t.number)
	}
	k.fail(fmt.Errorf("unsupported: %s by %s (%s)", what, t.p.program.name(), t.p.name))
	return over
}

func describeOption(level, name uint64) string {
	return fmt.Sprintf("socket option %d of level %d", name, level)
}

func describeControl(operation uint64) string { return "prctl " + strconv.FormatUint(operation, 10) }
