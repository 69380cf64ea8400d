// Package stacktest checks, on the virtual network, the behaviour that every implementation of
// stack.Stack must have.
package stacktest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/stack"
)

// Latency is the one-way latency of every datagram in Play.
const Latency = 10 * time.Millisecond

// Side is what one side of a session did and reported.
type Side struct {
	Events []string // each begins with its time in ms
	Err    error    // error of the handshake or of the session
}

// Play performs one session. It returns both sides, by the names "client" and "server", and
// the result of the replication. The client sends a line, receives it back and closes. The
// server reads until the client has closed. The client gives up its handshake after limit. The
// network loses everything that is sent before the time up.
func Play(s stack.Stack, c stack.Config, limit, up time.Duration) (map[string]*Side, sim.Result) {
	sides := map[string]*Side{"client": {}, "server": {}}
	port := netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), 4433)
	link := sim.Link{
		Latency: func(*sim.Packet) distribution.Distribution { return distribution.Constant{Value: Latency} },
		Down:    sim.Span{To: up},
	}
	result := sim.Run(sim.Config{Scenario: "stacktest", Seed: 1, Link: link}, func(w *sim.Simulation) {
		home, away := w.Host("server", port.Addr()), w.Host("client", netip.MustParseAddr("192.0.2.2"))
		observed := func(name string) stack.Config {
			var mu sync.Mutex
			with := c
			with.Observe = func(e stack.Event) {
				mu.Lock()
				defer mu.Unlock()
				sides[name].Events = append(sides[name].Events, fmt.Sprintf("%d %s", w.Now().Milliseconds(), Text(e)))
			}
			return with
		}
		run := func(name string, f func() error) {
			w.Busy()
			w.Go(name, func() {
				defer w.Idle()
				sides[name].Err = f()
			})
		}
		run("server", func() error {
			listener, err := home.ListenPeers(port.Port(), sim.ListenerConfig{})
			if err != nil {
				return err
			}
			peer, err := listener.AcceptPeer()
			if err != nil {
				return err
			}
			ctx, cancel := w.WithTimeout(time.Hour)
			defer cancel()
			session, err := s.Server(ctx, peer, observed("server"))
			if err != nil {
				return err
			}
			defer session.Close()
			return echo(session)
		})
		run("client", func() error {
			socket, err := away.Connect(50001, port)
			if err != nil {
				return err
			}
			defer socket.Close()
			ctx, cancel := w.WithTimeout(limit)
			defer cancel()
			session, err := s.Client(ctx, socket, observed("client"))
			if err != nil {
				return err
			}
			defer session.Close()
			if _, err := session.Write([]byte("hello")); err != nil {
				return err
			}
			_, err = session.Read(make([]byte, 100))
			return err
		})
	})
	return sides, result
}

// echo sends back what it reads, until an error.
func echo(session net.Conn) error {
	buffer := make([]byte, 100)
	for {
		n, err := session.Read(buffer)
		if err == nil {
			_, err = session.Write(buffer[:n])
		}
		if err != nil {
			return err
		}
	}
}

// Text returns a line that describes an event.
func Text(e stack.Event) string {
	switch e.Kind {
	case stack.Entered:
		text := fmt.Sprintf("%s %s", e.Flight, e.State)
		if e.Moot {
			text += ", moot"
		}
		if e.Timer > 0 {
			text += fmt.Sprintf(", timer %s", e.Timer)
		}
		return text
	case stack.Compared:
		return fmt.Sprintf("%s: %s and %s", e.What, e.Durations[0], e.Durations[1])
	case stack.DeadlineSet:
		return fmt.Sprintf("%s, in %s", e.What, e.Timer)
	case stack.ClockRead:
		return fmt.Sprintf("%s, to %s", e.Kind, e.Resolution)
	case stack.AlertSent, stack.AlertReceived:
		return fmt.Sprintf("%s %d/%d", e.Kind, e.Alert.Level, e.Alert.Description)
	case stack.DataRead, stack.DataWritten:
		return fmt.Sprintf("%s, %d B", e.Kind, e.Length)
	}
	return e.Kind.String()
}

