package clock

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var generous = Limits{Virtual: time.Hour, Events: 100_000}

// script runs a replication in which actors note what they do, and returns the
// notes.
func script(t *testing.T, limits Limits, setup func(c *Clock, note func(string))) ([]string, End) {
	t.Helper()
	var notes []string
	end, _, _ := Run(limits, func(c *Clock) {
		setup(c, func(text string) {
			if !c.Stopped() {
				notes = append(notes, fmt.Sprintf("%s %s", c.Now(), text))
			}
		})
	})
	return notes, end
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// At one instant: datagrams that leave through a NAT, deliveries, pauses that end,
// then deadlines; within a kind by source, and within a source in the order in which they were scheduled.
func TestEventsOfOneInstant(t *testing.T) {
	notes, end := script(t, generous, func(c *Clock, note func(string)) {
		schedule := func(who string) {
			for _, kind := range []EventKind{Deadline, Wake, Delivery, Crossing} {
				for i := range 2 {
					c.After(kind, time.Second, func() { note(fmt.Sprintf("%d %s %d", kind, who, i)) })
				}
			}
		}
		c.Go("b", func() { schedule("b") })
		c.Go("a", func() { schedule("a") })
	})
	expect(t, notes,
		"1s 0 a 0", "1s 0 a 1", "1s 0 b 0", "1s 0 b 1",
		"1s 1 a 0", "1s 1 a 1", "1s 1 b 0", "1s 1 b 1",
		"1s 2 a 0", "1s 2 a 1", "1s 2 b 0", "1s 2 b 1",
		"1s 3 a 0", "1s 3 a 1", "1s 3 b 0", "1s 3 b 1")
	if end != Quiet {
		t.Errorf("the replication ended by %s", end)
	}
}

// The order of events is total, and a list gives back in that order those that were not cancelled.
func TestEventOrderIsTotal(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var events []*Event
	for i := range 200 {
		events = append(events, &Event{
			at: time.Duration(
				random.IntN(4),
			), kind: EventKind(random.IntN(4)), source: string(rune('a' + random.IntN(3))), sequence: uint64(i),
		})
	}
	for _, e := range events {
		for _, f := range events {
			if before, after := e.before(f), f.before(e); before && after || (!before && !after) != (e == f) {
				t.Fatalf("of %+v and %+v, %t and %t, one is before the other", e, f, before, after)
			}
		}
	}
	var dispatched []*Event
	Run(generous, func(c *Clock) {
		for _, e := range events {
			e.run = func() { dispatched = append(dispatched, e) }
			c.events.push(e)
		}
		for i := 0; i < len(events); i += 3 {
			c.Cancel(events[i])
		}
	})
	for i := range dispatched[1:] {
		if !dispatched[i].before(dispatched[i+1]) {
			t.Errorf("event %d was dispatched before %+v", i, dispatched[i+1])
		}
	}
	if want := len(events) - (len(events)+2)/3; len(dispatched) != want {
		t.Errorf("%d events were dispatched, want %d", len(dispatched), want)
	}
}

// What timers of the runtime cause comes before an event of the same instant: the
// thirtieth retransmission, before the deadline of thirty intervals.
func TestRuntimeTimersComeFirst(t *testing.T) {
	for range 50 { // the runtime orders timers of one instant at random
		notes, _ := script(t, generous, func(c *Clock, note func(string)) {
			c.Busy()
			c.Go("endpoint", func() {
				defer c.Idle()
				ctx, cancel := c.WithTimeout(3 * time.Second)
				defer cancel()
				tick := time.NewTicker(time.Second)
				defer tick.Stop()
				for {
					select {
					case <-tick.C:
						note("retransmission")
					case <-ctx.Done():
						note(ctx.Err().Error())
						return
					}
				}
			})
		})
		expect(t, notes, "1s retransmission", "2s retransmission", "3s retransmission", "3s context deadline exceeded")
	}
}

// One event at a time: what an event causes is over before the next of the same
// instant is dispatched.
func TestEverythingSettlesBetweenEvents(t *testing.T) {
	notes, _ := script(t, generous, func(c *Clock, note func(string)) {
		relay := make(chan int)
		for i := range 2 {
			c.After(Delivery, time.Second, func() {
				note(fmt.Sprintf("event %d", i))
				go func() { relay <- i }()
			})
		}
		c.Go("reader", func() {
			for range 2 {
				i := <-relay
				go note(fmt.Sprintf("effect %d", i))
			}
		})
	})
	expect(t, notes, "1s event 0", "1s effect 0", "1s event 1", "1s effect 1")
}

// An event that is scheduled while the loop waits for a later one comes in time.
func TestEarlierEventWakesTheLoop(t *testing.T) {
	notes, _ := script(t, generous, func(c *Clock, note func(string)) {
		c.After(Wake, time.Minute, func() { note("late") })
		c.Go("timer", func() {
			time.Sleep(10 * time.Second) // a timer of the runtime: the loop does not know of it
			c.After(Wake, 5*time.Second, func() { note("early") })
		})
	})
	expect(t, notes, "15s early", "1m0s late")
}

func TestCancelledEventNeverRuns(t *testing.T) {
	notes, _ := script(t, generous, func(c *Clock, note func(string)) {
		e := c.After(Wake, time.Second, func() { note("cancelled") })
		c.After(Wake, 2*time.Second, func() { note("kept") })
		c.Go("canceller", func() {
			c.Cancel(e)
			c.Cancel(e) // twice is no more than once
		})
	})
	expect(t, notes, "2s kept")
}

// The replication is over when nothing is left to happen, not while somebody is
// busy; at the horizon it is over anyhow.
func TestEnds(t *testing.T) {
	if _, end := script(t, generous, func(*Clock, func(string)) {}); end != Quiet {
		t.Errorf("an empty replication ends by %s", end)
	}
	_, end := script(t, Limits{Virtual: time.Minute, Events: 10}, func(c *Clock, _ func(string)) { c.Busy() })
	if end != Horizon {
		t.Errorf("a replication that stays busy ends by %s", end)
	}
	_, end = script(t, Limits{Virtual: time.Hour, Events: 10}, func(c *Clock, _ func(string)) {
		c.Go("restless", func() {
			for c.Sleep(time.Second) == nil {
			}
		})
	})
	if end != EventLimit {
		t.Errorf("a replication without end ends by %s", end)
	}
	notes, end := script(t, generous, func(c *Clock, note func(string)) {
		c.OnSettled(func() bool {
			if c.Dispatched() == 3 {
				c.EndBy(MemoryLimit)
			}
			return false
		})
		c.Go("restless", func() { // the first event starts it
			for c.Sleep(time.Second) == nil {
				note("goes on")
			}
		})
	})
	expect(t, notes, "1s goes on", "2s goes on")
	if end != MemoryLimit {
		t.Errorf("a replication that its owner ended ends by %s", end)
	}
	_, end = script(t, generous, func(c *Clock, _ func(string)) {
		c.Busy()
		c.Go("busy", func() {
			time.Sleep(time.Second)
			c.Idle()
		})
	})
	if end != Quiet {
		t.Errorf("a replication that was busy ends by %s", end)
	}
}

// The end of the replication releases all that wait.
func TestEndReleasesEverybody(t *testing.T) {
	var slept, waited error
	released := false
	Run(Limits{Virtual: time.Second, Events: 10}, func(c *Clock) {
		c.Busy()
		closed := make(chan struct{})
		c.OnEnd(func() { close(closed) })
		c.Go("sleeper", func() { slept = c.Sleep(time.Hour) })
		c.Go("waiter", func() {
			ctx, cancel := c.WithTimeout(time.Hour)
			defer cancel()
			<-ctx.Done()
			waited = ctx.Err()
		})
		c.Go("reader", func() {
			<-closed
			time.Sleep(time.Minute) // virtual time still passes while it cleans up
			released = true
		})
	})
	if !errors.Is(slept, ErrStopped) || !errors.Is(waited, context.Canceled) || !released {
		t.Errorf("slept %v, waited %v, released %v", slept, waited, released)
	}
}

// Every goroutine belongs to the actor that started it, to any depth.
func TestActorIsInherited(t *testing.T) {
	for range 20 {
		got := map[string]string{}
		var mu sync.Mutex
		note := func(actor, name string) {
			mu.Lock()
			defer mu.Unlock()
			got[actor] = name
		}
		Run(generous, func(c *Clock) {
			for _, name := range []string{"client", "server"} {
				c.Go(name, func() {
					done := make(chan string)
					go func() {
						go func() {
							time.AfterFunc(time.Second, func() {})
							done <- c.Current().Name
						}()
					}()
					note(name, <-done)
				})
			}
			note("", c.Current().Name)
		})
		if got["client"] != "client" || got["server"] != "server" || got[""] != "" {
			t.Fatalf("actors: %v", got)
		}
	}
}

// The bubble works in an ordinary binary, outside go test.
func TestBubbleInAnOrdinaryBinary(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ordinary")
	if out, err := exec.Command("go", "build", "-o", binary, "./testdata/ordinary").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil || string(out) != "slept 1h0m0s, ended quiet\n" {
		t.Errorf("%v: %q", err, out)
	}
}

// In this package one file alone touches testing/synctest; that no other package
// does is for the test of imports to say.
func TestSynctestStandsInOneFile(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), "\t\"testing/synctest\"") != (path == "bubble.go") {
			t.Errorf("%s: does it import testing/synctest, or bubble.go not?", path)
		}
	}
}

