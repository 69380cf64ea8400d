package outcome_test

import (
	"math/rand/v2"
	"testing"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/session/network"
	"github.com/dtlssim/dtlssim/scenarios/session/outcome"
	"github.com/dtlssim/dtlssim/sim"
	"github.com/dtlssim/dtlssim/sim/trace"
)

// recorded performs a replication in this process, and returns its clients and its trace.
func recorded(v scenarios.Values, seed uint64) (network.Clients, []trace.Record) {
	var records []trace.Record
	v.Scenario().Run(v, sim.Config{
		Scenario: v.Scenario().Name, Seed: seed,
		Trace: func(r *trace.Record) { records = append(records, *r) },
	})
	return network.NumberClients(v.Count("clients")), records
}

// A reader that waits for the first flight that is sent again counts what one counts that follows
// flights from the start.
func TestFlightsAreFollowedOnceOneIsSentAgain(t *testing.T) {
	random := rand.New(rand.NewPCG(testkit.Seed(t), 0))
	followed, untouched, repeated, nothing := 0, 0, 0, 0
	for range testkit.Cases(t, 40, 150, 5000) {
		all := fixture.Catalogue()
		s := all[random.IntN(len(all))]
		v := fixture.Values(t, s, fixture.RandomSettings(random.IntN, s).With(scenarios.Settings{
			"credentials": "psk", "latency": []string{"1ms", "600ms", "exponential(mean=400ms)"}[random.IntN(3)],
		}))
		numbers, records := recorded(v, random.Uint64())
		lazy, eager := outcome.NewReader(numbers), outcome.NewEagerReader(numbers)
		for i := range records {
			lazy.Add(&records[i])
			eager.Add(&records[i])
		}
		a, b := lazy.End(), eager.End()
		again, unnecessary := a.Repetitions()
		wantAgain, wantUnnecessary := b.Repetitions()
		if again != wantAgain || unnecessary != wantUnnecessary {
			t.Errorf("%d retransmissions, %d for nothing; want %d, %d\n%s", again, unnecessary, wantAgain,
				wantUnnecessary, v.Repeat(1, scenarios.Predicate{}))
		}
		if lazy.Followed() {
			followed++
		} else {
			untouched++
		}
		repeated, nothing = repeated+min(1, int(again)), nothing+min(1, unnecessary)
	}
	if followed == 0 || untouched == 0 || repeated == 0 || nothing == 0 {
		t.Errorf("of the runs, flights were followed in %d and not in %d; sent again in %d, for nothing in %d",
			followed, untouched, repeated, nothing)
	}
}

// BenchmarkReader measures what reading the trace of a replication of two sessions costs.
func BenchmarkReader(b *testing.B) {
	numbers, records := recorded(fixture.Values(b, fixture.Scenario(b), scenarios.Settings{"linger": "1s"}), 1)
	for name, reader := range map[string]func(network.Clients) *outcome.Reader{
		"lazy": outcome.NewReader, "eager": outcome.NewEagerReader,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := reader(numbers)
				for i := range records {
					r.Add(&records[i])
				}
				r.End()
			}
		})
	}
}
