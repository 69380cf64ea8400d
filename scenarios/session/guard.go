package session

import (
	"net"

	"github.com/dtlssim/dtlssim/sim"
)

// guarded returns the connection for an endpoint, wrapped according to the parameter guard or
// client-guard, and a function to call when the handshake is complete.
func guarded(h *sim.Host, conn sim.Conn, guard string) (net.Conn, func()) {
	if guard == guardNone {
		return conn, func() {}
	}
	g := h.Guard(conn, guard == guardStrict)
	return g, g.Complete
}