// notes is a Watcher that writes down what it is told.
type notes struct {
	c    *Clock
	list []string
}

func (n *notes) Ended(actor string, kind EventKind) {
	n.list = append(n.list, fmt.Sprintf("%s: an event of %s ends, kind %d", n.c.Now(), actor, kind))
}

func (n *notes) Cancelled(actor string, due time.Duration) {
	n.list = append(n.list, fmt.Sprintf("%s: %s no longer waits for %s", n.c.Now(), actor, due))
}

func (n *notes) Acted(what string) {
	if !n.c.Caused() {
		n.list = append(n.list, fmt.Sprintf("%s: by itself: %s", n.c.Now(), what))
	}
}

// A Watcher is told of pauses and deadlines that end, and of what is cancelled before it is
// due, and of nothing that is cancelled later.
func TestWatcher(t *testing.T) {
	var told *notes
	Run(generous, func(c *Clock) {
		told = &notes{c: c}
		c.Watch(told)
		c.Go("a", func() {
			_, cancel := c.WithTimeout(3 * time.Second)
			_ = c.Sleep(time.Second)
			cancel()
			_, cancel = c.WithTimeout(time.Second)
			_ = c.Sleep(2 * time.Second)
			cancel()
		})
	})
	expect(
		t,
		told.list,
		"0s: an event of  ends, kind 2",
		"1s: an event of a ends, kind 2",
		"1s: a no longer waits for 3s",
		"2s: an event of a ends, kind 3",
		"3s: an event of a ends, kind 2",
	)
}