// config configures the endpoints in the tests below.
var config = stack.Config{Credentials: "psk", FlightInterval: time.Second}

// Events performs a session in which everything sent before the time up is lost, and compares
// the events that each side reports with the expected ones.
func Events(t *testing.T, s stack.Stack, up time.Duration, want map[string][]string) {
	t.Helper()
	sides, _ := Play(s, config, time.Minute, up)
	for side, list := range want {
		if got := sides[side].Events; !slices.Equal(got, list) {
			t.Errorf("%s:\n%q\nwant\n%q", side, got, list)
		}
	}
}

// Contract checks the behaviour that every stack must have. module is the module of the stack,
// and version is the version that its package supports.
func Contract(t *testing.T, s stack.Stack, module, version string) {
	t.Helper()
	checkVersion(t, module, version)
	checkCredentials(t, s)
	checkCauses(t, s)
	checkDeadlines(t, s)
	checkLimit(t, s)
}

// checkCredentials performs a session with each kind of credentials, and with each kind of a client's
// certificate, twice. It checks that the sessions succeed and that both runs have the same digest.
func checkCredentials(t *testing.T, s stack.Stack) {
	t.Helper()
	var kinds [][2]string
	for _, credentials := range stack.Credentials {
		kinds = append(kinds, [2]string{credentials, stack.NoCertificate})
	}
	for _, certificate := range stack.ClientCertificates {
		kinds = append(kinds, [2]string{"ecdsa", certificate})
	}
	for _, credentials := range kinds {
		c := stack.Config{
			Credentials: credentials[0], ClientCertificate: credentials[1], FlightInterval: time.Second,
		}
		sides, first := Play(s, c, time.Minute, 0)
		if err := sides["client"].Err; err != nil {
			t.Errorf("%s: client: %v", credentials, err)
		}
		if err := sides["server"].Err; stack.CauseOf(err) != stack.PeerClosed {
			t.Errorf("%s: server: %v, want that the peer has closed", credentials, err)
		}
		_, again := Play(s, c, time.Minute, 0)
		if first.Digest != again.Digest {
			t.Errorf("%s: two runs differ", credentials)
		}
	}
	for _, c := range []stack.Config{{Credentials: "none"}, {Credentials: "ecdsa", ClientCertificate: "dsa"}} {
		if _, err := s.Client(t.Context(), nil, c); err == nil {
			t.Errorf("unknown credentials are accepted: %+v", c)
		}
	}
}

// checkVersion compares the version of a module that a package supports with the version in
// the build.
func checkVersion(t *testing.T, module, want string) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		t.Errorf("%s is %s (%v); the package reads the log, the errors and the fields of %s: compare the two, then "+
			"change Version", module, got, err, want)
	}
}

// checkCauses performs handshakes that fail. One reaches its time limit. Another is ended by
// an unencrypted alert, which is unprotected because no keys exist yet.
func checkCauses(t *testing.T, s stack.Stack) {
	t.Helper()
	sides, _ := Play(s, config, 2500*time.Millisecond, time.Hour)
	if err := sides["client"].Err; stack.CauseOf(err) != stack.TimedOut || err.Error() != "the handshake timed out" {
		t.Errorf("a handshake without a peer: %v, cause %d", err, stack.CauseOf(err))
	}
	if events := sides["client"].Events; events[len(events)-1] != "2500 failed" {
		t.Errorf("a handshake without a peer ends by %q", events[len(events)-1])
	}
	if err := sides["server"].Err; !errors.Is(err, net.ErrClosed) {
		t.Errorf("a server without a client: %v", err)
	}

	here, there := net.Pipe()
	go func() {
		buffer := make([]byte, 4096)
		if _, err := there.Read(buffer); err == nil {
			// a fatal handshake_failure
			_, _ = there.Write([]byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40})
		}
		_, _ = io.Copy(io.Discard, there)
	}()
	_, err := s.Client(t.Context(), here, config)
	var e *stack.Error
	want := stack.Alert{Level: 2, Description: 40}
	if !errors.As(err, &e) || e.Cause != stack.PeerAlert || e.Alert != want {
		t.Errorf("an alert of the peer: %v, %+v", err, e)
	}
}
