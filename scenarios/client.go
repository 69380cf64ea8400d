package scenarios

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/endpoint"
)

// client is one client: it connects, sends one line, perhaps waits for its echo,
// and closes.
type client struct {
	w      *sim.World
	host   *sim.Host
	number int // from 1
	local  netip.AddrPort
	v      Values
	config endpoint.Config

	shaking bool // its handshake is under way
	session Session
}

// run serves the client's session from start to end.
func (c *client) run(server netip.AddrPort) {
	c.session = Session{Client: c.number, Handshake: "failed"}
	if err := c.attempt(server); err != nil {
		c.session.Error = err.Error()
		c.w.Note(c.host, "client failed", err.Error())
	}
}

func (c *client) attempt(server netip.AddrPort) error {
	socket, err := c.host.Connect(c.local.Port(), server)
	if err != nil {
		return err
	}
	defer socket.Close() // the endpoint has closed it already, unless the handshake failed

	ctx, cancel := c.w.WithTimeout(c.v.Duration("client-timeout"))
	defer cancel()
	c.config.MTU = c.v.Count("endpoint-mtu")
	start := c.w.Now()
	c.shaking = true
	conn, err := endpoint.Client(ctx, socket, c.config)
	c.shaking = false
	if err != nil {
		return err
	}
	defer conn.Close()
	c.session.Handshake, c.session.HandshakeTime = "completed", int64(c.w.Now()-start)
	c.w.Note(c.host, "handshake completed", "")

	if _, err := io.WriteString(conn, greeting(c.number)); err != nil {
		return fmt.Errorf("sending the data: %w", err)
	}
	if c.v.Choice("client") == "waits" {
		if err := c.awaitEcho(conn); err != nil {
			return fmt.Errorf("waiting for the echo: %w", err)
		}
		if err := c.w.Sleep(c.v.Duration("client-pause")); err != nil {
			return err
		}
	}
	if c.v.Has("close-delay") {
		if err := c.w.Sleep(c.v.Duration("close-delay")); err != nil {
			return err
		}
	}
	c.w.Note(c.host, "close", "")
	return nil
}

func (c *client) awaitEcho(conn net.Conn) error {
	buffer := make([]byte, 256)
	n, err := readWithin(c.w, conn, buffer, c.v.Duration("client-timeout"))
	if err != nil {
		return err
	}
	if got, want := string(buffer[:n]), greeting(c.number); got != want {
		return fmt.Errorf("got %q, want %q", got, want)
	}
	c.w.Note(c.host, "echo received", "")
	return nil
}

// readWithin reads once, for at most d. The deadline is an event of the list; the
// endpoint's own deadlines are timers of the runtime.
func readWithin(w *sim.World, conn net.Conn, buffer []byte, d time.Duration) (int, error) {
	e := w.After(clock.Deadline, d, func() { _ = conn.SetReadDeadline(time.Unix(0, 1)) })
	defer w.Cancel(e)
	return conn.Read(buffer)
}

const (
	greetingHead = "hello from client "
	greetingTail = "\n"
)

// greeting is the line that a client sends.
func greeting(number int) string { return greetingHead + strconv.Itoa(number) + greetingTail }

// greetedBy returns the number of the client that sent the line, or 0.
func greetedBy(line string) int {
	text, _ := strings.CutPrefix(line, greetingHead)
	text, _ = strings.CutSuffix(text, greetingTail)
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return number
}
