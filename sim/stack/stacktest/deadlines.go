package stacktest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// checkDeadlines checks that the deadlines of a session, and of the context of a handshake, are
// events of the list in a simulation: they come after what else happens at their instant, also if
// they were set again, and one that is cancelled leaves nothing behind.
func checkDeadlines(t *testing.T, s stack.Stack) {
	t.Helper()
	const ms = time.Millisecond
	// The handshake is complete at 60 ms; messages arrive at 80, 180, 280 ms and so on.
	for _, c := range []struct {
		name string
		do   func(session net.Conn, at func(time.Duration) time.Time, read func())
		want []string
	}{
		{"at the instant of a message", func(session net.Conn, at func(time.Duration) time.Time, read func()) {
			_ = session.SetReadDeadline(at(80 * ms))
			read()
		}, []string{"80 read"}},
		{"a nanosecond before it", func(session net.Conn, at func(time.Duration) time.Time, read func()) {
			_ = session.SetReadDeadline(at(80*ms - 1))
			read()
			read() // it stays
			_ = session.SetDeadline(time.Time{})
			read()
		}, []string{"79 timed out", "79 timed out", "80 read"}},
		{"set again, later and earlier", func(session net.Conn, at func(time.Duration) time.Time, read func()) {
			_ = session.SetReadDeadline(at(70 * ms))
			_ = session.SetReadDeadline(at(90 * ms))
			read()
			read()
			_ = session.SetDeadline(at(time.Hour))
			_ = session.SetDeadline(at(120 * ms))
			read()
			_ = session.SetReadDeadline(at(100 * ms)) // it has passed
			read()
		}, []string{"80 read", "90 timed out", "120 timed out", "120 timed out"}},
		{"of writing", func(session net.Conn, at func(time.Duration) time.Time, read func()) {
			_ = session.SetWriteDeadline(at(79 * ms))
			read()
			_, err := session.Write([]byte("late"))
			if !errors.Is(err, os.ErrDeadlineExceeded) && stack.CauseOf(err) != stack.TimedOut {
				t.Errorf("a write after its deadline: %v", err)
			}
			_ = session.SetWriteDeadline(at(time.Hour))
		}, []string{"80 read"}},
		{"never reached", func(session net.Conn, at func(time.Duration) time.Time, _ func()) {
			_ = session.SetDeadline(at(time.Hour))
		}, nil},
	} {
		var got []string
		result := pair(s, func(w *sim.Simulation, session net.Conn) {
			at := func(d time.Duration) time.Time { return w.Time(d) }
			c.do(session, at, func() {
				_, err := session.Read(make([]byte, 100))
				what := "read"
				if err != nil {
					if what = fmt.Sprint(err); stack.CauseOf(err) == stack.TimedOut {
						what = "timed out"
					}
				}
				got = append(got, fmt.Sprintf("%d %s", w.Now().Milliseconds(), what))
			})
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("a deadline %s: %q, want %q", c.name, got, c.want)
		}
		if result.Virtual > 10*time.Second { // the client's last message is sent before
			t.Errorf("a deadline %s: the run ends at %s", c.name, result.Virtual)
		}
		if result.Watched.Unexplained != nil {
			t.Errorf("a deadline %s: %+v", c.name, *result.Watched.Unexplained)
		}
	}
}

// pair performs a session whose client sends a message every 100 ms for a second. The server does
// something with its session.
func pair(s stack.Stack, do func(w *sim.Simulation, session net.Conn)) sim.Result {
	server := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 4433)
	link := sim.Link{
		Latency: func(*sim.Packet) distribution.Distribution { return distribution.Constant{Value: Latency} },
	}
	c := sim.Config{Scenario: "stacktest", Seed: 1, Link: link, Watch: true}
	return sim.Run(c, func(w *sim.Simulation) {
		home, away := w.Host("server", server.Addr()), w.Host("client", netip.MustParseAddr("192.0.2.2"))
		open := func(name string, host *sim.Host, f func() error) {
			w.Busy()
			w.Go(name, func() {
				defer w.Idle()
				if err := f(); err != nil {
					w.Note(host, "failed", err.Error())
				}
			})
		}
		open("server", home, func() error {
			listener, err := home.ListenPeers(server.Port(), sim.ListenerConfig{})
			if err != nil {
				return err
			}
			peer, err := listener.AcceptPeer()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			session, err := s.Server(ctx, peer, w.Endpoint(config))
			if err != nil {
				return err
			}
			defer session.Close()
			do(w, session)
			return nil
		})
		open("client", away, func() error {
			socket, err := away.Connect(50001, server)
			if err != nil {
				return err
			}
			defer socket.Close()
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			defer cancel()
			session, err := s.Client(ctx, socket, w.Endpoint(config))
			if err != nil {
				return err
			}
			defer session.Close()
			if err := w.Sleep(70*time.Millisecond - w.Now()); err != nil {
				return err
			}
			for range 10 {
				if _, err := session.Write([]byte("hello")); err != nil {
					return err
				}
				if err := w.Sleep(100 * time.Millisecond); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// checkLimit checks that the deadline of a context ends a handshake at its instant, and that what
// ends the context before ends it then.
func checkLimit(t *testing.T, s stack.Stack) {
	t.Helper()
	for _, c := range []struct {
		name   string
		ctx    func(w *sim.Simulation) (context.Context, context.CancelFunc)
		at     time.Duration
		reason stack.Cause
	}{
		{"its own", func(*sim.Simulation) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), 2500*time.Millisecond)
		}, 2500 * time.Millisecond, stack.TimedOut},
		{"one that is earlier", func(w *sim.Simulation) (context.Context, context.CancelFunc) {
			ctx, _ := w.WithTimeout(1500 * time.Millisecond)
			return context.WithTimeout(ctx, time.Hour)
		}, 1500 * time.Millisecond, stack.TimedOut},
		{"a retransmission's", func(*sim.Simulation) (context.Context, context.CancelFunc) {
			return context.WithTimeout(context.Background(), time.Second)
		}, time.Second, stack.TimedOut},
		{"a cancellation", func(w *sim.Simulation) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			w.Deadline(700*time.Millisecond, cancel)
			return ctx, cancel
		}, 700 * time.Millisecond, 0},
	} {
		var err error
		var at time.Duration
		r := sim.Run(sim.Config{Scenario: "stacktest", Seed: 1, Watch: true}, func(w *sim.Simulation) {
			away := w.Host("client", netip.MustParseAddr("192.0.2.2"))
			w.Go("client", func() {
				socket, failed := away.Connect(50001, netip.MustParseAddrPort("192.0.2.1:4433"))
				if failed != nil {
					err = failed
					return
				}
				defer socket.Close()
				ctx, cancel := c.ctx(w)
				defer cancel()
				_, err = s.Client(ctx, socket, w.Endpoint(config))
				at = w.Now()
			})
			w.Busy()
			w.AfterBy(w.Current(), 0, 3*time.Second, w.Idle)
		})
		if err == nil || at != c.at || c.reason != 0 && stack.CauseOf(err) != c.reason || r.Watched.Unexplained != nil {
			t.Errorf("a handshake ended by %s: %v at %s, want %s; %+v", c.name, err, at, c.at, r.Watched.Unexplained)
		}
	}
}
