package search_test

import (
	"math"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/format"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/search"
)

// repeatedHello is a handshake in which the server never gets its flight 4 across. The
// client repeats its hello, and that comes between the server's own retransmissions: pion
// v3 answers it if 1 s, 2 s, 4 s and so on have passed since the last of them.
const repeatedHello = `
name: repeated-hello
summary: A repeated hello comes while the server waits to send its flight again.
clients: {clients: 1, client-timeout: 9s}
server: {model: concurrent, stack: pion-v3, handshake-timeout: 12s, credentials: psk}
parameters:
  - {name: late, type: latency distribution, default: 10ms, meaning: latency of the first repeated hello}
rules:
  - name: lost
    match: {client: 1, from: server, message: server-hello}
    drop: true
  - name: repeated
    match: {client: 1, from: client, message: client-hello, nth: 3}
    latency: late
probe: late=0s..8s
`

// The search knows the timers of pion v3, which double, the limits of that, and the
// instants from which it answers a repeated hello. Where these alone decide, no prediction
// fails, and the cells are those of a brute-force scan.
func TestSearchKnowsBackoff(t *testing.T) {
	testkit.NotShort(t)
	repeated, err := format.Parse("repeated-hello.yaml", []byte(repeatedHello))
	if err != nil {
		t.Fatal(err)
	}
	v3 := scenarios.Settings{"stack": "pion-v3", "credentials": "psk"}
	p := fixture.Pool(t, 2)
	for _, c := range []struct {
		name  string
		s     search.Search
		cells int // at least; below, the question is not worth asking
	}{
		{"a repeated hello", search.Search{
			Values: fixture.Values(t, repeated, nil), Seed: 1,
			Probe: scenarios.ProbeRange{Name: "late", To: 8 * time.Second},
		}, 8},
		// The interval doubles up to 30 s, becomes 60 s up to 60 s, and stays as it is above.
		// Which hello is the first to get across is another at 23.3 s.
		{"intervals up to the longest", search.Search{
			Values: fixture.Values(t, fixture.Find(t, "silent-restart"),
				v3.With(scenarios.Settings{"client-timeout": "300s", "down": "0s..70s"})),
			Seed: 1, Probe: scenarios.ProbeRange{Name: "flight-interval", From: 8 * time.Second, To: 70 * time.Second},
		}, 3},
		{"lossy handshakes", search.Search{
			Values: fixture.Values(t, fixture.Find(t, "retransmit-collision"), v3.With(scenarios.Settings{
				"flight-interval": "300ms", "loss": "0.3", "client-timeout": "30s", "handshake-timeout": "60s",
			})),
			Seed: 5, Probe: scenarios.ProbeRange{Name: "downlink", From: time.Millisecond, To: 3 * time.Second},
		}, 6},
	} {
		w := fixture.FindWindows(t, p, c.s)
		if !w.Method.Proved || w.Method.PredictionFailures > 0 || len(w.Cells) < c.cells {
			t.Errorf("%s: %d cells, want %d, none missed: %+v", c.name, len(w.Cells), c.cells, w.Method)
		}
		var values []int64
		for i := range int64(100) {
			values = append(values, w.From+int64(math.Round(float64(w.To-w.From)*float64(i)/100)))
		}
		for _, cell := range w.Cells {
			values = append(values, cell.From-1, cell.From)
		}
		holdAgainst(t, p, c.s, w, values)
	}
}
