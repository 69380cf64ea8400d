package stack_test

import (
	"context"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// plain is a stack without DTLS: a session is the connection itself.
type plain struct{}

func (plain) Client(_ context.Context, conn net.Conn, _ stack.Config) (net.Conn, error) {
	return conn, nil
}
func (plain) Server(_ context.Context, conn net.Conn, _ stack.Config) (net.Conn, error) {
	return conn, nil
}

// Of the deadlines that an application sets on a session, and on its handshake, those to come
// are reported; those that have passed, and the end of a deadline, are not.
func TestDeadlinesAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type deadline struct {
			what string
			left time.Duration
		}
		var reported []deadline
		c := stack.Config{Observe: func(e stack.Event) {
			if e.Kind == stack.DeadlineSet {
				reported = append(reported, deadline{e.What, e.Timer})
			}
		}}
		here, there := net.Pipe()
		defer there.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		session, err := stack.Reporting(plain{}).Client(ctx, here, c)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		time.Sleep(time.Second)
		for i, set := range []func(time.Time) error{
			session.SetDeadline, session.SetReadDeadline, session.SetWriteDeadline,
		} {
			for _, at := range []time.Time{time.Now().Add(time.Duration(i + 1)), time.Now(), time.Unix(0, 1), {}} {
				if err := set(at); err != nil {
					t.Error(err)
				}
			}
		}
		if want := []deadline{
			{"the limit of a handshake", time.Minute}, {"a deadline of a session", 1},
			{"a read deadline of a session", 2}, {"a write deadline of a session", 3},
		}; !slices.Equal(reported, want) {
			t.Errorf("deadlines %v, want %v", reported, want)
		}
	})
}
