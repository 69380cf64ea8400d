package session

import (
	"context"
	"net"
	"time"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// filters maps names to the filters of a listener.
var filters = map[string]func(first *wire.Datagram) bool{
	"none": nil,
	// dtls.Listen of github.com/pion/dtls/v2 checks only the content type of the first record.
	"handshake":    (*wire.Datagram).BeginsWithHandshake,
	"client-hello": (*wire.Datagram).IsClientHello,
}

// listeningServer is the server model "listener" or "concurrent". In "listener", Accept performs
// the handshake inline, so one ghost blocks all clients for the handshake timeout. In
// "concurrent", each association has a goroutine.
type listeningServer struct {
	server
	listener *sim.Listener

	blocked time.Duration // time that Accept spent on handshakes that no client had begun
	waited  bool          // whether a client waited during that time

	places chan struct{} // one value per free place for a session; nil without a limit
	over   chan struct{} // closed at the end of the replication
	strays int           // connections that no client had begun, not yet released
}

func (s *listeningServer) start() {
	s.w.Go("server", func() {
		socket, err := s.begin()
		if err == nil {
			s.listener = socket.AcceptPeers(sim.ListenerConfig{
				Filter: filters[s.v.Choice("filter")], Tombstone: s.v.Duration("tombstone"),
				Backlog: s.v.Count("backlog"), Rehandshake: s.v.Choice("rehandshake") == "parallel",
			})
			s.limitSessions(s.v.Count("concurrency"))
			if s.v.Choice("model") == ListenerModel {
				err = s.serveInline()
			} else {
				err = s.serveConcurrently()
			}
		}
		s.w.Note(s.host, "server ends", err.Error())
	})
}

// limit returns a context with the time limit of a handshake.
func (s *listeningServer) limit() (context.Context, context.CancelFunc) {
	return s.w.WithTimeout(s.v.Duration("handshake-timeout"))
}

// limitSessions limits the number of concurrent sessions; 0 means no limit.
func (s *listeningServer) limitSessions(most int) {
	if most == 0 {
		return
	}
	s.places, s.over = make(chan struct{}, most), make(chan struct{})
	for range most {
		s.places <- struct{}{}
	}
	s.w.OnEnd(func() { close(s.over) })
}

// awaitPlace waits for a free place for a session, if their number is limited.
func (s *listeningServer) awaitPlace() {
	if s.places == nil {
		return
	}
	since, strays := s.w.Now(), s.strays
	select {
	case <-s.places:
	case <-s.over:
	}
	if strays > 0 && s.w.Now() > since {
		s.heldUp(since)
	}
}

// attempt is a connection during its handshake.
type attempt struct {
	*sim.Connection
	name     string
	begun    bool
	since    time.Duration
	conn     net.Conn // the connection for the endpoint
	complete func()   // to be called when the handshake is complete
}

// attempt accepts a connection.
func (s *listeningServer) attempt() (attempt, error) {
	s.awaitPlace()
	c, err := s.listener.AcceptPeer()
	if err != nil {
		return attempt{}, err
	}
	s.w.Busy()
	name := s.accepted(c.First, c.Peer())
	a := attempt{Connection: c, name: name, begun: s.begun(c.First, c.Peer()), since: s.w.Now()}
	a.conn, a.complete = guarded(s.host, c.Endpoint(), s.v.Choice("guard"))
	if !a.begun {
		s.strays++
	}
	return a, nil
}

// serveInline is the model "listener". One goroutine accepts a connection and performs its
// handshake, as Accept does in github.com/pion/dtls/v2 v2.2.12, listener.go.
func (s *listeningServer) serveInline() error {
	for {
		a, err := s.attempt()
		if err != nil {
			return err
		}
		session, err := s.handshakeInline(a)
		if err != nil {
			if !a.begun {
				s.heldUp(a.since)
			}
			s.fail(a.name, false, a.begun, err)
			s.release(a)
			continue
		}
		s.w.Event(s.host, outcome.Completed{Session: a.name})
		s.w.Go(a.name, func() { s.serve(a, session) })
	}
}

// handshakeInline performs a handshake on the server's goroutine.
func (s *listeningServer) handshakeInline(a attempt) (net.Conn, error) {
	defer s.beEndpoint(a.name)()
	ctx, cancel := s.limit()
	defer cancel()
	return s.stack.Server(ctx, a.conn, s.config)
}

// serveConcurrently is the model "concurrent". Each accepted connection has a goroutine.
func (s *listeningServer) serveConcurrently() error {
	for {
		a, err := s.attempt()
		if err != nil {
			return err
		}
		s.w.Go(a.name, func() {
			ctx, cancel := s.limit()
			defer cancel()
			session, err := s.stack.Server(ctx, a.conn, s.config)
			if err != nil {
				s.fail(a.name, false, a.begun, err)
				s.release(a)
				return
			}
			s.w.Event(s.host, outcome.Completed{Session: a.name})
			s.serve(a, session)
		})
	}
}

// heldUp records that a handshake that no client had begun has held up Accept since a given time.
func (s *listeningServer) heldUp(since time.Duration) {
	s.blocked += s.w.Now() - since
	s.waited = s.waited || s.listener.Waiting((*wire.Datagram).IsClientHello) > 0
}

// serve performs a session after its handshake.
func (s *listeningServer) serve(a attempt, session net.Conn) {
	a.complete()
	a.Establish()
	if err := s.converse(session, a.Socket); err != nil {
		s.fail(a.name, true, a.begun, err)
	}
	s.release(a)
}

// release lets the connection linger and releases it.
func (s *listeningServer) release(a attempt) {
	defer s.w.Idle()
	if s.w.Sleep(s.v.Duration("linger")) == nil {
		s.w.Note(s.host, "release", a.name)
	}
	_ = a.Close() // it is open until now
	if !a.begun {
		s.strays--
	}
	if s.places != nil {
		select {
		case s.places <- struct{}{}:
		default: // at the end, a session that waited for a place continues without one
		}
	}
}

// observe implements serverModel.
func (s *listeningServer) observe(o *scenarios.Observation, wrong map[string]bool) {
	s.server.observe(o, wrong)
	wrong[outcome.AcceptBlocked] = s.waited
	o.Measures[outcome.AcceptBlockedFor] = int64(s.blocked)
	// otherwise clients rarely wait
	if s.v.Choice("arrivals") == "at-intervals" && s.listener != nil {
		b := s.listener.Backlog()
		o.Measures["longest-backlog"], o.Measures["backlog-drops"] = int64(b.Longest), int64(b.Dropped)
	}
}
