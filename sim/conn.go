package sim

import (
	"net"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// Conn is a connection that also receives and sends parsed datagrams, so that their DTLS
// records are parsed only once. It is a connected socket, or a view of one. Layers between a
// socket and an endpoint use it; an endpoint reads and writes bytes.
type Conn interface {
	net.Conn

	// Receive waits for a datagram and returns it, as Read does.
	Receive() (*wire.Datagram, error)

	// Send sends a datagram, as Write does.
	Send(d *wire.Datagram) (int, error)
}

// Endpoint returns a view of a connected socket for a DTLS endpoint. An endpoint closes its
// connection, but the Close of this view leaves the socket on its port until the application
// releases it. Datagrams that arrive meanwhile are dropped.
func (s *Socket) Endpoint() Conn { return &endpointView{s} }

type endpointView struct{ *Socket }

// Close implements net.Conn.
func (v *endpointView) Close() error {
	v.yield(callClose)
	h := v.port.host
	h.mu.Lock()
	defer h.mu.Unlock()
	if v.draining || v.closed {
		return v.failure("close", net.ErrClosed)
	}
	v.draining = true
	v.queue, v.queued = nil, 0
	v.ready.Broadcast()
	return nil
}

// Write implements net.Conn.
func (v *endpointView) Write(p []byte) (int, error) { return v.Send(parse(p)) }

// Send implements Conn.
func (v *endpointView) Send(d *wire.Datagram) (int, error) {
	v.yield(callWrite)
	h := v.port.host
	h.mu.Lock()
	draining := v.draining
	h.mu.Unlock()
	if draining {
		return 0, v.failure("write", net.ErrClosed)
	}
	return v.send(d)
}
