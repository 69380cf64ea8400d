package run_test

import (
	"bytes"
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dtlssim/dtlssim/clock/testkit"
	"github.com/dtlssim/dtlssim/scenarios"
	"github.com/dtlssim/dtlssim/scenarios/catalogue"
	"github.com/dtlssim/dtlssim/scenarios/internal/fixture"
	"github.com/dtlssim/dtlssim/scenarios/run"
	"github.com/dtlssim/dtlssim/scenarios/sample"
	"github.com/dtlssim/dtlssim/sim"
)

// take allocates memory that the system has to give, for it is written to.
func take(size int) []byte { return bytes.Repeat([]byte("x"), size) }

// registerHungry registers scenarios that take memory.
func registerHungry() {
	eat := func(name string, keep bool) {
		register(name, func(w *sim.Simulation) {
			host := w.Host("host", netip.MustParseAddr("192.0.2.1"))
			w.Go("actor", func() {
				kept := map[int][]byte{}
				for n := 0; n < 10_000 && w.Sleep(time.Second) == nil; n++ {
					meal := take(20 << 10)
					if keep {
						kept[len(kept)] = meal
					}
					if n%100 == 0 {
						w.Note(host, "still hungry", "")
					}
				}
			})
		})
	}
	eat("test-grows", true)
	eat("test-litters", false)
	register("test-gulps", func(w *sim.Simulation) {
		w.Go("actor", func() {
			kept := map[int][]byte{}
			for range 80 {
				kept[len(kept)] = take(1 << 20)
			}
		})
	})
	register("test-devours", func(w *sim.Simulation) {
		w.Go("actor", func() { // one event, without end
			kept := map[int][]byte{}
			for {
				kept[len(kept)] = take(1 << 20)
			}
		})
	})
}

