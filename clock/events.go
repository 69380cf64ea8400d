package clock

import (
	"cmp"
	"container/heap"
	"time"
)

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
	run      func()
	index    int // in the heap; -1 when it is not there
}

// compare is the total order of events: time, kind, source, and the sequence
// number within the source. The source is the actor that scheduled the event, so
// no two events compare equal, and the order does not depend on which of two
// actors that act at one instant happened to run first.
func (e *Event) compare(f *Event) int {
	return cmp.Or(
		cmp.Compare(e.at, f.at),
		cmp.Compare(e.kind, f.kind),
		cmp.Compare(e.source, f.source),
		cmp.Compare(e.sequence, f.sequence),
	)
}

// eventList is a heap of events in their total order.
type eventList []*Event

var _ heap.Interface = (*eventList)(nil)

func (l eventList) Len() int           { return len(l) }
func (l eventList) Less(i, j int) bool { return l[i].compare(l[j]) < 0 }
func (l eventList) Swap(i, j int) {
	l[i], l[j] = l[j], l[i]
	l[i].index, l[j].index = i, j
}

// Push implements heap.Interface.
func (l *eventList) Push(x any) {
	e := x.(*Event)
	e.index = len(*l)
	*l = append(*l, e)
}

// Pop implements heap.Interface.
func (l *eventList) Pop() any {
	old := *l
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*l = old[:len(old)-1]
	e.index = -1
	return e
}
