package session

import (
	"net"

	"github.com/dtlssim/dtlssim/sim"
)

// guarded returns what to give to an endpoint in the place of a socket, by the value
// of the parameter guard or client-guard, and what to call when its handshake is
// complete.
func guarded(h *sim.Host, conn sim.Conn, guard string) (net.Conn, func()) {
	if guard == guardNone {
		return conn, func() {}
	}
	g := h.Guard(conn, guard == guardStrict)
	return g, g.Complete
}
