package sim

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/transport/v2"
	"github.com/pion/transport/v2/stdnet"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/loss"
	"github.com/dtlssim/dtlssim/sim/trace"
)

var (
	addressA = netip.MustParseAddr("192.0.2.1")
	addressB = netip.MustParseAddr("192.0.2.2")
)

func constant(d time.Duration) func(*Packet) distribution.Distribution {
	return func(*Packet) distribution.Distribution { return distribution.Constant{Value: d} }
}

func independent(probability float64) func(*Packet) loss.Model {
	return func(*Packet) loss.Model { return loss.Independent{Probability: probability} }
}

// play runs a replication with two hosts, a and b, and returns its result.
func play(link Link, build func(w *Simulation, a, b *Host)) Result {
	return Run(Config{Scenario: "test", Seed: 1, Link: link}, func(w *Simulation) {
		build(w, w.Host("a", addressA), w.Host("b", addressB))
	})
}

// story returns what happened as lines, without the network's addresses.
func story(r Result) []string {
	var lines []string
	for i := range r.Records {
		rec := &r.Records[i]
		switch rec.Kind {
		case trace.Note:
			lines = append(lines, fmt.Sprintf("%s %s: %s %s", rec.At, rec.Host, rec.Name(), rec.Detail()))
		case trace.Send:
			lines = append(lines, fmt.Sprintf("%s %s sends %s", rec.At, rec.Host, rec.Payload()))
		default:
			lines = append(lines,
				fmt.Sprintf("%s %s %s #%d: %s", rec.At, rec.Host, rec.Kind, rec.ID.Number, rec.Detail()))
		}
	}
	return lines
}

func expect(t *testing.T, r Result, want ...string) {
	t.Helper()
	if got := story(r); !slices.Equal(got, want) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// readAll notes what a socket receives until it is closed.
func readAll(w *Simulation, h *Host, s net.Conn) {
	buffer := make([]byte, 100)
	for {
		n, err := s.Read(buffer)
		if err != nil {
			return
		}
		w.Note(h, "read", string(buffer[:n]))
	}
}

// A datagram arrives after its latency, at the socket that is connected to its
// sender, or else at the open one.
func TestDeliveryAndDemultiplexing(t *testing.T) {
	r := play(Link{Latency: constant(5 * time.Millisecond)}, func(w *Simulation, a, b *Host) {
		open := must(a.Listen(1000))
		connected := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000)))
		w.Go("open", func() { readAll(w, a, open) })
		w.Go("connected", func() { readAll(w, a, connected) })
		w.Go("sender", func() {
			to := netip.AddrPortFrom(addressA, 1000)
			for i, port := range []uint16{2000, 2001} {
				fmt.Fprintf(must(b.Connect(port, to)), "from %d", i)
				if w.Sleep(time.Millisecond) != nil {
					return
				}
			}
		})
	})
	expect(t, r,
		"0s b sends from 0", "1ms b sends from 1",
		"5ms a arrive #1: the connected socket", "5ms a: read from 0",
		"6ms a arrive #2: the open socket", "6ms a: read from 1")
}

// Connecting a socket leaves its queue in place, as connect(2) does, and makes
// room for a new open socket, in whose queue everybody else's datagrams wait.
func TestConnectDefersOthers(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		first := must(a.Listen(1000))
		to := netip.AddrPortFrom(addressA, 1000)
		one, two := must(b.Connect(2001, to)), must(b.Connect(2002, to))
		w.Go("server", func() {
			waits, peer, err := first.Peek()
			w.Note(a, "peek", fmt.Sprintf("%s from port %d %v", waits.Payload, peer.Port(), err))
			if err := w.Sleep(time.Second); err != nil {
				return
			}
			w.Note(a, "connect", fmt.Sprint(first.Connect(peer)))
			next := must(a.Listen(1000))
			w.Go("connected", func() { readAll(w, a, first) })
			if err := w.Sleep(2 * time.Second); err != nil {
				return
			}
			readAll(w, a, next)
		})
		w.Go("clients", func() {
			fmt.Fprint(one, "hello 1")
			fmt.Fprint(two, "early 2")
			if w.Sleep(2*time.Second) != nil {
				return
			}
			fmt.Fprint(two, "late 2")
			fmt.Fprint(one, "more 1")
		})
	})
	expect(t, r,
		"0s b sends hello 1", "0s b sends early 2",
		"0s a arrive #1: the open socket", "0s a: peek hello 1 from port 2001 <nil>", "0s a arrive #2: the open socket",
		"1s a: connect <nil>", "1s a: read hello 1", "1s a: read early 2",
		"2s b sends late 2", "2s b sends more 1",
		"2s a arrive #3: the open socket", "2s a arrive #4: the connected socket", "2s a: read more 1",
		"3s a: read late 2")
}

