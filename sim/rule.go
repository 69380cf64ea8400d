package sim

import (
	"slices"
	"time"

	"github.com/dtlssim/dtlssim/clock"
	"github.com/dtlssim/dtlssim/sim/distribution"
	"github.com/dtlssim/dtlssim/sim/trace"
	"github.com/dtlssim/dtlssim/sim/wire"
)

// Action is what a rule does to a datagram.
type Action uint8

// The actions.
const (
	SetLatency Action = iota + 1 // Rule.Delay replaces the latency
	AddDelay                     // Rule.Delay is added to the latency
	Discard                      // the datagram is lost
	Hold                         // it is delivered Rule.Delay after Rule.Until is met
	Duplicate                    // a copy is delivered Rule.Delay after the datagram
	Replay                       // a copy is delivered Rule.Delay after Rule.Until is met
	Forge                        // an attacker's datagram arrives Rule.Delay after this is sent
)

// Rule selects datagrams and determines their fate, overriding what was drawn for them. The
// rules of a link are applied in order, each to the result of the previous ones.
type Rule struct {
	Name   string // unique within a replication; keys the stream that Delay is drawn from
	Match  Match
	Action Action
	Delay  distribution.Distribution // nil means no delay
	Until  Match                     // for Hold and Replay: the arrival to wait for

	// Forged, for Forge, returns what the on-path attacker sends when it sees a datagram.
	Forged func(seen *Packet) Forgery

	// Without removes the effect of the rule's datagram from the run, to show what would have
	// happened without it. A datagram that the rule would delay or hold is lost. A copy or a
	// forged datagram is not made. A datagram that the rule would discard is not lost.
	Without bool
}

// Match selects datagrams.
type Match struct {
	Is func(p *Packet) bool

	// Nth, if not 0, selects only the n-th datagram, counted from 1; 0 selects every datagram.
	// It counts the datagrams that are sent in the first association of two actors,
	// separately for each direction. In Rule.Until, it counts the datagrams that arrive.
	// (Two associations may send at one instant, in an order that the runtime chooses at
	// random, so a count across associations would not be reproducible.)
	Nth int
}

// Forgery is a datagram that an on-path attacker sends with a forged source address. The
// attacker is on the public network. If it sees a datagram from behind a NAT, it sees and
// uses the external address. What it sends to an external address must pass that NAT.
type Forgery struct {
	Payload []byte

	// Reversed reports that the forgery goes to the sender of the observed datagram and
	// claims to come from its receiver. Otherwise it goes the same way as that datagram.
	Reversed bool
}

// attacker is the name of the host and actor that send forged datagrams.
const attacker = "attacker"

// Forged reports whether the datagram comes from an on-path attacker.
func (p *Packet) Forged() bool { return p.forged }

// matcher is a Match that counts the datagrams it has seen.
type matcher struct {
	Match
	seen int
}

func (m *matcher) matches(p *Packet) bool {
	if m.Is == nil || !m.Is(p) {
		return false
	}
	m.seen++
	return m.Nth == 0 || m.seen == m.Nth
}

// ruleState is a rule with its state.
type ruleState struct {
	Rule
	flows map[*flow]*ruleFlow
	met   int // how many datagrams it was applied to
}

// ruleFlow is the state of a rule for one flow: its count and its draws. Each flow has its
// own, because two actors may send at one instant, in an order that the runtime chooses at
// random.
type ruleFlow struct {
	matcher
	draws draws
}

// of returns the state of the rule for a flow.
func (r *ruleState) of(f *flow) *ruleFlow {
	s, ok := r.flows[f]
	if !ok {
		s = &ruleFlow{matcher: matcher{Match: r.Match}}
		if r.flows == nil {
			r.flows = make(map[*flow]*ruleFlow)
		}
		r.flows[f] = s
	}
	return s
}

// extra is an additional datagram that is delivered because of the one that was sent.
type extra struct {
	rule    string // the rule that made it; empty for a random copy
	latency time.Duration
	until   Match // if set: latency begins when a matching datagram arrives
	forged  *Forgery
}

