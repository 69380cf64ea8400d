package sim

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/nat"
	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/stack/pionv2"
	"github.com/dtlssim/dtlssim/sim/trace"
)

var (
	addressNAT = netip.MustParseAddr("192.0.2.9")
	service    = netip.AddrPortFrom(addressA, 1000) // of host a, the server in these tests
)

// playNAT runs a replication with a server a at 192.0.2.1, and behind a NAT at
// 192.0.2.9 two hosts, b and c, at 10.0.0.2 and 10.0.0.3.
func playNAT(link Link, config nat.Config, build func(w *Simulation, a, b, c *Host)) Result {
	config.External = addressNAT
	return Run(Config{Scenario: "test", Seed: 1, Link: link}, func(w *Simulation) {
		a, nat := w.Host("a", addressA), w.NAT(NATConfig{Config: config})
		build(w, a, nat.Host("b", netip.MustParseAddr("10.0.0.2")), nat.Host("c", netip.MustParseAddr("10.0.0.3")))
	})
}

// answer answers each datagram that a socket receives, after a pause, until the
// replication ends.
func answer(w *Simulation, s *Socket, pause time.Duration) {
	buffer := make([]byte, 100)
	for {
		n, peer, err := s.ReadFrom(buffer)
		if err != nil || w.Sleep(pause) != nil {
			return
		}
		must(s.WriteTo(append([]byte("re "), buffer[:n]...), peer))
	}
}

// sayAt has a socket send its instants, in whole milliseconds, at these instants.
func sayAt(w *Simulation, s net.Conn, instants ...time.Duration) {
	for _, at := range instants {
		if w.Sleep(at-w.Now()) != nil {
			return
		}
		fmt.Fprint(s, at.Milliseconds())
	}
}

// notes returns what the NAT noted, without times.
func notes(r Result) (lines []string) {
	for _, rec := range r.Records {
		if rec.Host == "nat" && rec.Kind == trace.Note {
			lines = append(lines, rec.Name()+": "+rec.Detail())
		}
	}
	return lines
}

// The NAT is next to its clients: what goes out crosses it when it is sent and takes
// its latency then, what comes in takes its latency first. Each side sees the
// addresses that are valid there.
func TestNATTranslates(t *testing.T) {
	r := playNAT(Link{Latency: constant(5 * time.Millisecond)}, nat.Config{}, func(w *Simulation, a, b, _ *Host) {
		server := must(a.Listen(1000))
		w.Go("server", func() { answer(w, server, 0) })
		w.Go("client", func() {
			client := must(b.Connect(50001, service))
			fmt.Fprint(client, "hello")
			readAll(w, b, client)
		})
	})
	expect(t, r,
		"0s b sends hello", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"5ms a arrive #1: the open socket", "5ms a sends re hello",
		"10ms b arrive #1: the connected socket", "10ms b: read re hello")
	var ways []string
	for _, rec := range r.Records {
		if rec.Kind != trace.Note {
			ways = append(ways, fmt.Sprintf("%s > %s", rec.From, rec.To))
		}
	}
	if want := []string{
		"10.0.0.2:50001 > 192.0.2.1:1000", "192.0.2.9:49152 > 192.0.2.1:1000",
		"192.0.2.1:1000 > 192.0.2.9:49152", "192.0.2.1:1000 > 10.0.0.2:50001",
	}; !slices.Equal(ways, want) {
		t.Errorf("got %q, want %q", ways, want)
	}
}

// A mapping is alive for its lifetime after the last datagram that went out, the
// last nanosecond included, and what comes in does not refresh it.
func TestMappingExpires(t *testing.T) {
	for _, test := range []struct {
		pause time.Duration // between what goes out and what comes in
		want  []string
	}{
		{30 * time.Second, []string{
			"30s a sends re 0", "30s b arrive #1: the connected socket", "30s b: read re 0",
		}},
		{30*time.Second + 1, []string{
			"30.000000001s a sends re 0", "30.000000001s nat drop #1: the mapping of 10.0.0.2:50001 has expired",
		}},
	} {
		r := playNAT(Link{}, nat.Config{Lifetime: 30 * time.Second}, func(w *Simulation, a, b, _ *Host) {
			server := must(a.Listen(1000))
			client := must(b.Connect(50001, service))
			w.Go("server", func() { answer(w, server, test.pause) })
			w.Go("client", func() { readAll(w, b, client) })
			w.Go("speaker", func() { sayAt(w, client, 0) })
		})
		expect(t, r, append([]string{
			"0s b sends 0", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
			"0s a arrive #1: the open socket",
		}, test.want...)...)
	}
}

