// Package clock gives a replication its virtual time: one bubble, in which real
// blocking Go code runs on a fake clock, and one totally ordered list of events.
//
// The loop dispatches one event at a time and waits, after each, until every
// goroutine of the replication is durably blocked. So between two events there
// is never more than one cause at work, and what happens does not depend on
// scheduling.
package clock

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// ErrStopped is returned by a pause that the end of the replication cut short.
var ErrStopped = errors.New("the replication has ended")

// Limits end a replication that does not end by itself.
type Limits struct {
	Virtual time.Duration // how far virtual time may go; the horizon
	Events  int           // how many events may be dispatched
}

// End says why a replication ended.
type End string

// The reasons.
const (
	Quiet       End = "quiet"        // nothing was left to happen
	Horizon     End = "horizon"      // virtual time met its limit with something still to happen
	EventLimit  End = "event-limit"  // the number of events met its limit
	MemoryLimit End = "memory-limit" // the memory of the process met its limit, by EndBy
)

// Clock is the virtual time of one replication. Its methods may be called from
// any goroutine of the replication.
type Clock struct {
	start  time.Time
	began  int64 // start in nanoseconds since 1970
	limits Limits

	stopped atomic.Bool

	mu        sync.Mutex // held only for a few instructions: never across anything that blocks
	events    eventList
	busy      int
	until     time.Duration // what the alarm is set to
	actors    map[unsafe.Pointer]*Actor
	last      lastActor
	loopActor *Actor

	alarm   *time.Timer // what the loop waits for
	running sync.WaitGroup
	settled []func() bool
	atEnd   []func()

	dispatched int // only the loop touches these
	ended      End // by EndBy; empty while nobody has called it

	watcher Watcher // nil: nobody watches
}

// Watcher is told of what an event list decides and no trace need show. Its methods must
// not call those of the Clock that schedule or cancel.
type Watcher interface {
	// Ended says that a pause or a deadline of an actor ends now.
	Ended(actor string, kind EventKind)

	// Cancelled says that an event of an actor was taken off the list now, which was due at
	// that time: had what cancelled it come later, the event would have come first.
	Cancelled(actor string, due time.Duration)
}

// Watch has a Watcher told. It is called before anything is scheduled.
func (c *Clock) Watch(w Watcher) { c.watcher = w }

// Run performs one replication: it calls setup, on the goroutine of the event
// loop, and then dispatches events until nothing is left to happen or a limit is
// met. It returns when every goroutine that the replication started has ended.
// A goroutine that never ends is a fault of the scenario and panics.
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

// Now returns the virtual time since the start of the replication. In a bubble there is no
// monotonic clock, without which time.Since takes five times as long.
func (c *Clock) Now() time.Duration { return time.Duration(time.Now().UnixNano() - c.began) }

// Time converts a virtual time to the wall clock that the replication sees.
func (c *Clock) Time(t time.Duration) time.Time { return c.start.Add(t) }

// After schedules f to run on the goroutine of the event loop in d from now. f
// must not block.
func (c *Clock) After(kind EventKind, d time.Duration, f func()) *Event {
	return c.AfterBy(c.Current(), kind, d, f)
}

// AfterBy is After for a caller that knows which actor it belongs to.
func (c *Clock) AfterBy(actor *Actor, kind EventKind, d time.Duration, f func()) *Event {
	e := &Event{kind: kind, run: f}
	c.schedule(e, actor, d)
	return e
}

// schedule adds an event to the list: of an actor, in d from now. It tells whether it could,
// which it does of an event that somebody waits for only while the replication goes on.
func (c *Clock) schedule(e *Event, actor *Actor, d time.Duration) bool {
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

// Cancel takes an event off the list; it does nothing for one that was dispatched.
func (c *Clock) Cancel(e *Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.index >= 0 {
		c.events.remove(e) // the alarm may ring for nothing,
		c.forwardIfQuiet() // but the end comes at once
		if c.watcher != nil {
			c.watcher.Cancelled(e.source, e.at)
		}
	}
}

// Sleep pauses the calling goroutine for d of virtual time. It returns
// ErrStopped, at once, when the replication ends first.
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
	cut   bool // by the end of the replication; valid once done is closed
}

func (p *pause) comes() { close(p.done) }

func (p *pause) neverComes() {
	p.cut = true
	close(p.done)
}

