package sim

import (
	"errors"
	"net"
	"testing"
	"time"
)

// A listener keeps as many peers waiting as its backlog has places. What the others send
// first is dropped, with a note, until Accept has made room; those that wait keep what
// they send meanwhile.
func TestBacklog(t *testing.T) {
	for _, c := range []struct {
		backlog, peers int
		want           Backlog
	}{
		{2, 2, Backlog{Longest: 2}},
		{2, 5, Backlog{Longest: 2, Dropped: 6}}, // three peers, twice
		{0, DefaultBacklog, Backlog{Longest: DefaultBacklog}},
		{0, DefaultBacklog + 1, Backlog{Longest: DefaultBacklog, Dropped: 2}},
	} {
		var l *Listener
		var accepted []uint16
		var leftover []int
		play(Link{Latency: constant(time.Millisecond)}, func(w *Simulation, a, b *Host) {
			l = must(a.ListenPeers(1000, ListenerConfig{Backlog: c.backlog}))
			w.Go("peers", func() {
				var sockets []*Socket
				for range c.peers {
					sockets = append(sockets, must(b.Connect(uint16(2000+len(sockets)), service)))
				}
				for range 2 {
					for _, s := range sockets {
						must(s.Write([]byte("hello")))
					}
					if w.Sleep(time.Second) != nil {
						return
					}
				}
			})
			w.Go("server", func() {
				if w.Sleep(10*time.Second) != nil {
					return
				}
				for len(l.Waiting()) > 0 {
					connection := must(l.AcceptPeer())
					accepted = append(accepted, connection.Peer().Port())
					leftover = append(leftover, len(connection.queue))
				}
				_ = l.Close()
				if _, err := l.AcceptPeer(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("Accept of a closed listener: %v", err)
				}
			})
		})
		if l.Backlog() != c.want || len(accepted) != c.want.Longest {
			t.Errorf("backlog %d, %d peers: %+v, want %+v; accepted %v", c.backlog, c.peers, l.Backlog(), c.want,
				accepted)
		}
		for i, port := range accepted {
			if port != uint16(2000+i) || leftover[i] != 2 {
				t.Errorf("backlog %d, %d peers: number %d is %d with %d datagrams", c.backlog, c.peers, i, port,
					leftover[i])
			}
		}
	}
}
