package sim

import "github.com/dtlssim/dtlssim/sim/stack"

// Observer returns what takes note, for Config.Watch, of all that an endpoint of the calling
// actor goes by: its states, its timers, the deadlines that are set on it, the durations that
// it compares, and the clock. It is the Observe of a stack.Config, and nil if nobody watches.
// The search of windows does not know the timers of an endpoint that is not observed.
func (w *Simulation) Observer() func(stack.Event) {
	if !w.Watching() {
		return nil
	}
	return w.observeEndpoint
}

func (w *Simulation) observeEndpoint(e stack.Event) {
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
