// Package stack is the interface between a simulated host and an implementation of DTLS. It
// defines what the host asks of an endpoint (Stack) and what the endpoint reports (Error,
// Event).
//
// A session calls Stack.Client or Stack.Server with a connection that is a view of a
// simulated socket. Then it calls Read, Write and Close on the session that it gets. The
// endpoint reads and writes datagrams on the connection. The error of a call has a Cause.
// The endpoint reports what happens inside to Config.Observe, as Events. No code outside an
// implementation parses the text of errors or logs.
//
// There are two implementations: pionv2 (github.com/pion/dtls/v2) and pionv3
// (github.com/pion/dtls/v3). Each is the only package that imports its stack. To add a third
// one, implement Stack in a new package and give it a name in scenarios/session.
//
// # Endpoints that are not written in Go
//
// The interface requires nothing that only a Go library can provide: it uses datagrams on a
// net.Conn, blocking calls and a time limit. An implementation could run an external
// program as follows.
//
//   - Client and Server start the program. Its UDP socket is conn: sendto becomes Write,
//     recvfrom becomes Read, and the timeout of poll or SO_RCVTIMEO becomes SetReadDeadline,
//     which is an event of the simulation's list. All of them block in virtual time, so the
//     program waits in a system call while virtual time passes.
//   - The session's Write and Read use the program's standard input and output. Its Close
//     closes the input, or sends SIGTERM, and waits for the program to exit.
//   - PEM returns the certificate and key, and Secret is the pre-shared key, to write to
//     files.
//   - Reporting reports Begun, Completed, Failed, DataRead, DataWritten, AlertSent and Closed
//     for every implementation. A program does not report the states of its handshake. A
//     proof only needs the instants at which the program would act without receiving
//     anything. These are the timeouts of its system calls: report an Entered event with a
//     Timer and no Flight for each, and a ClockRead for each clock_gettime.
//   - A program that has its own accept loop on a port of the host is a server, not the
//     endpoint of a session. It replaces a server model of scenarios/session and reports the
//     same events.
package stack

import (
	"context"
	"net"
	"time"
)

// Stack is an implementation of DTLS 1.2.
type Stack interface {
	// Client performs a handshake as a client over conn, until ctx ends. Closing the
	// returned session closes conn. Errors of Client and of the session's methods are of
	// type *Error where the cause is known.
	Client(ctx context.Context, conn net.Conn, c Config) (net.Conn, error)

	// Server performs a handshake as a server. It waits for the client's first flight.
	Server(ctx context.Context, conn net.Conn, c Config) (net.Conn, error)
}

// Config configures both endpoints of a session.
type Config struct {
	Credentials string // one of Credentials

	// ClientCertificate is one of ClientCertificates. The server requests and verifies the
	// client's certificate, unless it is NoCertificate or empty, or the credentials are a
	// pre-shared key.
	ClientCertificate string

	// FlightInterval is the time until the first retransmission of a flight (RFC 6347
	// section 4.2.4.1). 0 means the stack's default, which is 1 s for pion.
	FlightInterval time.Duration

	// MTU has two meanings, as in pion: the maximum number of bytes of a handshake message in
	// one record, not counting the 25 bytes of headers, and the maximum size in bytes of a
	// datagram that several records share. 0 means the stack's default, which is 1200 for
	// pion.
	MTU int

	// ReplayWindow is the size of the window of an endpoint's replay protection, in records (RFC
	// 6347 section 4.1.2.6). 0 means the stack's default, which is 64 for pion.
	ReplayWindow int

	// Observe, if not nil, is called for each event of the endpoint when it happens, on a
	// goroutine of the endpoint.
	Observe func(Event)

	// Explain asks for Explained events as well, as far as the stack or the source of the stack
	// tells. It changes nothing that the endpoint does.
	Explain bool

	// After, if not nil, calls f after d, unless the function that it returns is called before.
	// The deadlines of the session, and the deadline of the context of a handshake, then use
	// it instead of timers of the runtime. In a simulation they become events of its list.
	After func(d time.Duration, f func()) (cancel func())
}
