package stack

import (
	"context"
	"net"
	"time"
)

// Reporting wraps s so that it reports the events that are visible in the calls and
// datagrams of any stack. s itself reports the other events, as far as it knows them.
func Reporting(s Stack) Stack { return reporting{s} }

type reporting struct{ Stack }

// Client implements Stack.
func (r reporting) Client(ctx context.Context, conn net.Conn, c Config) (net.Conn, error) {
	return report(ctx, conn, c, r.Stack.Client)
}

// Server implements Stack.
func (r reporting) Server(ctx context.Context, conn net.Conn, c Config) (net.Conn, error) {
	return report(ctx, conn, c, r.Stack.Server)
}

type handshake func(context.Context, net.Conn, Config) (net.Conn, error)

// report performs a handshake, with deadlines that use c.After if it is set, and reports it if
// c.Observe is set.
func report(ctx context.Context, conn net.Conn, c Config, perform handshake) (net.Conn, error) {
	if c.After != nil {
		perform = scheduled(perform)
	}
	if c.Observe == nil {
		return perform(ctx, conn, c)
	}
	c.Observe(Event{Kind: Begun})
	deadlines := c.Observe
	if c.After != nil { // they are no deadlines of the runtime
		deadlines = func(Event) {}
	}
	if at, ok := ctx.Deadline(); ok {
		reportDeadline(deadlines, "the limit of a handshake", at)
	}
	s, err := perform(ctx, &reportingConn{conn, c.Observe}, c)
	if err != nil {
		e := Event{Kind: Failed, Cause: CauseOf(err)}
		c.Observe(e)
		return nil, err
	}
	c.Observe(Event{Kind: Completed})
	return &reportingSession{s, c.Observe, deadlines}, nil
}

// reportDeadline reports a deadline on the runtime's clock if it has not passed.
func reportDeadline(observe func(Event), what string, at time.Time) {
	if left := time.Until(at); !at.IsZero() && left > 0 {
		observe(Event{Kind: DeadlineSet, What: what, Timer: left})
	}
}

// reportingConn is the connection below an endpoint.
type reportingConn struct {
	net.Conn
	observe func(Event)
}

// The header of a record has the fields type, version, epoch, sequence number and length
// (RFC 6347 section 4.1).
const (
	recordHeader = 13
	epochAt      = 3
	lengthAt     = 11
	alertType    = 21
)

// Write implements net.Conn.
func (r *reportingConn) Write(p []byte) (int, error) {
	for d := p; len(d) >= recordHeader; {
		end := recordHeader + int(d[lengthAt])<<8 + int(d[lengthAt+1])
		if end > len(d) {
			break
		}
		if d[0] == alertType {
			e := Event{Kind: AlertSent}
			if plain := d[epochAt] == 0 && d[epochAt+1] == 0; plain && end == recordHeader+2 {
				e.Alert = Alert{Level: d[recordHeader], Description: d[recordHeader+1]}
			}
			r.observe(e)
		}
		d = d[end:]
	}
	return r.Conn.Write(p)
}

// reportingSession is the session of an endpoint.
type reportingSession struct {
	net.Conn
	observe   func(Event)
	deadlines func(Event) // observes deadlines of the runtime
}

// Read implements net.Conn.
func (r *reportingSession) Read(p []byte) (int, error) {
	r.observe(Event{Kind: ReadBegun})
	n, err := r.Conn.Read(p)
	if err == nil {
		r.observe(Event{Kind: DataRead, Length: n})
	}
	return n, err
}

// Write implements net.Conn.
func (r *reportingSession) Write(p []byte) (int, error) {
	n, err := r.Conn.Write(p)
	if err == nil {
		r.observe(Event{Kind: DataWritten, Length: n})
	}
	return n, err
}

// Close implements net.Conn.
func (r *reportingSession) Close() error {
	r.observe(Event{Kind: Closed})
	return r.Conn.Close()
}

// SetDeadline implements net.Conn.
func (r *reportingSession) SetDeadline(t time.Time) error {
	reportDeadline(r.deadlines, "a deadline of a session", t)
	return r.Conn.SetDeadline(t)
}

// SetReadDeadline implements net.Conn.
func (r *reportingSession) SetReadDeadline(t time.Time) error {
	reportDeadline(r.deadlines, "a read deadline of a session", t)
	return r.Conn.SetReadDeadline(t)
}

// SetWriteDeadline implements net.Conn.
func (r *reportingSession) SetWriteDeadline(t time.Time) error {
	reportDeadline(r.deadlines, "a write deadline of a session", t)
	return r.Conn.SetWriteDeadline(t)
}