// What comes in does not refresh a mapping (RFC 4787 section 4.3, REQ-6, which makes
// that an option).
func TestInboundDoesNotRefresh(t *testing.T) {
	r := playNAT(Link{}, nat.Config{Lifetime: 30 * time.Second}, func(w *Simulation, a, b, _ *Host) {
		must(b.Connect(50001, service))
		must(must(b.Connect(50001, netip.AddrPortFrom(addressA, 9))).Write([]byte("open")))
		back := must(a.Connect(1000, netip.AddrPortFrom(addressNAT, 49152)))
		w.Go("server", func() { sayAt(w, back, 29*time.Second, 31*time.Second) })
	})
	expect(t, r,
		"0s b sends open", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"0s a drop #1: no socket is bound to the port",
		"29s a sends 29000", "29s b arrive #1: the connected socket",
		"31s a sends 31000", "31s nat drop #2: the mapping of 10.0.0.2:50001 has expired")
}

// A datagram refreshes the mapping when it is sent, even if the link loses it then;
// one that comes one nanosecond too late gets another port.
func TestRefreshAndRebinding(t *testing.T) {
	second := Rule{Name: "second", Match: Match{Is: func(*Packet) bool { return true }, Nth: 2}, Action: Discard}
	r := playNAT(Link{Latency: constant(time.Second), Rules: []Rule{second}}, nat.Config{Lifetime: 30 * time.Second},
		func(w *Simulation, a, b, _ *Host) {
			must(a.Listen(1000))
			w.Go("client", func() {
				sayAt(w, must(b.Connect(50001, service)), 0, 30*time.Second, 60*time.Second, 90*time.Second+1)
			})
		})
	expect(t, r,
		"0s b sends 0", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside", "1s a arrive #1: the open socket",
		"30s b lose #2: rule second",
		"1m0s b sends 60000", "1m1s a arrive #3: the open socket",
		"1m30.000000001s b sends 90000",
		"1m30.000000001s nat: rebinding 10.0.0.2:50001 is 192.0.2.9:49153 outside, no longer 192.0.2.9:49152",
		"1m31.000000001s a arrive #4: the open socket")
}

// What a timer of an endpoint sends crosses the NAT before anything arrives at the
// same instant: the mapping is there, whoever comes first by name.
func TestCrossingComesBeforeArrivals(t *testing.T) {
	r := playNAT(Link{Latency: constant(time.Second)}, nat.Config{}, func(w *Simulation, a, b, _ *Host) {
		outside, inside := must(a.Connect(1000, netip.AddrPortFrom(addressNAT, 49152))), must(b.Connect(50001, service))
		w.Busy()
		w.Go("a first by name", func() { sayAt(w, outside, 59*time.Second) })
		w.Go("client", func() {
			defer w.Idle()
			time.Sleep(time.Minute)
			fmt.Fprint(inside, "now")
		})
	})
	expect(t, r,
		"59s a sends 59000",
		"1m0s b sends now", "1m0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"1m0s b arrive #1: the connected socket", "1m1s a arrive #1: the connected socket")
}

// Who may send to an external address depends on the filtering behaviour (RFC 4787
// section 5).
func TestFilteringBehaviours(t *testing.T) {
	const refused = "the filter lets nothing in from there"
	remotes := []string{"the same address and port", "another port", "another address"}
	for behaviour, want := range map[nat.Behaviour][3]string{
		nat.EndpointIndependent:     {"", "", ""},
		nat.AddressDependent:        {"", "", refused},
		nat.AddressAndPortDependent: {"", refused, refused},
	} {
		got := [3]string{}
		r := playNAT(Link{}, nat.Config{Filtering: behaviour}, func(w *Simulation, a, b, _ *Host) {
			other := w.Host("other", addressB)
			must(b.Listen(50001))
			must(must(b.Connect(50001, service)).Write([]byte("open")))
			for i, s := range []*Socket{must(a.Listen(1000)), must(a.Listen(1001)), must(other.Listen(1000))} {
				w.Go(remotes[i], func() {
					must(s.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(addressNAT, 49152))))
				})
			}
		})
		for _, rec := range r.Records {
			if rec.Host == "nat" && rec.Kind == trace.Drop {
				got[slices.Index(remotes, rec.ID.Actor)] = rec.Detail()
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", behaviour, got, want)
		}
	}
}

