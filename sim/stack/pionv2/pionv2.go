// Package pionv2 adapts the stack github.com/pion/dtls/v2, which is unmodified. No other
// package imports that stack.
package pionv2

import (
	"context"
	"crypto/tls"
	"net"

	"github.com/pion/dtls/v2"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pion"
)

// Version is the version of the stack that this package supports. The package relies on the
// log lines and error values of that version.
const Version = "v2.2.12"

// New returns the stack.
func New() stack.Stack { return stack.Reporting(endpoints{}) }

type endpoints struct{}

// Client implements stack.Stack.
func (endpoints) Client(ctx context.Context, conn net.Conn, c stack.Config) (net.Conn, error) {
	receiver := pion.NewReceiver(c, true, pion.Rules{})
	config, err := configure(c, true, receiver)
	if err != nil {
		return nil, err
	}
	session, err := dtls.ClientWithContext(ctx, receiver.Conn(conn), config)
	return established(session, err, receiver)
}

// Server implements stack.Stack.
func (endpoints) Server(ctx context.Context, conn net.Conn, c stack.Config) (net.Conn, error) {
	receiver := pion.NewReceiver(c, false, pion.Rules{})
	config, err := configure(c, false, receiver)
	if err != nil {
		return nil, err
	}
	session, err := dtls.ServerWithContext(ctx, receiver.Conn(conn), config)
	return established(session, err, receiver)
}

func established(conn *dtls.Conn, err error, receiver *pion.Receiver) (net.Conn, error) {
	if err != nil {
		receiver.End()
		return nil, stack.HandshakeError(err, pion.PeerAlert(err))
	}
	return session{conn}, nil
}

// session is a session whose errors are of type *stack.Error.
type session struct{ *dtls.Conn }

// Read implements net.Conn.
func (s session) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	return n, stack.SessionError(err, dtls.ErrConnClosed)
}

// Write implements net.Conn.
func (s session) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	return n, stack.SessionError(err, dtls.ErrConnClosed)
}

// configure returns the stack's configuration of an endpoint.
func configure(c stack.Config, client bool, receiver *pion.Receiver) (*dtls.Config, error) {
	credential, err := stack.LoadCredential(c.Credentials)
	if err != nil {
		return nil, err
	}
	certified, err := stack.LoadClientCertificate(c.ClientCertificate, c.Credentials)
	if err != nil {
		return nil, err
	}
	config := &dtls.Config{
		FlightInterval: c.FlightInterval, MTU: c.MTU, ReplayProtectionWindow: c.ReplayWindow,
		LoggerFactory: newLog(c, receiver),
	}
	switch {
	case certified == nil:
	case client:
		config.Certificates = []tls.Certificate{certified.Certificate}
	default:
		config.ClientAuth, config.ClientCAs = dtls.RequireAndVerifyClientCert, certified.Roots
	}
	switch {
	case credential.Shared:
		config.PSK = func([]byte) ([]byte, error) { return []byte(stack.Secret), nil }
		config.PSKIdentityHint = []byte(stack.Identity)
		config.CipherSuites = []dtls.CipherSuiteID{dtls.TLS_PSK_WITH_AES_128_GCM_SHA256}
	case client:
		config.RootCAs, config.ServerName = credential.Roots, stack.ServerName
	default:
		config.Certificates = []tls.Certificate{credential.Certificate}
	}
	return config, nil
}
