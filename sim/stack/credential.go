package stack

import (
	"crypto/tls"
	"crypto/x509"
	"embed"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:generate go run generate.go

// testKeys are fixed, so that a seed and a specification produce the same bytes
// everywhere.
//
//go:embed testkeys/*.pem
var testKeys embed.FS

// Credentials lists the kinds of credentials that an endpoint can have: a pre-shared key,
// or a server certificate with a key of the named type. The client verifies the
// certificate.
var Credentials = []string{psk, "ed25519", "ecdsa", "rsa"}

// psk is the kind of credentials with a pre-shared key.
const psk = "psk"

// NoCertificate is the kind of a client's certificate by which it has none.
const NoCertificate = "none"

// ClientCertificates lists the kinds of certificates that a client can have: none, or one with a
// key of the named type, which the server requests and verifies (RFC 5246 section 7.4.4).
var ClientCertificates = []string{NoCertificate, "ed25519", "ecdsa", "rsa"}

// Names and secrets that all endpoints share.
const (
	ServerName = "server.test"      // name in the certificates (RFC 6761 section 6.2)
	Identity   = "dtlssim"          // identity hint of the pre-shared key (RFC 4279 section 2)
	Secret     = "dtlssim test key" // the pre-shared key
)

// Credential holds what endpoints need for one kind of credentials. It is read-only.
type Credential struct {
	Shared      bool            // the endpoints use the pre-shared key, Secret
	Certificate tls.Certificate // the certificate of the server, or of the client; unless Shared
	Roots       *x509.CertPool  // the roots that the other side trusts; unless Shared
}

var loaded = struct {
	sync.Mutex
	credentials map[string]*Credential
}{credentials: make(map[string]*Credential)}

// LoadCredential returns the credential of a kind. A process parses each key only once.
func LoadCredential(kind string) (*Credential, error) {
	if !slices.Contains(Credentials, kind) {
		return nil, fmt.Errorf("credentials %q: want one of %s", kind, strings.Join(Credentials, ", "))
	}
	if kind == psk {
		return &Credential{Shared: true}, nil
	}
	return load(kind)
}

// LoadClientCertificate returns the certificate of a client, of a kind; nil if the kind is
// NoCertificate or empty, or if the credentials are a pre-shared key, with which a server requests
// no certificate (RFC 4279 section 2).
func LoadClientCertificate(kind, credentials string) (*Credential, error) {
	if kind != "" && !slices.Contains(ClientCertificates, kind) {
		return nil, fmt.Errorf("client certificate %q: want one of %s", kind, strings.Join(ClientCertificates, ", "))
	}
	if kind == "" || kind == NoCertificate || credentials == psk {
		return nil, nil
	}
	return load("client-" + kind)
}

// load returns the credential in the file of a name.
func load(name string) (*Credential, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if c, ok := loaded.credentials[name]; ok {
		return c, nil
	}
	c, err := parseCredential(name)
	if err == nil {
		loaded.credentials[name] = c
	}
	return c, err
}

// PEM returns the server's certificate and private key, for a kind of credentials that
// has them.
func PEM(kind string) ([]byte, error) { return testKeys.ReadFile("testkeys/" + kind + ".pem") }

func parseCredential(name string) (*Credential, error) {
	data, err := PEM(name)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, fmt.Errorf("test key %s: %w", name, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	return &Credential{Certificate: pair, Roots: roots}, nil
}
