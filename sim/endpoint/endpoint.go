// Package endpoint starts real DTLS 1.2 endpoints: github.com/pion/dtls/v2,
// unmodified. It is the only package that imports that stack.
package endpoint

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"embed"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/logging"
)

//go:generate go run generate.go

// testKeys are fixed, so that a seed and a specification give the same bytes
// everywhere.
//
//go:embed testkeys/*.pem
var testKeys embed.FS

// Credentials lists the kinds of credentials that an endpoint can have: a
// pre-shared key, or a server certificate with a key of that type, which the
// client verifies.
var Credentials = []string{"psk", "ed25519", "ecdsa", "rsa"}

// serverName is the name that the certificates are for (RFC 6761 section 6.2).
const serverName = "server.test"

// Config says how both endpoints of a session are set up.
type Config struct {
	Credentials    string        // one of Credentials
	FlightInterval time.Duration // the interval of retransmission; pion's default is 1 s

	// MTU is how many bytes of a handshake message go into one record, without the 25
	// bytes of its headers, and up to how many bytes records share a datagram: that is
	// what pion makes of dtls.Config.MTU. 0 means pion's default of 1200.
	MTU int

	// Observe, if it is not nil, is told of every state that the handshake of an endpoint
	// enters, on a goroutine of the endpoint.
	Observe func(State)
}

// Client performs a DTLS handshake as a client over conn, until ctx ends. The
// connection that it returns closes conn when it is closed.
func Client(ctx context.Context, conn net.Conn, c Config) (net.Conn, error) {
	config, err := c.config(true)
	if err != nil {
		return nil, err
	}
	session, err := dtls.ClientWithContext(ctx, conn, config)
	if err != nil {
		return nil, plain(err)
	}
	return session, nil
}

// Server performs a DTLS handshake as a server over conn, until ctx ends. The
// connection that it returns closes conn when it is closed.
func Server(ctx context.Context, conn net.Conn, c Config) (net.Conn, error) {
	config, err := c.config(false)
	if err != nil {
		return nil, err
	}
	session, err := dtls.ServerWithContext(ctx, conn, config)
	if err != nil {
		return nil, plain(err)
	}
	return session, nil
}

// NewListener returns a listener of DTLS sessions over one of connections, as
// dtls.NewListener: its Accept performs the handshake of each connection inline, so
// that one that does not come about holds up all others. limit returns the context
// of a handshake.
func NewListener(inner net.Listener, c Config, limit func() (context.Context, context.CancelFunc)) (net.Listener, error) {
	config, err := c.config(false)
	if err != nil {
		return nil, err
	}
	config.ConnectContextMaker = func() (context.Context, func()) {
		ctx, cancel := limit()
		return ctx, cancel
	}
	l, err := dtls.NewListener(inner, config)
	if err != nil {
		return nil, err
	}
	return &listener{l}, nil
}

type listener struct{ net.Listener }

func (l *listener) Accept() (net.Conn, error) {
	session, err := l.Listener.Accept()
	if err != nil {
		return nil, plain(err)
	}
	return session, nil
}

// PeerClosed tells whether an error of Read or Write means that the peer has
// closed the session in order.
func PeerClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, dtls.ErrConnClosed)
}

// TimedOut tells whether an error of Read means that time was up.
func TimedOut(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// HandshakeTimeout is the text of the error of a handshake that met its time limit.
const HandshakeTimeout = "the handshake timed out"

var errHandshakeTimeout = errors.New(HandshakeTimeout)

// plain words a handshake error for people who wait for an answer in time.
func plain(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errHandshakeTimeout
	}
	return err
}

// credential is what the endpoints need of one kind of credentials.
type credential struct {
	server, client dtls.Config
}

var credentials = struct {
	sync.Mutex
	loaded map[string]*credential
}{loaded: make(map[string]*credential)}

// config returns a Config of the stack for one endpoint. Keys are parsed once in
// a process; they are read-only.
func (c Config) config(client bool) (*dtls.Config, error) {
	credentials.Lock()
	defer credentials.Unlock()
	loaded, ok := credentials.loaded[c.Credentials]
	if !ok {
		var err error
		if loaded, err = load(c.Credentials); err != nil {
			return nil, err
		}
		credentials.loaded[c.Credentials] = loaded
	}
	config := loaded.server
	if client {
		config = loaded.client
	}
	config.FlightInterval = c.FlightInterval
	config.MTU = c.MTU
	config.LoggerFactory = silent
	if c.Observe != nil {
		config.LoggerFactory = observer{observe: c.Observe}
	}
	return &config, nil
}

var silent = &logging.DefaultLoggerFactory{
	Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{},
}

func load(name string) (*credential, error) {
	if !slices.Contains(Credentials, name) {
		return nil, fmt.Errorf("credentials %q: want one of %s", name, strings.Join(Credentials, ", "))
	}
	if name == "psk" {
		shared := dtls.Config{
			PSK:             func([]byte) ([]byte, error) { return []byte("dtlssim test key"), nil },
			PSKIdentityHint: []byte("dtlssim"),
			CipherSuites:    []dtls.CipherSuiteID{dtls.TLS_PSK_WITH_AES_128_GCM_SHA256},
		}
		return &credential{server: shared, client: shared}, nil
	}
	data, err := testKeys.ReadFile("testkeys/" + name + ".pem")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, fmt.Errorf("test key %s: %w", name, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	return &credential{
		server: dtls.Config{Certificates: []tls.Certificate{pair}},
		client: dtls.Config{RootCAs: roots, ServerName: serverName},
	}, nil
}
