// Command pion-v3-server and pion-v3-client: a DTLS 1.2 server that serves one client after
// another, and a client, with github.com/pion/dtls/v3 and nothing else. Which of the two it is,
// the name says under which it runs. It knows nothing of dtlssim.
package main

import (
	"context"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
)

const usage = `usage: pion-v3-server [flags]          echoes one message of each client, one client after another
       pion-v3-client [flags] ADDRESS  sends its standard input in one record, and closes
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
	var err error
	if server {
		err = serve()
	} else {
		err = send(flag.Arg(0))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// credentials are a pre-shared key, or for a server a certificate, made at the start.
func credentials(server bool) ([]dtls.Option, error) {
	if *key != "" {
		k, err := hex.DecodeString(*key)
		if err != nil {
			return nil, fmt.Errorf("-psk %s: %w", *key, err)
		}
		return []dtls.Option{
			dtls.WithPSK(func([]byte) ([]byte, error) { return k, nil }),
			dtls.WithPSKIdentityHint([]byte(*identity)),
			dtls.WithCipherSuites(dtls.TLS_PSK_WITH_AES_128_GCM_SHA256),
		}, nil
	}
	if !server {
		return []dtls.Option{dtls.WithInsecureSkipVerify(true)}, nil
	}
	certificate, err := selfsign.GenerateSelfSigned()
	return []dtls.Option{dtls.WithCertificates(certificate)}, err
}

// serve serves one client after another. A handshake that fails is reported, and the next begins.
func serve() error {
	shared, err := credentials(true)
	if err != nil {
		return err
	}
	options := make([]dtls.ServerOption, len(shared))
	for i, o := range shared {
		options[i] = o
	}
	address, err := net.ResolveUDPAddr("udp", *listen)
	if err != nil {
		return err
	}
	l, err := dtls.ListenWithOptions("udp", address, options...)
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		if err := handshake(conn.(*dtls.Conn)); err != nil {
			fmt.Println("handshake:", err)
		} else {
			fmt.Println("session with", conn.RemoteAddr())
			if err := echo(conn); err != nil {
				fmt.Println("session:", err)
			}
			time.Sleep(*wait)
		}
		if err := conn.Close(); err != nil {
			fmt.Println("close:", err)
		}
		fmt.Println("closed")
	}
}

func handshake(conn *dtls.Conn) error {
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	return conn.HandshakeContext(ctx)
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
func send(to string) error {
	shared, err := credentials(false)
	if err != nil {
		return err
	}
	options := make([]dtls.ClientOption, len(shared))
	for i, o := range shared {
		options[i] = o
	}
	address, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		return err
	}
	conn, err := dtls.DialWithOptions("udp", address, options...)
	if err != nil {
		return err
	}
	if err := handshake(conn); err != nil {
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
