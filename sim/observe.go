package sim

import (
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
)

// Observer returns a function for the Observe field of a stack.Config. For Config.Watch, it
// records everything that the decisions of an endpoint of the calling actor depend on: its
// states, its timers, its deadlines, the durations that it compares, and the clock. For
// Config.Explain, it passes on what the endpoint explains, if the Explain field of the
// stack.Config is set too. Observer returns nil if neither is set. The search for windows does
// not know the timers of an endpoint that is not observed.
func (w *Simulation) Observer() func(stack.Event) {
	switch {
	case w.Explaining():
		return func(e stack.Event) {
			if e.Kind == stack.Explained {
				w.explained(e)
			} else if w.Watching() {
				w.observeEndpoint(e)
			}
		}
	case w.Watching():
		return w.observeEndpoint
	}
	return nil
}

// Endpoint returns the configuration of an endpoint in this simulation: its deadlines are events
// of the list, and it is observed; see Observer. Use it for every endpoint.
func (w *Simulation) Endpoint(c stack.Config) stack.Config {
	c.Observe, c.Explain = w.Observer(), w.Explaining()
	c.After = func(d time.Duration, f func()) (cancel func()) {
		e := w.Deadline(d, f)
		return func() { w.Cancel(e) }
	}
	return c
}

func (w *Simulation) observeEndpoint(e stack.Event) {
	if e.Kind != stack.Entered {
		w.watch.Acted(e.Kind.String())
	}
	if e.Kind == stack.Begun {
		w.watch.observes(w.Current().Name)
	}
	switch {
	case e.Kind == stack.Entered && !e.Moot:
		state := e.Flight.String() + " " + e.State.String()
		w.Expect(state, 0)
		if e.Timer > 0 {
			w.Expect("the timer of "+state, e.Timer)
		}
	case e.Kind == stack.DeadlineSet:
		w.Expect(e.What, e.Timer)
	case e.Kind == stack.Compared:
		w.Compare(e.What, e.Durations[0], e.Durations[1])
	case e.Kind == stack.ClockRead:
		now := w.Now()
		second := now.Truncate(e.Resolution)
		w.Compare("the second of a hello", second, now)
		w.Compare("the next second of a hello", now, second+e.Resolution)
	}
}