// A datagram for a port without socket, or a host that is not there, is dropped,
// and the trace says so.
func TestUnreachable(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		must(a.Connect(1000, netip.AddrPortFrom(addressB, 9)))
		s := must(b.Listen(0))
		w.Go("sender", func() {
			for _, to := range []string{"192.0.2.1:1", "192.0.2.1:1000", "192.0.2.77:1", "198.51.100.1:1"} {
				must(s.WriteTo([]byte(to), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))))
			}
		})
	})
	expect(t, r,
		"0s b sends 192.0.2.1:1", "0s b sends 192.0.2.1:1000", "0s b sends 192.0.2.77:1", "0s b sends 198.51.100.1:1",
		"0s a drop #1: no socket is bound to the port", "0s a drop #2: no socket takes datagrams from this peer",
		"0s 192.0.2.77 drop #3: no such host", "0s 198.51.100.1 drop #4: no such host")
}

// An endpoint that has closed its view leaves the socket to linger: what arrives
// is read and dropped, and nobody else gets it.
func TestLingeringSocket(t *testing.T) {
	r := play(Link{Latency: constant(time.Millisecond)}, func(w *Simulation, a, b *Host) {
		must(a.Listen(1000))
		s := must(a.Connect(1000, netip.AddrPortFrom(addressB, 2000)))
		peer := must(b.Connect(2000, netip.AddrPortFrom(addressA, 1000)))
		w.Go("endpoint", func() {
			view := s.Endpoint()
			w.Note(a, "close", fmt.Sprint(view.Close()))
			_, err := view.Read(make([]byte, 9))
			_, werr := view.Write([]byte("x"))
			w.Note(a, "closed", fmt.Sprint(errors.Is(err, net.ErrClosed), errors.Is(werr, net.ErrClosed)))
			if w.Sleep(10*time.Millisecond) == nil {
				w.Note(a, "release", fmt.Sprint(s.Close()))
			}
		})
		w.Go("peer", func() {
			fmt.Fprint(peer, "one")
			if w.Sleep(20*time.Millisecond) == nil {
				fmt.Fprint(peer, "two")
			}
		})
	})
	expect(t, r,
		"0s a: close <nil>", "0s a: closed true true", "0s b sends one",
		"1ms a drop #1: the endpoint is closed, its socket lingers", "10ms a: release <nil>",
		"20ms b sends two", "21ms a arrive #2: the open socket")
}

// A deadline in the past, which is how pion interrupts its reader, takes effect
// only when all is settled, and after a datagram that is there; one in the future,
// at its time.
func TestReadDeadlines(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("reader", func() {
			buffer := make([]byte, 100)
			for range 3 {
				n, err := s.Read(buffer)
				w.Note(a, "read", fmt.Sprintf("%q timeout=%v", buffer[:n], errors.Is(err, os.ErrDeadlineExceeded)))
				if err != nil {
					_ = s.SetReadDeadline(w.Time(3 * time.Second))
				}
			}
		})
		w.Go("interrupter", func() {
			if w.Sleep(time.Second) != nil {
				return
			}
			_ = s.SetReadDeadline(time.Unix(0, 1))
			w.Note(a, "interrupted", "")
			must(s.WriteTo([]byte("to itself"), s.LocalAddr()))
		})
	})
	expect(t, r,
		"1s a: interrupted ", "1s a sends to itself",
		`1s a: read "" timeout=true`, "1s a arrive #1: the open socket",
		`1s a: read "to itself" timeout=false`, `3s a: read "" timeout=true`)
}

