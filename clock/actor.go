package clock

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// Actor is a goroutine that the simulation started under a name, together with all
// goroutines that descend from it: for example a client, or the server. Two actors may act
// at the same instant, when two timers of the runtime fire together. The runtime then runs
// them in random order. So everything that must be the same in every run is kept for each
// actor: the sequence numbers of its events, its part of the trace, and its randomness.
type Actor struct {
	// Name is unique within a replication.
	Name string

	// Random serves the actor's reads of crypto/rand. The owner of the replication sets
	// it.
	Random any

	sequence uint64
	labels   context.Context // keeps the label set alive; its address identifies the actor
}

// goroutineLabels returns the address of the label set of the calling goroutine.
// Package runtime/pprof sets labels, and a goroutine inherits the labels of the goroutine
// that started it. This is exactly the lineage that defines an Actor, but the package offers
// no way to read the labels. The runtime keeps this symbol linkable for that purpose (see
// go.dev/issue/67401). TestActorIsInherited checks that it works.
//
//go:linkname goroutineLabels runtime/pprof.runtime_getProfLabel
func goroutineLabels() unsafe.Pointer

const actorLabel = "dtlssim-actor"

// adopt makes the calling goroutine, and all goroutines that it will start, part of actor a.
func (c *Clock) adopt(a *Actor) {
	a.labels = pprof.WithLabels(context.Background(), pprof.Labels(actorLabel, a.Name))
	pprof.SetGoroutineLabels(a.labels)
	c.mu.Lock()
	c.actors[goroutineLabels()], c.last = a, lastActor{}
	c.mu.Unlock()
}

// Current returns the actor of the calling goroutine. A goroutine that no actor started
// belongs to the actor of the event loop.
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

// lastActor caches the last result of Current.
type lastActor struct {
	labels unsafe.Pointer
	actor  *Actor
}

// Become makes the calling goroutine, and all goroutines that it starts from now on, part of
// a new actor. The returned function ends this for the calling goroutine; the goroutines
// that it started meanwhile stay with the new actor. Become is for a goroutine that starts
// several endpoints, whose timers may fire at the same instant.
func (c *Clock) Become(name string) (back func()) {
	before := c.Current()
	c.adopt(&Actor{Name: name})
	return func() { pprof.SetGoroutineLabels(before.labels) }
}

// Go starts f as an actor, with an event at the current instant. So two actors that are
// started together start one after the other, the second once everything that the first
// caused is over. Names of actors must be unique within a replication.
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

// growStack makes the stack of the calling goroutine as large as a handshake needs, in one
// step and while it is almost empty. Otherwise the stack would grow in three steps, and each
// step copies and adjusts all frames. That would take 5 % of a session's time.
//
//go:noinline
func growStack() {
	var frame [12 << 10]byte
	touch(&frame)
}

//go:noinline
func touch(frame *[12 << 10]byte) { frame[0] = 1 }
