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

// This file is an application's own code, as it might stand in its repository: it knows
// nothing of the simulation. It takes a transport.Net of pion, so that it runs on real
// sockets and on virtual ones, and the wall clock of package time, which is virtual
// there.

// serveOne waits for a client on a UDP port, performs a DTLS handshake, and echoes one
// message. It gives up when the client takes longer than patience for that message.
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

// oneClient makes a connection of a socket: with the sender of the first datagram.
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
