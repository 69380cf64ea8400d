// Package clock gives a replication its virtual time. It consists of a bubble of
// testing/synctest, in which real blocking Go code runs on a fake clock, and a totally
// ordered list of events.
//
// The loop dispatches one event at a time. After each, it waits until every goroutine of
// the replication is durably blocked. So only one cause is at work between two events, and
// the outcome does not depend on scheduling.
package clock

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// ErrStopped is the error of a pause that the end of the replication cuts short.
var ErrStopped = errors.New("the replication has ended")

// Limits end a replication that would otherwise continue.
type Limits struct {
	Virtual time.Duration // maximum virtual time, called the horizon
	Events  int           // maximum number of dispatched events
}

// End is the reason why a replication ended.
type End string

// The reasons.
const (
	Quiet       End = "quiet"        // nothing was left to happen
	Horizon     End = "horizon"      // virtual time reached its limit before all was done
	EventLimit  End = "event-limit"  // the number of events reached its limit
	MemoryLimit End = "memory-limit" // the process reached its memory limit; set by EndBy
	Failed      End = "failed"       // something that cannot be simulated; set by EndBy
)

// Clock is the virtual time of one replication. Its methods may be called from
// any goroutine of the replication.
type Clock struct {
	start  time.Time
	began  int64 // start in nanoseconds since 1970
	limits Limits

	stopped atomic.Bool

	mu        sync.Mutex // held for a few instructions only, never while blocking
	events    eventList
	busy      int
	until     time.Duration // the time that the alarm is set to
	actors    map[unsafe.Pointer]*Actor
	last      lastActor
	loopActor *Actor

	alarm   *time.Timer // what the loop waits for
	running sync.WaitGroup
	settled []func() bool
	atEnd   []func()

	dispatched int // only the loop touches these
	ended      End // set by EndBy; empty until then

	dispatchedAt atomic.Int64 // when the last event was dispatched; 0 is the setup

	watcher Watcher // may be nil
}

// Watcher receives decisions of the event list that a trace need not show. Its methods must
// not call methods of the Clock that schedule or cancel events.
type Watcher interface {
	// Ended reports that a pause or a deadline of an actor ends now.
	Ended(actor string, kind EventKind)

	// Cancelled reports that an event of an actor is cancelled now, and when it was due. If
	// the cancellation had come after that time, the event would have happened first.
	Cancelled(actor string, due time.Duration)

	// Acted reports that the calling goroutine does something to the event list now: it
	// schedules or cancels an event, or it is no longer busy.
	Acted(what string)
}

// Watch sets the Watcher. It must be called before anything is scheduled.
func (c *Clock) Watch(w Watcher) { c.watcher = w }

// Run performs one replication. It calls setup on the goroutine of the event loop and
// then dispatches events until nothing is left to happen or a limit is reached. It returns
// when every goroutine that the replication started has ended. If a goroutine never ends,
// which is a fault of the scenario, Run panics.
func Run(limits Limits, setup func(c *Clock)) (end End, virtual time.Duration, events int) {
	bubble(func() {
		growStack()
		c := &Clock{
			start:  time.Now(),
			limits: limits,
			actors: make(map[unsafe.Pointer]*Actor),
		}
		c.began = c.start.UnixNano()
		c.loopActor = &Actor{Name: ""}
		c.adopt(c.loopActor)
		setup(c)
		end = c.loop()
		virtual, events = c.Now(), c.dispatched
		c.stop()
	})
	return end, virtual, events
}

// Now returns the virtual time since the start of the replication. It does not use
// time.Since, because a bubble has no monotonic clock, and without one time.Since takes five
// times as long.
func (c *Clock) Now() time.Duration { return time.Duration(time.Now().UnixNano() - c.began) }

// Caused reports whether an event of the current instant was dispatched, or the setup runs. If
// not, a timer of the runtime causes what happens now.
func (c *Clock) Caused() bool { return c.dispatchedAt.Load() == int64(c.Now()) }

