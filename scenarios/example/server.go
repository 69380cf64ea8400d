package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/pion/transport/v2"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
)

// This file is an application's code, as it could be in its own repository: it does not know the
// simulation. It takes a transport.Net of pion, so it runs on real and on virtual sockets. It
// uses the clock of package time, which is virtual in the simulation.

// serveOne waits for a client on a UDP port, performs a DTLS handshake, and echoes one message.
// It gives up if the message takes longer than patience.
func serveOne(network transport.Net, port int, config stack.Config, patience time.Duration) error {
	socket, err := network.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		return err
	}
	conn := &oneClient{UDPConn: socket}
	defer conn.Close()

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	session, err := pionv2.New().Server(ctx, conn, config)
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	defer session.Close()

	if err := session.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	message := make([]byte, 1024)
	n, err := session.Read(message)
	if err != nil {
		return fmt.Errorf("waiting for the message: %w", err)
	}
	_, err = session.Write(message[:n])
	return err
}

// oneClient turns a socket into a connection with the sender of the first datagram.
type oneClient struct {
	transport.UDPConn
	peer net.Addr
}

// Read implements net.Conn.
func (c *oneClient) Read(p []byte) (int, error) {
	for {
		n, from, err := c.ReadFrom(p)
		if err != nil {
			return 0, err
		}
		if c.peer == nil {
			c.peer = from
		}
		if c.peer.String() == from.String() {
			return n, nil
		}
	}
}

// Write implements net.Conn.
func (c *oneClient) Write(p []byte) (int, error) { return c.WriteTo(p, c.peer) }

// RemoteAddr implements net.Conn.
func (c *oneClient) RemoteAddr() net.Addr { return c.peer }
