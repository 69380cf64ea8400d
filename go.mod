module github.com/dtlssim/dtlssim

go 1.26

// The endpoints draw their keys, nonces and signatures from crypto/rand. A
// replication replaces crypto/rand.Reader by a seeded stream, which crypto/ecdsa
// and its siblings honour only under this setting.
godebug cryptocustomrand=1

require (
	github.com/pion/dtls/v2 v2.2.12
	github.com/pion/logging v0.2.4
	github.com/pion/transport/v2 v2.2.10
	gonum.org/v1/gonum v0.17.0
)

require (
	github.com/pion/transport/v3 v3.1.1 // indirect
	github.com/stretchr/testify v1.11.1 // indirect
	golang.org/x/crypto v0.32.0 // indirect
	golang.org/x/net v0.34.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
)
