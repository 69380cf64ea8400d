package clock

import "time"

// EventKind orders events of one instant. The order is part of the meaning of a run:
// at one and the same nanosecond,
//
//   - what the runtime's own timers cause (the endpoints' retransmissions) comes
//     before any event;
//   - a datagram that is sent crosses the NAT next to its sender before anything
//     arrives, so "arrives at the instant at which the mapping is refreshed" means
//     after the refresh;
//   - a datagram that arrives comes before a pause that ends, so "arrives at the
//     instant of release" means before the release;
//   - a pause that ends comes before a deadline, so "answers at the instant of the
//     deadline" is in time.
type EventKind uint8

// The kinds, in their order.
const (
	Crossing EventKind = iota // a datagram leaves its sender through a NAT
	Delivery                  // a datagram reaches its destination, or a bottleneck on its way, or leaves that
	Wake                      // a pause of an application ends
	Deadline                  // time is up for something that an application waits for
)

// Event is one entry of the event list.
type Event struct {
	at       time.Duration
	kind     EventKind
	source   string
	sequence uint64
	index    int // in the heap; -1 when it is not there

	// What happens: run is called, unless somebody waits for it.
	run    func()
	waiter waiter
}

// waiter is who waits for an event, and is told that it comes, or that the replication ends
// before that.
type waiter interface {
	comes()
	neverComes()
}

// happen does what the event is for.
func (e *Event) happen() {
	if e.waiter != nil {
		e.waiter.comes()
		return
	}
	e.run()
}

// before is the total order of events: time, kind, source, and the sequence
// number within the source. The source is the actor that scheduled the event, so
// of two events one is always before the other, and the order does not depend on which
// of two actors that act at one instant happened to run first.
func (e *Event) before(f *Event) bool {
	switch {
	case e.at != f.at:
		return e.at < f.at
	case e.kind != f.kind:
		return e.kind < f.kind
	case e.source != f.source:
		return e.source < f.source
	}
	return e.sequence < f.sequence
}

// eventList is a heap of events in their total order: an event is not before the one in
// the middle of the way to the front, at (i-1)/2. It is that of container/heap, which
// calls an interface for every comparison.
type eventList []*Event

// put puts an event in its place of the list, of which i is the index.
func (l eventList) put(i int, e *Event) { l[i], e.index = e, i }

// push adds an event.
func (l *eventList) push(e *Event) {
	*l = append(*l, e)
	l.rise(len(*l)-1, e)
}

// rise puts an event in the place at i, which is free, or in one nearer to the front.
func (l eventList) rise(i int, e *Event) {
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(l[parent]) {
			break
		}
		l.put(i, l[parent])
		i = parent
	}
	l.put(i, e)
}

// sink puts an event in the place at i, which is free, or in one farther from the front.
func (l eventList) sink(i int, e *Event) {
	for {
		child := 2*i + 1
		if child >= len(l) {
			break
		}
		if next := child + 1; next < len(l) && l[next].before(l[child]) {
			child = next
		}
		if !l[child].before(e) {
			break
		}
		l.put(i, l[child])
		i = child
	}
	l.put(i, e)
}

// pop takes the first event off a list that is not empty.
func (l *eventList) pop() *Event {
	first := (*l)[0]
	l.remove(first)
	return first
}

// remove takes an event off the list.
func (l *eventList) remove(e *Event) {
	old := *l
	i, n := e.index, len(old)-1
	last := old[n]
	old[n] = nil
	*l = old[:n]
	e.index = -1
	if last == e {
		return
	}
	if i > 0 && last.before(old[(i-1)/2]) {
		l.rise(i, last)
	} else {
		l.sink(i, last)
	}
}
