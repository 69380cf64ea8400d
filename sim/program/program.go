// Package program runs Linux programs, unmodified, on the hosts of a simulation.
//
//	system calls of a program -> Machine (processes, files, sockets, timers) -> sim.Simulation (event list, network)
//
// A program is one more actor of the event list. At one instant of virtual time it runs, thread by
// thread, until every thread of it waits in a system call that the machine emulates. Then the event
// list goes on. It uses ptrace(2) and seccomp(2), and needs Linux on amd64.
//
// A program is not confined otherwise: it runs with the rights of the user.
package program

import (
	"syscall"
	"time"

	"github.com/dtlssim/dtlssim/sim/distribution"
)

// Config describes a machine: the operating system of a host.
type Config struct {
	// Processing is the time from an arrival that wakes a program to the program's next instruction;
	// nil means none. Code takes no virtual time otherwise.
	Processing distribution.Distribution

	// Unreachable makes a datagram to a port without a socket come back as ICMP port unreachable,
	// after the time that the datagram took: a connected sender then gets ECONNREFUSED.
	Unreachable bool

	// MTU is what a program learns that asks for the path's MTU, in bytes; 0 means 1500.
	MTU int

	// Open are hazards that a test leaves open; nil: none.
	Open map[Hazard]bool

	// Epoch is what the clock of the machine shows when the replication starts; zero means the
	// start of the year 2025, in UTC.
	Epoch time.Time
}

// Command is what a program is started with.
type Command struct {
	Actor string   // name of the actor; unique within a replication
	Path  string   // absolute path of the executable
	Args  []string // as the program sees them; Args[0] is its name
	Env   []string // NAME=VALUE; overrides a variable of Environment
	Dir   string   // working directory, absolute; it may write here only
	DirAs string   // what stands for Dir in the lines that it writes; empty: Dir

	Input   []Input  // what arrives at its standard input; it is open and empty from the start
	Signals []Signal // what is sent to it

	// Output is called for each line that it writes to descriptor 1 or 2, without its line feed. Ended
	// is called once it has ended; processes that it has left behind go on. Both run on the goroutine
	// of the event loop and must not block. nil: not called.
	Output func(descriptor int, line string)
	Ended  func(Exit)
}

// Input is text that arrives at the standard input of a program.
type Input struct {
	After time.Duration // since the start of the program
	Text  string
	End   bool // end of file follows the text
}

// Signal is a signal that is sent to a program.
type Signal struct {
	After  time.Duration // since the start of the program
	Number syscall.Signal
}

// Exit is how a program ended.
type Exit struct {
	At     time.Duration
	Code   int            // exit code, if Signal is 0
	Signal syscall.Signal // the signal that ended it; 0: none
}

// Environment returns the environment variables of every program. The last one hides instructions
// that draw random numbers from OpenSSL.
func Environment() []string {
	return []string{"LC_ALL=C", "TZ=UTC", "HOME=/", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
		"OPENSSL_ia32cap=~0x4000000000000000:~0x40000"}
}