// How many external addresses one inside address has depends on the mapping
// behaviour (RFC 4787 section 4.1).
func TestMappingBehaviours(t *testing.T) {
	for behaviour, want := range map[nat.Behaviour][]string{
		nat.EndpointIndependent: {"mapping: 10.0.0.2:50001 is 192.0.2.9:49152 outside"},
		nat.AddressDependent: {
			"mapping: 10.0.0.2:50001 is 192.0.2.9:49152 outside for 192.0.2.1",
			"mapping: 10.0.0.2:50001 is 192.0.2.9:49153 outside for 192.0.2.2",
		},
		nat.AddressAndPortDependent: {
			"mapping: 10.0.0.2:50001 is 192.0.2.9:49152 outside for 192.0.2.1:1000",
			"mapping: 10.0.0.2:50001 is 192.0.2.9:49153 outside for 192.0.2.1:1001",
			"mapping: 10.0.0.2:50001 is 192.0.2.9:49154 outside for 192.0.2.2:1000",
		},
	} {
		r := playNAT(Link{}, nat.Config{Mapping: behaviour}, func(w *Simulation, a, b, _ *Host) {
			s := must(b.Listen(50001))
			w.Go("client", func() {
				for _, to := range []string{"192.0.2.1:1000", "192.0.2.1:1001", "192.0.2.2:1000", "192.0.2.1:1000"} {
					must(s.WriteTo([]byte("x"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))))
				}
			})
		})
		if got := notes(r); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", behaviour, got, want)
		}
	}
}

// The flow to a client is that of its actor under whatever address it goes, and
// Inside tells who a peer is, at present or before.
func TestFlowsAndInsideAddresses(t *testing.T) {
	var flows []string
	link := Link{Latency: func(p *Packet) distribution.Distribution {
		flows = append(flows, fmt.Sprintf("%s %s > %s", p.Sender, p.Receiver, p.To))
		return distribution.Constant{}
	}}
	playNAT(link, nat.Config{Lifetime: time.Second}, func(w *Simulation, a, b, c *Host) {
		w.Go("server", func() { answer(w, must(a.Listen(1000)), 0) })
		w.Go("client-1", func() { sayAt(w, must(b.Connect(50001, service)), 0, 10*time.Second) })
		w.Go("client-2", func() { sayAt(w, must(c.Connect(50001, service)), 5*time.Second) })
		w.OnEnd(func() {
			for i, want := range []string{"10.0.0.2:50001 true", "10.0.0.3:50001 true", "10.0.0.2:50001 true",
				"invalid AddrPort false"} {
				external := netip.AddrPortFrom(addressNAT, uint16(49152+i))
				if inside, ok := w.Inside(external); fmt.Sprint(inside, ok) != want {
					t.Errorf("behind %s: %s %t, want %s", external, inside, ok, want)
				}
			}
		})
	})
	if want := []string{
		"client-1 server > 192.0.2.1:1000", "server client-1 > 192.0.2.9:49152",
		"client-2 server > 192.0.2.1:1000", "server client-2 > 192.0.2.9:49153",
		"client-1 server > 192.0.2.1:1000", "server client-1 > 192.0.2.9:49154",
	}; !slices.Equal(flows, want) {
		t.Errorf("got %q, want %q", flows, want)
	}
}

// Hosts behind a NAT reach one another directly under their inside addresses, and by
// way of the link under their external ones; from outside, nobody reaches an inside
// address, nor a port that was never mapped.
func TestWaysAroundNAT(t *testing.T) {
	r := playNAT(Link{}, nat.Config{}, func(w *Simulation, a, b, c *Host) {
		from, to := must(b.Listen(50001)), must(c.Listen(50002))
		w.Go("c", func() { must(to.WriteTo([]byte("open"), net.UDPAddrFromAddrPort(service))) })
		w.Go("d", func() {
			for _, address := range []string{"10.0.0.3:50002", "192.0.2.9:49152", "10.0.0.4:1", "127.0.0.1:50001"} {
				must(from.WriteTo([]byte(address), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(address))))
			}
		})
		w.Go("e", func() {
			for _, address := range []string{"10.0.0.3:50002", "192.0.2.9:50000"} {
				must(must(a.Connect(0, netip.MustParseAddrPort(address))).Write([]byte(address)))
			}
		})
	})
	expect(
		t,
		r,
		"0s c sends open",
		"0s nat: mapping 10.0.0.3:50002 is 192.0.2.9:49152 outside",
		"0s a drop #1: no socket is bound to the port",
		"0s b sends 10.0.0.3:50002",
		"0s b sends 192.0.2.9:49152",
		"0s b sends 10.0.0.4:1",
		"0s b sends 127.0.0.1:50001",
		"0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49153 outside",
		"0s c arrive #1: the open socket",
		"0s c arrive #2: the open socket",
		"0s 10.0.0.4 drop #3: no such host",
		"0s 127.0.0.1 drop #4: no such host",
		"0s a sends 10.0.0.3:50002",
		"0s a sends 192.0.2.9:50000",
		"0s 10.0.0.3 drop #1: no such host",
		"0s nat drop #2: nothing was ever mapped to this port",
	)
}