// An interruption waits for the one who interrupts: pion's Close interrupts its
// reader before it writes the close_notify, and the reader, if it came first, would
// close the connection.
func TestInterruptionWaits(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		w.Go("endpoint", func() {
			go func() {
				_, err := s.Read(make([]byte, 9))
				w.Note(a, "the reader is interrupted", fmt.Sprint(errors.Is(err, os.ErrDeadlineExceeded)))
			}()
			if w.Sleep(time.Second) != nil {
				return
			}
			_ = s.SetReadDeadline(time.Unix(0, 1))
			for range 1000 { // time enough for a reader that could run
				runtime.Gosched()
			}
			w.Note(a, "the writer has written", "")
		})
	})
	expect(t, r, "1s a: the writer has written ", "1s a: the reader is interrupted true")
}

// A full receive buffer drops what does not fit.
func TestReceiveBuffer(t *testing.T) {
	r := play(Link{}, func(w *Simulation, a, b *Host) {
		must(a.Listen(1000))
		s := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
		w.Go("sender", func() {
			for range receiveBuffer/60000 + 1 {
				must(s.Write(make([]byte, 60000)))
			}
		})
	})
	drops := 0
	for _, rec := range r.Records {
		if rec.Kind == trace.Drop && rec.Detail() == "the receive buffer is full" {
			drops++
		}
	}
	if drops != 1 {
		t.Errorf("%d datagrams were dropped, want 1", drops)
	}
}

// Faults of an application come back as errors.
func TestSocketErrors(t *testing.T) {
	play(Link{}, func(w *Simulation, a, b *Host) {
		s := must(a.Listen(1000))
		if _, err := a.Listen(1000); err == nil {
			t.Error("two open sockets share a port")
		}
		if _, err := s.Write([]byte("x")); err == nil {
			t.Error("an open socket wrote to nobody")
		}
		peer := netip.AddrPortFrom(addressB, 1)
		if err := s.Connect(peer); err != nil {
			t.Error(err)
		}
		if err := s.Connect(peer); err == nil {
			t.Error("a socket was connected twice")
		}
		if _, err := a.Connect(1000, peer); err == nil {
			t.Error("two sockets of one port are connected to one peer")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closing twice gives %v", err)
		}
		if _, err := s.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("writing to a closed socket gives %v", err)
		}
		if _, err := a.Listen(1000); err != nil {
			t.Errorf("the port of a closed socket is taken: %v", err)
		}
	})
}

// echoOnce is an application that takes a transport.Net and knows nothing else.
func echoOnce(n transport.Net, address string) (addr net.Addr, done <-chan error, err error) {
	conn, err := n.ListenPacket("udp4", address)
	if err != nil {
		return nil, nil, err
	}
	result := make(chan error, 1)
	go func() {
		defer conn.Close()
		buffer := make([]byte, 100)
		n, from, err := conn.ReadFrom(buffer)
		if err == nil {
			_, err = conn.WriteTo(buffer[:n], from)
		}
		result <- err
	}()
	return conn.LocalAddr(), result, nil
}

func askOnce(n transport.Net, address string) (string, error) {
	conn, err := n.Dial("udp4", address)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	if _, err := conn.Write([]byte("question")); err != nil {
		return "", err
	}
	buffer := make([]byte, 100)
	k, err := conn.Read(buffer)
	return string(buffer[:k]), err
}