// apply applies the rules to the fate that was drawn for a datagram sent now. The caller
// holds mu.
func (l *link) apply(p *Packet, now time.Duration, f *fate) {
	flow := p.flow
	l.remember(p)
	for _, r := range l.rules {
		seen := r.of(flow)
		if !seen.matches(p) || (r.Match.Nth > 0 && flow.ordinal > 1) {
			continue
		}
		r.met++
		var delay time.Duration
		if r.Delay != nil {
			delay = seen.draws.draw(r.Delay, now, l.stream("rule/"+r.Name, flow.name))
		}
		if r.Without {
			if r.Action <= AddDelay || r.Action == Hold {
				f.lost = TakenOut{Rule: r.Name}
			}
			continue
		}
		switch r.Action {
		case SetLatency:
			f.latency = delay
		case AddDelay:
			f.latency += delay
		case Discard:
			f.lost = byRules(r.Name)
		case Hold:
			f.until, f.latency = r.Until, delay
		case Duplicate:
			f.extra = append(f.extra, extra{rule: r.Name, latency: f.latency + delay})
			continue
		case Replay:
			f.extra = append(f.extra, extra{rule: r.Name, latency: delay, until: r.Until})
			continue
		case Forge:
			forged := r.Forged(p)
			f.extra = append(f.extra, extra{rule: r.Name, latency: delay, forged: &forged})
			continue
		}
		f.rules = append(f.rules, r.Name)
	}
}

// byRules returns the trace event that names the rules that determined a datagram's latency
// or copy.
func byRules(names ...string) trace.Event {
	if len(names) == 0 || names[0] == "" {
		return nil
	}
	return trace.Rules(names)
}

// held is a datagram that waits for the arrival of another.
type held struct {
	until   matcher
	release func()
}

// hold keeps a datagram until a matching one arrives, which may never happen.
func (l *link) hold(until Match, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.w.Touch("what is held", true)
	l.held = append(l.held, &held{until: matcher{Match: until}, release: release})
}

// arrived releases the datagrams that wait for a datagram that p matches. It is called on
// the goroutine of the event loop.
func (l *link) arrived(p *Packet) {
	if l.w.Watching() &&
		slices.ContainsFunc(l.rules, func(r *ruleState) bool { return r.Until.Is != nil && r.Until.Is(p) }) {
		l.w.Touch("what is held", false)
	}
	l.mu.Lock()
	var free []*held
	kept := l.held[:0]
	for _, h := range l.held {
		if h.until.matches(p) {
			free = append(free, h)
		} else {
			kept = append(kept, h)
		}
	}
	l.held = kept
	l.mu.Unlock()
	for _, h := range free {
		h.release()
	}
}

// forge makes an on-path attacker send a datagram when it sees one. If the sender is behind a
// NAT, the attacker sees the datagram after it has crossed the NAT.
func (w *Simulation) forge(actor *clock.Actor, seen *Packet, e *extra) {
	if seen.nat == nil {
		w.forgeNow(actor, seen, e)
		return
	}
	w.AfterBy(actor, clock.Crossing, 0, func() { w.forgeNow(actor, seen, e) })
}

func (w *Simulation) forgeNow(actor *clock.Actor, seen *Packet, e *extra) {
	w.mu.Lock()
	p := &Packet{
		ID:   trace.DatagramID{Actor: attacker + "/" + e.rule + "/" + seen.ID.Actor, Number: seen.ID.Number},
		From: seen.source(), To: seen.To, Sender: attacker, Receiver: seen.Receiver, forged: true,
		Datagram: wire.Parse(e.forged.Payload),
	}
	if e.forged.Reversed {
		p.From, p.To, p.Receiver = seen.To, seen.source(), seen.Sender
	}
	w.mu.Unlock()
	r := p.record(attacker, trace.Forge)
	r.Latency, r.Sent, r.Event = e.latency, true, byRules(e.rule)
	w.recordBy(actor, &r)
	w.schedule(actor, p, e.latency)
}
