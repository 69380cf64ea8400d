package main

import (
	"context"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/transport/v2/stdnet"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/search"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
)

func TestMain(m *testing.M) {
	catalogue.Register(impatient)
	testkit.Main(m, run.ServeIfAsked)
}

// From the server's Finished, which ends its handshake, to the message it takes two
// latencies: with a patience of 500 ms the message comes in time up to 250 ms, for the
// timer of an endpoint comes before a datagram of the same instant.
func TestWindows(t *testing.T) {
	w, err := windows(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []search.Interval{{From: int64(250 * time.Millisecond), To: int64(time.Second)}}
	if !slices.Equal(w.FailureWindows, want) {
		t.Errorf("it fails in %v, want %v\n%v", w.FailureWindows, want, w.Cells)
	}
}

// The server is the same code on real sockets.
func TestServerOnRealSockets(t *testing.T) {
	network, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	probe, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	address := probe.LocalAddr().(*net.UDPAddr)
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- serveOne(network, address.Port, 10*time.Second) }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := net.DialUDP("udp4", nil, address)
	if err != nil {
		t.Fatal(err)
	}
	session, err := pionv2.New().Client(ctx, conn, stack.Config{Credentials: "psk", FlightInterval: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 16)
	n, err := session.Read(answer)
	if err != nil || string(answer[:n]) != "hello" {
		t.Errorf("got %q, %v", answer[:n], err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
