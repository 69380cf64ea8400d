package sim

import (
	"net"
	"sync/atomic"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// Guard stands between a socket and its endpoint, and keeps from the endpoint the
// alerts and the application data of epoch 0 in what arrives. Nothing protects such
// records, so anybody can send them: RFC 6347 section 4.1.2.7 asks to discard what is
// invalid, and once a handshake is complete, a peer that is honest sends none.
type Guard struct {
	net.Conn      // below, for all but Read
	below    Conn // the socket, or the view of it that an endpoint is given
	host     *Host
	always   bool
	complete atomic.Bool
}

// Guard returns conn with a guard before it: one that always keeps such records
// back, or only once Complete was called.
func (h *Host) Guard(conn Conn, always bool) *Guard {
	return &Guard{Conn: conn, below: conn, host: h, always: always}
}

// Complete tells the guard that the handshake of the endpoint is complete.
func (g *Guard) Complete() { g.complete.Store(true) }

// Read implements net.Conn. A datagram of which nothing is left is passed over.
func (g *Guard) Read(p []byte) (int, error) {
	for {
		d, err := g.below.Receive()
		if err != nil {
			return 0, err
		}
		if !(g.always || g.complete.Load()) || !d.Contains(inTheClear) {
			return read(p, d)
		}
		left, stripped := d.Strip(inTheClear)
		g.host.w.Event(g.host, GuardDropped{stripped})
		if len(left) > 0 {
			return copy(p, left), nil
		}
	}
}

// inTheClear tells of a record that it is an alert or application data of epoch 0.
func inTheClear(r *wire.Record) bool {
	return r.Epoch == 0 && (r.ContentType == wire.Alert || r.ContentType == wire.ApplicationData)
}