// A host behind a NAT may have closed its socket while the mapping still lives.
func TestMappingOutlivesSocket(t *testing.T) {
	r := playNAT(Link{}, nat.Config{}, func(w *Simulation, a, b, _ *Host) {
		server := must(a.Listen(1000))
		w.Go("server", func() { answer(w, server, time.Second) })
		w.Go("client", func() {
			client := must(b.Connect(50001, service))
			fmt.Fprint(client, "bye")
			must(0, client.Close())
		})
	})
	expect(t, r,
		"0s b sends bye", "0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"0s a arrive #1: the open socket", "1s a sends re bye", "1s b drop #1: no socket is bound to the port")
}

// vnet never gives an external port out twice; when all are used up, what needs a new
// one is dropped, and mappings that live go on.
func TestExternalPortsAreUsedUp(t *testing.T) {
	testkit.NotShort(t)
	const ports = 1<<16 - 49152
	allLost := Span{0, (ports - 1) * time.Second} // which costs no port less, but time
	r := playNAT(Link{Down: allLost}, nat.Config{Lifetime: time.Second}, func(w *Simulation, a, b, c *Host) {
		must(a.Listen(1000))
		w.Go("client", func() {
			one, other := must(b.Connect(1, service)), must(c.Connect(1, service))
			for i := range ports {
				s := []*Socket{one, other}[i%2] // each finds its mapping expired
				if must(s.Write(nil)); i < ports-1 && w.Sleep(time.Second) != nil {
					return
				}
			}
			if w.Sleep(1) == nil { // that of one has expired now, and that of other has not
				fmt.Fprint(one, "too many")
				fmt.Fprint(other, "goes on")
			}
		})
	})
	expect(
		t,
		Result{Records: r.Records[len(r.Records)-4:]},
		"4h33m3.000000001s b sends too many",
		"4h33m3.000000001s c sends goes on",
		"4h33m3.000000001s nat drop #8193: no external port is left",
		"4h33m3.000000001s a arrive #8193: the open socket",
	)
	mapped := notes(r)
	if len(mapped) != ports || len(slices.Compact(slices.Sorted(slices.Values(mapped)))) != ports {
		t.Errorf("%d mappings, want %d different ones", len(mapped), ports)
	}
}

// Clients whose timers of the runtime fire at one instant send in an order that the
// runtime draws at random; each has the same external ports in every run.
func TestOneInstantManyClientsBehindNAT(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	link := Link{
		Latency: func(*Packet) distribution.Distribution { return must(distribution.Parse("uniform(1ms,1s)")) },
		Loss:    independent(0.2),
	}
	run := func() Result {
		return playNAT(link, nat.Config{Lifetime: 1500 * time.Millisecond, Filtering: nat.AddressAndPortDependent},
			func(w *Simulation, a, b, c *Host) {
				server := must(a.Listen(1000))
				w.Go("server", func() { answer(w, server, time.Second) })
				for i := range 8 {
					w.Busy()
					w.Go(fmt.Sprintf("client-%d", i), func() {
						defer w.Idle()
						s := must([]*Host{b, c}[i%2].Connect(0, service))
						for _, seconds := range []time.Duration{1, 1, 2, 2} {
							pause := seconds * time.Second
							time.Sleep(pause)
							fmt.Fprint(s, pause)
						}
					})
				}
			})
	}
	first := run()
	if mapped := notes(first); len(mapped) != 3*8 || mapped[0] != "mapping: 10.0.0.2:49152 is 192.0.2.9:49152 outside" {
		t.Fatalf("%q", mapped)
	}
	expectRepeats(t, first, 200, run)
}

// A real DTLS session goes through the NAT, in the same bytes in every run, and the
// server sees the external address. When the mapping has expired in mid-session, the
// server has records of another peer, of whom it knows nothing.
func TestSessionThroughNAT(t *testing.T) {
	config := stack.Config{Credentials: "ecdsa", FlightInterval: time.Second}
	run := func() Result {
		return playNAT(
			Link{Latency: constant(10 * time.Millisecond)},
			nat.Config{
				Lifetime:  30 * time.Second,
				Filtering: nat.AddressAndPortDependent,
			},
			func(w *Simulation, a, b, _ *Host) {
				listener := must(a.ListenPeers(1000, ListenerConfig{}))
				serve := func(c *Connection) {
					w.Note(a, "peer", fmt.Sprintf("%s, first %s", c.Peer(), c.First.Label()))
					ctx, cancel := w.WithTimeout(time.Minute)
					defer cancel()
					session, err := pionv2.New().Server(ctx, c, config)
					if err != nil {
						w.Note(a, "no session", err.Error())
						return
					}
					readAll(w, a, session)
				}
				w.Go("server", func() {
					for {
						c, err := listener.AcceptPeer()
						if err != nil {
							return
						}
						w.Go("serves "+c.Peer().String(), func() { serve(c) })
					}
				})
				w.Busy()
				w.Go("client", func() {
					defer w.Idle()
					session := must(pionv2.New().Client(context.Background(), must(b.Connect(50001, service)), config))
					sayAt(w, session, 10*time.Second, 40*time.Second, 70*time.Second+1)
					must(0, session.Close())
				})
			},
		)
	}
	first := run()
	var got []string
	for i := range first.Records {
		if rec := &first.Records[i]; rec.Kind == trace.Note || rec.Kind == trace.Drop {
			got = append(got, fmt.Sprintf("%s %s: %s %s", rec.At, rec.Host, rec.Name(), rec.Detail()))
		}
	}
	if want := []string{
		"0s nat: mapping 10.0.0.2:50001 is 192.0.2.9:49152 outside",
		"10ms a: peer 192.0.2.9:49152, first ClientHello epoch=0 seq=0",
		"10.01s a: read 10000", "40.01s a: read 40000",
		"1m10.000000001s nat: rebinding 10.0.0.2:50001 is 192.0.2.9:49153 outside, no longer 192.0.2.9:49152",
		"1m10.010000001s a: peer 192.0.2.9:49153, first ApplicationData epoch=1 seq=3",
		"2m10.010000001s a: no session the handshake timed out",
	}; !slices.Equal(got, want) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for range 10 {
		if again := run(); again.Digest != first.Digest {
			i := trace.FirstDifference(first.Records, again.Records)
			t.Fatalf("the traces part at record %d:\n%+v\n%+v", i, first.Records[i], again.Records[i])
		}
	}
}

// A NAT that makes no sense is a fault of the scenario.
func TestNATFaults(t *testing.T) {
	at := func(external string) nat.Config { return nat.Config{External: netip.MustParseAddr(external)} }
	inside := func(prefix string) NATConfig {
		return NATConfig{Config: at("192.0.2.9"), Inside: netip.MustParsePrefix(prefix)}
	}
	for want, config := range map[string]NATConfig{
		"sim: NAT nat: mapping lifetime -1s: want a positive one": {Config: nat.Config{External: addressNAT,
			Lifetime: -time.Second}},
		"sim: NAT n2: external address 192.0.2.1: it is taken": {Name: "n2",
			Config: at("192.0.2.1")},
		"sim: NAT nat: external address 192.0.2.8: it is taken":                           {Config: at("192.0.2.8")},
		"sim: NAT nat: external address 198.51.100.1: want one of 192.0.2.0/24":           {Config: at("198.51.100.1")},
		"sim: NAT nat: inside 10.0.0.0/24: it overlaps with that of NAT first":            {Config: at("192.0.2.9")},
		"sim: NAT nat: inside 192.0.2.0/25: want an IPv4 network apart from 192.0.2.0/24": inside("192.0.2.0/25"),
		"sim: NAT nat: inside fd00::/64: want an IPv4 network apart from 192.0.2.0/24":    inside("fd00::/64"),
		"sim: host b: 192.0.2.8 is the external address of NAT first":                     {},
	} {
		play(Link{}, func(w *Simulation, _, _ *Host) {
			w.NAT(NATConfig{Name: "first", Config: at("192.0.2.8")})
			defer func() {
				if got := fmt.Sprint(recover()); got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			}()
			if config == (NATConfig{}) {
				w.Host("b", netip.MustParseAddr("192.0.2.8"))
			}
			w.NAT(config)
		})
	}
}
