package catalogue_test

import (
	"slices"
	"testing"

	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
)

// A repetition is for nothing if the peer had all of it, and nothing of the peer's answer was lost.
func TestRepetitionsForNothing(t *testing.T) {
	p := fixture.Pool(t, 1)
	small := scenarios.Settings{"endpoint-mtu": "64"}
	for _, c := range []struct {
		name, rules         string
		set                 scenarios.Settings
		sent, forNothing    int64
		sentByV3, nothingV3 int64
	}{
		{"nothing is lost", "", nil, 0, 0, 0, 0},
		// Version 2 of pion answers each fragment of the second hello with another HelloVerifyRequest, until
		// it has all of it.
		{"nothing is lost, in small datagrams", "", small, 2, 2, 0, 0},
		{"the first hello is lost", "- {name: a, match: {from: client, message: client-hello, nth: 1}, drop: true}",
			nil, 1, 0, 1, 0},
		// The client repeats its hello, and the server answers the repetition.
		{"the HelloVerifyRequest is lost",
			"- {name: a, match: {from: server, message: hello-verify-request, nth: 1}, drop: true}", nil, 2, 0, 2, 0},
		// The client repeats its hello; the server has a timer of its own.
		{"flight 4 is lost", "- {name: a, match: {from: server, message: server-hello, nth: 1}, drop: true}",
			nil, 2, 0, 2, 0},
		{"the first datagram of flight 4 is lost",
			"- {name: a, match: {from: server, message: server-hello, nth: 1}, drop: true}", small, 4, 2, 2, 0},
		// The repetitions of both ends meet the flights that they repeat.
		{"flight 4 is late", "- {name: a, match: {from: server, message: server-hello, nth: 1}, latency: 995ms}",
			nil, 2, 2, 2, 2},
		// One of many datagrams is late: the server repeats all of them before it arrives, and the
		// client has the rest already.
		{"a part of flight 4 is late",
			"- {name: a, match: {from: server, message: server-hello-done, nth: 1}, latency: 995ms}", small, 4, 4, 2, 2},
		// The server repeats flight 4, and asks again for the answer that was lost.
		{"flight 5 is lost", "- {name: a, match: {from: client, message: client-key-exchange, nth: 1}, drop: true}",
			nil, 2, 0, 2, 0},
	} {
		for stack, want := range map[string][2]int64{
			"pion-v2": {c.sent, c.forNothing}, "pion-v3": {c.sentByV3, c.nothingV3},
		} {
			text := "name: repeats\nsummary: a small handshake\nserver: {model: concurrent, filter: client-hello}\n" +
				"clients: {client: waits, clients: 1}\nprobe: latency=0s..1s\nfail: [duplicate-flight]\n"
			if c.rules != "" {
				text += "rules:\n  " + c.rules + "\n"
			}
			s, err := format.Parse("repeats.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			o := outcomeOf(t, p, s, c.set.With(scenarios.Settings{"stack": stack}))
			if got := [2]int64{o.Measures["retransmissions"], o.Measures["duplicate-flights"]}; got != want ||
				slices.Contains(o.Outcome, outcome.DuplicateFlight) != (want[1] > 0) {
				t.Errorf("%s, %s: %d flights sent again, %d for nothing; want %d; outcome %v", c.name, stack, got[0], got[1],
					want, o.Outcome)
			}
		}
	}
}
