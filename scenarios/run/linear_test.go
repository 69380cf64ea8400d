package run_test

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/sim"
)

// endless returns the settings of a session that goes on until a limit ends it: the client keeps it
// alive every microsecond.
func endless(stack string) scenarios.Settings {
	return scenarios.Settings{
		"model": "concurrent", "client": "waits", "ends": "peer", "keep-alive": "1us", "client-pause": "1000h",
		"stack": stack,
	}
}

// Ten times the events take ten times the collections and the bytes, and the memory of the
// replication does not grow.
func TestCostIsLinearInEvents(t *testing.T) {
	testkit.NotShort(t)
	s, err := catalogue.Find("late-close-notify")
	if err != nil {
		t.Fatal(err)
	}
	type cost struct{ bytes, objects, collections, live float64 }
	measure := func(stack string, events int) cost {
		v, err := s.Resolve(endless(stack))
		if err != nil {
			t.Fatal(err)
		}
		var before, after, live runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		config := sim.Config{Scenario: s.Name, Seed: 1, Limits: clock.Limits{Events: events}}
		result, _ := s.Run(v, config)
		runtime.ReadMemStats(&after)
		if result.End != clock.EventLimit || result.Events != events {
			t.Fatalf("%s: it ended by %s after %d events, want event-limit after %d", stack, result.End, result.Events,
				events)
		}
		runtime.GC()
		runtime.ReadMemStats(&live)
		return cost{
			float64(after.TotalAlloc - before.TotalAlloc), float64(after.Mallocs - before.Mallocs),
			float64(after.NumGC - before.NumGC), float64(after.HeapSys) - float64(before.HeapSys),
		}
	}
	for _, stack := range []string{"pion-v2", "pion-v3"} {
		measure(stack, 1000) // what is allocated once
		short, long := measure(stack, 10_000), measure(stack, 100_000)
		for _, c := range []struct {
			what        string
			short, long float64
		}{
			{"bytes", short.bytes, long.bytes}, {"objects", short.objects, long.objects},
			{"collections", short.collections, long.collections},
		} {
			if ratio := c.long / c.short; ratio > 11 {
				t.Errorf("%s: ten times the events take %.1f times the %s (%.0f and %.0f)",
					stack, ratio, c.what, c.short, c.long)
			}
		}
		if grown := long.live; grown > 16<<20 {
			t.Errorf("%s: the heap grew by %.0f bytes in 100,000 events", stack, grown)
		}
	}
}

// ticks is the name of a scenario that never ends and has a record for each event.
const ticks = "test-ticks"

// registerEndless registers it.
func registerEndless() {
	register(ticks, func(w *sim.Simulation) {
		host := w.Host("host", netip.MustParseAddr("192.0.2.1"))
		w.Go("actor", func() {
			for w.Sleep(time.Microsecond) == nil {
				w.Note(host, "tick", "")
			}
		})
	})
}

// A scenario that never ends meets the limit of events, after the same events, at the same virtual
// time and with the same digest: for a caller that wants the trace, for one that watches, and in a
// worker that has performed others. Its heap stays far below the limit of memory.
func TestEndlessScenarioMeetsTheEventLimit(t *testing.T) {
	testkit.NotShort(t)
	if raceDetector {
		t.Skip("the race detector's memory counts")
	}
	p, err := run.NewPool(1, run.Limits{Memory: run.LeastMemoryLimit, Wall: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	type question struct {
		job    run.Job
		most   int // events
		others []string
	}
	questions := []question{{fixture.Job(t, ticks, nil, 1), 100_000, []string{"again", "traced", "watched"}}}
	if testkit.Long() { // a minute each: the seed draws one of the stacks, and who looks at it
		draw := testkit.Seed(t)
		job := fixture.Job(t, "late-close-notify", endless([]string{"pion-v2", "pion-v3"}[draw%2]), 1)
		questions = append(questions, question{job, 1_000_000, []string{[]string{"traced", "watched"}[draw/2%2]}})
	}
	for _, q := range questions {
		job := q.job
		first := do(t, p, job)
		if first.Status != run.Limited || first.Limit != "event-limit" || first.Events != q.most {
			t.Fatalf("%s: %s by %q after %d events\n%s", job.Command(), first.Status, first.Limit,
				first.Events, first.Dump)
		}
		for _, name := range q.others {
			other := job
			other.Trace, other.Watch = name == "traced", name == "watched"
			o := do(t, p, other)
			if o.Status != first.Status || o.Limit != first.Limit || o.Events != first.Events ||
				o.Virtual != first.Virtual || o.Digest != first.Digest {
				t.Errorf("%s, %s: %s by %q after %d events at %d, digest %s", job.Command(), name, o.Status, o.Limit,
					o.Events, o.Virtual, o.Digest)
			}
		}
	}
}
