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
var Credentials = []string{"psk", "ed25519", "ecdsa", "rsa"}

// Names and secrets that all endpoints share.
const (
	ServerName = "server.test"      // name in the certificates (RFC 6761 section 6.2)
	Identity   = "dtlssim"          // identity hint of the pre-shared key (RFC 4279 section 2)
	Secret     = "dtlssim test key" // the pre-shared key
)

// Credential holds what endpoints need for one kind of credentials. It is read-only.
type Credential struct {
	Shared      bool            // the endpoints use the pre-shared key, Secret
	Certificate tls.Certificate // the server's certificate; unless Shared
	Roots       *x509.CertPool  // the roots that the client trusts; unless Shared
}

var loaded = struct {
	sync.Mutex
	credentials map[string]*Credential
}{credentials: make(map[string]*Credential)}

// LoadCredential returns the credential of a kind. A process parses each key only once.
func LoadCredential(kind string) (*Credential, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if c, ok := loaded.credentials[kind]; ok {
		return c, nil
	}
	c, err := parseCredential(kind)
	if err == nil {
		loaded.credentials[kind] = c
	}
	return c, err
}

// PEM returns the server's certificate and private key, for a kind of credentials that
// has them.
func PEM(kind string) ([]byte, error) { return testKeys.ReadFile("testkeys/" + kind + ".pem") }

func parseCredential(kind string) (*Credential, error) {
	if !slices.Contains(Credentials, kind) {
		return nil, fmt.Errorf("credentials %q: want one of %s", kind, strings.Join(Credentials, ", "))
	}
	if kind == "psk" {
		return &Credential{Shared: true}, nil
	}
	data, err := PEM(kind)
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(data, data)
	if err != nil {
		return nil, fmt.Errorf("test key %s: %w", kind, err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(pair.Leaf)
	return &Credential{Certificate: pair, Roots: roots}, nil
}
