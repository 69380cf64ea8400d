package pion

import (
	"bytes"
	"time"

	"github.com/dtlssim/dtlssim/sim/stack"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// line is a line of the log that says what becomes of a record.
type line uint8

// The lines; noLine means that the log is silent.
const (
	noLine line = iota
	brokenLine
	futureLine
	duplicateLine
	nextEpochLine
	noKeysLine
	noCipherLine
	undecryptableLine
	malformedLine
	plainAlertLine
	alertLine
	changeLine
)

// fate is what becomes of a record.
type fate struct {
	why    stack.Explanation // without a Reason, the record is simply read
	line   line              // that says so
	accept bool              // its number is then seen
	ends   bool              // nothing behind it in the datagram, or in the queue, is read
	then   func()            // what changes
}

// because returns the fate of a record that a line of the log explains.
func because(l line, e stack.Explanation) fate { return fate{why: e, line: l} }

// silently returns the fate of a record on which the log is silent.
func silently(e stack.Explanation) fate {
	e.Inferred = true
	return fate{why: e}
}

// fate returns what becomes of a record. The order of the checks is that of
// Conn.handleIncomingPacket.
func (x *Receiver) fate(r *record) fate {
	version := [2]byte{r.raw[1], r.raw[2]}
	switch {
	case version != [2]byte{254, 255} && version != [2]byte{254, 253}:
		return because(brokenLine, stack.Explanation{Reason: stack.Malformed})
	case x.rules.OneEpoch && r.epoch == 0 && r.kind == wire.Alert && x.epoch != 0 && x.complete:
		return because(plainAlertLine, stack.Explanation{Reason: stack.OldEpoch})
	case x.rules.OneEpoch && r.epoch > 1:
		return silently(stack.Explanation{Reason: stack.LaterEpoch})
	case r.epoch > x.epoch+1:
		return because(futureLine, stack.Explanation{Reason: stack.LaterEpoch})
	case r.epoch > x.epoch:
		return x.queues(r, nextEpochLine, stack.QueuedForEpoch)
	}
	w := x.window(r.epoch)
	switch {
	case w.behind(r.sequence):
		e := stack.Explanation{Reason: stack.BehindWindow, Window: int(w.size), Newest: w.newest}
		return because(duplicateLine, e)
	case w.replayed(r.sequence):
		return because(duplicateLine, stack.Explanation{Reason: stack.Replay})
	case r.epoch > 0 && !x.keys:
		return x.queues(r, noKeysLine, stack.QueuedForKeys)
	}
	switch r.kind {
	case wire.Handshake:
		return x.message(r)
	case wire.Alert:
		if r.epoch == 0 && len(r.raw) != headerSize+2 {
			return malformed()
		}
		e := stack.Explanation{Reason: stack.AlertRead, Alert: "unknown"}
		return fate{why: e, line: alertLine, accept: true, ends: true}
	case wire.ChangeCipherSpec:
		if r.epoch == 0 && !bytes.Equal(r.raw[headerSize:], []byte{1}) {
			return malformed()
		}
		return x.change(r)
	case wire.ApplicationData:
		return x.data(r)
	}
	f := silently(stack.Explanation{Reason: stack.WrongType})
	f.ends = true
	return f
}

// malformed returns the fate of a record whose content the endpoint rejects.
func malformed() fate {
	f := silently(stack.Explanation{Reason: stack.Malformed})
	f.ends = true
	return f
}

// queues returns the fate of a record that comes too early. What is read from the queue is not
// queued again.
func (x *Receiver) queues(r *record, l line, why stack.Reason) fate {
	switch {
	case r.was != nil:
		return silently(stack.Explanation{Reason: stack.DroppedFromQueue})
	case len(x.queue) >= queueSize:
		return silently(stack.Explanation{Reason: stack.QueueFull, Window: queueSize})
	}
	f := because(l, stack.Explanation{Reason: why, Unread: x.client || x.complete})
	f.then = func() {
		kept := *r
		kept.was = bytes.Clone(r.raw)
		if x.rules.Copies {
			kept.raw = kept.was
		}
		x.queue = append(x.queue, kept)
	}
	return f
}

// message returns the fate of a handshake record.
func (x *Receiver) message(r *record) fate {
	f := fate{accept: true, then: func() { x.handshake = true }}
	if r.epoch > 0 { // the only message that is encrypted is the Finished
		if x.finished {
			f.why = stack.Explanation{Reason: stack.MessageRepeated, Message: x.messages.next, Inferred: true}
		}
		f.then = func() { x.handshake, x.finished = true, true }
		return f
	}
	list, ok := fragments(r.raw[headerSize:])
	if !ok { // the log says so, if it is
		return f
	}
	next := x.messages.next
	for _, m := range list {
		switch {
		case f.why.Reason != 0:
		case m.message < next:
			f.why = stack.Explanation{Reason: stack.MessageRepeated, Message: m.message, Inferred: true}
		case m.message > next:
			f.why = stack.Explanation{
				Reason: stack.MessageKept, Message: m.message, Missing: next, Inferred: true,
			}
		case m.behind-m.offset < m.length && !x.messages.completes(m):
			f.why = stack.Explanation{Reason: stack.FragmentKept, Message: m.message, Inferred: true}
		case m.behind-m.offset == m.length:
			next++
		}
	}
	f.then = func() {
		x.handshake = true
		for _, m := range list {
			if m.message < x.messages.next && m.kind == clientHello {
				x.hello = time.Now()
			}
			for _, complete := range x.messages.add(m) {
				if complete != m.message || m.behind-m.offset < m.length {
					x.explain(r, stack.Explanation{Reason: stack.MessageComplete, Message: complete, Inferred: true})
				}
			}
		}
	}
	return f
}

// change returns the fate of a ChangeCipherSpec.
func (x *Receiver) change(r *record) fate {
	switch {
	case x.rules.OneEpoch && r.epoch != 0:
		return silently(stack.Explanation{Reason: stack.EpochChanged})
	case !x.keys:
		return x.queues(r, noCipherLine, stack.QueuedForKeys)
	case r.epoch != x.epoch:
		return fate{line: changeLine, why: stack.Explanation{Reason: stack.EpochChanged, Inferred: true}}
	}
	return fate{line: changeLine, accept: true, then: func() { x.epoch = r.epoch + 1 }}
}

// data returns the fate of application data.
func (x *Receiver) data(r *record) fate {
	switch {
	case r.epoch == 0:
		f := silently(stack.Explanation{Reason: stack.Unprotected})
		f.ends = true
		return f
	case x.complete:
		return fate{accept: true}
	case x.rules.OneEpoch && x.early >= dataSize:
		f := silently(stack.Explanation{Reason: stack.DataDropped})
		f.accept = true
		return f
	}
	f := silently(stack.Explanation{Reason: stack.DataKept})
	f.accept, f.then = true, func() { x.early++ }
	return f
}

// said registers a line of the log. Records before the one that it is about were handled in
// silence. number is its sequence number, if the line says it.
func (x *Receiver) said(l line, numbered bool, epoch uint16, number uint64, alert string) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for x.more() {
		r := x.list[0]
		f := x.fate(&r)
		switch {
		case f.line == l && (!numbered || r.epoch == epoch && r.sequence == number):
			if l == alertLine {
				f.why.Alert = alert
			}
			x.settle(&r, f, true)
			return
		case f.line != noLine: // not what the source says
			x.unexplained(l)
			return
		case l == undecryptableLine && f.accept && r.epoch > 0:
			e := stack.Explanation{
				Reason: stack.Undecryptable, Inferred: x.another(func(r *record) bool { return r.epoch > 0 }),
			}
			x.settle(&r, fate{why: e}, true)
			return
		case l == malformedLine && f.accept && r.kind == wire.Handshake:
			e := stack.Explanation{
				Reason: stack.Malformed, Inferred: x.another(func(r *record) bool { return r.kind == wire.Handshake }),
			}
			x.settle(&r, fate{why: e}, true)
			return
		}
		x.settle(&r, f, false)
	}
	x.unexplained(l)
}

// another reports whether a line of the log may be about another record than the first.
func (x *Receiver) another(of func(r *record) bool) bool {
	for i := range x.list[1:] {
		if of(&x.list[1+i]) {
			return true
		}
	}
	return false
}

// unexplained reports a line of the log that belongs to no record.
func (x *Receiver) unexplained(l line) {
	x.explain(nil, stack.Explanation{Reason: stack.Unexplained, Alert: lineTexts[l]})
}
