// Command pion-v2-server and pion-v2-client: a DTLS 1.2 server that serves one client after
// another, and a client, with github.com/pion/dtls/v2 and nothing else. Which of the two it is,
// the name says under which it runs. It knows nothing of dtlssim.
package main

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/dtls/v2/pkg/crypto/selfsign"
)

const usage = `usage: pion-v2-server [flags]          echoes one message of each client, one client after another
       pion-v2-client [flags] ADDRESS  sends its standard input in one record, and closes
`

var (
	listen    = flag.String("listen", ":4433", "server: the `address` to listen on")
	wait      = flag.Duration("wait", 0, "server: from the echo to the close; client: from its data to the close")
	timeout   = flag.Duration("timeout", 10*time.Second, "the longest handshake, and the longest wait for a message")
	key       = flag.String("psk", "", "a pre-shared key in `hexadecimal`, instead of a certificate")
	identity  = flag.String("identity", "Client_identity", "the `name` of the pre-shared key")
	waitsEcho = flag.Bool("echo", false, "client: wait for the echo before the close")
)

func main() {
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	server := strings.HasSuffix(filepath.Base(os.Args[0]), "-server")
	if server && flag.NArg() != 0 || !server && flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	run := serve
	if !server {
		run = func(c *dtls.Config) error { return send(c, flag.Arg(0)) }
	}
	config, err := settings(server)
	if err == nil {
		err = run(config)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// settings is what flags say of credentials and limits. The certificate is made at the start.
func settings(server bool) (*dtls.Config, error) {
	c := &dtls.Config{
		InsecureSkipVerify:   true,
		ExtendedMasterSecret: dtls.RequestExtendedMasterSecret,
		ConnectContextMaker: func() (context.Context, func()) {
			return context.WithTimeout(context.Background(), *timeout)
		},
	}
	if *key != "" {
		k, err := hex.DecodeString(*key)
		if err != nil {
			return nil, fmt.Errorf("-psk %s: %w", *key, err)
		}
		c.PSK = func([]byte) ([]byte, error) { return k, nil }
		c.PSKIdentityHint = []byte(*identity)
		c.CipherSuites = []dtls.CipherSuiteID{dtls.TLS_PSK_WITH_AES_128_GCM_SHA256}
		return c, nil
	}
	if server {
		certificate, err := selfsign.GenerateSelfSigned()
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{certificate}
	}
	return c, nil
}

// serve serves one client after another. A handshake that fails is reported, and the next begins.
func serve(c *dtls.Config) error {
	address, err := net.ResolveUDPAddr("udp", *listen)
	if err != nil {
		return err
	}
	l, err := dtls.Listen("udp", address, c)
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	for {
		conn, err := l.Accept() // performs the handshake
		if err != nil {
			fmt.Println("handshake:", err)
			continue
		}
		fmt.Println("session with", conn.RemoteAddr())
		if err := echo(conn); err != nil {
			fmt.Println("session:", err)
		}
		time.Sleep(*wait)
		if err := conn.Close(); err != nil {
			fmt.Println("close:", err)
		}
		fmt.Println("closed")
	}
}

// echo answers one message.
func echo(conn net.Conn) error {
	if err := conn.SetReadDeadline(time.Now().Add(*timeout)); err != nil {
		return err
	}
	b := make([]byte, 16384)
	n, err := conn.Read(b)
	if err != nil {
		return err
	}
	fmt.Printf("read %q\n", b[:n])
	_, err = conn.Write(b[:n])
	return err
}

// send sends the standard input to a server, as echo text | openssl s_client does.
func send(c *dtls.Config, to string) error {
	address, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		return err
	}
	conn, err := dtls.Dial("udp", address, c)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	fmt.Println("session with", conn.RemoteAddr())
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	if _, err := conn.Write(text); err != nil {
		return err
	}
	if *waitsEcho {
		if err := conn.SetReadDeadline(time.Now().Add(*timeout)); err != nil {
			return err
		}
		b := make([]byte, 16384)
		n, err := conn.Read(b)
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
		fmt.Printf("read %q\n", b[:n])
	}
	time.Sleep(*wait)
	return conn.Close()
}
