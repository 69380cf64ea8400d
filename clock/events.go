package clock

import "time"

// EventKind orders the events of one instant. The order defines what it means that two
// things happen at the same nanosecond:
//
//   - The runtime's own timers (the endpoints' retransmissions) take effect before any
//     event.
//   - A datagram crosses the NAT next to its sender before any datagram arrives. So a
//     datagram that arrives at the instant of a refresh of the mapping arrives after the
//     refresh.
//   - A datagram arrives before a pause ends. So a datagram that arrives at the instant of a
//     release arrives before the release.
//   - A pause ends before a deadline. So an answer at the instant of the deadline is in
//     time.
type EventKind uint8

// The kinds, in their order.
const (
	Crossing EventKind = iota // a datagram leaves its sender through a NAT
	Delivery                  // a datagram reaches its destination, or passes a bottleneck's ends
	Wake                      // a pause of an application ends
	Deadline                  // the time limit of something that an application waits for is over
)

// Event is one entry of the event list.
type Event struct {
	at       time.Duration
	kind     EventKind
	source   string
	sequence uint64
	index    int // position in the heap; -1 if the event is not in it

	// When the event happens, waiter is notified, or run is called if waiter is nil.
	run    func()
	waiter waiter
}

// waiter waits for an event. It is notified when the event happens, or when the replication
// ends before the event.
type waiter interface {
	comes()
	neverComes()
}

// happen notifies the waiter or calls run.
func (e *Event) happen() {
	if e.waiter != nil {
		e.waiter.comes()
		return
	}
	e.run()
}

// before is the total order of events: by time, kind, source, and sequence number within the
// source. The source is the actor that scheduled the event. No two events are equal in this
// order, and if two actors act at one instant, the order does not depend on which of them
// ran first.
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

// eventList is a binary heap of events in their total order: the event at index i does not
// come before its parent at (i-1)/2. The algorithm is that of container/heap, without its
// interface call for every comparison.
type eventList []*Event

// put stores an event at index i of the list.
func (l eventList) put(i int, e *Event) { l[i], e.index = e, i }

func (l *eventList) push(e *Event) {
	*l = append(*l, e)
	l.rise(len(*l)-1, e)
}

// rise stores an event at the free index i, or nearer to the root if the order requires it.
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

// sink stores an event at the free index i, or farther from the root if the order requires it.
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

// pop removes the first event from a list that is not empty, and returns it.
func (l *eventList) pop() *Event {
	first := (*l)[0]
	l.remove(first)
	return first
}

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
