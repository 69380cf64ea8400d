// Package stack is the seam between a simulated host and an implementation of DTLS: what
// the host asks of an endpoint (Stack), and what the endpoint reports (Error, Event).
//
// Data flows one way. A session calls Stack.Client or Stack.Server with a connection that
// is a view of a simulated socket, and then Read, Write and Close of the session that it
// gets. The endpoint reads and writes datagrams of that connection. What a call comes to
// is its error, typed by a Cause; what happens inside is told to Config.Observe, as an
// Event. Nobody outside an implementation reads the text of an error or of a log.
//
// There are two implementations, each the only package that imports its stack: pionv2
// (github.com/pion/dtls/v2) and pionv3 (github.com/pion/dtls/v3). A third one implements
// Stack, in a package of its own, and gets a name in scenarios/session.
//
// # An endpoint that is no Go code
//
// The interface asks for nothing that only a Go library can do: datagrams in and out of a
// net.Conn, blocking calls, a limit of time. An implementation that runs a foreign program
// fits in as follows.
//
//   - Client and Server start the program. Its UDP socket is conn: sendto becomes a Write,
//     recvfrom a Read, and the timeout of poll or SO_RCVTIMEO a SetReadDeadline, which is
//     an event of the simulation's list. All of them block in virtual time, so the program
//     waits in a system call while virtual time passes.
//   - The session's Write and Read are the program's standard input and output. Its Close
//     ends the input, or sends SIGTERM, and waits for the program to exit.
//   - PEM returns the keys, and Secret the pre-shared one, to write to files.
//   - Begun, Completed, Failed, DataRead, DataWritten, AlertSent and Closed are reported
//     for every implementation alike (Reporting). The states of its handshake no program
//     tells; what a proof needs of them are the instants at which it would act by itself.
//     Those are the timeouts of its system calls: an Entered event with a Timer and no
//     Flight, and a ClockRead for each clock_gettime.
//   - A program with an accept loop of its own, on a port of the host, is no endpoint of a
//     session but a server. It takes the place of a server model of scenarios/session, and
//     reports the same events.
package stack

import (
	"context"
	"net"
	"time"
)

// Stack is an implementation of DTLS 1.2.
type Stack interface {
	// Client performs a handshake as a client over conn, until ctx ends. The session that
	// it returns closes conn when it is closed. Its errors, and those of the session's
	// methods, are of type *Error where the cause is known.
	Client(ctx context.Context, conn net.Conn, c Config) (net.Conn, error)

	// Server does the same as a server. It waits for the client's first flight.
	Server(ctx context.Context, conn net.Conn, c Config) (net.Conn, error)
}

// Config says how both endpoints of a session are set up.
type Config struct {
	Credentials string // one of Credentials

	// FlightInterval is the interval after which a flight is first sent again (RFC 6347
	// section 4.2.4.1). 0 means the stack's default, which is 1 s in pion's.
	FlightInterval time.Duration

	// MTU is how many bytes of a handshake message go into one record, without the 25
	// bytes of its headers, and up to how many bytes records share a datagram: that is
	// what pion makes of its own option. 0 means the stack's default, 1200 in pion's.
	MTU int

	// Observe, if it is not nil, is told of each event of the endpoint, on a goroutine of
	// the endpoint, when it happens.
	Observe func(Event)
}
