package trace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// explained returns a reason of the server for a datagram of the client, about a ClientHello.
func explained(at time.Duration, number uint64, e stack.Explanation) trace.Reason {
	if e.Record == "" {
		e.Record, e.ContentType = "ClientHello", 22
	}
	e.Flight, e.State = stack.Flight2, stack.Waiting
	return trace.Reason{
		At: at, Host: "server", Actor: "server", Datagram: trace.DatagramID{Actor: "client-1", Number: number},
		Explanation: e,
	}
}

// smallReasons are reasons for smallTrace.
func smallReasons() []trace.Reason {
	return []trace.Reason{
		explained(10*time.Millisecond, 1, stack.Explanation{Reason: stack.Replay}),
		explained(10*time.Millisecond, 1, stack.Explanation{Reason: stack.FragmentKept, Message: 1, Inferred: true}),
		explained(2*time.Second, 1, stack.Explanation{
			Reason: stack.QueuedForEpoch, Record: "Finished", ContentType: 22, Epoch: 1, Sequence: 7, Unread: true,
		}),
		explained(40*time.Second, 1, stack.Explanation{
			Reason: stack.BehindWindow, Window: 64, Newest: 90, Sequence: 3,
		}),
	}
}

// Reasons of one endpoint that are alike share a line of the table, even if they take turns with
// others; reasons of another endpoint, or of another kind, do not.
func TestLikeReasonsShareALine(t *testing.T) {
	var list []trace.Reason
	for i := range 5 {
		at := time.Duration(i) * time.Second
		list = append(list, explained(at, 1, stack.Explanation{Reason: stack.Replay}),
			explained(at, 1, stack.Explanation{
				Reason: stack.EpochChanged, Record: "ChangeCipherSpec", Sequence: uint64(i), PeerEpoch: 1,
				Inferred: true,
			}))
	}
	other := explained(9*time.Second, 1, stack.Explanation{Reason: stack.Replay})
	other.Actor = "another"
	list = append(list, other)
	want := []string{
		"at 0.000000000, server (server) drops ClientHello 0/0: a replay, the record was seen before; " +
			"and 4 more copies, the last at 4.000000000",
		"at 0.000000000, server (server) ignores ChangeCipherSpec 0/0: the peer's epoch is 1 already; " +
			"and 4 more records, the last 0/4 at 4.000000000  (inferred)",
		"at 9.000000000, another (server) drops ClientHello 0/0: a replay, the record was seen before",
	}
	if got := trace.Reasons(nil, list); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var out strings.Builder
	if err := trace.WriteJSONLines(&out, nil, list); err != nil || strings.Count(out.String(), "\n") != len(list) {
		t.Errorf("%v, and not a line of JSON for each reason:\n%s", err, out.String())
	}
}

// What is kept or queued and read at the same instant is not in the table; what is read later, or
// never, is.
func TestRoutineIsLeftOut(t *testing.T) {
	kept := func(at time.Duration, r stack.Reason) trace.Reason {
		return explained(at, 1, stack.Explanation{Reason: r, Message: 2})
	}
	for _, c := range []struct {
		what  string
		list  []trace.Reason
		lines int
	}{
		{"queued and read at once", []trace.Reason{kept(1, stack.QueuedForKeys), kept(1, stack.Unqueued)}, 0},
		{"queued and read later", []trace.Reason{kept(1, stack.QueuedForKeys), kept(2, stack.Unqueued)}, 2},
		{"queued", []trace.Reason{kept(1, stack.QueuedForEpoch)}, 1},
		{"complete at once", []trace.Reason{
			kept(1, stack.FragmentKept), kept(1, stack.FragmentKept), kept(1, stack.MessageComplete),
		}, 0},
		{"complete later", []trace.Reason{kept(1, stack.MessageKept), kept(2, stack.MessageComplete)}, 2},
		{"dropped", []trace.Reason{kept(1, stack.Replay), kept(1, stack.Unqueued)}, 2},
	} {
		if got := trace.Reasons(nil, c.list); len(got) != c.lines {
			t.Errorf("%s: %q", c.what, got)
		}
	}
}

// A reason stands behind the arrival of its datagram. One of a datagram that came earlier stands
// before what its endpoint does at that time.
func TestReasonsStandBesideDatagrams(t *testing.T) {
	arrival := func(at time.Duration, number uint64) trace.Record {
		return trace.Record{
			At: at, Host: "server", Kind: trace.Arrive, ID: trace.DatagramID{Actor: "client-1", Number: number},
			Datagram: dtls(22, 0, 0, 1, 0, 0, 0), Event: said("listener"),
		}
	}
	records := []trace.Record{
		arrival(1, 1), arrival(1, 2),
		{At: 1, Host: "server", Actor: "server", Kind: trace.Note, Event: said("x")},
		{At: 5, Host: "server", Actor: "another", Kind: trace.Note, Event: said("y")},
		{At: 5, Host: "server", Actor: "server", Kind: trace.Note, Event: said("z")},
	}
	reasons := []trace.Reason{
		explained(1, 2, stack.Explanation{Reason: stack.Replay, Sequence: 12}),
		explained(1, 1, stack.Explanation{Reason: stack.OldEpoch, Sequence: 11}),
		explained(5, 1, stack.Explanation{Reason: stack.Undecryptable, Sequence: 51}),
		explained(9, 7, stack.Explanation{Reason: stack.Malformed, Sequence: 97}),
	}
	var out strings.Builder
	if err := trace.WriteTable(&out, records, reasons); err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range strings.Lines(out.String()) {
		for _, mark := range []string{"0/12", "0/11", "0/51", "0/97", "<-", "another", "z", "x"} {
			if strings.Contains(line, mark) {
				order = append(order, mark)
				break
			}
		}
	}
	if want := []string{"<-", "0/11", "<-", "0/12", "x", "another", "0/51", "z", "0/97"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v\n%s", order, want, out.String())
	}
}

// Every reason has a name and says something.
func TestEveryReasonSaysSomething(t *testing.T) {
	seen := map[string]bool{}
	for r := stack.Replay; r <= stack.Unexplained; r++ {
		reason := explained(0, 1, stack.Explanation{Reason: r})
		text := reason.Describe()
		if name := r.String(); seen[name] || strings.HasPrefix(name, "reason ") || strings.HasPrefix(text, name) ||
			!strings.Contains(text, "ClientHello 0/0") {
			t.Errorf("reason %d is called %q and says %q", uint8(r), name, text)
		}
		seen[r.String()] = true
	}
	if got, want := stack.Reason(200).String(), fmt.Sprint("reason ", 200); got != want {
		t.Errorf("an unknown reason is called %q, want %q", got, want)
	}
}