// WithTimeout returns a context that ends d from now with
// context.DeadlineExceeded, or at the end of the replication with
// context.Canceled. The deadline is an event of the list, not a timer of the
// runtime: thirty retransmissions of 1 s meet a deadline of 30 s at the same
// nanosecond, and which is first has to be the same in every run.
func (c *Clock) WithTimeout(d time.Duration) (context.Context, context.CancelFunc) {
	ctx := &deadlineContext{Context: context.Background(), done: make(chan struct{})}
	ctx.event = Event{kind: Deadline, waiter: ctx}
	if !c.schedule(&ctx.event, c.Current(), d) {
		ctx.end(context.Canceled)
	}
	return ctx, func() {
		c.Cancel(&ctx.event)
		ctx.end(context.Canceled)
	}
}

type deadlineContext struct {
	context.Context
	event Event
	mu    sync.Mutex
	done  chan struct{}
	err   error
}

func (d *deadlineContext) comes()      { d.end(context.DeadlineExceeded) }
func (d *deadlineContext) neverComes() { d.end(context.Canceled) }

func (d *deadlineContext) Done() <-chan struct{} { return d.done }

func (d *deadlineContext) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

func (d *deadlineContext) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
		close(d.done)
	}
}

// Busy says that something is going on that the event list may not show (a
// client that waits for an answer, a session that the server serves): the
// replication is not over before as many calls of Idle.
func (c *Clock) Busy() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy++
}

// Idle takes one Busy back.
func (c *Clock) Idle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.forwardIfQuiet()
}

// OnSettled registers f to be called on the goroutine of the event loop whenever
// every other goroutine is blocked. f returns true if it caused something; the
// loop then lets that settle and calls again.
func (c *Clock) OnSettled(f func() bool) { c.settled = append(c.settled, f) }

// Dispatched returns how many events have been dispatched; it is for OnSettled
// functions.
func (c *Clock) Dispatched() int { return c.dispatched }

// EndBy ends the replication, for a reason that the owner of the clock sees, when
// what the last event caused is over. It is for OnSettled functions.
func (c *Clock) EndBy(reason End) { c.ended = reason }

// Rouse makes the loop call the OnSettled functions soon, without waiting for
// virtual time to pass.
func (c *Clock) Rouse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	c.forward(now, now)
}

// OnEnd registers f to be called when the replication ends, the last registered
// first: it releases what other goroutines wait for.
func (c *Clock) OnEnd(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.atEnd = append(c.atEnd, f)
}

// Stopped tells whether the replication has ended; what still runs is only
// cleaning up then, and is no part of the result.
func (c *Clock) Stopped() bool { return c.stopped.Load() }

// settle lets everything that has been caused happen.
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

// loop waits for the time of the next event, lets the endpoints' own timers of
// that instant do what they cause, and dispatches the event; again and again.
//
// A fake timer fires only when every goroutine of the bubble is durably blocked.
// So the alarm, which is one, rings not before what the last event caused is over,
// even if it is set to the present; and what is scheduled earlier meanwhile
// sets it forward.
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
		c.dispatched++
		if c.watcher != nil && (e.kind == Wake || e.kind == Deadline) {
			c.watcher.Ended(e.source, e.kind)
		}
		e.happen()
	}
}

// setAlarm sets the alarm to the next thing that there is to do. The caller holds
// mu.
func (c *Clock) setAlarm(now time.Duration) {
	c.until = c.limits.Virtual
	switch {
	case len(c.events) > 0:
		c.until = min(c.until, c.events[0].at)
	case c.busy == 0:
		c.until = now // to see whether this is the end
	}
	c.alarm.Reset(c.until - now)
}

// forward sets the alarm forward to an instant, if it is set to a later one. The
// caller holds mu.
func (c *Clock) forward(at, now time.Duration) {
	if c.alarm != nil && at < c.until {
		c.until = at
		c.alarm.Reset(at - now)
	}
}

// forwardIfQuiet makes the loop see that nothing is left to happen. The caller
// holds mu.
func (c *Clock) forwardIfQuiet() {
	if c.busy == 0 && len(c.events) == 0 {
		now := c.Now()
		c.forward(now, now)
	}
}

// stop ends the replication: nothing is dispatched or recorded any more, every
// pause is cut short, and the actors return. Virtual time still passes while
// they do, for an endpoint may wait for a timer of its own before it closes.
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
		if e.waiter != nil { // in any order: nothing of it is recorded
			e.waiter.neverComes()
		}
	}
	for i := len(atEnd) - 1; i >= 0; i-- {
		atEnd[i]()
	}
	c.running.Wait()
	// What OnEnd functions of goroutines that no actor owns wait for is closed by
	// now; give them the chance to end before the bubble's time stops for good.
	quiesce()
}
