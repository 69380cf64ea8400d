package clock

import (
	"context"
	"sync"
	"time"
)

// WithTimeout returns a context that ends after d with context.DeadlineExceeded, or at the
// end of the replication with context.Canceled. The deadline is an event of the list and
// not a timer of the runtime. Otherwise the order would vary when both fall on the same
// nanosecond, as thirty retransmissions of 1 s and a deadline of 30 s do.
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

// Deadline schedules f to run on the goroutine of the event loop after d, or at the end of the
// replication if that comes first. f must not block.
func (c *Clock) Deadline(d time.Duration, f func()) *Event {
	e := &Event{kind: Deadline, waiter: deadline(f)}
	if !c.schedule(e, c.Current(), d) {
		f()
	}
	return e
}

type deadline func()

func (f deadline) comes()      { f() }
func (f deadline) neverComes() { f() }

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
