//go:build ignore

// This program generates the keys and certificates in testkeys. It was run once, by hand.
// The keys are part of the specification of a replication: new keys change every digest.
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
	keys := map[string]crypto.Signer{}
	var err error
	if keys["ecdsa"], err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		log.Fatal(err)
	}
	if _, keys["ed25519"], err = generateEd25519(); err != nil {
		log.Fatal(err)
	}
	if keys["rsa"], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		log.Fatal(err)
	}
	for name, key := range keys {
		template := &x509.Certificate{
			SerialNumber: big.NewInt(1),
			Subject:      pkix.Name{CommonName: "dtlssim test key, " + name},
			DNSNames:     []string{"server.test"}, // RFC 6761 section 6.2
			// Virtual time starts at 2000-01-01; endpoints outside the simulator run today.
			NotBefore:             time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC),
			NotAfter:              time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
			KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
			ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
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
		if err := os.WriteFile(filepath.Join("testkeys", name+".pem"), data, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

func generateEd25519() (ed25519.PublicKey, crypto.Signer, error) {
	return ed25519.GenerateKey(rand.Reader)
}