// Time converts a virtual time to the wall clock that the replication sees.
func (c *Clock) Time(t time.Duration) time.Time { return c.start.Add(t) }

// After schedules f to run on the goroutine of the event loop after d. f must not block.
func (c *Clock) After(kind EventKind, d time.Duration, f func()) *Event {
	return c.AfterBy(c.Current(), kind, d, f)
}

// AfterBy is like After, for a caller that already knows its actor.
func (c *Clock) AfterBy(actor *Actor, kind EventKind, d time.Duration, f func()) *Event {
	e := &Event{kind: kind, run: f}
	c.schedule(e, actor, d)
	return e
}

// schedule adds an event of an actor to the list, due after d. It reports whether it did:
// an event with a waiter is not added once the replication has ended.
func (c *Clock) schedule(e *Event, actor *Actor, d time.Duration) bool {
	if c.watcher != nil {
		c.watcher.Acted("schedules an event")
	}
	now := c.Now()
	if e.at = now + max(d, 0); e.at < now { // overflow: later than anything
		e.at = 1<<63 - 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.waiter != nil && c.Stopped() {
		e.index = -1
		return false
	}
	actor.sequence++
	e.source, e.sequence = actor.Name, actor.sequence
	c.events.push(e)
	c.forward(e.at, now)
	return true
}

// Cancel removes an event from the list. It does nothing if the event was dispatched.
func (c *Clock) Cancel(e *Event) {
	if c.watcher != nil {
		c.watcher.Acted("cancels an event")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.index >= 0 {
		c.events.remove(e) // the alarm may now ring for nothing,
		c.forwardIfQuiet() // but the replication ends at once if nothing is left
		if c.watcher != nil {
			c.watcher.Cancelled(e.source, e.at)
		}
	}
}

// Sleep pauses the calling goroutine for d of virtual time. If the replication ends
// first, it returns ErrStopped at once.
func (c *Clock) Sleep(d time.Duration) error {
	if d <= 0 {
		if c.Stopped() {
			return ErrStopped
		}
		return nil
	}
	p := &pause{done: make(chan struct{})}
	p.event = Event{kind: Wake, waiter: p}
	if !c.schedule(&p.event, c.Current(), d) {
		return ErrStopped
	}
	<-p.done
	if p.cut {
		return ErrStopped
	}
	return nil
}

// pause is a pause of an actor.
type pause struct {
	event Event
	done  chan struct{}
	cut   bool // the end of the replication cut it short; valid once done is closed
}

func (p *pause) comes() { close(p.done) }

func (p *pause) neverComes() {
	p.cut = true
	close(p.done)
}

// Busy marks the start of activity that the event list may not show, such as a client that
// waits for an answer or a session that the server serves. The replication goes on until
// Idle has been called once for each call of Busy.
func (c *Clock) Busy() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy++
}

// Idle marks the end of the activity that one call of Busy started.
func (c *Clock) Idle() {
	if c.watcher != nil {
		c.watcher.Acted("ends what it was busy with")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.forwardIfQuiet()
}

// OnSettled registers f. The event loop calls f on its goroutine whenever every other
// goroutine is blocked. If f returns true, it caused something; the loop then lets that
// settle and calls the functions again.
func (c *Clock) OnSettled(f func() bool) { c.settled = append(c.settled, f) }

// Dispatched returns the number of dispatched events. It is for OnSettled functions.
func (c *Clock) Dispatched() int { return c.dispatched }

// EndBy ends the replication, for a reason that the owner of the clock knows, once
// everything that the last event caused is over. It is for OnSettled functions.
func (c *Clock) EndBy(reason End) { c.ended = reason }

// Rouse makes the loop call the OnSettled functions soon, without waiting for
// virtual time to pass.
func (c *Clock) Rouse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	c.forward(now, now)
}

// OnEnd registers f to be called when the replication ends, to release what other
// goroutines wait for. The last function registered is called first.
func (c *Clock) OnEnd(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atEnd = append(c.atEnd, f)
}

// Stopped reports whether the replication has ended. Whatever still runs then is only
// cleaning up and is not part of the result.
func (c *Clock) Stopped() bool { return c.stopped.Load() }

// settle runs until all goroutines are blocked and no OnSettled function causes more.
func (c *Clock) settle() {
	for again := true; again; {
		quiesce()
		again = false
		for _, f := range c.settled {
			if f() {
				again = true
				break
			}
		}
	}
}

// loop repeats three steps: it waits for the time of the next event, lets the endpoints' own
// timers of that instant take effect, and dispatches the event.
//
// A fake timer fires only when every goroutine of the bubble is durably blocked. The alarm
// is such a timer. So even if it is set to the current time, it rings only once everything
// that the last event caused is over. If an earlier event is scheduled meanwhile, the alarm
// is set forward.
func (c *Clock) loop() End {
	c.alarm = time.NewTimer(0)
	defer c.alarm.Stop()
	for {
		<-c.alarm.C
		c.settle()
		if c.ended != "" {
			return c.ended
		}
		now := c.Now()
		c.mu.Lock()
		switch {
		case len(c.events) == 0 && c.busy == 0:
			c.mu.Unlock()
			return Quiet
		case now >= c.limits.Virtual:
			c.mu.Unlock()
			return Horizon
		case len(c.events) == 0 || now < c.events[0].at:
			c.setAlarm(now)
			c.mu.Unlock()
			continue
		case c.dispatched >= c.limits.Events:
			c.mu.Unlock()
			return EventLimit
		}
		e := c.events.pop()
		c.setAlarm(now)
		c.mu.Unlock()
		c.dispatchedAt.Store(int64(now))
		c.dispatched++
		if c.watcher != nil && (e.kind == Wake || e.kind == Deadline) {
			c.watcher.Ended(e.source, e.kind)
		}
		e.happen()
	}
}

// setAlarm sets the alarm to the time of the next event, but not beyond the horizon. If no
// event is left, it sets it to the horizon if something is busy, and to now otherwise. The
// caller holds mu.
func (c *Clock) setAlarm(now time.Duration) {
	c.until = c.limits.Virtual
	switch {
	case len(c.events) > 0:
		c.until = min(c.until, c.events[0].at)
	case c.busy == 0:
		c.until = now // to find out whether this is the end
	}
	c.alarm.Reset(c.until - now)
}

// forward sets the alarm to an instant if it is set to a later one. The caller holds mu.
func (c *Clock) forward(at, now time.Duration) {
	if c.alarm != nil && at < c.until {
		c.until = at
		c.alarm.Reset(at - now)
	}
}

// forwardIfQuiet wakes the loop if nothing is left to happen. The caller holds mu.
func (c *Clock) forwardIfQuiet() {
	if c.busy == 0 && len(c.events) == 0 {
		now := c.Now()
		c.forward(now, now)
	}
}

// stop ends the replication. Nothing more is dispatched or recorded, every pause is cut
// short, and the actors return. Virtual time still passes while they do, because an
// endpoint may wait for one of its timers before it closes.
func (c *Clock) stop() {
	c.mu.Lock()
	c.stopped.Store(true)
	atEnd, events := c.atEnd, c.events
	c.events = nil
	for _, e := range events {
		e.index = -1
	}
	c.mu.Unlock()
	for _, e := range events {
		if e.waiter != nil { // in any order: nothing is recorded any more
			e.waiter.neverComes()
		}
	}
	for i := len(atEnd) - 1; i >= 0; i-- {
		atEnd[i]()
	}
	c.running.Wait()
	// The OnEnd functions have closed whatever goroutines outside the actors wait for. Let
	// these end before the bubble's time stops for good.
	quiesce()
}
