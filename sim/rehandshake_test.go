package sim

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// handshakeRecord is a handshake record of epoch 0 with a message of a type; padded to
// a length that tells which one it is.
func handshakeRecord(messageType byte, length int) []byte {
	return wire.PlainRecord(wire.Handshake, 0, append([]byte{messageType}, make([]byte, length-1)...))
}

// record1 is a record of epoch 1.
func record1(length int) []byte {
	b := wire.PlainRecord(wire.ApplicationData, 0, make([]byte, length))
	b[4] = 1
	return b
}

// rehandshakes has a client send datagrams, one a millisecond, to a listener, whose
// connections note what they receive. steps are done by the application of the server
// before the datagram of that number. It returns what the connections noted: the
// number of the connection, and how long the fragment was.
func rehandshakes(parallel bool, datagrams [][]byte, steps map[int]func(connections []*Connection)) []string {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		listener := must(a.ListenPeers(1000, ListenerConfig{Tombstone: time.Hour, Rehandshake: parallel}))
		var connections []*Connection
		w.Go("server", func() {
			for {
				c, err := listener.AcceptPeer()
				if err != nil {
					return
				}
				connections = append(connections, c)
				name := fmt.Sprint(len(connections))
				w.Go(name, func() {
					buffer := make([]byte, 200)
					for {
						n, err := c.Read(buffer)
						if err != nil {
							if c.Abandoned() && errors.Is(err, net.ErrClosed) {
								w.Note(a, name, "abandoned")
							}
							return
						}
						w.Note(a, name, fmt.Sprint(n-13))
					}
				})
			}
		})
		w.Go("client", func() {
			s := must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000)))
			for i, d := range datagrams {
				if step := steps[i]; step != nil {
					step(connections)
				}
				_, _ = s.Write(d)
				if w.Sleep(time.Millisecond) != nil {
					return
				}
			}
		})
	})
	var got []string
	for i := range r.Records {
		rec := &r.Records[i]
		switch {
		case rec.Name() == "listener drops":
			got = append(got, "dropped")
		case rec.Kind == trace.Note && rec.Host == "a" && !strings.Contains(rec.Name(), " "):
			got = append(got, rec.Name()+":"+rec.Detail())
		}
	}
	return got
}

// A ClientHello on an established association begins another beside it (RFC 6347
// section 4.2.8), which takes its place when its handshake is complete, and not before
// the client has shown that it is reachable gets anything but hellos.
func TestRehandshake(t *testing.T) {
	const clientHello, serverHello, clientKeyExchange = 1, 2, 16
	hello := func(length int) []byte { return handshakeRecord(clientHello, length) }
	flight5 := func(length int) []byte { return handshakeRecord(clientKeyExchange, length) }
	establish := func(i int) func([]*Connection) { return func(c []*Connection) { c[i].Establish() } }
	answer := func(i int) func([]*Connection) {
		return func(c []*Connection) { _, _ = c[i].Write(handshakeRecord(serverHello, 50)) }
	}
	closed := func(i int) func([]*Connection) { return func(c []*Connection) { _ = c[i].Close() } }
	type steps = map[int]func([]*Connection)
	for _, c := range []struct {
		name      string
		ignore    bool
		datagrams [][]byte
		steps     steps
		want      string
	}{
		{name: "ignored", ignore: true, datagrams: [][]byte{hello(20), hello(21), record1(22)},
			steps: steps{1: establish(0)}, want: "1:20 1:21 1:22"},
		{name: "before the first is established", datagrams: [][]byte{hello(20), hello(21), flight5(22)},
			want: "1:20 1:21 1:22"},
		{
			name: "a whole handshake",
			datagrams: [][]byte{hello(20), record1(21), hello(22), flight5(23), record1(24), hello(25), flight5(26),
				record1(27), flight5(28), record1(29)},
			steps: steps{1: establish(0), 6: answer(1), 8: establish(1)},
			// Until the second has answered with a ServerHello, the last flight may be repeated for the
			// first; until it is established, what is encrypted is the first's.
			want: "1:20 1:21 2:22 1:23 1:24 2:25 2:26 1:27 1:abandoned 2:28 2:29",
		},
		{
			name:      "the second is given up",
			datagrams: [][]byte{hello(20), hello(21), flight5(22), hello(23), record1(24)},
			steps:     steps{1: establish(0), 2: closed(1)},
			want:      "1:20 2:21 1:22 3:23 1:24", // no tombstone for a peer that has an association
		},
		{name: "the first is closed meanwhile",
			datagrams: [][]byte{hello(20), hello(21), flight5(22), record1(23)},
			steps:     steps{1: establish(0), 2: closed(0)}, want: "1:20 2:21 2:22 2:23"},
		{name: "and a third", datagrams: [][]byte{hello(20), hello(21), hello(22), record1(23), record1(24)},
			steps: steps{1: establish(0), 2: establish(1), 4: establish(2)},
			want:  "1:20 2:21 1:abandoned 3:22 2:23 2:abandoned 3:24"},
		{
			name:      "both closed",
			datagrams: [][]byte{hello(20), hello(21), hello(22)},
			steps:     steps{1: establish(0), 2: func(c []*Connection) { _ = c[0].Close(); _ = c[1].Close() }},
			want:      "1:20 2:21 dropped", // by the tombstone
		},
	} {
		if got := strings.Join(rehandshakes(!c.ignore, c.datagrams, c.steps), " "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Copies of a hello that arrive in one instant begin one association, not two: a new
// peer's as well as that beside an established one.
func TestRehandshakeCopies(t *testing.T) {
	r := play(Link{Duplicate: 1}, func(w *Simulation, a, b *Host) {
		listener := must(a.ListenPeers(1000, ListenerConfig{Rehandshake: true}))
		var first *Connection
		w.Go("server", func() {
			for {
				c, err := listener.AcceptPeer()
				if err != nil {
					return
				}
				if first == nil {
					first = c
				}
				w.Note(a, "accept", "")
			}
		})
		w.Go("client", func() {
			s := must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000)))
			_, _ = s.Write(handshakeRecord(1, 20))
			if w.Sleep(time.Millisecond) != nil {
				return
			}
			first.Establish()
			_, _ = s.Write(handshakeRecord(1, 20))
		})
	})
	got := slices.DeleteFunc(story(r), func(s string) bool { return !strings.Contains(s, "accept") })
	if want := []string{"0s a: accept ", "1ms a: accept "}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
