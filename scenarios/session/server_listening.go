package session

import (
	"context"
	"net"
	"slices"
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

	blocked time.Duration // for how long a client waited for Accept while it performed another handshake
	wasted  time.Duration // for how long Accept performed handshakes that were not completed

	places chan struct{} // one value per free place for a session; nil without a limit
	over   chan struct{} // closed at the end of the replication
	holds  []*hold       // with a limit: handshakes that hold a place, or held one a short while ago
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
	since := s.w.Now()
	select {
	case <-s.places:
	case <-s.over:
	}
	s.heldUp(s.holds, since)
	s.holds = slices.DeleteFunc(s.holds, func(h *hold) bool { return h.over })
}

// hold is the time for which a handshake holds Accept, or a place that Accept waits for: until it is
// complete, or, if it fails, until its connection is released.
type hold struct {
	outcome.Interval // To is valid if over
	over             bool
}

// attempt is a connection during its handshake.
type attempt struct {
	*sim.Connection
	name     string
	who      starter
	hold     *hold
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
	a := attempt{
		Connection: c, name: name, who: s.starter(c.First, c.Peer()),
		hold: &hold{Interval: outcome.Interval{From: s.w.Now()}},
	}
	a.conn, a.complete = guarded(s.host, c.Endpoint(), s.v.Choice("guard"))
	if s.places != nil {
		s.holds = append(s.holds, a.hold)
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
			s.wasted += s.w.Now() - a.hold.From
			s.fail(a.name, false, a.who, err)
			s.release(a)
		}
		s.heldUp([]*hold{a.hold}, a.hold.From)
		if err != nil {
			continue
		}
		s.end(a)
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
				s.fail(a.name, false, a.who, err)
				s.release(a)
				return
			}
			s.end(a)
			s.w.Event(s.host, outcome.Completed{Session: a.name})
			s.serve(a, session)
		})
	}
}

// end records that a connection no longer holds up others.
func (s *listeningServer) end(a attempt) {
	if !a.hold.over {
		a.hold.To, a.hold.over = s.w.Now(), true
	}
}

// heldUp records that Accept has accepted nothing since a given time because of handshakes. It
// counts the time in which a client waited meanwhile: from the arrival of its hello, until Accept
// is free or the client gives up.
func (s *listeningServer) heldUp(holds []*hold, since time.Duration) {
	now := s.w.Now()
	if now == since || s.w.Stopped() {
		return
	}
	var held, waits []outcome.Interval
	for _, h := range holds {
		i := outcome.Interval{From: max(h.From, since), To: now}
		if h.over {
			i.To = h.To
		}
		held = append(held, i)
	}
	for _, w := range s.listener.Waiting() {
		c, a := s.attemptOf(w.First, w.Peer())
		if c == nil {
			continue
		}
		c.touch(theHandshake, false)
		i := outcome.Interval{From: max(w.Since, since), To: now}
		if !a.shaking {
			if s.w.Watching() { // each is an instant of another host
				s.w.Compare("the wait of "+w.Peer().String(), a.gaveUp, i.From)
			}
			i.To = a.gaveUp
		}
		if !a.completed {
			waits = append(waits, i)
		}
	}
	s.blocked += outcome.Common(held, waits)
}

// serve performs a session after its handshake.
func (s *listeningServer) serve(a attempt, session net.Conn) {
	a.complete()
	a.Establish()
	if err := s.converse(session, a.Socket); err != nil {
		s.fail(a.name, true, a.who, err)
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
	s.end(a)
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
	wrong[outcome.AcceptBlocked] = s.blocked > 0
	o.Measures[outcome.AcceptBlocked], o.Measures[outcome.AcceptWasted] = int64(s.blocked), int64(s.wasted)
	// otherwise clients rarely wait
	if s.v.Choice("arrivals") == "at-intervals" && s.listener != nil {
		b := s.listener.Backlog()
		o.Measures["longest-backlog"], o.Measures["backlog-drops"] = int64(b.Longest), int64(b.Dropped)
	}
}
