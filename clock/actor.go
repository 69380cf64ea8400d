package clock

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// Actor is a goroutine that the simulation started under a name, together with
// every goroutine that it starts, to any depth: one client, or the server. Two
// actors may act at one and the same instant, when two timers of the runtime fire
// together, and the runtime then runs them in an order that it draws at random.
// Whatever has to be the same in every run is therefore kept per actor: the
// sequence numbers of its events, its part of the trace, its randomness.
type Actor struct {
	// Name is unique within a replication.
	Name string

	// Random is what the actor's reads of crypto/rand are served from; the owner of
	// the replication sets it.
	Random any

	sequence uint64
	labels   context.Context // keeps the label set alive, whose address identifies the actor
}

// goroutineLabels returns the address of the label set of the calling goroutine.
// runtime/pprof sets labels, and every goroutine inherits those of the one that
// started it, which is exactly the lineage that an Actor is; but it offers no way
// to read them. The runtime keeps this symbol linkable for that purpose (see
// go.dev/issue/67401), and TestActorIsInherited guards it.
//
//go:linkname goroutineLabels runtime/pprof.runtime_getProfLabel
func goroutineLabels() unsafe.Pointer

const actorLabel = "dtlssim-actor"

// adopt makes the calling goroutine, and all that it will start, part of actor a.
func (c *Clock) adopt(a *Actor) {
	a.labels = pprof.WithLabels(context.Background(), pprof.Labels(actorLabel, a.Name))
	pprof.SetGoroutineLabels(a.labels)
	c.mu.Lock()
	c.actors[goroutineLabels()], c.last = a, lastActor{}
	c.mu.Unlock()
}

// Current returns the actor that the calling goroutine belongs to. A goroutine
// that no actor started belongs to the actor of the event loop.
func (c *Clock) Current() *Actor {
	labels := goroutineLabels()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last.actor == nil || c.last.labels != labels {
		a, ok := c.actors[labels]
		if !ok {
			a = c.loopActor
		}
		c.last = lastActor{labels, a}
	}
	return c.last.actor
}

// lastActor is the answer of Current to the last question.
type lastActor struct {
	labels unsafe.Pointer
	actor  *Actor
}

// Become makes the calling goroutine, and all that it starts from now on, part of a new
// actor, until the function that it returns is called; what was started meanwhile stays
// with the new one. It is for one goroutine that starts several endpoints, whose timers
// may fire at one instant.
func (c *Clock) Become(name string) (back func()) {
	before := c.Current()
	c.adopt(&Actor{Name: name})
	return func() { pprof.SetGoroutineLabels(before.labels) }
}

// Go starts f as an actor, by an event of the present instant: two actors that are
// started together start one after the other, each when what the one before caused
// is over. Names of actors are unique within a replication.
func (c *Clock) Go(name string, f func()) {
	c.After(Wake, 0, func() {
		c.running.Add(1)
		go func() {
			defer c.running.Done()
			growStack()
			c.adopt(&Actor{Name: name})
			f()
		}()
	})
}

// growStack makes the stack of the calling goroutine as large as a handshake wants
// it, in one step and while there is next to nothing on it. Otherwise it would grow
// in three, each of which copies and adjusts all frames: 5 % of a session's time.
//
//go:noinline
func growStack() {
	var frame [12 << 10]byte
	touch(&frame)
}

//go:noinline
func touch(frame *[12 << 10]byte) { frame[0] = 1 }