// An application that takes a transport.Net runs on the virtual network and on
// real sockets, unchanged.
func TestApplicationOnBothNetworks(t *testing.T) {
	play(Link{Latency: constant(time.Millisecond)}, func(w *Simulation, a, b *Host) {
		w.Go("server", func() {
			_, done, err := echoOnce(a, "192.0.2.1:7")
			if err == nil {
				err = <-done
			}
			if err != nil {
				t.Error(err)
			}
		})
		w.Go("client", func() {
			if answer, err := askOnce(b, "192.0.2.1:7"); answer != "question" || err != nil ||
				w.Now() != 2*time.Millisecond {
				t.Errorf("%q %v at %s", answer, err, w.Now())
			}
		})
	})
	n, err := stdnet.NewNet()
	if err != nil {
		t.Fatal(err)
	}
	address, done, err := echoOnce(n, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := askOnce(n, address.String()); answer != "question" || err != nil {
		t.Errorf("%q %v", answer, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// sendTogether has eight actors on a host send together, once a second and five times, by
// timers of the runtime: so many random bytes each.
func sendTogether(w *Simulation, host *Host, size func(actor int) int) {
	for i := range 8 {
		w.Busy()
		w.Go(fmt.Sprintf("actor-%d", i), func() {
			defer w.Idle()
			s := must(host.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			for range 5 {
				<-tick.C
				payload := make([]byte, size(i))
				must(rand.Read(payload))
				must(s.Write(payload))
			}
		})
	}
}

// expectRepeats runs a simulation again, so many times, and compares each run with the first.
func expectRepeats(t *testing.T, first Result, times int, run func() Result) {
	t.Helper()
	for range times {
		again := run()
		if again.Digest != first.Digest || again.Signature != first.Signature || again.Events != first.Events {
			i := trace.FirstDifference(first.Records, again.Records)
			t.Fatalf("the traces part at record %d:\n%+v\n%+v", i, first.Records[i], again.Records[i])
		}
	}
}

// Actors whose timers of the runtime fire at one instant act in an order that the
// runtime draws at random; trace, randomness and deliveries are the same all the
// same.
func TestOneInstantManyActors(t *testing.T) {
	run := func() Result {
		return play(
			Link{
				Latency: func(*Packet) distribution.Distribution { return must(distribution.Parse("uniform(1ms,1s)")) },
				Loss:    independent(0.3),
			},
			func(w *Simulation, a, b *Host) {
				must(a.Listen(1000))
				sendTogether(w, b, func(actor int) int { return 16 })
			},
		)
	}
	first := run()
	if len(first.Records) < 50 {
		t.Fatalf("%d records", len(first.Records))
	}
	expectRepeats(t, first, 50, run)
}

// Two runs that differ in one distribution share every other draw: common random numbers.
func TestCommonRandomNumbers(t *testing.T) {
	latencies := func(up string) (out [2][]time.Duration) {
		r := play(Link{Latency: func(p *Packet) distribution.Distribution {
			if p.Sender == "up" {
				return must(distribution.Parse(up))
			}
			return must(distribution.Parse("uniform(0ms,10ms)"))
		}}, func(w *Simulation, a, b *Host) {
			to := netip.AddrPortFrom(addressB, 9)
			for i, name := range []string{"up", "down"} {
				w.Go(name, func() {
					s := must(a.Connect(uint16(i+1), to))
					for range 20 {
						fmt.Fprint(s, "x")
					}
				})
			}
		})
		for _, rec := range r.Records {
			if rec.Kind == trace.Send {
				i := slices.Index([]string{"up", "down"}, rec.Actor)
				out[i] = append(out[i], rec.Latency)
			}
		}
		return out
	}
	x, y, z := latencies("uniform(0ms,10ms)"), latencies("uniform(0ms,20ms)"), latencies("3ms")
	if !slices.Equal(x[1], y[1]) || !slices.Equal(x[1], z[1]) {
		t.Error("another law for one flow changes the draws of the other")
	}
	for i := range x[0] {
		if d := y[0][i] - 2*x[0][i]; d < 0 || d > 1 {
			t.Errorf("datagram %d: %s of 10 ms, %s of 20 ms: not the same uniform", i, x[0][i], y[0][i])
		}
	}
	if slices.Equal(x[0], x[1]) {
		t.Error("two flows have the same draws")
	}
}

// A flow whose distribution becomes random after a while has the draws that it would have
// had if it had been random from the start.
func TestPassedDraws(t *testing.T) {
	draw := func(constantFor int) (last time.Duration) {
		n := 0
		r := play(Link{Latency: func(*Packet) distribution.Distribution {
			if n++; n <= constantFor {
				return distribution.Constant{}
			}
			return must(distribution.Parse("uniform(0ms,10ms)"))
		}}, func(w *Simulation, a, b *Host) {
			s := must(a.Connect(1, netip.AddrPortFrom(addressB, 9)))
			w.Go("sender", func() {
				for range 10 {
					fmt.Fprint(s, "x")
				}
			})
		})
		for _, rec := range r.Records {
			if rec.Kind == trace.Send {
				last = rec.Latency
			}
		}
		return last
	}
	if a, b := draw(0), draw(9); a != b {
		t.Errorf("the tenth latency is %s, and %s behind nine constant ones", a, b)
	}
}

// The share of lost datagrams is that of the distribution.
func TestLoss(t *testing.T) {
	r := play(Link{Loss: independent(0.2)}, func(w *Simulation, a, b *Host) {
		s := must(a.Connect(1, netip.AddrPortFrom(addressB, 9)))
		w.Go("sender", func() {
			for range 5000 {
				fmt.Fprint(s, "x")
			}
		})
	})
	lost := 0
	for _, rec := range r.Records {
		if rec.Kind == trace.Lose {
			lost++
		}
	}
	if lost < 900 || lost > 1100 { // 3.5 standard deviations of a fixed seed
		t.Errorf("%d of 5000 were lost", lost)
	}
}

// A copy arrives its delay after the datagram, with the same bytes, and both are
// told.
func TestDuplicates(t *testing.T) {
	r := play(
		Link{
			Latency:        constant(5 * time.Millisecond),
			Duplicate:      1,
			DuplicateDelay: distribution.Constant{Value: 3 * time.Millisecond},
		},
		func(w *Simulation, a, b *Host) {
			s := must(a.Listen(1000))
			w.Go("reader", func() { readAll(w, a, s) })
			w.Go("sender", func() { fmt.Fprint(must(b.Connect(0, netip.AddrPortFrom(addressA, 1000))), "twice") })
		},
	)
	expect(t, r,
		"0s b sends twice", "0s b copy #1: ",
		"5ms a arrive #1: the open socket", "5ms a: read twice",
		"8ms a arrive #1: the open socket", "8ms a: read twice")
	if copied := r.Records[1]; copied.Latency != 8*time.Millisecond || copied.Payload() != nil {
		t.Errorf("the copy is recorded as %+v", copied)
	}
}

// The share of copies is that of the parameter, and they do not disturb the other
// draws.
func TestDuplicatesLeaveOtherDrawsAlone(t *testing.T) {
	run := func(duplicate float64) (latencies []time.Duration, copies int) {
		uniform := must(distribution.Parse("uniform(0ms,10ms)"))
		r := play(Link{
			Latency: func(*Packet) distribution.Distribution { return uniform }, Duplicate: duplicate,
			DuplicateDelay: uniform,
			Loss:           independent(0.1),
		}, func(w *Simulation, a, b *Host) {
			s := must(a.Connect(1, netip.AddrPortFrom(addressB, 9)))
			w.Go("sender", func() {
				for range 2000 {
					fmt.Fprint(s, "x")
				}
			})
		})
		for _, rec := range r.Records {
			switch rec.Kind {
			case trace.Send, trace.Lose:
				latencies = append(latencies, rec.Latency)
			case trace.Copy:
				copies++
			}
		}
		return latencies, copies
	}
	without, none := run(0)
	with, some := run(0.25)
	if !slices.Equal(without, with) || none != 0 {
		t.Error("copies change the fates of the datagrams")
	}
	if some < 380 || some > 520 { // of about 1800, 3.7 standard deviations of a fixed seed
		t.Errorf("%d copies", some)
	}
}

// What is sent while the link is down is lost; what was sent before still arrives.
func TestLinkDown(t *testing.T) {
	r := play(Link{Latency: constant(5 * time.Millisecond), Down: Span{10 * time.Millisecond, 20 * time.Millisecond}},
		func(w *Simulation, a, b *Host) {
			must(a.Listen(1000))
			s := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
			w.Go("sender", func() {
				for _, at := range []time.Duration{9, 10, 19, 20} {
					if w.Sleep(at*time.Millisecond-w.Now()) == nil {
						fmt.Fprint(s, int(at))
					}
				}
			})
		})
	expect(t, r,
		"9ms b sends 9", "10ms b lose #2: the link is down", "14ms a arrive #1: the open socket",
		"19ms b lose #3: the link is down", "20ms b sends 20", "25ms a arrive #4: the open socket")
}

// Two actors draw different bytes.
func TestActorsHaveStreamsOfTheirOwn(t *testing.T) {
	secrets := map[string]bool{}
	play(Link{}, func(w *Simulation, a, _ *Host) {
		for i := range 3 {
			w.Go(fmt.Sprintf("actor-%d", i), func() {
				secret := make([]byte, 16)
				must(rand.Read(secret))
				secrets[string(secret)] = true // actors start one after the other
			})
		}
	})
	if len(secrets) != 3 {
		t.Errorf("3 actors drew %d different secrets", len(secrets))
	}
}

// A reader that comes to a queue takes one datagram at a time, and what each causes
// is over before the next.
func TestQueuedDatagramsAreReadOneAtATime(t *testing.T) {
	for range 20 {
		r := play(Link{}, func(w *Simulation, a, b *Host) {
			s := must(a.Listen(1000))
			w.Go("sender", func() {
				to := must(b.Connect(0, netip.AddrPortFrom(addressA, 1000)))
				for _, text := range []string{"one", "two"} {
					fmt.Fprint(to, text)
				}
			})
			w.Go("reader", func() {
				if w.Sleep(time.Second) != nil {
					return
				}
				buffer := make([]byte, 10)
				for {
					n, err := s.Read(buffer)
					if err != nil {
						return
					}
					text := string(buffer[:n])
					w.Note(a, "read", text)
					go func() {
						go w.Note(a, "effect of", text)
					}()
				}
			})
		})
		expect(t, r,
			"0s b sends one", "0s b sends two", "0s a arrive #1: the open socket", "0s a arrive #2: the open socket",
			"1s a: read one", "1s a: effect of one", "1s a: read two", "1s a: effect of two")
	}
}

// crypto/rand is given back after a replication, and a replication in between does
// not disturb it.
func TestRandReaderIsRestored(t *testing.T) {
	before := rand.Reader
	secrets := make([][]byte, 2)
	for i := range secrets {
		play(Link{}, func(w *Simulation, a, _ *Host) {
			w.Go("actor", func() {
				secrets[i] = make([]byte, 32)
				must(rand.Read(secrets[i]))
			})
		})
	}
	if rand.Reader != before {
		t.Error("rand.Reader was not restored")
	}
	if !bytes.Equal(secrets[0], secrets[1]) || bytes.Equal(secrets[0], make([]byte, 32)) {
		t.Errorf("two runs of one seed drew %x and %x", secrets[0], secrets[1])
	}
}

// A replication that does not end by itself meets its limit.
func TestLimits(t *testing.T) {
	r := Run(Config{Limits: clock.Limits{Virtual: time.Minute, Events: 1000}}, func(w *Simulation) { w.Busy() })
	if r.End != clock.Horizon || r.Virtual != time.Minute {
		t.Errorf("ended by %s at %s", r.End, r.Virtual)
	}
}