// frugal starts workers with the least limit of memory, 64 MiB.
func frugal(t *testing.T, workers int) *run.Pool {
	t.Helper()
	p, err := run.NewPool(workers, run.Limits{Memory: run.LeastMemoryLimit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// A replication that grows, 20 KiB an event, ends at a fixed point of collection: the
// first at which the heap is larger than 64 MiB is event 4000. It is the same in
// whatever company, and its trace until then is there.
func TestGrowthEndsAtTheSameEvent(t *testing.T) {
	testkit.NotShort(t)
	if raceDetector {
		t.Skip("the race detector's memory counts")
	}
	job := fixture.Traced(t, "test-grows", nil, 1)
	p := frugal(t, 1)
	first := do(t, p, job)
	if first.Status != run.Limited || first.Limit != "memory-limit" || first.Events != 4000 {
		t.Fatalf("%s by %q after %d events, want limited by memory-limit after 4000\n%s",
			first.Status, first.Limit, first.Events, first.Dump)
	}
	if n := len(first.Records); n != 40 {
		t.Errorf("%d records, want one for each hundred events", n)
	}
	if want := "dtlssim run test-grows --seed 1 --memory-limit 64MiB"; first.Repeat != want {
		t.Errorf("repeated with %q, want %q", first.Repeat, want)
	}
	for seed := range uint64(20) {
		if o := do(t, p, founding(t, seed)); o.Status != run.Completed {
			t.Fatalf("another replication in its place: %s\n%s", o.Status, o.Dump)
		}
	}
	if again := do(t, p, job); again.Digest != first.Digest || again.Events != first.Events {
		t.Errorf("the second time it ended after %d events, with another trace", again.Events)
	}
}

// Garbage that the fixed points collect does not add up: 200 MB of it, in 10,000 events.
func TestGarbageIsNoGrowth(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector's memory counts")
	}
	if o := do(t, frugal(t, 1), fixture.Job(t, "test-litters", nil, 0)); o.Status != run.Completed {
		t.Errorf("%s by %q\n%s", o.Status, o.Limit, o.Dump)
	}
}

// A replication that is over before a fixed point, and took more than the limit, has met
// it as well, whether its parent looked in time or not.
func TestGrowthBetweenFixedPointsIsRecorded(t *testing.T) {
	testkit.NotShort(t)
	p := frugal(t, 1)
	for range 3 {
		if o := do(t, p, fixture.Job(t, "test-gulps", nil, 0)); o.Status != run.Limited || o.Limit != "memory-limit" {
			t.Errorf("%s by %q, want limited by memory-limit", o.Status, o.Limit)
		}
		if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
			t.Errorf("the replication afterwards: %s by %q", o.Status, o.Limit)
		}
	}
}

// An event that allocates without end never comes to a fixed point. The parent stops
// the worker, keeps its goroutines, and goes on.
func TestAllocationWithoutEndIsRecorded(t *testing.T) {
	p := frugal(t, 1)
	o := do(t, p, fixture.Job(t, "test-devours", nil, 0))
	if o.Status != run.Limited || o.Limit != "memory-limit" {
		t.Fatalf("%s by %q, want limited by memory-limit\n%s", o.Status, o.Limit, o.Dump)
	}
	if !strings.Contains(o.Dump, "SIGQUIT") || !strings.Contains(o.Dump, "registerHungry") {
		t.Errorf("the dump does not show where the scenario was:\n%s", o.Dump)
	}
	if !slices.Equal(o.Flags, []string{"--memory-limit", "64MiB"}) {
		t.Errorf("repeated with the flags %q", o.Flags)
	}
	if o := do(t, p, founding(t, 1)); o.Status != run.Completed {
		t.Errorf("the replication afterwards: %s", o.Status)
	}
}

// A sweep goes on, and counts each of them; what cannot be compared is no difference.
func TestSweepGoesOnAfterTheMemoryLimit(t *testing.T) {
	testkit.NotShort(t)
	for _, name := range []string{"test-devours", "test-gulps"} {
		s, err := catalogue.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		r, err := sample.RunSweep(context.Background(), frugal(t, 2), sample.Sweep{
			Design: fixture.Design(t, s, nil, scenarios.Settings{}), Replications: 3, Seed: 7, Verify: true,
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Points[0]; p.Limited != 3 || p.Replications != 3 || len(r.Differences) > 0 {
			t.Errorf("%s: %+v, differences %+v", name, p, r.Differences)
		}
		if len(r.Aborted) != 3 {
			t.Fatalf("%s: %d aborted, want 3", name, len(r.Aborted))
		}
		aborted := r.Aborted[0]
		if !strings.HasPrefix(aborted.Repeat, "dtlssim run "+name+" --seed ") ||
			!strings.HasSuffix(aborted.Repeat, " --memory-limit 64MiB") ||
			aborted.Fate() != "met a limit: memory-limit" {
			t.Errorf("%s is recorded as %+v", name, aborted)
		}
	}
}

// A limit that workers would meet with nothing to do is refused.
func TestTooLittleMemory(t *testing.T) {
	if _, err := run.NewPool(1, run.Limits{Memory: 1 << 20}); err == nil ||
		!strings.Contains(err.Error(), "is 1MiB, want at least 64MiB") {
		t.Errorf("error %v", err)
	}
}

func TestBytes(t *testing.T) {
	for text, want := range map[string]run.Bytes{
		"1GiB": 1 << 30, "1536MiB": 1536 << 20, "100KiB": 100 << 10, "7B": 7, "0B": 0, "8191GiB": 8191 << 30,
	} {
		var got run.Bytes
		if err := got.Set(text); err != nil || got != want || got.String() != text {
			t.Errorf("%q is read as %d (%v), and written as %q", text, got, err, got)
		}
	}
	for _, text := range []string{"", "1", "GiB", "-1GiB", "1.5GiB", "1GB", "9223372036854775807KiB", "1 GiB B"} {
		var got run.Bytes
		if err := got.Set(text); err == nil || !strings.Contains(err.Error(), "want a whole number with a unit") {
			t.Errorf("%q is read as %d (%v)", text, got, err)
		}
	}
}
