// Package pionv3 adapts the stack github.com/pion/dtls/v3, which is unmodified. No other
// package imports that stack.
//
// It differs from v2 in these ways that a simulation can observe:
//
//   - The retransmission interval doubles with each retransmission, up to a minute. A new
//     flight begins with the initial interval (RFC 6347 section 4.2.4.1).
//   - A server answers a repeated ClientHello at once. But once it has retransmitted its
//     flight, it waits until 1 s, then 2 s, 4 s and so on have passed since its last
//     retransmission.
//   - The last flight is retransmitted at once when the peer asks for it.
//   - Close waits for no timer, and no reader can come before its close_notify.
//   - Once a handshake is complete, unencrypted alerts are dropped.
//
// The listener of v3 performs no handshake: Accept returns a connection that performs it in
// its first Read or Write. Server in this package performs the handshake, as in pionv2.
package pionv3

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/pion/dtls/v3"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// Version is the version of the stack that this package supports. The package relies on the
// log lines, error values and private fields of that version.
const Version = "v3.1.15"

// New returns the stack.
func New() stack.Stack { return stack.Reporting(endpoints{}) }

type endpoints struct{}

// Client implements stack.Stack.
func (endpoints) Client(ctx context.Context, conn net.Conn, c stack.Config) (net.Conn, error) {
	o := newObserver(c, true)
	conn = o.receiver.Conn(conn)
	options, err := shared(c, o)
	if err != nil {
		return nil, err
	}
	list := make([]dtls.ClientOption, 0, len(options)+3)
	for _, option := range options {
		list = append(list, option)
	}
	if certified, _ := stack.LoadClientCertificate(c.ClientCertificate, c.Credentials); certified != nil {
		list = append(list, dtls.WithCertificates(certified.Certificate))
	}
	if credential, _ := stack.LoadCredential(c.Credentials); !credential.Shared {
		list = append(list, dtls.WithRootCAs(credential.Roots), dtls.WithServerName(stack.ServerName))
	}
	endpoint, err := dtls.ClientWithOptions(&packets{conn, conn.RemoteAddr()}, conn.RemoteAddr(), list...)
	return perform(ctx, endpoint, err, o)
}

// Server implements stack.Stack.
func (endpoints) Server(ctx context.Context, conn net.Conn, c stack.Config) (net.Conn, error) {
	o := newObserver(c, false)
	conn = o.receiver.Conn(conn)
	options, err := shared(c, o)
	if err != nil {
		return nil, err
	}
	list := make([]dtls.ServerOption, 0, len(options)+3)
	for _, option := range options {
		list = append(list, option)
	}
	if certified, _ := stack.LoadClientCertificate(c.ClientCertificate, c.Credentials); certified != nil {
		list = append(list, dtls.WithClientAuth(dtls.RequireAndVerifyClientCert), dtls.WithClientCAs(certified.Roots))
	}
	if credential, _ := stack.LoadCredential(c.Credentials); !credential.Shared {
		list = append(list, dtls.WithCertificates(credential.Certificate))
	}
	endpoint, err := dtls.ServerWithOptions(&packets{conn, conn.RemoteAddr()}, conn.RemoteAddr(), list...)
	return perform(ctx, endpoint, err, o)
}

// shared returns the options that client and server have in common.
func shared(c stack.Config, o *observer) ([]dtls.Option, error) {
	credential, err := stack.LoadCredential(c.Credentials)
	if err != nil {
		return nil, err
	}
	if _, err := stack.LoadClientCertificate(c.ClientCertificate, c.Credentials); err != nil {
		return nil, err
	}
	options := []dtls.Option{dtls.WithLoggerFactory(o.log())}
	if c.FlightInterval != 0 {
		options = append(options, dtls.WithFlightInterval(c.FlightInterval))
	}
	if c.ReplayWindow != 0 {
		options = append(options, dtls.WithReplayProtectionWindow(c.ReplayWindow))
	}
	if c.MTU != 0 {
		options = append(options, dtls.WithMTU(c.MTU))
	}
	if credential.Shared {
		options = append(options,
			dtls.WithPSK(func([]byte) ([]byte, error) { return []byte(stack.Secret), nil }),
			dtls.WithPSKIdentityHint([]byte(stack.Identity)),
			dtls.WithCipherSuites(dtls.TLS_PSK_WITH_AES_128_GCM_SHA256))
	}
	return options, nil
}

// perform performs the handshake of an endpoint.
func perform(ctx context.Context, conn *dtls.Conn, err error, o *observer) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	o.conn = conn
	if err := conn.HandshakeContext(ctx); err != nil {
		o.receiver.End()
		return nil, stack.HandshakeError(err, pion.PeerAlert(err))
	}
	return session{conn}, nil
}

// packets adapts a connection to one peer to net.PacketConn.
type packets struct {
	net.Conn
	peer net.Addr
}

// ReadFrom implements net.PacketConn.
func (p *packets) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.Read(b)
	return n, p.peer, err
}

// WriteTo implements net.PacketConn.
func (p *packets) WriteTo(b []byte, _ net.Addr) (int, error) { return p.Write(b) }

// session is a session whose errors are of type *stack.Error.
type session struct{ *dtls.Conn }

// Read implements net.Conn. It returns pending data before the end of the session. v3 waits
// for both in one select, which chooses at random when both are ready, but a replication must
// be reproducible byte for byte.
func (s session) Read(p []byte) (int, error) {
	for {
		n, err := s.Conn.Read(p)
		if errors.Is(err, io.EOF) && pending(s.Conn) > 0 {
			continue
		}
		return n, stack.SessionError(err, dtls.ErrConnClosed)
	}
}

// Write implements net.Conn.
func (s session) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	return n, stack.SessionError(err, dtls.ErrConnClosed)
}
