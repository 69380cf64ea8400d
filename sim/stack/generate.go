//go:build ignore

// This program generates the keys and certificates in testkeys that do not exist yet: those of
// the server, and those of the clients. It was run by hand, once for each. The keys are part of
// the specification of a replication: new keys change every digest.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

func main() {
	for name, generate := range map[string]func() (crypto.Signer, error){
		"ecdsa": func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
		"ed25519": func() (crypto.Signer, error) {
			_, key, err := ed25519.GenerateKey(rand.Reader)
			return key, err
		},
		"rsa": func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
	} {
		certify(name, "server.test", x509.ExtKeyUsageServerAuth, generate)
		certify("client-"+name, "client.test", x509.ExtKeyUsageClientAuth, generate)
	}
}

// certify writes a key and its certificate, unless the file exists. The host name is one of RFC
// 6761 section 6.2.
func certify(name, host string, usage x509.ExtKeyUsage, generate func() (crypto.Signer, error)) {
	path := filepath.Join("testkeys", name+".pem")
	if _, err := os.Stat(path); err == nil {
		return
	}
	key, err := generate()
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "dtlssim test key, " + name},
		DNSNames:     []string{host},
		// Virtual time starts at 2000-01-01; endpoints outside the simulator run today.
		NotBefore:             time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{usage},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		log.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		log.Fatal(err)
	}
	data := append([]byte("A test key of dtlssim. It is public: never use it for anything else.\n"),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(path, data, 0o644); err != nil {
		log.Fatal(err)
	}
}
