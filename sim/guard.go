package sim

import (
	"net"
	"sync/atomic"

	"github.com/dtlssim/dtlssim/sim/wire"
)

// Guard is a filter between a socket and its endpoint. It drops incoming alerts and
// application data of epoch 0. Such records are unprotected, so anybody can send them. RFC
// 6347 section 4.1.2.7 says that invalid records should be discarded, and once a handshake is
// complete, an honest peer sends no such records.
type Guard struct {
	net.Conn      // the same as below; Guard overrides Read
	below    Conn // the socket, or a view of it
	host     *Host
	always   bool
	complete atomic.Bool
}

// Guard returns a guard on conn. It drops such records always, or, if always is false, only
// after Complete was called.
func (h *Host) Guard(conn Conn, always bool) *Guard {
	return &Guard{Conn: conn, below: conn, host: h, always: always}
}

// Complete informs the guard that the handshake of the endpoint is complete.
func (g *Guard) Complete() { g.complete.Store(true) }

// Read implements net.Conn. It skips datagrams of which nothing is left.
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

// inTheClear reports whether a record is an alert or application data of epoch 0.
func inTheClear(r *wire.Record) bool {
	return r.Epoch == 0 && (r.ContentType == wire.Alert || r.ContentType == wire.ApplicationData)
}
